"""What a finding comes to when people read some of its criteria otherwise. Must not know who reads, or why."""

from collections.abc import Mapping, Sequence

from fhir_um.cases.findings import Finding, Truth
from fhir_um.policy.evaluate import negation, truth_of
from fhir_um.policy.model import Criteria, Leaf, Node, Policy


def reread(policy: Policy, finding: Finding, read: Mapping[str, Truth]) -> tuple[Truth, tuple[str, ...]] | None:
    """Whether the policy would cover the service, with the criteria that stand in the way, in the order written.

    `read` holds what people read, by criterion; the others stay as they were found. Of an exclusion it is the opposite
    of its own truth. None when the finding rests on a rule outside the policy's trees.
    """
    excluding = tuple(exclusion.when for exclusion in policy.exclusions if exclusion.when is not None)
    for criteria in filter(None, (policy.criteria, *excluding)):
        if tuple(leaf.id for leaf in criteria.leaves) == tuple(each.id for each in finding.criteria):
            wanted = Truth.UNMET if criteria in excluding else Truth.MET
            return _weigh(criteria, [read.get(each.id, each.truth) for each in finding.criteria], wanted)
    return None


def _weigh(criteria: Criteria, truths: Sequence[Truth], wanted: Truth) -> tuple[Truth, tuple[str, ...]]:
    truth = truth_of(criteria.root, truths)
    open_ = _in_the_way(criteria.root, truths, wanted)
    return (truth if wanted is Truth.MET else negation(truth)), tuple(dict.fromkeys(open_))


def _in_the_way(node: Node, truths: Sequence[Truth], wanted: Truth) -> list[str]:
    if truth_of(node, truths) is wanted:
        return []
    if isinstance(node, Leaf):
        return [node.id]
    below = negation(wanted) if node.kind == "none" else wanted
    return [id_ for child in node.children for id_ in _in_the_way(child, truths, below)]
