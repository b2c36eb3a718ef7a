"""What an issue becomes in an OperationOutcome."""

import pytest

from profiles.issues import Issue, Kind, Refusal
from profiles.library import shipped_library
from profiles.outcome import HTTP_STATUS, operation_outcome, status_of
from profiles.validating.validator import Validator

PROFILE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claim|2.2.1"
WHOLE = Issue("required", "'sequence' is missing.", "Claim.item[0].sequence", "error", "min", PROFILE, 12, 5)


def test_a_person_reads_place_and_rule_and_a_program_finds_them() -> None:
    row = operation_outcome((WHOLE,))["issue"][0]

    assert row["details"] == {"text": "'sequence' is missing."}
    assert row["expression"] == ["Claim.item[0].sequence"]
    assert row["diagnostics"] == f"line 12, column 5; rule min of {PROFILE}"
    assert {e["url"].rpartition("/")[2]: list(e.values())[1] for e in row["extension"]} == {
        "operationoutcome-issue-line": 12,
        "operationoutcome-issue-col": 5,
        "operationoutcome-authority": PROFILE,
    }


@pytest.mark.parametrize(
    ("issue", "diagnostics"),
    [
        (Issue("value", "No.", rule="limit"), "rule limit"),
        (Issue("value", "No.", line=2, column=1), "line 2, column 1"),
        (Issue("value", "No.", profile=PROFILE), PROFILE),
        (Issue("value", "No."), None),
    ],
)
def test_what_is_not_known_is_not_told(issue: Issue, diagnostics: str | None) -> None:
    assert operation_outcome((issue,))["issue"][0].get("diagnostics") == diagnostics


def test_bare_issue_has_nothing_but_the_fault() -> None:
    assert operation_outcome((Issue("value", "No."),)) == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "value", "details": {"text": "No."}}],
    }


def test_outcome_is_fhir_by_our_own_measure() -> None:
    bare = Issue("informational", "No faults found.", severity="information")
    outcome = operation_outcome((WHOLE, bare))

    issues = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1").check(outcome)

    assert [issue for issue in issues if issue.severity == "error"] == []


def test_what_no_string_may_hold_is_shown_as_a_sign() -> None:
    row = operation_outcome((Issue("value", "'a\0b' is no code.", "Claim.a\0b"),))["issue"][0]

    assert (row["details"]["text"], row["expression"]) == ("'a\ufffdb' is no code.", ["Claim.a\ufffdb"])


@pytest.mark.parametrize("name", ["annLee", "`Ann Lee`", "`a.b`", "`a[0]`"])
def test_the_name_of_an_unknown_element_is_not_repeated(name: str) -> None:
    row = operation_outcome((Issue("structure", "", f"Claim.item[0].{name}", rule="unknown-element"),))["issue"][0]

    assert row["expression"] == ["Claim.item[0]"]


def test_every_kind_has_a_status() -> None:
    assert set(HTTP_STATUS) == set(Kind)
    assert status_of(Refusal.of(Kind.INVALID, "value", "No.")) == 422
