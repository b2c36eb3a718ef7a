"""How work that waits looks in our own API: plain JSON in house words, no names and no diagnosis."""

from datetime import datetime
from typing import Any

from fhir_um.cases.queues import Queue
from fhir_um.cases.work_items import Held, QueueCount, Waiting


def queue_view(queue: Queue, count: QueueCount) -> dict[str, Any]:
    """A queue, who works in it, and how much waits."""
    return {
        "queue": queue.name,
        "title": queue.title,
        "roles": sorted(queue.roles),
        "waiting": count.waiting,
        "unassigned": count.unassigned,
        "dueAt": _at(count.due_at),
    }


def item_view(waiting: Waiting, at: datetime) -> dict[str, Any]:
    """One row of a worklist as it stands at that moment: a lock that is over is none."""
    item, held = waiting.item, waiting.held
    return {
        "caseId": item.case_id,
        "payerId": item.payer_id,
        "queue": item.queue,
        "version": item.version,
        "lines": list(item.lines),
        "state": item.state,
        "priority": item.priority,
        "dueAt": _at(item.due_at),
        "receivedAt": _at(item.received_at),
        "since": _at(item.since),
        "reviewType": item.review_type,
        "lineOfBusiness": item.line_of_business,
        "specialty": item.specialty,
        "code": item.code,
        "policyId": item.policy_id,
        "flags": list(item.flags),
        "assignee": held.assignee or None,
        "assignedAt": _at(held.assigned_at),
        "lock": _lock(held, at),
        "escalation": _escalation(held),
    }


def _lock(held: Held, at: datetime) -> dict[str, Any] | None:
    if not held.lock_owner or held.lock_until is None or held.lock_until <= at:
        return None
    return {"by": held.lock_owner, "until": _at(held.lock_until), "reason": held.lock_note or None}


def _escalation(held: Held) -> dict[str, Any] | None:
    if not held.escalated_by:
        return None
    return {"by": held.escalated_by, "at": _at(held.escalated_at), "reason": held.escalation}


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
