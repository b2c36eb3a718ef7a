"""How an attachment looks in our own API, and how a person says where one belongs: plain JSON in house words.

Must not know FHIR or how it is stored.
"""

from typing import Any

import msgspec

from fhir_um.api.decision_in import unwritable
from fhir_um.api.misfits import fitted
from fhir_um.cases.attachments import Attachment
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import CaseId
from fhir_um.cases.roles import Role
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.match_attachment import Matching
from fhir_um.words import Concept, Identifier
from profiles.reading import Limits, read_json

_LIMITS = Limits(max_bytes=100_000, max_depth=8, max_entries=0)


class PersonIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who matches; without an id it is whoever signed in."""

    id: str = ""


class MatchingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a document belongs; `final` when the lines need no more."""

    case: str
    lines: list[int]
    role: Role
    reviewer: PersonIn = PersonIn()
    final: bool = True


def read_matching(body: bytes, signed_in: str = "") -> Matching:
    """Where a person says a document belongs; `signed_in` says so when nobody is named.

    Raises: Refusal UNREADABLE, TOO_BIG, INVALID.
    """
    value = read_json(body, _LIMITS)
    given = fitted(value, MatchingIn)
    faults = tuple(unwritable(value))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    who = given.reviewer.id.strip() or signed_in
    if not who:
        raise Refusal(Kind.INVALID, (Issue("required", "Say who decides.", "reviewer.id"),))
    decider = Decider(who, given.role, human=True)
    return Matching(CaseId(given.case), tuple(dict.fromkeys(given.lines)), given.final, decider)


def attachment_view(row: Attachment) -> dict[str, Any]:
    """An attachment without its bytes."""
    return {
        "id": row.id,
        "caseId": row.case_id,
        "caseVersion": row.case_version or None,
        "lines": list(row.lines),
        "receivedAt": row.received_at.isoformat(),
        "sender": row.sender,
        "trackingId": _identifier(row.tracking),
        "adminRefNumber": _identifier(row.admin_reference),
        "organizationId": _identifier(row.organization),
        "providerId": _identifier(row.provider),
        "memberId": _identifier(row.member),
        "serviceDate": row.service_date,
        "saidLines": list(row.said_lines),
        "final": row.final,
        "code": _concept(row.code),
        "type": _concept(row.type),
        "kind": row.kind,
        "title": row.title,
        "mediaType": row.media,
        "size": row.size,
        "sha256": row.content_hash,
        "whyHeld": row.why_held,
        "matchedBy": row.matched_by,
        "matchedAt": row.matched_at.isoformat() if row.matched_at else None,
    }


def _identifier(known: Identifier | None) -> dict[str, str] | None:
    return {"system": known.system, "value": known.value} if known else None


def _concept(concept: Concept) -> dict[str, Any]:
    return {"codes": [{"system": c.system, "code": c.code} for c in concept.codes], "text": concept.text}
