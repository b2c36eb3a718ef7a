"""When something about a line is due: every rule that applies is reckoned and kept, the strictest that runs wins.

Must not know how rules are read or stored. A decision counts from receipt, on whatever channel, or where its rule says
so from when all that is needed is there; before that such a rule waits and cannot win. Asking for information stops a
clock only where a rule says that it does.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fhir_um.cases.clock_rules import ClockRule, ClockRules, Facts, Start, Tolling
from fhir_um.cases.clocks import Clock, ClockKind, ClockState, Considered, Deadline, Toll
from fhir_um.cases.model import CaseId
from fhir_um.cases.reckoning import Unit, due_after
from fhir_um.cases.working_days import FEDERAL, calendar_of
from fhir_um.cases.zones import UNKNOWN, is_zone, zone_of

MISSING_INFORMATION = "information needed for the decision was missing"


def decision_deadline(
    rules: ClockRules, facts: Facts, received_at: datetime, zone: str, waits: bool = False
) -> Deadline:
    """The strictest deadline for a decision; `waits` says that information has been asked for at receipt.

    Raises: ValueError when no rule applies: a pended request without a clock must never exist.
    """
    on = received_at.astimezone(zone_of(zone)).date()
    binding = rules.binding(ClockKind.DECISION, facts, on)
    considered = [_on_receipt(rule, facts, received_at, zone, waits) for rule in binding]
    deadline = _strictest(considered, received_at)
    if deadline is None:
        business = facts.line_of_business or "unknown coverage"
        raise ValueError(f"no decision clock applies to {business} {facts.review} {facts.priority}")
    return deadline


def clock_of(
    case_id: CaseId, sequence: int, deadline: Deadline, zone: str, kind: ClockKind = ClockKind.DECISION
) -> Clock:
    """The clock of a line that runs to that deadline."""
    told = {each for rule in deadline.considered if rule.state is not ClockState.NOT_STARTED for each in rule.notice}
    clock = Clock(case_id, sequence, deadline, kind=kind, zone=zone if is_zone(zone) else UNKNOWN)
    clock = replace(clock, notice=tuple(sorted(told)) or clock.notice)
    return _as_won(clock)


def notice_clocks(rules: ClockRules, facts: Facts, decided_at: datetime, decision: Clock) -> tuple[Clock, ...]:
    """The clocks a determination starts: until when it is told by word of mouth, and in writing.

    What a rule counts from an oral notice runs, as long as there was none, from the last moment for one.
    """
    kinds = (ClockKind.NOTICE_ORAL, ClockKind.NOTICE_WRITTEN)
    on = decided_at.astimezone(zone_of(decision.zone)).date()
    made = []
    for kind in kinds:
        considered = [_on_determination(rule, facts, decided_at, decision) for rule in rules.binding(kind, facts, on)]
        deadline = _strictest(considered, decided_at) or _latest_start(considered, decided_at)
        if deadline is not None:
            made.append(clock_of(decision.case_id, decision.sequence, deadline, decision.zone, kind))
    return tuple(made)


def informed(clock: Clock, at: datetime) -> Clock:
    """The clock once what was asked for is there, or is waited for no longer: what waited for it starts, tolls end."""
    considered = [_informed(rule, at, clock.zone) for rule in clock.deadline.considered]
    tolls = tuple(toll if toll.until else replace(toll, until=at) for toll in clock.tolls)
    return _again(replace(clock, tolls=tolls), considered)


def orally_told(clock: Clock, at: datetime) -> Clock:
    """The clock after somebody was told by word of mouth: what counts from that starts."""
    considered = [
        _running(rule, at, clock.zone) if _waits_for(rule, Start.ORAL_NOTICE) else rule
        for rule in clock.deadline.considered
    ]
    return _again(clock, considered)


def grounds_to_extend(clock: Clock) -> tuple[str, ...]:
    """The grounds on which more time may be taken; none when the rule that sets the date allows no more."""
    winner = clock.deadline.winner
    if winner is None or not winner.extension_days or winner.extended_days:
        return ()
    return winner.extension_grounds


def days_to_extend(clock: Clock) -> int:
    """The most days that may be added to what the rule that sets the date allows; 0 for none."""
    winner = clock.deadline.winner
    return winner.extension_days if winner and grounds_to_extend(clock) else 0


def extended(clock: Clock, days: int, ground: str, at: datetime, tolls: bool = False) -> Clock:
    """The clock with so many days more for every rule that allows them on that ground, each no more than it allows.

    `tolls`: the extension is for information that was asked for and is not there. Then the time of rules that say so
    stops until it comes, and their latest date stands meanwhile. What allows no extension is due as before.
    """
    considered = [_extended(rule, days, ground, at, tolls, clock.zone) for rule in clock.deadline.considered]
    stopped = any(rule.state is ClockState.TOLLED for rule in considered)
    toll = (Toll(at, None, MISSING_INFORMATION),) if stopped else ()
    longer = _again(replace(clock, tolls=clock.tolls + toll), considered)
    more = days if longer.deadline.due_at > clock.deadline.due_at else 0
    return replace(longer, extension_days=clock.extension_days + more)


_WAIT_FOR_DOCUMENTS = 0.5
"""Of the time left to decide. What is asked for is due before the decision is, so that somebody can still read it."""


def documents_due(asked_at: datetime, decision_due_at: datetime) -> datetime:
    """Until when documents are waited for that were asked for at that moment; the decision's own clock goes on.

    >>> documents_due(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 7, tzinfo=UTC))
    datetime.datetime(2026, 3, 4, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return asked_at + max(decision_due_at - asked_at, timedelta(0)) * _WAIT_FOR_DOCUMENTS


# --- one rule -------------------------------------------------------------------------------------------------------


def _applied(rule: ClockRule, facts: Facts, start: datetime | None = None, zone: str = "") -> Considered:
    """The rule as it applies, running from `start`, or not started without one."""
    calendar = calendar_of(facts.state) if rule.states else FEDERAL
    due_at = due_after(start, rule.limit, rule.unit, rule.day_method, zone, calendar) if start else None
    return Considered(
        rule_id=rule.id,
        due_at=due_at,
        source=rule.source,
        authority=rule.authority,
        state=ClockState.STARTED if start else ClockState.NOT_STARTED,
        basis=rule.start,
        start_at=start,
        limit=rule.limit,
        unit=rule.unit,
        day_method=rule.day_method,
        calendar=calendar,
        extension_days=rule.extension_days,
        extension_grounds=rule.extension_grounds,
        tolling=rule.tolling,
        toll_hours=rule.toll_hours,
        after_toll_hours=rule.after_toll_hours,
        late_effect=rule.late_effect,
        notice=rule.notice,
    )


def _on_receipt(rule: ClockRule, facts: Facts, at: datetime, zone: str, waits: bool) -> Considered:
    if rule.start is Start.INFORMATION and waits:
        return _applied(rule, facts)
    running = _applied(rule, facts, at, zone)
    return _tolled(running, at) if waits and rule.tolling is Tolling.REQUEST else running


def _on_determination(rule: ClockRule, facts: Facts, at: datetime, decision: Clock) -> Considered:
    if rule.start is Start.DETERMINATION:
        return _applied(rule, facts, at, decision.zone)
    applied = _applied(rule, facts)
    last = max(at, decision.deadline.due_at)
    due_at = _reckoned(applied, last, decision.zone) if rule.start is Start.ORAL_NOTICE else None
    return replace(applied, due_at=due_at)


def _running(rule: Considered, at: datetime, zone: str) -> Considered:
    return replace(rule, state=ClockState.STARTED, start_at=at, due_at=_reckoned(rule, at, zone))


def _reckoned(rule: Considered, start: datetime, zone: str) -> datetime:
    return due_after(start, rule.limit, rule.unit, rule.day_method, zone, rule.calendar)


def _waits_for(rule: Considered, what: Start) -> bool:
    return rule.state is ClockState.NOT_STARTED and rule.basis == what


def _informed(rule: Considered, at: datetime, zone: str) -> Considered:
    if _waits_for(rule, Start.INFORMATION):
        return _running(rule, at, zone)
    if rule.state is not ClockState.TOLLED or rule.tolled_at is None or rule.due_at is None:
        return rule
    end = min(at, rule.tolled_at + timedelta(hours=rule.toll_hours))
    unused = rule.tolled_at + timedelta(hours=rule.toll_hours) - end
    return replace(rule, state=ClockState.STARTED, due_at=rule.due_at - unused)


def _tolled(rule: Considered, at: datetime) -> Considered:
    """Stopped from then on, with its latest date: as if what is missing came at the last moment."""
    if rule.due_at is None:
        return rule
    allowed = timedelta(hours=rule.toll_hours)
    left = timedelta(hours=rule.after_toll_hours) if rule.after_toll_hours else max(rule.due_at - at, timedelta(0))
    return replace(rule, state=ClockState.TOLLED, tolled_at=at, due_at=at + allowed + left)


def _extended(rule: Considered, days: int, ground: str, at: datetime, tolls: bool, zone: str) -> Considered:
    if rule.due_at is None or rule.extended_days or ground not in rule.extension_grounds:
        return rule
    more = min(days, rule.extension_days)
    unit = Unit.CALENDAR_DAYS if rule.unit == Unit.HOURS else rule.unit
    later = due_after(rule.due_at, more, unit, rule.day_method, zone, rule.calendar)
    longer = replace(rule, due_at=later, extended_days=more)
    return _tolled(longer, at) if tolls and rule.tolling == Tolling.EXTENSION else longer


# --- all of them ----------------------------------------------------------------------------------------------------


def _strictest(considered: Iterable[Considered], start: datetime) -> Deadline | None:
    """The earliest of those that run; None when none does."""
    ordered = sorted(considered, key=_order)
    won = next((rule for rule in ordered if rule.due_at and rule.state is not ClockState.NOT_STARTED), None)
    return _deadline(won, ordered, start) if won else None


def _latest_start(considered: Iterable[Considered], start: datetime) -> Deadline | None:
    """The earliest of those that do not run yet and can be due no later."""
    ordered = sorted(considered, key=_order)
    won = next((rule for rule in ordered if rule.due_at), None)
    return _deadline(won, ordered, start) if won else None


def _deadline(won: Considered, ordered: list[Considered], start: datetime) -> Deadline | None:
    if won.due_at is None:
        return None
    return Deadline(won.rule_id, won.source, won.start_at or start, won.due_at, tuple(ordered))


def _order(rule: Considered) -> tuple[bool, datetime, str]:
    """Those that run first, then by their dates."""
    late = datetime.max.replace(tzinfo=UTC)
    return rule.state is ClockState.NOT_STARTED, rule.due_at or late, rule.rule_id


def _again(clock: Clock, considered: list[Considered]) -> Clock:
    """The clock with the strictest of what is considered now; as it was when nothing changed.

    With more time it is told about anew: an alarm of the time there was before rang for nothing.
    """
    if tuple(considered) == clock.deadline.considered:
        return clock
    deadline = _strictest(considered, clock.deadline.start_at)
    if deadline is None:
        return clock
    is_later = deadline.due_at > clock.deadline.due_at
    return _as_won(replace(clock, deadline=deadline, alarm=0 if is_later else clock.alarm))


def _as_won(clock: Clock) -> Clock:
    won = clock.deadline.winner
    return replace(clock, basis=won.basis, day_method=won.day_method) if won else clock
