"""From a start and a limit to the last instant: hours, days and working days, across daylight saving and leap days.

Must not know which rule says so, or why. Days are those of a zone; in a zone nobody knows, the strictest of all zones.
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fhir_um.cases.working_days import after_working_days
from fhir_um.cases.zones import EVERYWHERE, is_zone

_LAST_SECOND = time(23, 59, 59)


class Unit(StrEnum):
    """What a limit counts."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"


class DayMethod(StrEnum):
    """How days count: 24 hours each from the start, or until the last one runs out where the payer is.

    Working days always run out; `earliest` says the same of hours as any other method.
    """

    EARLIEST = "earliest"
    END_OF_DAY = "end_of_day"
    BUSINESS_DAYS = "business_days"


def due_after(start: datetime, limit: int, unit: str, method: str, zone: str, calendar: str = "US") -> datetime:
    """The last instant of the limit, counted in elapsed time, whatever clocks are set to meanwhile.

    `earliest` is never later than the end of the last day, also where a day has 23 hours.
    """
    start = start.astimezone(UTC)
    if unit == Unit.HOURS:
        return start + timedelta(hours=limit)
    end = min(_end_of_last(start, limit, unit, one, calendar) for one in ((zone,) if is_zone(zone) else EVERYWHERE))
    by_hours = unit == Unit.CALENDAR_DAYS and method == DayMethod.EARLIEST
    return min(end, start + timedelta(hours=24 * limit)) if by_hours else end


def _end_of_last(start: datetime, limit: int, unit: str, zone: str, calendar: str) -> datetime:
    there = ZoneInfo(zone)
    day = start.astimezone(there).date()
    last = after_working_days(day, limit, calendar) if unit == Unit.BUSINESS_DAYS else day + timedelta(days=limit)
    return datetime.combine(last, _LAST_SECOND, there).astimezone(UTC)
