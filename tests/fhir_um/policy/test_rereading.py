"""What a finding comes to with readings of people, by the tree of its own policy."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.reasons import Reason
from fhir_um.policy.evaluate import truth_of
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import Exclusion
from fhir_um.policy.rereading import reread

WITH_CRITERIA = [policy for policy in shipped_policies().policies if policy.criteria]


def _finding(policy, criteria, truth=Truth.UNKNOWN):
    results = tuple(CriterionResult(leaf.id, leaf.label, truth) for leaf in criteria.leaves)
    return Finding(policy.id, policy.version, policy.content_hash, policy.title, truth, results)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_readings_are_weighed_by_the_tree(data) -> None:
    policy = data.draw(st.sampled_from(WITH_CRITERIA))
    ids = dict.fromkeys(leaf.id for leaf in policy.criteria.leaves)
    read = data.draw(st.fixed_dictionaries({}, optional={id_: st.sampled_from(Truth) for id_ in ids}))

    truth, open_ = reread(policy, _finding(policy, policy.criteria), read)

    truths = [read.get(leaf.id, Truth.UNKNOWN) for leaf in policy.criteria.leaves]
    assert truth is truth_of(policy.criteria.root, truths)
    assert bool(open_) is (truth is not Truth.MET)
    assert set(open_) <= set(ids)


def test_what_is_open_read_otherwise_covers_the_service() -> None:
    for policy in WITH_CRITERIA:
        _, open_ = reread(policy, _finding(policy, policy.criteria), {})
        _, both = reread(policy, _finding(policy, policy.criteria, Truth.MET), {})
        assert open_ or not both


def test_an_exclusion_covers_when_it_does_not_hold() -> None:
    criteria = WITH_CRITERIA[0].criteria
    excludes = Exclusion(criteria, Reason.NOT_COVERED, "Not covered then.")
    policy = replace(WITH_CRITERIA[0], criteria=None, exclusions=(excludes,))
    finding = _finding(policy, criteria, Truth.MET)

    assert reread(policy, finding, {})[0] is not Truth.MET
    assert reread(policy, finding, {leaf.id: Truth.UNMET for leaf in criteria.leaves})[0] is Truth.MET


def test_a_rule_outside_the_trees_is_not_weighed() -> None:
    policy = WITH_CRITERIA[0]
    finding = replace(_finding(policy, policy.criteria), criteria=(CriterionResult("within-limits", "L", Truth.UNMET),))

    assert reread(policy, finding, {}) is None
