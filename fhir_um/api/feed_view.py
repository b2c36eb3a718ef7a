"""How a step of a case is told to systems that follow along: codes, numbers and instants of ours.

Nothing of a member: no text, no name, no code of a service or a diagnosis, no policy. Must not know how it is stored.
"""

from dataclasses import fields
from typing import Any

from fhir_um.cases.model import Case, Line
from fhir_um.cases.review import Review
from fhir_um.deps import FeedRow

_UNTOLD = frozenset({"openings", "overrides"})
"""Who looked is told by the role alone; what was read of a criterion says what the request is about."""

_NAMES = {"drafts": "informationDrafts", "peer_to_peers": "peerToPeers", "priorities": "priorityRequests"}
"""As the review of a case names them; the others are named as here."""


def feed_event(row: FeedRow, cursor: str) -> dict[str, Any]:
    """One step, and the cursor after it."""
    event = row.event
    line = event.line
    return {
        "cursor": cursor,
        "payerId": row.payer_id,
        "caseId": row.case_id,
        "version": event.version,
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "role": event.actor.role,
        "line": line.sequence if line else None,
        "from": event.before,
        "to": line.state if line else None,
        "moves": list(event.path),
        "reason": line.decision.reason if line else None,
        "authorization": _authorization(line) if line else None,
        "request": _request(event.case) if event.case else None,
        "steps": _steps(event.review) if event.review else [],
    }


def _authorization(line: Line) -> dict[str, Any]:
    """What a claims system needs to know that a number is good, and until when."""
    period = line.period
    return {
        "number": line.authorization_number or None,
        "administrativeReference": line.administrative_reference or None,
        "takenOverBy": line.taken_over_by or None,
        "start": period.start.isoformat() if period and period.start else None,
        "end": period.end.isoformat() if period and period.end else None,
        "dueAt": line.due_at.isoformat() if line.due_at else None,
    }


def _request(case: Case) -> dict[str, Any]:
    return {
        "receivedAt": case.received_at.isoformat(),
        "sender": case.sender,
        "lineOfBusiness": case.line_of_business or None,
        "priority": case.priority,
        "reviewType": case.review_type,
    }


def _steps(change: Review) -> list[dict[str, Any]]:
    """What moved in which of the small machines, each by its id there."""
    return [
        _step(_NAMES.get(field.name, field.name), entry)
        for field in fields(Review)
        if field.name not in _UNTOLD
        for entry in getattr(change, field.name)
    ]


def _step(machine: str, entry: Any) -> dict[str, Any]:
    one = getattr(entry, "sequence", None)
    return {
        "of": machine,
        "id": entry.id,
        "state": getattr(entry, "state", None) or getattr(entry, "status", None),
        "lines": [one] if one is not None else list(getattr(entry, "sequences", ())),
        "percent": getattr(entry, "percent", None),
    }
