"""Reading what the server said, whatever its form."""

import json
from typing import Any

import pytest

from fhir_um.stories.answers import Answer, SeenCase, SeenError, SeenIssue, SeenLine, read_answer
from fhir_um.stories.comparing import differences
from profiles import canonicals as c


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def adjudication(action: str, number: str, reason: str) -> list[dict[str, Any]]:
    parts = [
        {"url": c.EXT_REVIEW_ACTION_CODE, "valueCodeableConcept": coded(action)},
        {"url": "number", "valueString": number},
        {"url": "reasonCode", "valueCodeableConcept": coded(reason)},
    ]
    return [{"extension": [{"url": c.EXT_REVIEW_ACTION, "extension": parts}]}]


CLAIM_RESPONSE = {
    "resourceType": "ClaimResponse",
    "id": "case-7",
    "outcome": "complete",
    "item": [
        {
            "extension": [
                {"url": c.EXT_ITEM_PRE_AUTH_PERIOD, "valuePeriod": {"start": "2026-11-09", "end": "2027-01-08"}},
                {"url": c.EXT_ADMINISTRATION_REFERENCE_NUMBER, "valueString": "REF-1"},
            ],
            "itemSequence": 1,
            "noteNumber": [1],
            "adjudication": adjudication("A6", "N-1", "0T"),
        }
    ],
    "addItem": [{"itemSequence": [1], "productOrService": coded("97110"), "quantity": {"value": 12}}],
    "processNote": [{"number": 1, "text": "Twelve visits."}],
    "error": [
        {
            "extension": [
                {"url": c.EXT_ERROR_FOLLOWUP_ACTION, "valueCodeableConcept": coded("C")},
                {"url": c.EXT_ERROR_PATH, "valueString": "Bundle.entry[3].resource"},
            ],
            "code": coded("67"),
        }
    ],
}
SEEN = SeenCase(
    id="case-7",
    version=None,
    status="complete",
    lines={
        1: SeenLine(
            action="A6",
            number="N-1",
            reference="REF-1",
            reasons=("0T",),
            text="Twelve visits.",
            start="2026-11-09",
            end="2027-01-08",
        )
    },
    added={1: SeenLine(service="97110", quantity=12)},
    errors=(SeenError("67", "C", "Bundle.entry[3].resource"),),
)


def read(content: object, status: int = 200) -> Answer:
    return read_answer(status, json.dumps(content).encode())


def test_a_response_bundle_tells_lines_numbers_notes_and_errors() -> None:
    answer = read({"resourceType": "Bundle", "entry": [{"resource": CLAIM_RESPONSE}]})

    assert (answer.status, answer.resource, answer.cases) == (200, "Bundle", (SEEN,))


def test_parameters_tell_every_bundle_they_hold() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": CLAIM_RESPONSE}]}

    answer = read({"resourceType": "Parameters", "parameter": [{"resource": bundle}, {"resource": bundle}]})

    assert (answer.resource, answer.cases) == ("Parameters", (SEEN, SEEN))


def test_an_operation_outcome_tells_each_issue_and_its_place() -> None:
    issue = {"severity": "error", "code": "required", "details": {"text": "Missing."}, "expression": ["Bundle.type"]}

    answer = read({"resourceType": "OperationOutcome", "issue": [issue]}, 422)

    assert answer.issues == (SeenIssue("error", "required", "Bundle.type", "Missing."),)
    assert answer.case is None


def test_a_case_of_the_house_tells_its_version_and_deadline() -> None:
    line = {
        "sequence": 1,
        "state": "nurse-review",
        "authorizationNumber": "",
        "administrativeReference": "REF-1",
        "dueAt": "2026-11-09T00:00:00+00:00",
        "decision": {"reason": "pending-review", "text": "With a nurse."},
        "period": None,
    }

    answer = read({"id": "case-7", "version": 2, "status": "pended", "lines": [line]})

    assert answer.case == SeenCase(
        id="case-7",
        version=2,
        status="pended",
        lines={
            1: SeenLine(
                state="nurse-review",
                reference="REF-1",
                reasons=("pending-review",),
                text="With a nurse.",
                due="2026-11-09T00:00:00+00:00",
            )
        },
        added={},
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b"{}"])
def test_whatever_else_comes_back_has_no_case(body: bytes) -> None:
    assert read_answer(502, body).cases == ()


def test_what_was_authorized_instead_stands_on_the_line_in_the_older_version() -> None:
    detail = {"url": c.EXT_ITEM_AUTHORIZED_DETAIL, "extension": [{"url": "quantity", "valueQuantity": {"value": 12}}]}
    item = {"itemSequence": 1, "extension": [detail], "adjudication": adjudication("A6", "N-1", "04")}

    answer = read({"resourceType": "ClaimResponse", "id": "case-7", "item": [item]})

    assert answer.case is not None
    assert answer.case.lines == {1: SeenLine(action="A6", number="N-1", reasons=("04",), quantity=12)}


def test_a_read_tells_the_documents_that_it_contains() -> None:
    asked = {
        "resourceType": "CommunicationRequest",
        "identifier": [{"value": "case-7-1-34117-2"}],
        "payload": [{"contentString": "34117-2"}],
    }

    answer = read({"resourceType": "ClaimResponse", "id": "case-7", "contained": [asked]})

    assert answer.documents == {"34117-2": "case-7-1-34117-2"}


@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Bundle", "entry": [None]},
        {"resourceType": "Parameters", "parameter": None},
        {"resourceType": "ClaimResponse", "item": [{"itemSequence": {}}]},
        {"lines": 5},
        {"cards": [None]},
        {"services": [None]},
    ],
)
def test_a_form_nobody_thought_of_is_told(content: Any) -> None:
    answer = read_answer(200, json.dumps(content).encode())

    assert "a form that cannot be read here" in answer.unreadable
    assert differences({"status": 200}, answer) == (answer.unreadable,)


def test_json_without_end_is_no_answer() -> None:
    assert read_answer(200, b"[" * 100_000) == Answer(200, "")
