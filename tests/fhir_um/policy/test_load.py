"""Files that may not be used are refused with their place; the shipped ones and the documented one may."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from fhir_um.cases.model import Course
from fhir_um.policy.load import load_policies, shipped_policies
from fhir_um.policy.model import PolicyFault

DOCS = Path(__file__).parents[3] / "docs" / "policies.md"


def minimal() -> dict[str, Any]:
    """A small policy that is in order."""
    return {
        "policy": "walker",
        "version": "1.0.0",
        "title": "Walker",
        "notice": "Synthetic demonstration policy - not clinical guidance",
        "effective": {"start": "2026-01-01"},
        "lines_of_business": ["MA"],
        "group": "mobility",
        "specialty": "durable-equipment",
        "applies_to": {"hcpcs": {"E0143": "Folding walker"}},
        "authorization": "required",
        "facts": {
            "age": {"label": "age", "member": "age"},
            "weak": {"label": "weakness", "condition": {"codes": ["M62*"]}},
        },
        "criteria": {
            "all": [
                {"id": "old", "label": "65 or older", "fact": "age", "op": ">=", "value": 65},
                {"id": "weak", "label": "Weak", "fact": "weak", "op": "exists"},
            ]
        },
        "outcome": {"met": "approve", "unmet": "pend-review", "unknown": "pend-review"},
        "limits": {"authorized_period_days": 30},
        "tests": [
            {"name": "a", "facts": {"age": 70, "weak": True}, "expect": "met", "course": "approve"},
            {"name": "b", "facts": {"age": 60}, "expect": "unmet", "course": "pend-review"},
            {"name": "c", "facts": {"age": 70}, "expect": "unknown", "course": "pend-review"},
        ],
    }


def put(policy: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    place: Any = policy
    for name in parents:
        place = place[int(name)] if name.isdigit() else place[name]
    place[int(last) if last.isdigit() else last] = value


def write(directory: Path, policy: dict[str, Any], name: str = "walker.yaml") -> None:
    (directory / name).write_text(yaml.safe_dump(policy))


def test_a_small_policy_in_order_is_taken(tmp_path: Path) -> None:
    write(tmp_path, minimal())

    assert [p.id for p in load_policies(tmp_path).policies] == ["walker"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("outcome.unmet", "deny-benefit", "not for software to choose"),
        ("outcome.unmet", "approve", "not for software to choose"),
        ("outcome.unknown", "pend-physician", "not for software to choose"),
        ("outcome.unknown", "approve", "not for software to choose"),
        ("outcome.unmet", "contact-payer", "needs administered_by_other"),
        ("outcome.unknown", "pend-documents", "needs a required document"),
        ("outcome.met", "maybe", "is not one of"),
        ("notice", "clinical guidance", "Invalid enum value"),
        ("version", "1", "three numbers"),
        ("effective.end", "2025-01-01", "ends before"),
        ("limits", {}, "needed to approve"),
        ("limits.per_days", 30, "needs max_units"),
        ("surprise", 1, "unknown field"),
        ("tests", [], "without worked examples"),
        ("tests.2.facts", {"age": 70, "weak": True}, "comes out met, not unknown"),
        ("tests.0.course", "pend-review", "course is approve"),
        ("tests.2.unresolved", ["age"], "leaves weak unresolved"),
        ("tests.0.facts", {"height": 1}, "not declared"),
        ("tests.0.facts", {"age": "old"}, "is not a number value"),
        ("tests.1.facts", {"weak": False}, "cannot be known to be false"),
        ("criteria.all.0.fact", "height", "not declared"),
        ("criteria.all.0.op", "within-days", "does not fit"),
        ("criteria.all.0.label", "", "label in our own words"),
        ("criteria.all.1.id", "old", "appears 2 times"),
        ("criteria.all.1.op", "=", "does not fit"),
        ("facts.unused", {"label": "x", "member": "sex"}, "used by no criterion"),
        ("facts.age", {"label": "x"}, "has no source"),
        ("facts.age.order", "exists", "more than one source"),
        ("facts.age.answer", {"links": ["age"], "type": "boolean"}, "number in the record and boolean"),
        ("facts.age.answer", {"links": ["age"], "type": "integer"}, "stands in 0 places"),
        ("facts.weak", {"label": "x", "observation": {"codes": ["59408-6"], "take": "exists"}}, "check digit"),
        ("facts.weak", {"label": "x", "procedure": {"codes": ["snomed:1"]}}, "not one of the code systems"),
        ("documents", [{"loinc": "11506-4", "label": "x"}], "11506-4 is no LOINC code"),
        ("documents", [{"loinc": "11506-3", "label": "x", "modifiers": ["18803-8"]}], "18803-8 is no LOINC code"),
        ("documents", [{"loinc": "11506-3", "label": "x", "report_type": "LAB"}], "LAB is no X12 code"),
        ("applies_to", {"cpt": {"99213": "x"}}, "licensed"),
        ("applies_to", {"hcpcs": ["E0143"]}, "code: label"),
        ("applies_to", {"hcpcs": {"E0149-E0143": "Walkers"}}, "runs backwards"),
        ("applies_to", {"icd9": {"1": "x"}}, "is not one of"),
        ("lines_of_business", ["XX"], "is not one of"),
        ("exclusions", [{"when": "always", "reason": "not-necessary", "text": "x"}], "for a clinician"),
        ("authorization", "none", "nothing for criteria"),
        ("criteria", {"all": []}, "too few"),
        ("criteria", {"at_least": 3, "of": [{"id": "a", "label": "a", "fact": "age"}]}, "too few"),
    ],
)
def test_a_policy_out_of_order_is_refused(tmp_path: Path, path: str, value: Any, says: str) -> None:
    policy = minimal()
    put(policy, path, value)
    write(tmp_path, policy)

    with pytest.raises(PolicyFault, match=re.escape(says)) as refused:
        load_policies(tmp_path)

    assert refused.value.file == "walker.yaml"


def test_an_exclusion_may_not_rest_on_the_chart(tmp_path: Path) -> None:
    policy = minimal()
    when = {"id": "w", "label": "Weak", "fact": "weak", "op": "exists"}
    policy["exclusions"] = [{"when": when, "reason": "not-covered", "text": "x"}]
    write(tmp_path, policy)

    with pytest.raises(PolicyFault, match="may not rest on what the chart says"):
        load_policies(tmp_path)


def test_a_truth_value_without_an_example_is_refused(tmp_path: Path) -> None:
    policy = minimal()
    policy["tests"].pop()
    write(tmp_path, policy)

    with pytest.raises(PolicyFault, match="no example is unknown"):
        load_policies(tmp_path)


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "walker.yaml").write_text("policy: walker\npolicy: cane\n")

    with pytest.raises(PolicyFault, match="written twice"):
        load_policies(tmp_path)


def test_a_file_is_called_after_its_policy(tmp_path: Path) -> None:
    write(tmp_path, minimal(), "cane.yaml")

    with pytest.raises(PolicyFault, match=re.escape("must be called walker.yaml")):
        load_policies(tmp_path)


def test_two_versions_on_the_same_day_are_refused(tmp_path: Path) -> None:
    write(tmp_path, minimal())
    write(tmp_path, minimal() | {"version": "2.0.0"}, "walker@2.0.0.yaml")

    with pytest.raises(PolicyFault, match=re.escape("overlaps version 1.0.0")):
        load_policies(tmp_path)


def test_a_code_is_not_both_free_and_under_a_policy(tmp_path: Path) -> None:
    write(tmp_path, minimal())
    row = {"title": "Walkers", "applies_to": {"hcpcs": {"E0143": "Walker"}}}
    free = {"version": "1", "notice": minimal()["notice"], "no_authorization": [row]}
    write(tmp_path, free, "no-authorization.yaml")

    with pytest.raises(PolicyFault, match="also under walker"):
        load_policies(tmp_path)


def test_the_shipped_policies_are_in_order_and_show_every_outcome() -> None:
    policies = shipped_policies().policies

    courses = Counter(course for p in policies for course in p.courses.values())
    wanted = {Course.APPROVE, Course.PEND_DOCUMENTS, Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.CONTACT_PAYER}
    assert len(policies) >= 18
    assert wanted <= courses.keys()
    assert any(p.never_covered for p in policies)
    assert any(p.free for p in policies)
    assert len(shipped_policies().by_code) > 400


def test_the_documented_policy_loads(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(policy: .*?)```", DOCS.read_text(), re.DOTALL)
    assert example is not None
    (tmp_path / "seat-lift.yaml").write_text(example.group(1))

    assert load_policies(tmp_path).policies[0].id == "seat-lift"


_OF_THE_CHART = ("observation", "condition", "procedure", "medication", "document", "answer")
_SHIPPED = sorted((Path(__file__).parents[3] / "fhir_um" / "policy" / "policies").glob("*.yaml"))


@pytest.mark.parametrize("path", _SHIPPED, ids=[path.stem for path in _SHIPPED])
def test_each_fact_a_chart_may_lack_has_a_document_that_shows_it(path: Path) -> None:
    """So a request that lacks one thing is asked for the paper that shows it, and for no other."""
    policy = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    if policy.get("outcome", {}).get("unknown") != "pend-documents":
        return
    lacking = {fact for fact, source in policy["facts"].items() if any(kind in source for kind in _OF_THE_CHART)}

    shown = {fact for each in policy["documents"] for fact in each.get("shows", lacking)}

    assert lacking <= shown
