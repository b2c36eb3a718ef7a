"""How what people did beside ruling looks in our own API: plain JSON in house words.

Must not know FHIR or any machine.
"""

from datetime import datetime
from typing import Any

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.information_requests import InformationRequest
from fhir_um.cases.review import (
    Alarm,
    Extension,
    InformationDraft,
    NoticeStep,
    Opening,
    Override,
    PeerToPeer,
    PriorityRequest,
    Review,
    SpecialistOpinion,
    Voiding,
)


def review_view(review: Review) -> dict[str, Any]:
    """Everything of a review, each kind in the order it began."""
    return {
        "openings": [_opening(entry) for entry in review.openings],
        "readings": [_override(entry) for entry in review.overrides],
        "informationDrafts": [draft_view(entry) for entry in review.drafts],
        "peerToPeers": [call_view(entry) for entry in review.peer_to_peers],
        "opinions": [opinion_view(entry) for entry in review.opinions],
        "extensions": [extension_view(entry) for entry in review.extensions],
        "voidings": [voiding_view(entry) for entry in review.voidings],
        "priorityRequests": [priority_view(entry) for entry in review.priorities],
        "alarms": [_alarm(entry) for entry in review.alarms],
        "notices": [_notice(entry) for entry in review.notices],
    }


def draft_view(entry: InformationDraft) -> dict[str, Any]:
    """A request for information before it is sent."""
    return {
        "id": entry.id,
        "lines": list(entry.sequences),
        "state": entry.state,
        "documents": [document_view(needed) for needed in entry.documents],
        "text": entry.text,
        "by": person_view(entry.by),
        "at": _at(entry.at),
        "releasedBy": person_view(entry.released_by),
    }


def information_view(sent: InformationRequest) -> dict[str, Any]:
    """A request for information that was sent."""
    return {
        "id": sent.id,
        "line": sent.sequence,
        "state": sent.state,
        "documents": [document_view(needed) for needed in sent.documents],
        "outstanding": [document_view(needed) for needed in sent.outstanding],
        "text": sent.text,
        "by": person_view(sent.asked_by),
        "issuedAt": _at(sent.issued_at),
        "dueAt": _at(sent.due_at),
        "endedAt": _at(sent.ended_at),
    }


def call_view(entry: PeerToPeer) -> dict[str, Any]:
    """A peer-to-peer conversation."""
    return {
        "id": entry.id,
        "lines": list(entry.sequences),
        "state": entry.state,
        "openedBy": person_view(entry.opened_by),
        "openedAt": _at(entry.opened_at),
        "expiresAt": _at(entry.expires_at),
        "slots": [_at(slot) for slot in entry.slots],
        "scheduledAt": _at(entry.scheduled_at),
        "physician": person_view(entry.physician),
        "clinician": entry.clinician,
        "participants": list(entry.participants),
        "minutes": entry.minutes,
        "newFacts": entry.new_facts,
        "outcome": entry.outcome,
        "endedAt": _at(entry.ended_at),
        "note": entry.note,
    }


def opinion_view(entry: SpecialistOpinion) -> dict[str, Any]:
    """A question to a specialist."""
    return {
        "id": entry.id,
        "line": entry.sequence,
        "state": entry.state,
        "specialty": entry.specialty,
        "question": entry.question,
        "askedBy": person_view(entry.asked_by),
        "askedAt": _at(entry.asked_at),
        "specialist": person_view(entry.specialist),
        "noConflict": entry.no_conflict,
        "opinion": entry.opinion,
        "recommends": entry.recommends,
        "endedAt": _at(entry.ended_at),
    }


def extension_view(entry: Extension) -> dict[str, Any]:
    """An extension of time."""
    return {
        "id": entry.id,
        "lines": list(entry.sequences),
        "state": entry.state,
        "ground": entry.ground,
        "text": entry.text,
        "days": entry.days,
        "proposedBy": person_view(entry.proposed_by),
        "proposedAt": _at(entry.proposed_at),
        "decidedBy": person_view(entry.decided_by),
        "decidedAt": _at(entry.decided_at),
        "dueBefore": {str(sequence): _at(due_at) for sequence, due_at in entry.due_before},
        "note": entry.note,
    }


def voiding_view(entry: Voiding) -> dict[str, Any]:
    """A voiding."""
    return {
        "id": entry.id,
        "lines": list(entry.sequences),
        "state": entry.state,
        "reason": entry.reason,
        "proposedBy": person_view(entry.proposed_by),
        "proposedAt": _at(entry.proposed_at),
        "decidedBy": person_view(entry.decided_by),
        "decidedAt": _at(entry.decided_at),
        "note": entry.note,
    }


def priority_view(entry: PriorityRequest) -> dict[str, Any]:
    """A request for a faster decision, as it was answered."""
    return {
        "id": entry.id,
        "askedBy": entry.asked_by,
        "askedAt": _at(entry.asked_at),
        "supportedByPhysician": entry.supported_by_physician,
        "granted": entry.granted,
        "lowered": entry.lowered,
        "text": entry.text,
        "by": person_view(entry.by),
    }


def document_view(needed: DocumentNeeded) -> dict[str, Any]:
    """A document that is asked for."""
    more = {"reportType": needed.report_type, "modifiers": list(needed.modifiers)}
    return {"loinc": needed.loinc, "label": needed.label} | {name: said for name, said in more.items() if said}


def person_view(who: Decider | None) -> dict[str, Any] | None:
    """Who acted, or None."""
    return None if who is None else {"id": who.id, "role": who.role, "human": who.human, "npi": who.npi}


def _opening(entry: Opening) -> dict[str, Any]:
    return {"id": entry.id, "by": person_view(entry.by), "at": _at(entry.at)}


def _override(entry: Override) -> dict[str, Any]:
    return {
        "line": entry.sequence,
        "policyId": entry.policy_id,
        "policyVersion": entry.policy_version,
        "criterionId": entry.criterion_id,
        "truth": entry.truth,
        "found": entry.found,
        "reason": entry.reason,
        "evidence": list(entry.evidence),
        "by": person_view(entry.by),
        "at": _at(entry.at),
    }


def _alarm(entry: Alarm) -> dict[str, Any]:
    return {
        "line": entry.sequence,
        "kind": entry.kind,
        "ruleId": entry.rule_id,
        "percent": entry.percent,
        "dueAt": _at(entry.due_at),
        "at": _at(entry.at),
        "lateEffect": entry.late_effect,
    }


def _notice(entry: NoticeStep) -> dict[str, Any]:
    return {
        "id": entry.id,
        "lines": list(entry.sequences),
        "kind": entry.kind,
        "recipient": entry.recipient,
        "status": entry.status,
        "channel": entry.channel,
        "at": _at(entry.at),
        "sha256": entry.content_hash,
    }


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
