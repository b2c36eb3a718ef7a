"""When a running clock is told about: at 75, 90 and 100 of 100 of its time. Must not know who hears it.

An alarm has an instant, not a timer, and a name of its own, so that it is told once however often it is looked for.
"""

from dataclasses import replace
from datetime import datetime

from fhir_um.cases.clocks import Clock
from fhir_um.cases.review import Alarm

STEPS = (75, 90, 100)
LATE = STEPS[-1]


def armed(clock: Clock) -> Clock:
    """The clock with the instant of its next alarm: none when it was stopped, or has been told about for the last time.

    >>> from datetime import UTC
    >>> from fhir_um.cases.clocks import Deadline
    >>> due = Deadline("D01", "a rule", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))
    >>> armed(Clock("case", 1, due)).alarm_at
    datetime.datetime(2026, 3, 4, 0, 0, tzinfo=datetime.timezone.utc)
    """
    coming = next((step for step in STEPS if step > clock.alarm), None)
    alarm_at = _reached_at(clock, coming) if coming and clock.is_running else None
    return clock if alarm_at == clock.alarm_at else replace(clock, alarm_at=alarm_at)


def alarm_of(clock: Clock, at: datetime) -> Alarm | None:
    """What is to be told of the clock at that moment: the highest step it has reached and was not told about."""
    reached = [step for step in STEPS if step > clock.alarm and _reached_at(clock, step) <= at]
    if not reached or not clock.is_running:
        return None
    percent, deadline = reached[-1], clock.deadline
    return Alarm(
        id=f"{clock.sequence}/{clock.kind}/{deadline.rule_id}/{percent}",
        sequence=clock.sequence,
        kind=clock.kind,
        rule_id=deadline.rule_id,
        percent=percent,
        due_at=deadline.due_at,
        at=at,
        late_effect=deadline.late_effect if percent == LATE else "",
    )


def _reached_at(clock: Clock, percent: int) -> datetime:
    start, due = clock.deadline.start_at, clock.deadline.due_at
    return due if percent == LATE else start + (due - start) * (percent / 100)
