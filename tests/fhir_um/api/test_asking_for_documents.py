"""A reviewer asks for documents, and the sender is told which: one request per document per line."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.api.test_um import decide, ruling
from tests.validators import validator_for

STORIES = Path(__file__).resolve().parents[3] / "fixtures" / "stories"
NOTE = {"loinc": "11506-3", "label": "Progress note", "reportType": "OB"}
FORM = {"loinc": "102089-0", "label": "The payer's questions"}
TRACE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-itemTraceNumber"
BODIES = {
    "2.2.1": ("/fhir", "prior-authorization"),
    "2.0.1": ("/2.0.1/fhir", "prior-authorization-2.0.1"),
}


@pytest.fixture(params=BODIES)
def asked(client, request) -> tuple[str, str, bytes]:
    """Version, case id and submission of a request for a power wheelchair."""
    base, story = BODIES[request.param]
    body = next((STORIES / story).glob("02-*.request.json")).read_bytes()
    answer = client.post(f"{base}/Claim/$submit", data=body, headers=FHIR)
    return request.param, answer.json["entry"][0]["resource"]["id"], body


def ask(client, case_id: str, *documents: dict[str, str]) -> Any:
    text = "The record does not show how the member moves about."
    changes = {"action": "request-information", "reason": "need-patient-info", "text": text}
    return decide(client, case_id, ruling(**changes, documents=list(documents)))


def answer_of(client, asked) -> dict[str, Any]:
    """The answer as it stands: the same submission again."""
    version, _, body = asked
    bundle: dict[str, Any] = client.post(f"{BODIES[version][0]}/Claim/$submit", data=body, headers=FHIR).json
    return bundle


def member_of(body: bytes) -> dict[str, Any]:
    """The member's number, as the request has it."""
    patients = (e["resource"] for e in json.loads(body)["entry"] if e["resource"]["resourceType"] == "Patient")
    number = next(patients)["identifier"][0]
    return {"system": number["system"], "value": number["value"]}


@pytest.mark.spec("pas:ainfo-2", "pas:ainfo-3")
def test_documents_go_out_by_loinc_and_report_type_and_the_form_with_its_trace_number(client, asked):
    assert ask(client, asked[1], NOTE, FORM).status_code == 200

    bundle = answer_of(client, asked)
    requests = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "CommunicationRequest"]
    note, form = requests
    assert [r["payload"][0]["contentString"] for r in requests] == ["11506-3", "102089-0"]
    assert note["category"][0]["coding"][0] == {"system": "https://codesystem.x12.org/005010/755", "code": "OB"}
    assert "category" not in form
    item = bundle["entry"][0]["resource"]["item"][0]
    traces = [e["valueIdentifier"] for e in item["extension"] if e["url"] == TRACE]
    assert traces[-1]["system"] == "urn:fhir-um:questionnaire-context"
    assert traces[-1]["value"]
    found = validator_for(asked[0]).check(bundle)
    assert [(issue.path, issue.text) for issue in found if issue.severity == "error"] == []


def test_without_the_form_no_trace_number_is_made(client, asked):
    ask(client, asked[1], NOTE)

    item = answer_of(client, asked)["entry"][0]["resource"]["item"][0]

    assert "questionnaire-context" not in str(item)


def test_reviewers_see_what_was_asked(client, asked):
    ask(client, asked[1], NOTE, FORM)

    assert client.get(f"/um/v1/cases/{asked[1]}").json["lines"][0]["documents"] == [NOTE, FORM]


@pytest.mark.spec("pas:ainfo-4", "pas:ainfo-5", "pas:ainfo-6", "pas:ainfo-7")
def test_tasks_say_the_same_one_for_documents_and_one_for_the_form(client, asked):
    ask(client, asked[1], NOTE, FORM)

    tasks = [e["resource"] for e in answer_of(client, asked)["entry"] if e["resource"]["resourceType"] == "Task"]

    codes = [task["code"]["coding"][0]["code"] for task in tasks]
    assert codes == ["attachment-request-code", "attachment-request-questionnaire"]
    assert all(task["input"][0]["valueUrl"].endswith("/fhir/$submit-attachment") for task in tasks)
    assert [each["valueCodeableConcept"]["coding"][0]["code"] for each in tasks[0]["input"][1:]] == ["11506-3"]


