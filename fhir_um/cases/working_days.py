"""Working days: Monday to Friday without the holidays of a place. Must not know what is counted in them.

The only use of the `holidays` library (ADR 0021). A state's day counts as free only where the federal calendar has it
too: a day that is a holiday by one calendar alone makes nothing later. So what is counted is due at its earliest.
"""

from datetime import date, timedelta
from functools import cache

import holidays

FEDERAL = "US"
_SATURDAY = 5


def calendar_of(state: str) -> str:
    """The calendar of a state by its two letters, the federal one for none and for letters that are no state's.

    >>> calendar_of("CA"), calendar_of(""), calendar_of("ZZ")
    ('US-CA', 'US', 'US')
    """
    return f"{FEDERAL}-{state}" if state in _states() else FEDERAL


def is_working_day(day: date, calendar: str) -> bool:
    """True for a day people work on.

    >>> is_working_day(date(2026, 7, 3), "US"), is_working_day(date(2026, 3, 31), "US-CA")
    (False, True)
    """
    return day.weekday() < _SATURDAY and day not in _free(calendar, day.year)


def after_working_days(day: date, count: int, calendar: str) -> date:
    """The working day that many working days after a day, which is not counted itself.

    >>> after_working_days(date(2026, 7, 1), 2, "US")
    datetime.date(2026, 7, 6)
    """
    left = count
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, calendar)
    return day


@cache
def _free(calendar: str, year: int) -> frozenset[date]:
    federal = frozenset(holidays.country_holidays(FEDERAL, years=year))
    _, _, state = calendar.partition("-")
    return federal & frozenset(holidays.country_holidays(FEDERAL, subdiv=state, years=year)) if state else federal


@cache
def _states() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries()[FEDERAL])
