"""What will be late at today's pace: a queue for each kind of reviewer, least time left first. Must not know the store.

A simple model that says what it assumes. It forecasts nothing about a single line that anybody may rest a decision on:
it tells where hands are missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from fhir_um.cases.model import CaseId, LineState
from fhir_um.cases.working_days import FEDERAL, is_working_day
from fhir_um.cases.zones import zone_of

OPENS, CLOSES = time(8), time(17)
MOST_TOLD = 50

ASSUMPTIONS = (
    "People go on deciding as many lines in a working hour as they did in the days looked at.",
    "Whoever decides takes the line with the least time left, and takes one after the other.",
    "Working hours are 8:00 to 17:00 in the payer's time zone, Monday to Friday without federal holidays.",
    "What waits for information comes back to the nurses in time to be decided, and counts among their lines.",
    "Nothing new comes in; so what is told is the least that will be late.",
    "A line is late when it is decided after it is due; the time to tell of the decision comes on top.",
)


class Desk(StrEnum):
    """Who decides what waits in a state."""

    INTAKE = "intake"
    NURSE = "nurse"
    PHYSICIAN = "physician"


DESKS: dict[LineState, Desk] = {
    LineState.INTAKE_REVIEW: Desk.INTAKE,
    LineState.NURSE_REVIEW: Desk.NURSE,
    LineState.PENDED_INFO: Desk.NURSE,
    LineState.PHYSICIAN_REVIEW: Desk.PHYSICIAN,
    LineState.SPECIALIST_REVIEW: Desk.PHYSICIAN,
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line that waits for a decision, and when that is due."""

    case_id: CaseId
    sequence: int
    state: LineState
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """A line that will be late, and when it is expected to be decided; None when nobody decides such lines."""

    waiting: Waiting
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskForecast:
    """One desk: how much waits, how fast it goes, and what will be late. `late` is the first 50 of `late_count`."""

    desk: Desk
    open_count: int
    by_state: tuple[tuple[LineState, int], ...]
    overdue_count: int
    decided_count: int
    per_hour: float
    late_count: int
    cleared_at: datetime | None
    late: tuple[Expected, ...]


def forecast(
    waiting: Iterable[Waiting], decided: dict[Desk, int], days: int, at: datetime, zone: str
) -> tuple[DeskForecast, ...]:
    """Every desk, from what waits and how many lines each desk decided in the days up to now."""
    hours = working_hours(at - timedelta(days=days), at, zone)
    at_desks: dict[Desk, list[Waiting]] = {desk: [] for desk in Desk}
    for line in waiting:
        at_desks[DESKS[line.state]].append(line)
    return tuple(_of_desk(desk, lines, decided.get(desk, 0), hours, at, zone) for desk, lines in at_desks.items())


def _of_desk(desk: Desk, lines: list[Waiting], decided: int, hours: float, at: datetime, zone: str) -> DeskForecast:
    per_hour = decided / hours if hours else 0.0
    lines.sort(key=lambda line: (line.due_at, line.case_id, line.sequence))
    calendar = _Calendar(at, zone)
    late: list[Expected] = []
    late_count, ends = 0, None
    for place, line in enumerate(lines, start=1):
        ends = calendar.after(place / per_hour) if per_hour else None
        if ends is None or ends > line.due_at:
            late_count += 1
            if len(late) < MOST_TOLD:
                late.append(Expected(line, ends))
    return DeskForecast(
        desk=desk,
        open_count=len(lines),
        by_state=tuple((state, n) for state in DESKS if (n := sum(line.state is state for line in lines))),
        overdue_count=sum(line.due_at < at for line in lines),
        decided_count=decided,
        per_hour=round(per_hour, 2),
        late_count=late_count,
        cleared_at=ends,
        late=tuple(late),
    )


def working_hours(since: datetime, until: datetime, zone: str) -> float:
    """The working hours between two instants.

    >>> friday = datetime(2026, 3, 6, 20, tzinfo=UTC)
    >>> working_hours(friday, friday + timedelta(days=3), "UTC")
    9.0
    """
    there, seconds = zone_of(zone), 0.0
    day = since.astimezone(there).date()
    while day <= until.astimezone(there).date():
        opens, closes = _shift(day, zone)
        overlap = (min(closes, until) - max(opens, since)).total_seconds()
        seconds += max(overlap, 0.0) if is_working_day(day, FEDERAL) else 0.0
        day += timedelta(days=1)
    return seconds / 3600


class _Calendar:
    """When so many working hours from now have gone by; asked with more and more, so it looks at each day once."""

    def __init__(self, at: datetime, zone: str) -> None:
        self._zone = zone
        self._at = at
        self._day = at.astimezone(zone_of(zone)).date()
        self._before = 0.0
        self._begins, self._hours = self._open()

    def after(self, hours: float) -> datetime:
        while hours > self._before + self._hours:
            self._before += self._hours
            self._day += timedelta(days=1)
            self._begins, self._hours = self._open()
        return self._begins + timedelta(hours=hours - self._before)

    def _open(self) -> tuple[datetime, float]:
        """From when on somebody works on this day, and how many hours."""
        opens, closes = _shift(self._day, self._zone)
        begins = max(opens, self._at)
        works = is_working_day(self._day, FEDERAL) and begins < closes
        return begins, (closes - begins).total_seconds() / 3600 if works else 0.0


def _shift(day: date, zone: str) -> tuple[datetime, datetime]:
    there = zone_of(zone)
    opens, closes = (datetime.combine(day, hour, there).astimezone(UTC) for hour in (OPENS, CLOSES))
    return opens, closes
