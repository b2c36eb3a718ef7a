"""What a sender was asked for, and what became of it: read from the history of the case, kept nowhere else.

Must not know how anything is asked or answered. A line has one such request at a time; what is asked anew while it
waits takes the place of what was asked before.

Source: um-domain 2.8 (RFI), T9, T10; PAS 2.2.1 (request for information).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fhir_um.cases.clocks import Clock, ClockKind, Considered, Deadline
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.lifecycle import INFORMED_PATH, NOT_INFORMED_PATHS
from fhir_um.cases.model import Case, CaseId, Event, EventKind, Line, LineState

ASKED = "T9"
CLOCK_RULE = "information"
"""What stands for the rule of its clock: half of the time that is left to decide (`deadlines.documents_due`)."""

_SOURCE = "half of the time left to decide when it was asked"


class InformationState(StrEnum):
    """Where a request for information stands once it was sent."""

    ISSUED = "issued"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({InformationState.ISSUED, InformationState.PARTIAL})


@dataclass(frozen=True, slots=True)
class InformationRequest:
    """One request about one line. `id` is `line.step`: the line, and the step of the history that sent it.

    `documents` are those asked for, `outstanding` those that did not come. `asked_by` is a person, or software that
    asked for documents its policy requires.
    """

    id: str
    sequence: int
    state: InformationState
    documents: tuple[DocumentNeeded, ...]
    outstanding: tuple[DocumentNeeded, ...]
    text: str
    asked_by: Decider
    issued_at: datetime
    due_at: datetime | None
    ended_at: datetime | None = None


def information_requests(events: Iterable[Event]) -> tuple[InformationRequest, ...]:
    """Every request sent in that history, in the order they were sent."""
    found: dict[str, InformationRequest] = {}
    running: dict[int, str] = {}
    for event in events:
        line = event.line
        if line is None:
            continue
        current = found.get(running.get(line.sequence, ""))
        is_asked = line.state is LineState.PENDED_INFO and ASKED in event.path
        if current is not None:
            changed = _ended(current, event) if is_asked else _went_on(current, line, event)
            found[current.id] = changed
            if changed.state not in OPEN:
                del running[line.sequence]
        if is_asked:
            asked = _issued(line, event)
            found[asked.id], running[line.sequence] = asked, asked.id
    return tuple(found.values())


def _issued(line: Line, event: Event) -> InformationRequest:
    return InformationRequest(
        id=f"{line.sequence}.{event.sequence}",
        sequence=line.sequence,
        state=InformationState.ISSUED,
        documents=line.documents,
        outstanding=line.documents,
        text=line.decision.text,
        asked_by=line.decision.decider,
        issued_at=event.at,
        due_at=line.documents_due_at,
    )


def _went_on(current: InformationRequest, line: Line, event: Event) -> InformationRequest:
    if line.state is not LineState.PENDED_INFO:
        return _ended(current, event)
    if event.kind is not EventKind.INFORMATION_RECEIVED:
        return replace(current, due_at=line.documents_due_at)
    return replace(current, state=InformationState.PARTIAL, outstanding=line.documents)


def _ended(current: InformationRequest, event: Event) -> InformationRequest:
    """Fulfilled when the line went on by what came, expired when it went on without, withdrawn when nobody waits."""
    if event.path in NOT_INFORMED_PATHS.values():
        state = InformationState.EXPIRED
    elif event.path[:1] == INFORMED_PATH:
        state = InformationState.FULFILLED
    else:
        state = InformationState.WITHDRAWN
    return replace(current, state=state, ended_at=event.at)


def information_clocks(case: Case, clocks: Collection[Clock], at: datetime) -> tuple[Clock, ...]:
    """The clocks of what is waited for that start, move or stop, so that they tell what the lines of the case tell.

    `clocks` are those of the case before; the day is told in their time zone. One that stops after it was over is late;
    nothing is denied for it.
    """
    zone = next((clock.zone for clock in clocks if clock.zone), "")
    running = {c.sequence: c for c in clocks if c.kind is ClockKind.INFORMATION and c.is_running}
    changed: list[Clock] = []
    for line in case.lines:
        clock = running.get(line.sequence)
        due_at = line.documents_due_at if line.state is LineState.PENDED_INFO else None
        if due_at is None and clock is not None:
            changed.append(clock.stopped(at))
        elif due_at is not None and (clock is None or clock.deadline.due_at != due_at):
            changed.append(_clock(case.id, line, due_at, zone))
    return tuple(changed)


def _clock(case_id: CaseId, line: Line, due_at: datetime, zone: str) -> Clock:
    rule = Considered(CLOCK_RULE, due_at, _SOURCE, basis="request", start_at=line.decision.at)
    deadline = Deadline(CLOCK_RULE, _SOURCE, line.decision.at, due_at, (rule,))
    kind, told = ClockKind.INFORMATION, ("provider",)
    return Clock(case_id, line.sequence, deadline, kind=kind, basis="request", zone=zone, notice=told)
