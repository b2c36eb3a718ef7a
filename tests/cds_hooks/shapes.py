"""Calls in the shapes that real clients send, of invented people: the public test suite's and the public sandbox's.

What is odd about them is on purpose: searchsets with totals, an instance that is no UUID, resources of another patient,
a payer that cannot be resolved, Bundles without a type, objects where lists belong, options nobody knows.
"""

from typing import Any

from tests.cds_hooks.calling import COVERAGE, PATIENT, Json, appointment, order

_ACCESS = {
    "access_token": "SAMPLE_TOKEN",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Patient.read user/Observation.read",
    "subject": "cds-service",
}
_BLUE_BUTTON = {"coding": [{"system": "https://bluebutton.cms.gov/resources/codesystem/hcpcs", "code": "E0431"}]}
_CODED = {
    "ServiceRequest": "code",
    "DeviceRequest": "codeCodeableConcept",
    "MedicationRequest": "medicationCodeableConcept",
}


def searchset(*resources: Json) -> Json:
    """A search result as a server gives it, with its total and its address."""
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {
        "resourceType": "Bundle",
        "id": "5e0c81a2-0000-4000-8000-00000000beef",
        "meta": {"lastUpdated": "2026-02-10T03:26:08.496+00:00"},
        "type": "searchset",
        "total": len(resources),
        "link": [{"relation": "self", "url": "https://ehr.example.org/r4/Anything?patient=pat1"}],
        "entry": entries,
    }


def _suite(hook: str, context: Json, prefetch: Json, instance: str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea") -> Json:
    return {
        "hookInstance": instance,
        "fhirServer": "https://ehr.example.org/reference-server/r4",
        "hook": hook,
        "fhirAuthorization": _ACCESS,
        "context": {"userId": "Practitioner/pra1255", "patientId": "pat1"} | context,
        "prefetch": prefetch,
        "extension": {
            "davinci-crd.configuration": {"coverage": True, "max-cards": 5, "alt-drug": False, "dtr-clin": True}
        },
    }


def _suite_order(kind: str, id: str = "1") -> Json:
    return order(id, kind) | {_CODED[kind]: _BLUE_BUTTON, "meta": {"versionId": "1", "source": "#aBcD1234efGH5678"}}


_STRANGER = {"resourceType": "Encounter", "id": "enc9", "status": "finished", "subject": {"reference": "Patient/pat9"}}
_ENCOUNTER = {"resourceType": "Encounter", "id": "enc1", "status": "finished", "subject": {"reference": "Patient/pat1"}}
_UNPAID = searchset(COVERAGE | {"payor": [{"reference": "Organization/org1234"}]})

SUITE: dict[str, Json] = {
    "appointment-book": _suite(
        "appointment-book",
        {
            "encounterId": "enc9",
            "appointments": searchset(appointment("124", basedOn=[{"reference": "ServiceRequest/x"}])),
        },
        {"encounterBundle": searchset(_STRANGER), "coverageBundle": _UNPAID},
    ),
    "appointment-book without code": _suite(
        "appointment-book", {"appointments": searchset(appointment("126"))}, {"coverage": _UNPAID, "patient": PATIENT}
    ),
    "encounter-start": _suite("encounter-start", {"encounterId": "enc1"}, {"encounter": _ENCOUNTER}),
    "encounter-discharge": _suite("encounter-discharge", {"encounterId": "enc1"}, {"encounter": searchset(_ENCOUNTER)}),
    "order-select of a service": _suite(
        "order-select",
        {
            "encounterId": "enc1",
            "selections": ["ServiceRequest/1"],
            "draftOrders": searchset(_suite_order("ServiceRequest"), _suite_order("DeviceRequest")),
        },
        {"coverage": _UNPAID},
    ),
    "order-select of a drug": _suite(
        "order-select",
        {
            "encounterId": "enc1",
            "selections": ["MedicationRequest/1"],
            "draftOrders": searchset(_suite_order("MedicationRequest")),
        },
        {"coverage": _UNPAID},
    ),
    "order-dispatch with an odd instance": _suite(
        "order-dispatch",
        {"order": "ServiceRequest/1", "performer": "Organization/dme1", "task": {"resourceType": "Task"}},
        {"order": _suite_order("ServiceRequest"), "coverage": _UNPAID},
        "0s1z7c69-xxxx-44ad-ba6d-3e05e953b2ea",
    ),
    "order-dispatch without a task": _suite(
        "order-dispatch",
        {"order": "DeviceRequest/1", "performer": "Organization/dme1"},
        {"order": searchset(_suite_order("DeviceRequest")), "coverage": _UNPAID, "patient": PATIENT},
    ),
    "order-sign of a service": _suite(
        "order-sign",
        {"encounterId": "enc1", "draftOrders": searchset(_suite_order("ServiceRequest"))},
        {"encounter": _ENCOUNTER, "patient": PATIENT, "coverage": _UNPAID},
    ),
    "order-sign of a drug": _suite(
        "order-sign",
        {"encounterId": "enc1", "draftOrders": searchset(_suite_order("MedicationRequest"))},
        {"user": {"resourceType": "Practitioner", "id": "pra1255"}, "patient": PATIENT, "coverage": _UNPAID},
    ),
}
"""The public test suite's calls: one or two of each hook, as it has them."""


def _sandbox(hook: str, **more: Any) -> Json:
    medication = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "intent": "order",
        "category": {"coding": [{"code": "outpatient"}]},
        "medicationCodeableConcept": {"text": "Aspirin 81 MG", "coding": [{"code": "1191"}]},
        "subject": {"reference": "Patient/pat1"},
    }
    return {
        "hookInstance": "9c2a3a3e-6a39-4b39-b3ab-8b1e7a0a63a7",
        "hook": hook,
        "fhirServer": "https://sandbox.example.org/r4",
        "context": {
            "patientId": "pat1",
            "userId": "Practitioner/COREPRACTITIONER1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": medication}]},
        }
        | more,
        "prefetch": {"patient": PATIENT, "coverage": searchset()},
    }


SANDBOX: dict[str, Json] = {
    "order-select": _sandbox("order-select", selections=["MedicationRequest/request-123"]),
    "order-sign": _sandbox("order-sign"),
}
"""The public sandbox's calls: no order has a requester, no Bundle a type, and no Coverage is found."""
