"""What a profile marks as must-support, against the lists the public suite prints, and what counts as said."""

from typing import Any

import pytest

from fhir_um.conformance.must_support import (
    INQUIRY_ANSWERS,
    SUBMIT_ANSWERS,
    UnknownProfile,
    missing,
    must_support,
    pas_profile,
    pool,
)
from profiles.canonicals import EXT_DATA_ABSENT_REASON, PAS_SD

pytestmark = pytest.mark.spec("pas:conf-4", "pas:conf-6")

ABSENT = {"extension": [{"url": EXT_DATA_ABSENT_REASON, "valueCode": "unknown"}]}

# --- the lists of the public suite, as data ---------------------------------------------------------------------------

BUNDLE = "timestamp entry entry.fullUrl entry.resource entry:ClaimResponse"
BUNDLE_OF_2_2_1 = f"{BUNDLE} entry:ClaimResponse.fullUrl entry:ClaimResponse.resource"
LINE = "itemTraceNumber preAuthIssueDate preAuthPeriod previousAuthorizationNumber administrationReferenceNumber"
ADDED = (
    f"{LINE} epsdtIndicator nursingHomeResidentialStatus nursingHomeLevelOfCare productOrServiceCodeEnd revenue "
    "revenueUnitRateLimit requestedService requestType certificationType admissionDates dischargeDate"
)
ADDRESS = "address address.line address.city address.state address.postalCode address.country"
TELECOM = "telecom telecom.system telecom.value"
INSURER_OF_2_0_1 = f"identifier identifier:NPI identifier:TIN active type name telecom {ADDRESS}"
INSURER = f"{INSURER_OF_2_0_1} identifier:PI telecom.system telecom.value"
CONTACT = "contact contact.name contact.telecom"
PATIENT = (
    "identifier identifier.system identifier.value name name.family name.given name.prefix name.suffix telecom.system "
    f"telecom.value telecom.use gender birthDate {ADDRESS} address.district communication.language "
    "multipleBirth[x]:multipleBirthInteger"
)
TASK_OF_2_0_1 = (
    "identifier status statusReason intent code for requester requester.identifier owner owner.identifier reasonCode "
    "reasonReference restriction.period input"
)
TASK = (
    f"{TASK_OF_2_0_1} input:PayerURL input:AttachmentsNeeded input:AttachmentsNeeded.type "
    "input:AttachmentsNeeded.value[x] input:AttachmentsNeeded.extension:paLineNumber "
    "input:AttachmentsNeeded.extension:contentModifier input:QuestionnaireContext input:QuestionnaireContext.type "
    "input:QuestionnaireContext.value[x] input:QuestionnaireContext.extension:paLineNumber"
)
COMMUNICATION = "identifier category medium payload payload.content[x] requester recipient sender"
SPOKEN = "payload.extension:communicatedDiagnosis payload.extension:contentModifier"


def _below(place: str, names: str) -> str:
    return " ".join(f"{place}.extension:{name}" for name in names.split())


