"""What waits for people: of each case one item in each queue its pended lines wait in, made from the case alone.

An item says what somebody who chooses work must know, and no more: ids, codes and times, no names, no diagnosis. Who
has taken or locked it is kept beside it (`Held`), since the case does not know. Must not know how either is stored.
Source: um-domain 7.1; minimum necessary (45 CFR 164.502(b)).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import PENDED, Case, CaseId, Line, LineState, MemberId, PayerId, Priority, ReviewType
from fhir_um.cases.queues import LATE
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Alarm, PeerToPeerState
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.routing import Flag, Routing, Traits

LOCK_TIME = timedelta(minutes=15)
"""How long a lock lasts when its owner does not renew it."""

_ALL = 100
"""Percent of a clock's time."""

_WORDS = {"Information received.": Flag.INFORMATION_BACK, "Not received in time:": Flag.INFORMATION_OVERDUE}
"""How software says why it moved a line on; what a person says takes its place, and then it is no news any more."""

_REASONS = {Reason.DUPLICATE: Flag.DUPLICATE, Reason.REOPENED: Flag.REOPENED}
_CALLS = {
    PeerToPeerState.REQUESTED: Flag.PEER_TO_PEER_ASKED,
    PeerToPeerState.SCHEDULED: Flag.PEER_TO_PEER_SCHEDULED,
}


@dataclass(frozen=True, slots=True)
class WorkItem:
    """What waits in one queue: one case, and those of its lines that wait there.

    `due_at` is the earliest of these, None when none has a deadline. `state`, `since`, `specialty`, `code` (of what was
    asked, bare) and `policy_id` are those of the line that is due first. `version` is the case's.
    """

    payer_id: PayerId
    case_id: CaseId
    queue: str
    version: int
    member_id: MemberId
    lines: tuple[int, ...]
    state: LineState
    priority: Priority
    due_at: datetime | None
    received_at: datetime
    since: datetime
    review_type: ReviewType
    line_of_business: str
    specialty: str
    code: str
    policy_id: str
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Who has an item: whose it is, who works on it just now, and who sent it to the supervisors, with the reason.

    `lock_note` says why a lock was taken over from somebody.
    """

    assignee: str = ""
    assigned_at: datetime | None = None
    lock_owner: str = ""
    lock_until: datetime | None = None
    lock_note: str = ""
    escalated_by: str = ""
    escalated_at: datetime | None = None
    escalation: str = ""

    def locked_for(self, person: str, at: datetime) -> bool:
        """True when somebody else's lock runs."""
        runs = self.lock_until is not None and self.lock_until > at
        return runs and self.lock_owner not in ("", person)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item, and who has it."""

    item: WorkItem
    held: Held = Held()


@dataclass(frozen=True, slots=True)
class After:
    """The place of an item in the order of every list: least time left, then urgency, then its key."""

    due_at: datetime | None
    priority: Priority
    case_id: CaseId
    payer_id: PayerId
    queue: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items: all that is given holds. Empty texts and None stand for anything; `UNASSIGNED` for nobody's.

    `queue` empty stands for all of them, and then an assignee is to be given.
    """

    payer_ids: tuple[PayerId, ...]
    queue: str = ""
    assignee: str = ""
    unassigned: bool = False
    line_of_business: str = ""
    priority: Priority | None = None
    due_before: datetime | None = None
    state: LineState | None = None
    specialty: str = ""
    flag: Flag | None = None


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How much waits in a queue, how much of it is nobody's, and when the first of it is due."""

    queue: str
    waiting: int
    unassigned: int
    due_at: datetime | None


def place_of(item: WorkItem) -> After:
    """Where the item stands in the order of every list."""
    return After(item.due_at, item.priority, item.case_id, item.payer_id, item.queue)


def items_of(case: Case, routing: Routing) -> tuple[WorkItem, ...]:
    """What waits of the case, by queue: none when no line is pended."""
    by_queue: dict[str, list[tuple[Line, frozenset[Flag]]]] = {}
    for line in case.lines:
        if line.state in PENDED:
            flags = frozenset(_flags(case, line))
            for queue in routing.queues_of(_traits(case, line, flags)):
                by_queue.setdefault(queue, []).append((line, flags))
    return tuple(_item(case, queue, lines) for queue, lines in sorted(by_queue.items()))


def escalated_item(case: Case) -> WorkItem | None:
    """What supervisors see of a case that was sent to them: everything that waits, as urgent. None when nothing does.

    Urgency goes up here and nowhere down; the clocks stay what they are.
    """
    waiting = [(line, frozenset(_flags(case, line))) for line in case.lines if line.state in PENDED]
    return replace(_item(case, LATE, waiting), priority=Priority.EXPEDITED) if waiting else None


def _item(case: Case, queue: str, waiting: list[tuple[Line, frozenset[Flag]]]) -> WorkItem:
    lines = sorted((line for line, _ in waiting), key=_urgency)
    first = lines[0]
    return WorkItem(
        payer_id=case.payer_id,
        case_id=case.id,
        queue=queue,
        version=case.version,
        member_id=MemberId(case.member_id),
        lines=tuple(sorted(line.sequence for line in lines)),
        state=first.state,
        priority=case.priority,
        due_at=first.due_at,
        received_at=case.received_at,
        since=first.decision.at,
        review_type=case.review_type,
        line_of_business=case.line_of_business,
        specialty=first.specialty,
        code=next((code.code for code in first.request.service.codes), ""),
        policy_id=first.findings[0].policy_id if first.findings else "",
        flags=tuple(flag for flag in Flag if any(flag in flags for _, flags in waiting)),
    )


def _urgency(line: Line) -> tuple[bool, float, int]:
    return line.due_at is None, line.due_at.timestamp() if line.due_at else 0.0, line.sequence


def _traits(case: Case, line: Line, flags: frozenset[Flag]) -> Traits:
    return Traits(line.state, case.review_type, line.specialty, case.line_of_business, case.priority, flags)


def _flags(case: Case, line: Line) -> Iterator[Flag]:
    if case.priority is Priority.EXPEDITED:
        yield Flag.EXPEDITED
    if case.sensitivity:
        yield Flag.SENSITIVE
    percent = max((alarm.percent for alarm in case.review.alarms if _holds(alarm, line)), default=0)
    if percent:
        yield Flag.LATE if percent >= _ALL else Flag.AT_RISK
    calls = {call.state for call in case.review.peer_to_peers if line.sequence in call.sequences}
    yield from (flag for state, flag in _CALLS.items() if state in calls)
    yield from (flag for reason, flag in _REASONS.items() if line.decision.reason == reason)
    if line.decision.decider == ENGINE:
        yield from (flag for words, flag in _WORDS.items() if line.decision.text.startswith(words))


def _holds(alarm: Alarm, line: Line) -> bool:
    """An alarm of the time there was before an extension rang for nothing."""
    concerns = alarm.sequence in (0, line.sequence) and alarm.kind == ClockKind.DECISION
    return concerns and (line.due_at is None or alarm.due_at >= line.due_at)
