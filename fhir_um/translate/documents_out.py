"""Writes the documents a pended line waits for: one CommunicationRequest per document per line.

Must not know how the answer is delivered. Source: PAS 2.2.1 profile-communicationrequest, ainfo-2.
"""

from collections.abc import Callable, Iterator

from fhir_um.cases.asked import Party
from fhir_um.cases.model import (
    Case,
    DocumentNeeded,
    Line,
    LineState,
)
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.elements_out import Json, coded
from fhir_um.translate.line_out import Refer
from profiles.canonicals import EXT_SERVICE_LINE_NUMBER, PAS_TEMP_CODES, PROFILE_COMMUNICATION_REQUEST

IsOrganization = Callable[[Party], bool]


def communication_requests(
    case: Case, dialect: Dialect, refer: Refer, is_organization: IsOrganization, base_url: str
) -> Iterator[Json]:
    """One resource per document that a line still waits for, in order of lines and documents."""
    sender = next((p for p in case.request.requester_parties if is_organization(p)), None)
    parties: Json = {"requester": refer(case.request.payer), "recipient": [refer(case.request.payer)]}
    if sender:
        parties["sender"] = refer(sender)
    for line in sorted(case.lines, key=lambda line: line.sequence):
        if line.state == LineState.PENDED_INFO:
            for needed in line.documents:
                yield _request(case, line, needed, dialect, base_url) | parties


def _request(case: Case, line: Line, needed: DocumentNeeded, dialect: Dialect, base_url: str) -> Json:
    control_number = f"{case.id}-{line.sequence}-{needed.loinc}"
    line_number = {"extension": [{"url": EXT_SERVICE_LINE_NUMBER, "valuePositiveInt": line.sequence}]}
    on_payload, on_root = (line_number, {}) if dialect.line_number_on_payload else ({}, line_number)
    return {
        "resourceType": "CommunicationRequest",
        "id": control_number,
        "meta": {"profile": [PROFILE_COMMUNICATION_REQUEST]},
        **on_root,
        "identifier": [{"system": f"{base_url}/NamingSystem/attachment-control-number", "value": control_number}],
        "status": "active",
        "medium": [coded(PAS_TEMP_CODES, "CDEX")],
        "payload": [{**on_payload, "contentString": needed.loinc}],
    }