ITEM = f"{LINE} requestedServiceDate authorizedProvider authorizedItemDetail communicatedDiagnosis"
ERROR = f"error error.code {_below('error', 'followupAction errorElement errorPath')}"
ANSWER_OF_2_0_1 = (
    "identifier status patient created insurer requestor request outcome preAuthPeriod item item.adjudication "
    f"{ERROR} {_below('item', ITEM)} item.adjudication.extension:reviewAction"
)
ANSWER = (
    f"{ANSWER_OF_2_0_1} identifier.system identifier.value item.itemSequence item.noteNumber addItem "
    "addItem.itemSequence addItem.provider addItem.productOrService addItem.modifier addItem.serviced[x] "
    "addItem.location[x] addItem.quantity addItem.unitPrice addItem.adjudication adjudication processNote "
    "processNote.number processNote.text extension:transmissionIdentifiers extension:claimResponseReviewer "
    "extension:authorizedProvider request.extension:DataAbsentReason addItem.provider.extension:providerType "
    "addItem.adjudication.extension:reviewAction adjudication.extension:reviewAction "
    f"{_below('identifier', 'subDepartment jurisdiction')} {_below('item', 'admissionDates dischargeDate')} "
    f"{_below('addItem', ADDED)}"
)
PRACTITIONER = f"identifier identifier:NPI name name.family {ADDRESS} {TELECOM}"
PRINTED = {
    "2.2.1": {
        "pas-response-bundle": f"identifier {BUNDLE_OF_2_2_1}",
        "pas-inquiry-response-bundle": BUNDLE_OF_2_2_1,
        "claimresponse": f"{ANSWER} communicationRequest",
        "claiminquiryresponse": ANSWER,
        "communicationrequest": f"{COMMUNICATION} extension:serviceLineNumber {SPOKEN}",
        "insurer": INSURER,
        "requestor": f"{INSURER} {CONTACT}",
        "beneficiary": PATIENT,
        "practitioner": PRACTITIONER,
        "practitionerrole": f"practitioner organization code specialty location {TELECOM} endpoint",
        "task": TASK,
    },
    "2.0.1": {
        "pas-response-bundle": BUNDLE,
        "pas-inquiry-response-bundle": BUNDLE,
        "claimresponse": f"{ANSWER_OF_2_0_1} item.noteNumber communicationRequest",
        "claiminquiryresponse": ANSWER_OF_2_0_1,
        "communicationrequest": f"{COMMUNICATION} payload.extension:serviceLineNumber {SPOKEN}",
        "insurer": INSURER_OF_2_0_1,
        "requestor": f"{INSURER_OF_2_0_1} {CONTACT}",
        "beneficiary": f"{PATIENT} telecom communication address.period extension:race extension:ethnicity "
        "extension:birthsex",
        "practitioner": "identifier identifier:NPI name name.family telecom address",
        "practitionerrole": "practitioner organization",
        "task": TASK_OF_2_0_1,
    },
}


@pytest.mark.parametrize("version", PRINTED)
@pytest.mark.parametrize("name", PRINTED["2.2.1"])
def test_the_definitions_mark_what_the_public_suite_looks_for(name: str, version: str) -> None:
    marked = must_support(pas_profile(name, version))

    assert sorted(marked) == sorted(PRINTED[version][name].split())


def test_every_profile_of_the_answers_is_compared() -> None:
    assert set(PRINTED["2.2.1"]) == set(PRINTED["2.0.1"]) == {*SUBMIT_ANSWERS, *INQUIRY_ANSWERS}


def test_a_profile_or_a_version_nobody_has_is_not_answered_by_another() -> None:
    for profile in (pas_profile("task", "9.9.9"), pas_profile("nothing", "2.2.1")):
        with pytest.raises(UnknownProfile):
            missing(profile, [])


def test_what_a_profile_marks_and_forbids_at_once_is_not_asked_for() -> None:
    marked = must_support(pas_profile("documentreference", "2.2.1"))

    assert "content.attachment.data" in marked
    assert "content.attachment.url" not in marked


# --- what counts ------------------------------------------------------------------------------------------------------


def lacks(name: str, *resources: dict[str, Any], version: str = "2.2.1") -> set[str]:
    return set(missing(pas_profile(name, version), resources))


def answering(**parts: Any) -> dict[str, Any]:
    return {"resourceType": "ClaimResponse", **parts}


def test_one_resource_may_say_what_another_does_not() -> None:
    first, second = answering(status="active"), answering(outcome="complete")

    assert lacks("claimresponse") - lacks("claimresponse", first, second) == {"status", "outcome"}


def test_a_resource_of_another_type_says_nothing() -> None:
    assert lacks("claimresponse", {"resourceType": "Claim", "status": "active"}) == lacks("claimresponse")


@pytest.mark.parametrize("value", [False, 0, "x", {"display": "somebody"}, {"identifier": {"value": "1"}}])
def test_any_value_counts(value: Any) -> None:
    assert "patient" not in lacks("claimresponse", answering(patient=value))


@pytest.mark.parametrize("value", [None, "", {}, {"id": "a"}, {"extension": [{"url": "urn:x"}]}, ABSENT, []])
def test_what_is_no_value_does_not_count(value: Any) -> None:
    assert "patient" in lacks("claimresponse", answering(patient=value))


