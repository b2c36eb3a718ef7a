"""An attachment is evidence when it is about the patient of the request, however it names them."""

import json

import pytest

from fhir_um.cases.evidence import Evidence
from fhir_um.translate.attached_evidence import SubmittedChart
from fhir_um.translate.facts_in import read_evidence
from fhir_um.usecases.attach_documents import read_attached
from fhir_um.words import Code, Concept, Identifier
from tests.fhir_um.api.attaching import MEMBER, PATIENT, REPORT, STORY, answers, report
from tests.fhir_um.store.test_attachments import attachment
from tests.fhir_um.translate.by_hand import LIMITS, read

BODY = (STORY / "02-send-the-test.request.json").read_bytes()
CARD = Identifier("urn:card", "C-1")
HERE = "attachment:1"
SERVER = "https://ehr.example.test/fhir"


def chart(body: bytes = BODY) -> SubmittedChart:
    return SubmittedChart(body, LIMITS)


CARE_PLAN = {"resourceType": "CarePlan", "status": "active", "subject": PATIENT}


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


def measured(subject: dict | None = None, focus: dict | None = None) -> dict:
    """An Observation of the oxygen saturation."""
    said = {"subject": subject, "focus": [focus] if focus else None}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "valueQuantity": {"value": 86},
        **{name: value for name, value in said.items() if value},
    }


@pytest.mark.parametrize(
    ("focus", "is_ours"),
    [
        ({"reference": "Patient/rosa-castellano"}, True),
        ({"reference": "Patient/the-donor"}, False),
        ({"identifier": {"system": "urn:card", "value": "C-2"}}, False),
    ],
)
@pytest.mark.parametrize("subject", [None, PATIENT])
def test_on_the_patients_record_but_about_somebody_else(subject: dict | None, focus: dict, is_ours: bool) -> None:
    assert seen(measured(subject, focus)) == ([HERE] if is_ours else [])


@pytest.mark.parametrize(("server", "is_ours"), [(SERVER, True), ("https://other.example.test/fhir", False)])
def test_in_a_bundle_a_reference_is_read_against_the_address_of_its_entry(server: str, is_ours: bool) -> None:
    """Ids are given by servers: another one has another patient under the same id."""
    url = f"{server}/Observation/1"
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": url, "resource": measured(PATIENT)}],
    }

    assert len(seen(bundle)) == is_ours


def documents(resource: dict) -> list[tuple[str, bool]]:
    found = chart().attached(json.dumps(resource).encode(), HERE, CARD)
    return [(row.ref, bool(row.type.codes)) for row in found.documents]


@pytest.mark.parametrize(
    ("resource", "is_document"),
    [
        ({"resourceType": "Binary", "contentType": "application/pdf"}, True),
        (CARE_PLAN, True),
        ({"resourceType": "CarePlan", "status": "entered-in-error", "subject": PATIENT}, False),
        ({"resourceType": "CarePlan", "status": "active", "subject": {"reference": "Patient/other"}}, False),
        ({"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/other"}}, False),
        (answers("in-progress", spo2=86), False),
        ({**report(), "status": "entered-in-error"}, False),
    ],
)
def test_what_no_policy_reads_is_a_document_when_it_is_the_patients(resource: dict, is_document: bool) -> None:
    assert documents(resource) == ([(HERE, False)] if is_document else [])


@pytest.mark.parametrize("resource", [report(), answers(spo2=86), measured(PATIENT), CARE_PLAN])
def test_sent_as_a_document_that_was_asked_for_it_is_one_only_when_it_is_the_patients(resource: dict) -> None:
    """A policy that wants the report to be there must not be met by the report of somebody else."""
    others = {**resource, "subject": {"reference": "Patient/other"}}
    row = attachment(code=Concept((Code("http://loinc.org", REPORT),)))

    sent, strayed = (read_attached(chart(), row, json.dumps(each).encode()) for each in (resource, others))

    assert [document.type.codes for document in sent.documents] == [row.code.codes]
    assert strayed == Evidence()
