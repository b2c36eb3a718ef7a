"""An attachment is evidence when it is about the patient of the request, however it names them."""

import json

import pytest

from fhir_um.translate.attached_evidence import SubmittedChart
from fhir_um.translate.facts_in import read_evidence
from fhir_um.words import Identifier
from tests.fhir_um.api.attaching import MEMBER, STORY, answers, report
from tests.fhir_um.translate.by_hand import LIMITS, read

BODY = (STORY / "02-send-the-test.request.json").read_bytes()
CARD = Identifier("urn:card", "C-1")
HERE = "attachment:1"
SERVER = "https://ehr.example.test/fhir"


def chart(body: bytes = BODY) -> SubmittedChart:
    return SubmittedChart(body, LIMITS)


def seen(resource: dict, body: bytes = BODY) -> list[str]:
    found = chart(body).attached(json.dumps(resource).encode(), HERE, CARD)
    return [row.ref for row in (*found.answers, *found.documents, *found.observations)]


def test_the_requests_own_evidence() -> None:
    assert chart().evidence == read_evidence(read(BODY))
    assert chart().evidence.observations


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {"reference": "Patient/rosa-castellano"},
        {"reference": "Patient/rosa-castellano/_history/3"},
        {"reference": f"{SERVER}/Patient/rosa-castellano"},
        {"identifier": MEMBER},
        {"identifier": {"system": "urn:card", "value": "C-1"}},
    ],
)
def test_about_the_patient(subject: dict | None) -> None:
    assert seen(answers(subject=subject, spo2=86)) == [f"{HERE}#spo2"]


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/other"},
        {"reference": "https://other.example.test/fhir/Patient/rosa-castellano"},
        {"reference": "#patient"},
        {"identifier": {"system": "urn:card", "value": "C-2"}},
        {"display": "Rosa"},
    ],
)
def test_about_somebody_else_or_nobody_knows(subject: dict) -> None:
    assert seen(answers(subject=subject, spo2=86)) == []


def test_a_patient_without_a_server_is_known_by_id() -> None:
    moved = BODY.replace(b"Patient/rosa-castellano", b"urn:uuid:5").replace(
        f"{SERVER}/urn:uuid:5".encode(), b"urn:uuid:5"
    )

    assert seen(answers(spo2=86), moved) == [f"{HERE}#spo2"]
    assert seen(answers(subject={"reference": "Patient/other"}, spo2=86), moved) == []


def test_a_patient_who_comes_along_is_known_by_number() -> None:
    other = {"resourceType": "Patient", "id": "p", "identifier": [MEMBER]}
    form = answers(subject={"reference": "Patient/p"}, spo2=86)
    entries = [
        {"fullUrl": "https://x.example.test/QuestionnaireResponse/1", "resource": form},
        {"fullUrl": "https://x.example.test/Patient/p", "resource": other},
    ]

    assert seen({"resourceType": "Bundle", "type": "collection", "entry": entries}) == [f"{HERE}#spo2"]


def test_a_form_not_finished_says_nothing() -> None:
    assert seen(answers("in-progress", spo2=86)) == []


def test_a_document_is_what_it_says() -> None:
    assert seen(report()) == [HERE]
    assert seen({**report(), "subject": {"reference": "Patient/other"}}) == []
