"""What rulings and notices do to the clocks of a case. A decision clock stops when everybody was told, not before.

A determination starts the clocks of its notices. A line that is over, because it was cancelled, withdrawn or voided,
and one that needs no authorization have nobody to be told by a letter: the store stops their clocks when the case is
saved. Source: um-domain 2.7; 42 CFR 422.568(b), 422.572(c), 438.210(d).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.clock_rules import ADVERSE, Facts
from fhir_um.cases.clock_subjects import subjects_of
from fhir_um.cases.clocks import Clock, ClockKind, Deadline, running_decisions
from fhir_um.cases.deadlines import clock_of, decision_deadline, informed, notice_clocks, orally_told
from fhir_um.cases.model import DENIED, OVER, PENDED, Case, Line, LineState
from fhir_um.cases.zones import zone_of
from fhir_um.deps import Deps, Work
from fhir_um.usecases.timing import review_type_of_line

_WITHOUT_NOTICE = OVER | {LineState.NO_ACTION}
_ADVERSE = DENIED | {LineState.MODIFIED}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case's days and state rules are: the payer's zone, and the state the member's plan is issued in."""

    zone: str
    state: str


def clocks_after(
    deps: Deps, place: Place, before: Case, after: Case, kept: Iterable[Clock], at: datetime
) -> tuple[Clock, ...]:
    """The clocks that change by what became of lines; `kept` are those of the case so far.

    A line that waits no longer for information starts what counted from it, a line determined its notices, a line
    opened again its decision.
    """
    decisions = running_decisions(kept)
    changed: list[Clock] = []
    for line in after.lines:
        old, running = before.line(line.sequence), decisions.get(line.sequence)
        if old is None or old.state is line.state:
            continue
        if line.state in PENDED and old.state not in PENDED:
            changed.append(_opened_again(deps, place, after, line, running, at))
        elif running is not None and old.state in PENDED:
            changed += _moved_on(deps, place, after, old, line, running, at)
    return tuple(changed)


def _opened_again(deps: Deps, place: Place, case: Case, line: Line, running: Clock | None, at: datetime) -> Clock:
    """A determination nobody was told of is none: its clock goes on. After it was told, another one begins."""
    if running is not None:
        return replace(running, told=())
    return clock_of(case.id, line.sequence, fresh_deadline(deps, place, case, line, at), place.zone)


def _moved_on(deps: Deps, place: Place, case: Case, old: Line, line: Line, running: Clock, at: datetime) -> list[Clock]:
    clock = informed(running, at) if old.state is LineState.PENDED_INFO else running
    changed = [clock] if clock != running else []
    if line.state not in PENDED and line.state not in _WITHOUT_NOTICE:
        changed += notice_clocks(deps.clock_rules, _facts(deps, place, case, line, at), at, clock)
    return changed


def due_after(kept: Iterable[Clock], line: Line, waits_on: bool, at: datetime) -> datetime | None:
    """When a line is due that a person moves: sooner, where a rule counts from when no more is waited for.

    One that is opened again before its determination was told is due when it was; None once it was told.
    """
    running = running_decisions(kept).get(line.sequence)
    if line.state not in PENDED:
        return running.deadline.due_at if running else None
    if running is None or line.state is not LineState.PENDED_INFO or waits_on:
        return line.due_at
    return informed(running, at).deadline.due_at


def fresh_deadline(deps: Deps, place: Place, case: Case, line: Line, at: datetime) -> Deadline:
    """When a line that is opened again now is to be decided."""
    return decision_deadline(deps.clock_rules, _facts(deps, place, case, line, at), at, place.zone)


def _facts(deps: Deps, place: Place, case: Case, line: Line, at: datetime) -> Facts:
    """What rules of time ask about the line as it stands."""
    review = review_type_of_line(line.request, at.astimezone(zone_of(place.zone)).date())
    subjects = subjects_of(line.request, deps.drug_codes) | ({ADVERSE} if line.state in _ADVERSE else set())
    return Facts(case.line_of_business, review, case.priority, place.state, subjects)


def stop_for_notice(
    work: Work, case: Case, sequence: int, at: datetime, recipient: str, written: bool = True
) -> tuple[Clock, ...]:
    """Note that somebody (`member`, `provider`) was told of the determination on a line; the clocks this changed.

    What is told in writing is told; a clock of a written notice is not stopped by word of mouth, which may start it.
    Telling the same again changes nothing.
    """
    changed = []
    for clock in work.clocks_of(case.payer_id, case.id):
        if clock.sequence != sequence or not clock.is_running:
            continue
        told = _told(clock, at, recipient, written)
        if told != clock:
            changed.append(told)
    work.clocks.put(case.payer_id, changed)
    return tuple(changed)


def _told(clock: Clock, at: datetime, recipient: str, written: bool) -> Clock:
    if clock.kind is ClockKind.NOTICE_WRITTEN and not written:
        return orally_told(clock, at)
    told_of = {ClockKind.DECISION, ClockKind.NOTICE_ORAL, ClockKind.NOTICE_WRITTEN}
    return clock.told_to(recipient, at) if clock.kind in told_of else clock
