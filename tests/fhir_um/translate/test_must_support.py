"""Every must-support element of an answer is said where the case or the request holds it, and only there."""

import json
from dataclasses import replace

import pytest

from fhir_um.cases.asked import CareTeamMember, Party
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.model import Authorized
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.dialects import DIALECTS, PAS_2_2_1
from fhir_um.translate.response_out import Beside, claim_response, inquiry_response, submit_response
from fhir_um.words import Code, Concept, Identifier
from profiles.canonicals import PAS_SD
from profiles.reading import read_json
from tests import wire
from tests.fhir_um.translate.by_hand import (
    AT,
    BASE,
    CASES,
    EHR,
    LIMITS,
    REQUEST,
    SUBMISSION,
    approved,
    case,
    modified,
    pended_for_documents,
    read,
)
from tests.validators import validator_for
from tests.wire_tables import EXTENSIONS

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
ENTITY = "https://codesystem.x12.org/005010/98"
ABSENT = [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
SENT = {url: {raw} for url, raw in wire.came(SUBMISSION).items()}
RESOURCES = [json.loads(raw) for raw in wire.came(SUBMISSION).values()]

pytestmark = pytest.mark.spec("pas:conf-6", "hrex:conf-1")


def submitted(made, dialect=PAS_2_2_1, body=SUBMISSION):
    return json.loads(submit_response(made, body, dialect, BASE))


def answer(made, dialect=PAS_2_2_1, body=SUBMISSION):
    return submitted(made, dialect, body)["entry"][0]["resource"]


def values(node, name):
    return [e for e in node.get("extension", []) if e["url"] == PAS_SD + name]


def parts(extension):
    return {part["url"].removeprefix(PAS_SD): part for part in extension["extension"]}


def asking(**changes):
    return replace(REQUEST, **changes)


def team(*members):
    return asking(care_team=members)


DOCTOR, CLINIC = Party(f"{EHR}/Practitioner/dr"), Party(f"{EHR}/Organization/clinic")
OF_LINE = CareTeamMember(1, (CLINIC,), False, Code(ENTITY, "SJ"))


@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("name", CASES)
def test_every_case_is_answered_lawfully_in_every_way(name, version):
    made, dialect = CASES[name], DIALECTS[version]

    sent = submit_response(made, SUBMISSION, dialect, BASE)
    found = inquiry_response(((made, SUBMISSION),), dialect, BASE, AT)
    told = claim_response(made, SUBMISSION, dialect, BASE)

    assert list(wire.of_submit(sent, version, SENT, RESOURCES)) == []
    assert list(wire.of_inquiry(found, version, SENT)) == []
    assert list(wire.of_read(told, version)) == []
    for said in (sent, found, told):
        issues = validator_for(version).check(read_json(said, LIMITS))
        assert [issue for issue in issues if issue.severity != "information"] == []


@pytest.mark.parametrize("version", DIALECTS)
def test_identifiers_go_back_with_all_the_sender_said_of_them(version):
    department = {"url": PAS_SD + "extension-identifierSubDepartment", "valueString": "Respiratory"}
    bundle = json.loads(SUBMISSION)
    claim = bundle["entry"][0]["resource"]
    claim["identifier"][0] |= {"extension": [department], "use": "official"}
    claim["identifier"][0]["assigner"] = {"reference": "Organization/clinic", "display": "The clinic"}
    trace = next(e for e in claim["item"][0]["extension"] if e["url"].endswith("itemTraceNumber"))
    trace["valueIdentifier"]["assigner"] = {"reference": "Organization/elsewhere"}
    trace["valueIdentifier"]["extension"] = [department]
    body = json.dumps(bundle).encode()
    made = replace(CASES["approved"], request=read_claim(read(body)))

    sent = submit_response(made, body, DIALECTS[version], BASE)

    response = json.loads(sent)["entry"][0]["resource"]
    assigner = {"reference": f"{EHR}/Organization/clinic", "display": "The clinic"}
    assert response["identifier"] == [claim["identifier"][0] | {"assigner": assigner}]
    number = values(response["item"][0], "extension-itemTraceNumber")[0]["valueIdentifier"]
    assert number == {"system": "urn:trnorg:9000000001", "value": "TRACE-1", "extension": [department]}
    came = {url: {raw} for url, raw in wire.came(body).items()}
    assert list(wire.of_submit(sent, version, came, RESOURCES)) == []


def test_who_acts_on_the_whole_request_is_authorized_with_it():
    provider = values(answer(CASES["approved"]), "extension-itemAuthorizedProvider")

    assert [parts(p)["provider"]["valueReference"]["reference"] for p in provider] == [f"{EHR}/Practitioner/dr"]
    assert parts(provider[0])["extension-authorizedProviderType"]["valueCodeableConcept"]["coding"][0]["code"] == "SJ"
    assert "qualification" in parts(provider[0])


@pytest.mark.parametrize(
    "made", [case(pended_for_documents(2)), case(modified(1)), CASES["cancelled"]], ids=["pended", "other", "cancelled"]
)
def test_nobody_is_authorized_with_a_request_that_is_not_as_asked(made):
    assert values(answer(made), "extension-itemAuthorizedProvider") == []


@pytest.mark.parametrize("version", DIALECTS)
def test_who_renders_an_authorized_line_is_whom_it_points_to(version):
    response = answer(case(approved(1), approved(2), request=team(OF_LINE)), DIALECTS[version])

    provider = values(response["item"][0], "extension-itemAuthorizedProvider")[0]
    kind = "extension-authorizedProviderType" if version == "2.2.1" else "providerType"
    assert parts(provider)["provider"]["valueReference"]["reference"] == CLINIC.full_url
    assert parts(provider)[kind]["valueCodeableConcept"]["coding"] == [{"system": ENTITY, "code": "SJ"}]
    assert values(response["item"][1], "extension-itemAuthorizedProvider") == []


def test_a_role_resource_alone_is_no_provider():
    role = CareTeamMember(1, (Party(f"{EHR}/PractitionerRole/r1"),), False, None)

    response = answer(case(approved(1), request=team(role)))

    assert values(response["item"][0], "extension-itemAuthorizedProvider") == []


def test_a_provider_a_decision_names_by_npi_is_found_in_the_request():
    named = Party("", (Identifier(NPI, "1999999976"),), "Dr. Nell Ibarra")
    line = modified(1)
    decision = replace(line.decision, authorized=replace(line.decision.authorized, provider=named))

    added = answer(case(replace(line, decision=decision)))["addItem"][0]

    assert added["provider"][0]["reference"] == DOCTOR.full_url
    assert values(added["provider"][0], "extension-authorizedProviderType") != []


@pytest.mark.parametrize("version", DIALECTS)
def test_what_an_authorized_provider_is_to_do_is_said_where_the_decision_says_it(version):
    line = modified(1)
    authorized = replace(line.decision.authorized, provider_role="assist")
    made = case(replace(line, decision=replace(line.decision, authorized=authorized)))

    sent = submit_response(made, SUBMISSION, DIALECTS[version], BASE)

    item = json.loads(sent)["entry"][0]["resource"]["item"][0]
    provider = values(item, "extension-itemAuthorizedProvider")[0]
    said = parts(provider).get("role", {}).get("valueCodeableConcept", {}).get("coding")
    coding = [{"system": "http://terminology.hl7.org/CodeSystem/claimcareteamrole", "code": "assist"}]
    assert said == (coding if version == "2.2.1" else None)
    found = validator_for(version).check(read_json(sent, LIMITS))
    assert [issue for issue in found if issue.severity != "information"] == []


def test_a_provider_nobody_named_before_is_said_by_npi():
    stranger = Party("", (Identifier(NPI, "1999999992"),), "Dr. Ada Quist")
    line = modified(1)
    decision = replace(line.decision, authorized=replace(line.decision.authorized, provider=stranger))

    added = answer(case(replace(line, decision=decision)))["addItem"][0]

    identified = {"identifier": {"system": NPI, "value": "1999999992"}, "display": "Dr. Ada Quist"}
    assert added["provider"] == [identified]


@pytest.mark.parametrize("version", DIALECTS)
def test_a_request_for_documents_names_the_diagnoses_it_is_about(version):
    second = replace(REQUEST.diagnoses[0], sequence=2, concept=Concept((Code(ICD, "R09.02"), Code("urn:other", "x"))))
    request = asking(diagnoses=(*REQUEST.diagnoses, second))
    line = pended_for_documents(2)
    made = case(replace(line, request=replace(line.request, diagnosis_sequences=(1, 2))), request=request)

    bundle = submitted(made, DIALECTS[version])
    inquired = inquiry_response(((made, SUBMISSION),), DIALECTS[version], BASE, AT)

    item, asked = bundle["entry"][0]["resource"]["item"][0], bundle["entry"][1]["resource"]
    for said in (item, asked["payload"][0]):
        spoken = values(said, "extension-communicatedDiagnosis")
        codings = [e["valueCodeableConcept"]["coding"] for e in spoken]
        assert codings == [[{"system": ICD, "code": code}] for code in ("J44.9", "R09.02")]
    assert inquired.count(b"extension-communicatedDiagnosis") == 1


def test_an_added_item_leads_to_the_order_behind_it():
    bundle = submitted(CASES["modified"])

    order = values(bundle["entry"][0]["resource"]["addItem"][0], "extension-requestedService")[0]["valueReference"]
    assert order["reference"] in {entry["fullUrl"] for entry in bundle["entry"]}


def test_an_order_that_did_not_come_along_is_not_named():
    line = modified(1)
    made = case(replace(line, request=replace(line.request, requested_service_ref=f"{EHR}/DeviceRequest/none")))

    assert values(answer(made)["addItem"][0], "extension-requestedService") == []


def test_an_added_item_says_everything_the_request_and_the_case_hold():
    line = replace(modified(1), administrative_reference="PEND00009")

    said = {e["url"].removeprefix(PAS_SD + "extension-") for e in answer(case(line))["addItem"][0]["extension"]}

    assert said == set(EXTENSIONS["2.2.1"]["addItem"])


@pytest.mark.spec("hrex:conf-5")
@pytest.mark.spec("pas:spec-44")
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("address", ["", "urn:uuid:0b7b1b2c-6f2e-4a53-9a51-000000000001"])
def test_a_request_whose_address_leads_nowhere_is_named_by_its_identifier(address, version):
    request = asking(claim_url=address)
    made = case(replace(pended_for_documents(2), documents_due_at=AT), request=request)

    told = submitted(made, DIALECTS[version])
    unnamed = answer(case(approved(1), request=replace(request, claim_identifiers=())), DIALECTS[version])

    named = {"extension": ABSENT, "identifier": {"system": "urn:trnorg:9000000001", "value": "PA-1001"}}
    (task,) = (e["resource"] for e in told["entry"] if e["resource"]["resourceType"] == "Task")
    assert told["entry"][0]["resource"]["request"] == task["reasonReference"] == named
    assert unnamed["request"] == {"extension": ABSENT}


def tasks_of(bundle):
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task"]


@pytest.mark.parametrize("version", DIALECTS)
def test_a_document_is_asked_for_with_the_kind_and_the_time_that_are_wanted(version):
    wanted = DocumentNeeded("11502-2", "Oxygen measurement", "DG", ("18803-7",))
    made = case(replace(pended_for_documents(2), documents=(wanted,)))

    bundle = submitted(made, DIALECTS[version])

    asked, (task,) = bundle["entry"][1]["resource"], tasks_of(bundle)
    month = [{"coding": [{"system": "http://loinc.org", "code": "18803-7"}]}]
    said = [e["valueCodeableConcept"] for e in values(asked["payload"][0], "extension-contentModifier")]
    on_task = [e["valueCodeableConcept"] for e in values(task["input"][1], "extension-contentModifier")]
    assert asked["category"][0]["coding"] == [{"system": "https://codesystem.x12.org/005010/755", "code": "DG"}]
    assert (said, on_task) == (month, month if version == "2.2.1" else [])


@pytest.mark.parametrize("version", DIALECTS)
def test_whoever_sent_a_request_finds_what_it_waits_for_as_tasks_too(version):
    made = case(pended_for_documents(2))
    found = ((made, SUBMISSION),)

    def inquired(beside):
        told = json.loads(inquiry_response(found, DIALECTS[version], BASE, AT, beside))
        return told["parameter"][0]["resource"] if version == "2.2.1" else told

    assert tasks_of(inquired(Beside(own=frozenset({made.id})))) == tasks_of(submitted(made, DIALECTS[version])) != []
    assert tasks_of(inquired(Beside())) == []


def test_a_task_says_why_it_is_there_and_whose_it_is():
    made = case(pended_for_documents(2), request=asking(requester=Party(f"{EHR}/PractitionerRole/r1")))

    (task,) = tasks_of(submitted(made))

    assert task["statusReason"] == {"text": pended_for_documents(2).decision.text}
    assert task["owner"]["identifier"] in [
        {"system": known.system, "value": known.value}
        for party in REQUEST.requester_parties
        for known in party.identifiers
    ]


@pytest.mark.parametrize("version", DIALECTS)
def test_an_answer_that_stands_alone_names_a_role_by_the_identifier_behind_it(version):
    role = Party("urn:uuid:0b7b1b2c-6f2e-4a53-9a51-000000000002")
    made = case(approved(1), request=asking(requester=role))

    told = json.loads(claim_response(made, SUBMISSION, DIALECTS[version], BASE))

    assert told["requestor"]["identifier"]["system"] == NPI
    assert "reference" not in told["requestor"]


@pytest.mark.parametrize("wanted", [True, False, None])
@pytest.mark.parametrize("version", DIALECTS)
def test_a_second_opinion_is_spoken_of_where_a_person_did(version, wanted):
    line = approved(1)
    made = case(replace(line, decision=replace(line.decision, second_opinion=wanted)))

    action = answer(made, DIALECTS[version])["item"][0]["adjudication"][0]["extension"][0]

    assert parts(action).get("secondSurgicalOpinionFlag", {}).get("valueBoolean") is wanted


@pytest.mark.parametrize("version", DIALECTS)
def test_only_the_cancellation_of_all_is_a_decision_on_the_whole(version):
    cancelled = replace(CASES["cancelled"], request=asking(cancel_all=True))

    response = answer(cancelled, DIALECTS[version])

    told = response.get("adjudication", [])
    assert [a["extension"] for a in told] == [[_cancelled()]] * (version == "2.2.1")
    assert "adjudication" not in answer(CASES["cancelled"], DIALECTS[version])


def _cancelled():
    coding = {"system": "https://codesystem.x12.org/005010/306", "code": "C"}
    action = {"url": PAS_SD + "extension-reviewActionCode", "valueCodeableConcept": {"coding": [coding]}}
    return {"url": PAS_SD + "extension-reviewAction", "extension": [action]}


def test_a_service_without_a_code_is_not_applicable_never_empty():
    line = replace(modified(1), decision=replace(modified(1).decision, authorized=Authorized()))
    made = case(replace(line, request=replace(line.request, service=Concept(), service_end=None)))

    response = answer(made)

    coding = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "not-applicable"}
    assert response["addItem"][0]["productOrService"] == {"coding": [coding]}
    assert list(wire.of_claim_response(response, "2.2.1", inquiry=False)) == []
