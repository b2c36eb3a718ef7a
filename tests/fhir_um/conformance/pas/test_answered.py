"""Answers taken apart: what is there is found with its place, what is of another shape is left out."""

import msgspec
import pytest

from fhir_um.conformance.model import Exchange, Json
from fhir_um.conformance.pas.answered import actions, claim_responses, decision_bundles, lines, resolved
from fhir_um.conformance.pas.errors import leads
from fhir_um.conformance.pas.replacing import updated
from profiles.canonicals import EXT_REVIEW_ACTION, EXT_REVIEW_ACTION_CODE, X12_REVIEW_ACTION


def line(action: str, number: str = "") -> Json:
    said: list[Json] = [{"url": "number", "valueString": number}] if number else []
    coding = {"system": X12_REVIEW_ACTION, "code": action}
    said.append({"url": EXT_REVIEW_ACTION_CODE, "valueCodeableConcept": {"coding": [coding]}})
    review = {"url": EXT_REVIEW_ACTION, "extension": said}
    return {"itemSequence": 1, "adjudication": [{"extension": [review]}]}


def collection(*items: Json) -> Json:
    response = {"resourceType": "ClaimResponse", "id": "1", "item": list(items)}
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "x", "resource": response}]}


def exchange(answer: object, *marks: str, status: int = 200, sent: object = None) -> Exchange:
    body, asked = msgspec.json.encode(answer), msgspec.json.encode(sent)
    return Exchange("s", "1", frozenset(marks), "2.2.1", "POST", "u", {}, asked, status, {}, body, 1.0, bool(sent))


RETURNED = {
    "resourceType": "Parameters",
    "parameter": [{"name": "outcome"}, {"name": "return", "resource": collection(line("A1"))}],
}
NOTIFIED = {
    "resourceType": "Bundle",
    "type": "history",
    "entry": [{"resource": {}}, {"resource": collection(line("A4"))}],
}


@pytest.mark.parametrize(
    ("said", "path", "action"),
    [
        (exchange(collection(line("A1")), "submit"), "Bundle.entry[0].resource", "A1"),
        (exchange(RETURNED, "inquire"), "Parameters.parameter[1].resource.entry[0].resource", "A1"),
        (exchange({}, "notification", sent=NOTIFIED), "Bundle.entry[1].resource.entry[0].resource", "A4"),
        (exchange(collection()["entry"][0]["resource"], "read"), "ClaimResponse", None),
    ],
)
def test_a_claim_response_is_found_with_its_place(said: Exchange, path: str, action: str | None) -> None:
    assert [one.path for one in claim_responses(said)] == [path]
    assert actions(said) == ([action] if action else [])


@pytest.mark.parametrize("answer", [None, 5, [], "x", {"resourceType": "Bundle", "entry": [5, {"resource": []}]}])
def test_what_is_none_is_left_out(answer: object) -> None:
    assert claim_responses(exchange(answer, "submit")) == []


def test_what_was_refused_carries_no_decision() -> None:
    assert decision_bundles(exchange(collection(line("A1")), "submit", status=422)) == []


def test_a_line_says_its_action_and_number() -> None:
    (response,) = claim_responses(exchange(collection(line("A1", "77")), "submit"))

    (found,) = lines(response)

    assert (found.sequence, found.action, found.number, found.system) == (1, "A1", "77", X12_REVIEW_ACTION)
    assert found.at.path == "Bundle.entry[0].resource.item[0]"


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("Patient/1", "https://ehr.test/fhir/Patient/1"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("https://x.test/Patient/1", "https://x.test/Patient/1"),
    ],
)
def test_a_reference_is_meant_beside_the_resource_it_stands_in(reference: str, absolute: str) -> None:
    assert resolved(reference, "https://ehr.test/fhir/Claim/7") == absolute


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("Bundle.entry[0].resource.item[0].quantity", True),
        ("Bundle.entry[0].resource.item[0].serviced", True),
        ("Bundle.entry[0].resource.item[3].quantity", False),
        ("Bundle.entry[4].resource", False),
        ("Claim.item", False),
    ],
)
def test_a_path_leads_into_the_request_but_for_its_last_step(path: str, is_there: bool) -> None:
    assert leads(path, [{"resourceType": "Claim", "item": [{"sequence": 1, "servicedDate": "2026-11-02"}]}]) is is_there


def test_an_update_names_and_brings_the_claim_before() -> None:
    claim: Json = {"resourceType": "Claim", "id": "1", "identifier": [{"value": "a"}], "item": [{"sequence": 1}]}
    entries = [
        {"fullUrl": "https://ehr.test/Claim/1", "resource": claim},
        {"fullUrl": "p", "resource": {"resourceType": "Patient"}},
    ]

    again = updated(updated({"identifier": {"value": "b"}, "entry": entries}, "x"), "y")

    assert [one["fullUrl"].rpartition("/")[2] for one in again["entry"]] == ["1-x-y", "1-x", "p"]
    assert again["entry"][0]["resource"]["related"][0]["claim"] == {"reference": "https://ehr.test/Claim/1-x"}
