"""References of a request: what they must hit, what may be absent, and what may lead back."""

import json
from collections.abc import Callable

import pytest

from profiles.issues import Issue
from tests.profiles.good_request import CLAIM, Raw, claim_of, errors_in, resource_of, update_of, updated

Find = Callable[..., tuple[Issue, ...]]
BASE = "https://ehr.riverbend.example.org/fhir/"


@pytest.mark.spec("pas:spec-66")
def test_claim_before_the_prior_claim_may_be_absent(good: Raw, issues_of: Find) -> None:
    assert issues_of(updated(good)) == ()


@pytest.mark.spec("pas:spec-65")
@pytest.mark.parametrize(("version", "refused"), [("2.2.1", True), ("2.0.1", False)])
def test_prior_claim_may_be_absent_only_in_2_0_1(version: str, refused: bool, good: Raw, issues_of: Find) -> None:
    claim_of(good).update(update_of("Claim/claim-0"))

    assert errors_in(issues_of(good, version)) == ({f"{CLAIM}.related[0].claim.reference"} if refused else set())


def test_prior_claim_that_leads_back_is_a_circle(good: Raw, issues_of: Find) -> None:
    updated(good)["entry"][-1]["resource"]["related"][0]["claim"]["reference"] = "Claim/claim-1"

    circles = {issue.path for issue in issues_of(good) if issue.code == "invalid"}

    assert circles == {f"{CLAIM}.related[0].claim.reference", "Bundle.entry[9].resource.related[0].claim.reference"}


ENCOUNTER = {
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "type": [{"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "99213"}]}],
    "diagnosis": [{"condition": {"reference": "Condition/x"}}],
}
CONDITION = {
    "clinicalStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    },
    "category": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-category",
                    "code": "encounter-diagnosis",
                }
            ]
        }
    ],
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J44.9"}]},
    "encounter": {"reference": "Encounter/x"},
}


def test_encounter_and_condition_may_name_each_other(good: Raw, issues_of: Find) -> None:
    for kind, rest in (("Encounter", ENCOUNTER), ("Condition", CONDITION)):
        resource = {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/patient-1"}, **rest}
        good["entry"].append({"fullUrl": f"{BASE}{kind}/x", "resource": resource})
    claim_of(good)["item"][0]["encounter"] = [{"reference": "Encounter/x"}]

    assert {issue.severity for issue in issues_of(good)} <= {"warning"}


@pytest.mark.spec("pas:spec-13")
def test_what_the_claim_refers_to_is_in_the_bundle(good: Raw, issues_of: Find) -> None:
    claim_of(good)["provider"] = {"reference": "Organization/nobody"}

    assert f"{CLAIM}.provider.reference" in errors_in(issues_of(good))


@pytest.mark.spec("pas:spec-18")
def test_what_supporting_information_refers_to_is_in_the_bundle_too(good: Raw, issues_of: Find) -> None:
    resource_of(good, "Observation")["performer"] = [{"reference": "Practitioner/nobody"}]

    assert errors_in(issues_of(good)) == {"Bundle.entry[8].resource.performer[0].reference"}


@pytest.mark.spec("pas:spec-20")
def test_what_the_claim_does_not_point_to_is_warned_of(good: Raw, issues_of: Find) -> None:
    del claim_of(good)["supportingInfo"], claim_of(good)["item"][0]["informationSequence"]

    assert [(i.severity, i.path) for i in issues_of(good)] == [("warning", "Bundle.entry[8]")]


@pytest.mark.spec("pas:spec-13")
def test_dangling_reference_of_an_entry_nothing_leads_to_is_only_a_warning(good: Raw, issues_of: Find) -> None:
    del claim_of(good)["supportingInfo"], claim_of(good)["item"][0]["informationSequence"]
    resource_of(good, "Observation")["subject"] = {"reference": "Patient/nobody"}

    assert [(i.severity, i.path) for i in issues_of(good)] == [("warning", "Bundle.entry[8]")]


def test_practitioner_role_may_dangle_with_a_warning(good: Raw, issues_of: Find) -> None:
    resource_of(good, "PractitionerRole")["location"] = [{"reference": "Location/nowhere"}]

    assert [(i.severity, i.path) for i in issues_of(good)] == [
        ("warning", "Bundle.entry[4].resource.location[0].reference")
    ]


@pytest.mark.spec("pas:spec-16")
def test_uuid_full_urls_are_taken(good: Raw, issues_of: Find) -> None:
    text = json.dumps(good)
    for number, entry in enumerate(good["entry"]):
        uuid = f"urn:uuid:00000000-0000-4000-8000-{number:012x}"
        name = "/".join(entry["fullUrl"].rsplit("/", 2)[1:])
        text = text.replace(f'"{entry["fullUrl"]}"', f'"{uuid}"').replace(f'"{name}"', f'"{uuid}"')

    assert issues_of(json.loads(text)) == ()


def test_contained_resource_and_its_container_may_refer_to_each_other(good: Raw, issues_of: Find) -> None:
    claims = {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"}
    endpoint = {
        "resourceType": "Endpoint",
        "id": "e",
        "status": "active",
        "connectionType": claims,
        "managingOrganization": {"reference": "#"},
        "payloadType": [{"text": "prior authorization"}],
        "address": BASE,
    }
    resource_of(good, "Organization").update(contained=[endpoint], endpoint=[{"reference": "#e"}])

    assert issues_of(good) == ()


def test_nested_bundle_keeps_its_references_to_itself(good: Raw, issues_of: Find) -> None:
    answers = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "Patient/x"}}
    nested = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": answers}]}
    good["entry"].append({"fullUrl": f"{BASE}Bundle/b", "resource": nested})
    claim_of(good)["supportingInfo"][0]["valueReference"]["reference"] = "Bundle/b"

    assert {issue.severity for issue in issues_of(good)} <= {"warning"}
