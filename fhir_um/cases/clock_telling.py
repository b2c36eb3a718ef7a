"""Why a date is what it is, in one sentence a person understands. Must not know how it is shown, or to whom."""

from fhir_um.cases.clocks import Clock, ClockKind, ClockState, Considered
from fhir_um.cases.reckoning import DayMethod, Unit
from fhir_um.cases.zones import zone_of

_UNITS = {Unit.HOURS: "hour", Unit.CALENDAR_DAYS: "calendar day", Unit.BUSINESS_DAYS: "working day"}
_STARTS = {
    "receipt": "receipt of the request",
    "information": "the day everything needed is there",
    "determination": "the determination",
    "request": "the request",
    "oral-notice": "the notice by word of mouth",
}
_KINDS = {
    ClockKind.DECISION: "The decision is to be made and told",
    ClockKind.NOTICE_ORAL: "It is to be told by word of mouth",
    ClockKind.NOTICE_WRITTEN: "It is to be told in writing",
    ClockKind.INFORMATION: "What was asked for is waited for",
    ClockKind.PEER_TO_PEER: "The conversation is to be held",
}
_METHODS = {
    DayMethod.EARLIEST: "a day is 24 hours",
    DayMethod.END_OF_DAY: "the last day runs out",
    DayMethod.BUSINESS_DAYS: "the last working day runs out",
}


def why(clock: Clock) -> str:
    """The date, the rule that sets it, how it was counted, what moved it, and what the other rules say."""
    zone = zone_of(clock.zone)
    due = clock.deadline.due_at.astimezone(zone)
    told = f"{_KINDS.get(clock.kind, 'It is due')} by {due:%-d %B %Y, %H:%M:%S} {due.tzname()}"
    won = clock.deadline.winner
    if won is None or not won.limit:
        return f"{told}: {clock.deadline.source}."
    others = [rule for rule in clock.deadline.considered if rule is not won]
    return f"{told}: {reckoned(won)}, by {won.rule_id} ({won.source}){_moved(won)}{_beside(won, others)}."


def reckoned(rule: Considered) -> str:
    """How one rule counts.

    >>> reckoned(Considered("D01", None, limit=7, unit="calendar_days", day_method="earliest"))
    '7 calendar days from receipt of the request (a day is 24 hours)'
    """
    unit = _UNITS[Unit(rule.unit)] + ("" if rule.limit == 1 else "s")
    method = "" if rule.unit == Unit.HOURS else f" ({_METHODS[DayMethod(rule.day_method)]})"
    return f"{rule.limit} {unit} from {_STARTS.get(rule.basis, rule.basis)}{method}"


def state_of(rule: Considered) -> str:
    """Whether the time of one rule runs, and why not, in words."""
    if rule.state is ClockState.NOT_STARTED:
        return f"not started: it counts from {_STARTS.get(rule.basis, rule.basis)}"
    if rule.state is ClockState.TOLLED:
        return "stopped until what is missing comes, or the time to bring it is over; its latest date is shown"
    return "runs"


def _moved(rule: Considered) -> str:
    parts = [f"with {rule.extended_days} days of extension"] if rule.extended_days else []
    if rule.state is ClockState.TOLLED:
        parts.append("at the latest, because its time is stopped until what is missing comes")
    return "".join(f", {part}" for part in parts)


def _beside(won: Considered, others: list[Considered]) -> str:
    running = sum(rule.state is not ClockState.NOT_STARTED for rule in others)
    waiting = [rule.rule_id for rule in others if rule.state is ClockState.NOT_STARTED]
    told = f"; the strictest of {running + 1} rules that run" if running else ""
    only = "" if running or waiting else "; no other rule applies"
    later = f"; {', '.join(waiting)} would count once started" if waiting else ""
    return told + only + later
