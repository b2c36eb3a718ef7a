"""One order of each type that hooks are about, as an EHR might send it, for an invented patient."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cds_hooks.desk import Answered, Assertion, Coding, Json, Order, Period, Question

RECEIVED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
COVERAGE = "Coverage/plan-7"
_SUBJECT = {"reference": "Patient/marisol"}
_REQUESTER = {"reference": "Practitioner/okafor"}
_HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_SNOMED = "http://snomed.info/sct"


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code}], "text": text}


RESOURCES: dict[str, Json] = {
    "Appointment": {
        "resourceType": "Appointment",
        "id": "a-1",
        "status": "proposed",
        "serviceType": [_concept(_SNOMED, "301485000", "Foot care")],
        "start": "2026-03-09T09:00:00Z",
        "end": "2026-03-09T09:30:00Z",
        "requestedPeriod": [{"start": "2026-03-09"}],
        "participant": [
            {
                "type": [
                    _concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PPRF", "primary performer")
                ],
                "actor": _REQUESTER,
                "status": "needs-action",
            },
            {"actor": _SUBJECT, "status": "accepted"},
        ],
    },
    "CommunicationRequest": {
        "resourceType": "CommunicationRequest",
        "id": "c-1",
        "status": "draft",
        "subject": _SUBJECT,
        "payload": [{"contentString": "Teach the use of the inhaler"}],
        "authoredOn": "2026-03-02",
        "requester": _REQUESTER,
    },
    "DeviceRequest": {
        "resourceType": "DeviceRequest",
        "id": "d-1",
        "status": "draft",
        "intent": "original-order",
        "codeCodeableConcept": _concept(_HCPCS, "E0424", "Home oxygen, stationary"),
        "subject": _SUBJECT,
        "authoredOn": "2026-03-02",
        "requester": _REQUESTER,
    },
    "Encounter": {
        "resourceType": "Encounter",
        "id": "e-1",
        "identifier": [{"system": "https://ehr.example/encounters", "value": "77"}],
        "status": "planned",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [_concept(_SNOMED, "308335008", "Encounter procedure")],
        "subject": _SUBJECT,
        "period": {"start": "2026-03-02T15:00:00Z"},
    },
    "MedicationRequest": {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "status": "draft",
        "intent": "original-order",
        "medicationCodeableConcept": _concept("http://www.nlm.nih.gov/research/umls/rxnorm", "1049502", "Oxycodone"),
        "subject": _SUBJECT,
        "authoredOn": "2026-03-02",
        "requester": _REQUESTER,
    },
    "NutritionOrder": {
        "resourceType": "NutritionOrder",
        "id": "n-1",
        "status": "draft",
        "intent": "original-order",
        "patient": _SUBJECT,
        "dateTime": "2026-03-02",
        "orderer": _REQUESTER,
        "oralDiet": {"type": [_concept(_SNOMED, "435801000124108", "Diabetic diet")]},
    },
    "ServiceRequest": {
        "resourceType": "ServiceRequest",
        "id": "s-1",
        "status": "draft",
        "intent": "original-order",
        "category": [_concept(_SNOMED, "363679005", "Imaging")],
        "code": _concept(_SNOMED, "241646009", "MRI of lumbar spine"),
        "quantityQuantity": {"value": Decimal("1.00")},
        "subject": _SUBJECT,
        "authoredOn": "2026-03-02",
        "requester": _REQUESTER,
    },
    "VisionPrescription": {
        "resourceType": "VisionPrescription",
        "id": "v-1",
        "status": "draft",
        "created": "2026-03-02",
        "patient": _SUBJECT,
        "dateWritten": "2026-03-02",
        "prescriber": _REQUESTER,
        "lensSpecification": [
            {
                "product": _concept(
                    "http://terminology.hl7.org/CodeSystem/ex-visionprescriptionproduct", "lens", "Spectacle lens"
                ),
                "eye": "right",
                "sphere": Decimal("-2.00"),
            }
        ],
    },
}


def order(kind: str = "ServiceRequest", text: str = "MRI of lumbar spine", **changes: Any) -> Order:
    """An order of a type; `changes` replace members of the resource."""
    resource = RESOURCES[kind] | changes
    codes = (Coding(_SNOMED, "241646009"),)
    return Order(f"{kind}/{resource['id']}", resource, codes, text, None, Period(None, None), (), ())


def question(*orders: Order, coverage_ref: str = COVERAGE, hook: str = "order-sign", **changes: Any) -> Question:
    """A hook call about these orders."""
    values: dict[str, Any] = {
        "hook": hook,
        "instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "version": "2.2",
        "orders": orders,
        "patient_id": "marisol",
        "patient": None,
        "coverage": None,
        "coverage_ref": coverage_ref,
        "resources": {},
        "missing": {},
        "user": "Practitioner/okafor",
        "received_at": RECEIVED,
    }
    return Question(**(values | changes))


def answered(assertions: dict[str, tuple[Assertion, ...]] | None = None, *advice: Any) -> Answered:
    """An answer of an invented insurer."""
    return Answered("Bluewater Health", assertions or {}, advice)


def counted() -> Any:
    """A maker of UUIDs that counts."""
    numbers = iter(range(1, 10_000))
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
