"""A row of the audit log as a FHIR R4 AuditEvent. Must not know where rows come from.

Source: FHIR R4 AuditEvent; IHE BALP 1.1 (how a request id, a patient and a REST interaction are written).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fhir_um.cases.auditing import ANSWERED, AuditEntry, AuditRow, Subject
from fhir_um.translate.elements_out import instant
from profiles.reading import write_json

Json = dict[str, Any]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_EVENT_TYPE = f"{_TERMINOLOGY}/audit-event-type"
_ENTITY_TYPE = f"{_TERMINOLOGY}/audit-entity-type"
_ENTITY_ROLE = f"{_TERMINOLOGY}/object-role"
_ACT_REASON = f"{_TERMINOLOGY}/v3-ActReason"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_METHODS = ("GET ", "POST ", "PUT ", "DELETE ")
_SUCCESS, _REFUSED, _FAILED = "0", "4", "8"
_FIRST_FAULT_OF_OURS = 500
_BY_ADDRESS = "2"
_PERSON, _THING, _OTHER = ("1", "Person"), ("2", "System Object"), ("4", "Other")
_PATIENT, _DOMAIN = ("1", "Patient"), ("4", "Domain Resource")


def audit_bundle(rows: Iterable[AuditRow], self_url: str) -> bytes:
    """A searchset of AuditEvents, in the order of the rows."""
    entries = [{"resource": audit_event(row), "search": {"mode": "match"}} for row in rows]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "self", "url": self_url}]}
    return write_json(bundle | ({"entry": entries} if entries else {}))


def audit_event(row: AuditRow) -> Json:
    """One row; its id is the place of the row in the log."""
    entry = row.entry
    event: Json = {
        "resourceType": "AuditEvent",
        "id": str(row.sequence),
        "type": _type(entry),
        "subtype": [{"display": entry.action}],
        "action": entry.act.value,
        "recorded": instant(entry.at),
        "outcome": _outcome(entry),
        "outcomeDesc": ": ".join(word for word in (entry.outcome, entry.detail) if word),
    }
    if entry.purpose:
        event["purposeOfEvent"] = [{"coding": [{"system": _ACT_REASON, "code": entry.purpose}]}]
    event["agent"] = list(_agents(entry))
    event["source"] = {"observer": {"display": "fhir-um"}}
    entities = list(_entities(entry))
    return event | ({"entity": entities} if entities else {})


def _type(entry: AuditEntry) -> Json:
    if entry.action.startswith(_METHODS):
        return {"system": _EVENT_TYPE, "code": "rest", "display": "RESTful Operation"}
    return {"system": _DICOM, "code": "110100", "display": "Application Activity"}


def _outcome(entry: AuditEntry) -> str:
    if entry.outcome == ANSWERED:
        return _SUCCESS
    return _FAILED if entry.status >= _FIRST_FAULT_OF_OURS else _REFUSED


def _agents(entry: AuditEntry) -> Iterator[Json]:
    """Who asked, with the address; the person beside the client that is not one; the organisation it was for."""
    who = entry.person or entry.client_id
    asking: Json = {"who": _named(who) if who else {"display": "unknown"}, "requestor": True}
    if entry.role:
        asking["role"] = [{"text": role} for role in entry.role.split(",")]
    if entry.remote:
        asking["network"] = {"address": entry.remote, "type": _BY_ADDRESS}
    yield asking
    if entry.person and entry.client_id not in ("", entry.person):
        yield {"who": _named(entry.client_id), "requestor": False}
    if entry.on_behalf_of:
        yield {"who": _named(entry.on_behalf_of), "requestor": False}


def _entities(entry: AuditEntry) -> Iterator[Json]:
    for subject in entry.subjects:
        yield from _entities_of(subject)
    if entry.request_id:
        yield {"what": _named(entry.request_id), "type": _coding(_ENTITY_TYPE, _OTHER), "description": "X-Request-Id"}


def _entities_of(subject: Subject) -> Iterator[Json]:
    if subject.member_id:
        patient, role = _coding(_ENTITY_TYPE, _PERSON), _coding(_ENTITY_ROLE, _PATIENT)
        yield {"what": _named(subject.member_id), "type": patient, "role": role}
    if subject.case_id:
        case: Json = {"what": _named(subject.case_id), "type": _coding(_ENTITY_TYPE, _THING)}
        case["role"] = _coding(_ENTITY_ROLE, _DOMAIN)
        version = [{"type": "version", "valueString": str(subject.version)}] if subject.version else []
        yield case | ({"detail": version} if version else {})


def _named(value: str) -> Json:
    return {"identifier": {"value": value}}


def _coding(system: str, known: tuple[str, str]) -> Json:
    return {"system": system, "code": known[0], "display": known[1]}
