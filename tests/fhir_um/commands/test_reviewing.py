"""The simulated reviewer's rules: which one acts on a line, when, and in which role."""

from pathlib import Path
from typing import Any

import pytest

from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import LineState
from fhir_um.cases.reasons import Reason
from fhir_um.commands.reviewing import APPROVING, STAND_IN, Reviewer, Rule, RulesFault, read_rules

ASKING = Rule(RulingAction.REQUEST_INFORMATION, Reason.INFORMATION_NEEDED, service="E0601", text="The study, please.")
APPROVAL = Rule(RulingAction.APPROVE, Reason.CRITERIA_MET)


def case(*states: str, code: str = "E0601") -> dict[str, Any]:
    lines = [
        {"sequence": sequence, "state": state, "service": {"codes": [{"system": "s", "code": code}]}}
        for sequence, state in enumerate(states, start=1)
    ]
    return {"id": "c1", "version": 3, "lines": lines}


def test_line_is_left_alone_until_it_has_waited_long_enough():
    reviewer = Reviewer(APPROVING, after_seconds=10)

    assert reviewer.decision(case("nurse-review"), 100.0) is None
    assert reviewer.decision(case("nurse-review"), 109.9) is None
    decided = reviewer.decision(case("nurse-review"), 110.0)

    assert decided == {
        "version": 3,
        "role": "physician",
        "reviewer": {"id": "simulated-reviewer", "npi": "1999999992"},
        "lines": [{"sequence": 1, "action": "approve", "reason": "criteria-met", "basis": {"exception": STAND_IN}}],
    }
    assert "reads nothing" in STAND_IN


@pytest.mark.parametrize(
    ("action", "given"),
    [
        (RulingAction.DENY_CLINICAL, {"considered", "alternative", "attestation"}),
        (RulingAction.DENY_ADMINISTRATIVE, {"rule"}),
    ],
)
def test_a_decision_says_what_it_rests_on(action: RulingAction, given: set[str]):
    decided = Reviewer((Rule(action, Reason.NOT_COVERED),), after_seconds=0).decision(case("nurse-review"), 0.0)

    assert decided is not None and set(decided["lines"][0]["basis"]) == given


@pytest.mark.parametrize("state", ["pended-info", "approved", "cancelled"])
def test_without_rules_nothing_is_done_that_a_person_would_not_do(state: str):
    assert Reviewer(APPROVING, after_seconds=0).decision(case(state), 0.0) is None


def test_each_rule_acts_once_on_a_line_and_then_the_next_one():
    reviewer = Reviewer((ASKING, APPROVAL), after_seconds=0)

    first, second, third = (reviewer.decision(case("nurse-review"), float(now)) for now in range(3))

    assert first is not None and first["lines"][0]["action"] == "request-information"
    assert second is not None and second["lines"][0]["action"] == "approve"
    assert third is None


def test_lines_that_need_different_roles_are_decided_one_after_the_other():
    reviewer = Reviewer(APPROVING, after_seconds=0)
    seen = case("intake-review", "physician-review")

    first, second = reviewer.decision(seen, 0.0), reviewer.decision(seen, 0.0)

    assert first is not None and (first["role"], len(first["lines"])) == ("intake", 1)
    assert second is not None and second["role"] == "physician"
    assert second["reviewer"]["npi"] == "1999999992"


def test_rule_for_another_service_or_state_does_not_act():
    only_nurses = Rule(RulingAction.APPROVE, Reason.CRITERIA_MET, state=LineState.NURSE_REVIEW)
    reviewer = Reviewer((ASKING, only_nurses), after_seconds=0)

    assert reviewer.decision(case("physician-review", code="K0800"), 0.0) is None


def test_rule_file_is_read_with_amounts_and_documents(tmp_path: Path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        "rules:\n"
        "  - {action: modify, reason: qty-reduced, units: '12', unit: visits, text: Twelve visits first., after: 2}\n"
        "  - {action: request-information, reason: need-patient-info, documents: [{loinc: 28563-5, label: Study}]}\n"
    )

    reviewer = Reviewer(read_rules(file), after_seconds=60)
    reviewer.decision(case("nurse-review"), 0.0)
    decided = reviewer.decision(case("nurse-review"), 2.0)

    assert decided is not None and decided["role"] == "physician"
    assert decided["lines"][0]["authorized"] == {"quantity": {"value": 12.0, "unit": "visits"}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("rules: [{action: fly, reason: criteria-met}]", "action"),
        ("rules: [{reason: criteria-met}]", "action"),
        ("rule: []", "rule"),
        ("{", "line"),
    ],
)
def test_rule_file_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, content: str, told: str):
    file = tmp_path / "rules.yaml"
    file.write_text(content)

    with pytest.raises(RulesFault, match=told):
        read_rules(file)


def test_rule_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(RulesFault, match="cannot be read"):
        read_rules(tmp_path / "none.yaml")
