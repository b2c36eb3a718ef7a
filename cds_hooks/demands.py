"""What CRD demands of the orders in a call, held against a client that is read strictly.

Must not know desks or answers. A lenient reading never comes here. Source: CRD 2.0.1 and 2.2.1, profiles of the request
resources, of their mandatory elements those that an answer rests on (what else is missing hinders nobody, found-34);
hook-13 (such a fault is of the guide, not of FHIR).
"""

from collections.abc import Iterator

from cds_hooks.codings import each
from cds_hooks.desk import Json
from cds_hooks.ordered import values_at
from cds_hooks.request import HookCall
from profiles.issues import Issue, Refusal

_MANDATORY: dict[str, tuple[tuple[str, ...], ...]] = {
    "CommunicationRequest": (("subject",), ("basedOn",), ("payload",), ("authoredOn",), ("requester",)),
    "DeviceRequest": (("subject",), ("codeCodeableConcept", "codeReference"), ("authoredOn",), ("requester",)),
    "MedicationRequest": (
        ("subject",),
        ("medicationCodeableConcept", "medicationReference"),
        ("authoredOn",),
        ("requester",),
    ),
    "NutritionOrder": (("patient",), ("orderer",)),
    "ServiceRequest": (("subject",), ("code",), ("authoredOn",), ("requester",)),
    "VisionPrescription": (("patient",), ("prescriber",)),
    "Appointment": (("participant",),),
}
"""By type: of each group one element must be there."""

_SUBJECT = {"subject", "patient"}


def demand_orders(call: HookCall) -> None:
    """Holds the orders and appointments in the context against what CRD makes mandatory.

    Raises: Refusal with every fault and its place, of the kind the dialect has for them.
    """
    faults: list[Issue] = []
    for member in ("draftOrders", "appointments"):
        seen: set[tuple[str, str]] = set()
        bundle = call.context.get(member)
        entries = bundle.get("entry") if isinstance(bundle, dict) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            place = f"context.{member}.entry[{index}].resource"
            for resource in each(entry.get("resource") if isinstance(entry, dict) else None):
                faults += _faults(resource, place, call.patient_id, seen)
    if faults:
        raise Refusal(call.dialect.breaks_guide, tuple(faults))


def _faults(resource: Json, place: str, patient_id: str, seen: set[tuple[str, str]]) -> Iterator[Issue]:
    kind, id = str(resource.get("resourceType")), resource.get("id")
    if not isinstance(id, str) or not id:
        yield Issue("required", "The id is missing: answers name orders by it.", f"{place}.id")
    elif (kind, id) in seen:
        yield Issue("duplicate", "Another entry has the same type and id.", f"{place}.id")
    else:
        seen.add((kind, id))
    for group in _MANDATORY.get(kind, ()):
        if not any(resource.get(name) for name in group):
            yield Issue("required", f"{kind}.{group[0]} is missing.", f"{place}.{group[0]}")
    for name in _SUBJECT & resource.keys():
        for reference in values_at(resource, f"{name}.reference"):
            if "Patient/" in str(reference) and str(reference).rpartition("Patient/")[2].split("/")[0] != patient_id:
                yield Issue("value", "The order is for another patient than context.patientId.", f"{place}.{name}")
