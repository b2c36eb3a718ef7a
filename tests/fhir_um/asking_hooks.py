"""Hook calls of the demo's people, as the hook counter hands them to the desk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from cds_hooks.desk import Amount, Coding, Order, Period, Question
from tests.builders import AT

EHR = "https://ehr.example.test/fhir"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
CLINIC = "1910010010"
_instances = count(1)

Json = dict[str, Any]

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "nora",
    "identifier": [{"system": "https://harbor.example.test/member-number", "value": "H1001-6103"}],
    "name": [{"family": "Whitfield", "given": ["Nora"]}],
    "birthDate": "1961-03-14",
}
PAYOR: Json = {
    "resourceType": "Organization",
    "id": "harbor",
    "identifier": [{"system": NPI, "value": "1234567893"}],
    "name": "Harbor",
}
COVERAGE: Json = {
    "resourceType": "Coverage",
    "id": "cov",
    "status": "active",
    "beneficiary": {"reference": "Patient/nora"},
    "subscriberId": "H1001-6103",
    "payor": [{"reference": "Organization/harbor"}],
}
COPD: Json = {
    "resourceType": "Condition",
    "id": "copd",
    "subject": {"reference": "Patient/nora"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": ICD10, "code": "J44.9"}]},
}


def saturation(percent: str = "86", on: str = "2026-02-26", **changes: Any) -> Json:
    """A measurement of oxygen in the blood."""
    return {
        "resourceType": "Observation",
        "id": "spo2",
        "status": "final",
        "subject": {"reference": "Patient/nora"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "effectiveDateTime": on,
        "valueQuantity": {"value": Decimal(percent), "unit": "%", "code": "%", "system": "http://unitsofmeasure.org"},
    } | changes


def order(code: str = "E1390", system: str = HCPCS, id: str = "o1", **changes: Any) -> Order:
    """A draft ServiceRequest by the lung clinic."""
    resource = {
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/nora"},
        "code": {"coding": [{"system": system, "code": code}]},
    } | changes.pop("resource", {})
    made = Order(
        ref=f"ServiceRequest/{id}",
        resource=resource,
        codes=(Coding(system, code),) if code else (),
        text="",
        quantity=None,
        period=Period(None, None),
        requester_npis=(CLINIC,),
        performer_npis=(),
    )
    return replace(made, **changes)


def question(*orders: Order, chart: tuple[Json, ...] = (), at: datetime = AT, **changes: Any) -> Question:
    """An order-sign call for Nora Whitfield."""
    held: Mapping[str, Json] = {f"{r['resourceType']}/{r['id']}": r for r in (PATIENT, PAYOR, COVERAGE, *chart)}
    made = Question(
        hook="order-sign",
        instance=f"00000000-0000-4000-9000-{next(_instances):012d}",
        version="2.2",
        orders=orders or (order(),),
        patient_id="nora",
        patient=PATIENT,
        coverage=COVERAGE,
        coverage_ref="Coverage/cov",
        resources=held,
        missing={},
        user="Practitioner/1",
        received_at=at,
        server=EHR,
        client="ehr-1",
    )
    return replace(made, **changes)


TWELVE = Amount(Decimal(12), "mo")
THIS_YEAR = Period(date(2026, 3, 10), date(2026, 12, 31))