def test_the_identifier_of_a_task_leads_back_to_its_line(client, asked):
    ask(client, asked[1], NOTE, FORM)
    tasks = [e["resource"] for e in answer_of(client, asked)["entry"] if e["resource"]["resourceType"] == "Task"]

    for task in tasks:
        content = {
            "resourceType": "Binary",
            "contentType": "text/plain",
            "data": b64encode(task["id"].encode()).decode(),
        }
        rows: list[dict[str, Any]] = [
            {"name": "TrackingId", "valueIdentifier": task["identifier"][0]},
            {"name": "AttachTo", "valueCode": "preauthorization"},
            {"name": "OrganizationId", "valueIdentifier": task["owner"]["identifier"]},
            {"name": "MemberId", "valueIdentifier": member_of(asked[2])},
            {"name": "Attachment", "part": [{"name": "Content", "resource": content}]},
            {"name": "Final", "valueBoolean": False},
        ]
        body = {"resourceType": "Parameters", "parameter": rows}
        client.post(f"{BODIES[asked[0]][0]}/$submit-attachment", data=json.dumps(body), headers=FHIR)

    kept = client.get(f"/um/v1/cases/{asked[1]}/attachments").json["attachments"]
    assert [row["lines"] for row in kept] == [[1], [1]]
    left = client.get(f"/um/v1/cases/{asked[1]}").json["lines"][0]["documents"]
    assert left == [NOTE, FORM]


def test_a_read_of_the_answer_holds_what_is_asked_for(client, asked):
    ask(client, asked[1], NOTE, FORM)

    answer = client.get(f"{BODIES[asked[0]][0]}/ClaimResponse/{asked[1]}").json

    assert [each["payload"][0]["contentString"] for each in answer["contained"]] == ["11506-3", "102089-0"]
    assert [each["reference"] for each in answer["communicationRequest"]] == [
        f"#{r['id']}" for r in answer["contained"]
    ]
    found = validator_for(asked[0]).check(answer)
    assert [(issue.path, issue.text) for issue in found if issue.severity == "error"] == []


@pytest.mark.spec("pas:conf-6")
def test_a_document_is_asked_for_with_what_narrows_it_down(client, asked):
    wanted = NOTE | {"modifiers": ["18803-7"]}
    assert ask(client, asked[1], wanted).status_code == 200

    bundle = answer_of(client, asked)

    (note,) = (e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "CommunicationRequest")
    said = [e for e in note["payload"][0]["extension"] if e["url"].endswith("extension-contentModifier")]
    assert [e["valueCodeableConcept"]["coding"][0]["code"] for e in said] == ["18803-7"]
    assert client.get(f"/um/v1/cases/{asked[1]}").json["lines"][0]["documents"] == [wanted]


@pytest.mark.parametrize("modifier", ["LP7763-8", "", "18803", "18803-77"])
def test_a_modifier_that_is_no_code_of_loinc_is_refused(client, asked, modifier):
    answer = ask(client, asked[1], NOTE | {"modifiers": [modifier]})

    assert_outcome(answer, Kind.INVALID, "lines[0].documents[0].modifiers")


@pytest.mark.spec("pas:conf-6")
def test_a_second_surgical_opinion_is_spoken_of_when_the_reviewer_does(client, asked):
    changes = {"action": "request-information", "reason": "need-patient-info", "text": "The record is silent."}
    decide(client, asked[1], ruling(**changes, documents=[NOTE], secondSurgicalOpinion=False))

    item = answer_of(client, asked)["entry"][0]["resource"]["item"][0]

    parts = item["adjudication"][0]["extension"][0]["extension"]
    assert [p["valueBoolean"] for p in parts if p["url"] == "secondSurgicalOpinionFlag"] == [False]
    assert client.get(f"/um/v1/cases/{asked[1]}").json["lines"][0]["decision"]["secondSurgicalOpinion"] is False


def test_the_role_of_a_provider_is_one_of_four(client, asked):
    authorized = {"provider": {"npi": "1910030034", "role": "physician"}}

    answer = decide(client, asked[1], ruling(authorized=authorized))

    assert_outcome(answer, Kind.INVALID, "lines[0].authorized.provider.role")
    assert "primary, assist, supervisor, other" in answer.text


def test_the_role_of_a_provider_goes_out_with_them(client, asked):
    changes = {"action": "modify", "reason": "out-of-network", "text": "The supplier of the network is authorized."}
    authorized = {"provider": {"npi": "1910030034", "name": "Breathe Easy Home Supply", "role": "primary"}}

    assert decide(client, asked[1], ruling(**changes, authorized=authorized)).status_code == 200

    decided = client.get(f"/um/v1/cases/{asked[1]}").json["lines"][0]["decision"]["authorized"]
    assert decided["providerRole"] == "primary"
    assert ("claimcareteamrole" in str(answer_of(client, asked)["entry"][0])) is (asked[0] == "2.2.1")


@pytest.mark.parametrize("report_type", ["ob", "OBX", "O", "1é"])
def test_report_type_that_is_none_is_refused(client, asked, report_type):
    answer = ask(client, asked[1], NOTE | {"reportType": report_type})

    assert_outcome(answer, Kind.INVALID, "lines[0].documents[0].reportType")
