"""Writes the documents a pended line waits for: one CommunicationRequest per document per line.

Must not know how the answer is delivered. Source: PAS 2.2.1 profile-communicationrequest, ainfo-2.
"""

from collections.abc import Iterator

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.model import Case, Line, LineState
from fhir_um.translate.elements_out import Json, coded
from fhir_um.translate.line_out import communicated_diagnoses
from fhir_um.translate.manner import Manner
from profiles.canonicals import (
    EXT_CONTENT_MODIFIER,
    EXT_SERVICE_LINE_NUMBER,
    LOINC,
    PAS_TEMP_CODES,
    PROFILE_COMMUNICATION_REQUEST,
    X12_REPORT_TYPE,
)


def communication_requests(case: Case, manner: Manner, base_url: str) -> Iterator[Json]:
    """One resource per document that a line still waits for, in order of lines and documents."""
    refs, request = manner.refs, case.request
    senders = (p for p in request.requester_parties if refs.kind(p.full_url) == "Organization")
    parties: Json = {"requester": refs.refer(request.payer), "recipient": [refs.refer(request.payer)]}
    sender = next(senders, None)
    if sender:
        parties["sender"] = refs.refer(sender)
    for line in sorted(case.lines, key=lambda line: line.sequence):
        if line.state == LineState.PENDED_INFO:
            for needed in line.documents:
                yield _request(case, line, needed, manner, base_url) | parties


def control_number(case: Case, line: Line, needed: DocumentNeeded, base_url: str) -> Json:
    """What a document is asked for under, of our making: its case, its line and its code."""
    value = f"{case.id}-{line.sequence}-{needed.loinc}"
    return {"system": f"{base_url}/NamingSystem/attachment-control-number", "value": value}


def content_modifiers(needed: DocumentNeeded) -> list[Json]:
    """Which of such documents, or of what time, in LOINC's own codes for that."""
    return [{"url": EXT_CONTENT_MODIFIER, "valueCodeableConcept": coded(LOINC, code)} for code in needed.modifiers]


def _request(case: Case, line: Line, needed: DocumentNeeded, manner: Manner, base_url: str) -> Json:
    identifier = control_number(case, line, needed, base_url)
    line_number = [{"url": EXT_SERVICE_LINE_NUMBER, "valuePositiveInt": line.sequence}]
    on_payload = communicated_diagnoses(line, case.request) + content_modifiers(needed)
    on_root: Json = {}
    if manner.dialect.line_number_on_payload:
        on_payload = line_number + on_payload
    else:
        on_root = {"extension": line_number}
    return {
        "resourceType": "CommunicationRequest",
        "id": identifier["value"],
        "meta": {"profile": [PROFILE_COMMUNICATION_REQUEST]},
        **on_root,
        "identifier": [identifier],
        "status": "active",
        **({"category": [coded(X12_REPORT_TYPE, needed.report_type)]} if needed.report_type else {}),
        "medium": [coded(PAS_TEMP_CODES, "CDEX")],
        "payload": [({"extension": on_payload} if on_payload else {}) | {"contentString": needed.loinc}],
    }