def test_a_value_whose_absence_is_explained_does_not_count() -> None:
    assert "patient" in lacks("claimresponse", answering(patient={**ABSENT, "display": "somebody"}))


def test_the_request_alone_may_be_absent_with_a_reason() -> None:
    said = lacks("claimresponse") - lacks("claimresponse", answering(request=ABSENT))

    assert said == {"request", "request.extension:DataAbsentReason"}


def test_a_primitive_of_which_only_an_extension_is_there_does_not_count() -> None:
    assert "birthDate" in lacks("beneficiary", {"resourceType": "Patient", "_birthDate": ABSENT})


def test_an_extension_counts_by_its_address_at_its_place_whatever_it_holds() -> None:
    number = {"url": f"{PAS_SD}extension-authorizationNumber|2.2.1"}
    wanted = "item.extension:previousAuthorizationNumber"

    assert wanted not in lacks("claimresponse", answering(item=[{"extension": [number]}]))
    assert wanted in lacks("claimresponse", answering(extension=[number]))


def test_a_choice_counts_in_any_type_and_its_slice_in_its_own() -> None:
    assert "addItem.serviced[x]" not in lacks("claimresponse", answering(addItem=[{"servicedPeriod": {"end": "2026"}}]))
    born = "multipleBirth[x]:multipleBirthInteger"
    assert born in lacks("beneficiary", {"resourceType": "Patient", "multipleBirthBoolean": True})
    assert born not in lacks("beneficiary", {"resourceType": "Patient", "multipleBirthInteger": 2})


def test_a_slice_counts_by_what_tells_it_apart() -> None:
    tax = {"system": "http://terminology.hl7.org/NamingSystem/USEIN", "value": "12-3456789"}
    payer = {"system": "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType", "code": "payerid"}
    house = {"resourceType": "Organization", "identifier": [tax, {"type": {"coding": [payer]}, "value": "9"}]}

    said = lacks("insurer") - lacks("insurer", house)

    assert said == {"identifier", "identifier:TIN", "identifier:PI"}


def test_a_slice_of_inputs_goes_by_its_type_and_what_stands_inside_it() -> None:
    kind = {"system": "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes", "code": "attachments-needed"}
    line = {"url": f"{PAS_SD}extension-serviceLineNumber", "valuePositiveInt": 1}
    task = {"resourceType": "Task", "input": [{"type": {"coding": [kind]}, "extension": [line]}]}

    said = lacks("task") - lacks("task", task)

    inside = {"input:AttachmentsNeeded.type", "input:AttachmentsNeeded.extension:paLineNumber"}
    assert said == {"input", "input:AttachmentsNeeded", *inside}


def test_a_slice_of_a_closed_list_nobody_publishes_goes_by_the_list_of_its_code() -> None:
    def insured(system: str) -> dict[str, Any]:
        return {"resourceType": "Coverage", "relationship": {"coding": [{"system": system, "code": "18"}]}}

    wanted = "relationship.coding:X12Code"
    assert wanted not in lacks("coverage", insured("https://codesystem.x12.org/005010/1069"))
    assert wanted in lacks("coverage", insured("https://codesystem.x12.org/005010/1068"))


def test_a_demanded_code_has_to_be_there() -> None:
    assert "reasonCode" in lacks("task", {"resourceType": "Task", "reasonCode": {"coding": [{"code": "other"}]}})


def test_a_slice_of_entries_goes_by_what_they_are() -> None:
    entry = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "ClaimResponse", "status": "active"}}
    bundle = {"resourceType": "Bundle", "entry": [entry]}

    assert lacks("pas-response-bundle", bundle) == {"identifier", "timestamp"}


def test_a_pool_holds_bundles_and_their_entries_wherever_they_stand() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": answering()}, {"fullUrl": "urn:x"}]}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "return", "resource": bundle}, {"name": "x"}]}

    assert pool([bundle, parameters, None, answering()]) == [bundle, answering(), bundle, answering()]
