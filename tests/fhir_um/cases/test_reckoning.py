"""Hours, days and working days: never before the start, never a day late for daylight saving, leap days or a zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.reckoning import due_after
from fhir_um.cases.working_days import after_working_days, calendar_of, is_working_day
from fhir_um.cases.zones import EVERYWHERE, is_zone

ZONE = "America/New_York"
CALENDARS = ["US", "US-CA", "US-TX", "US-NY"]
STARTS = st.integers(0, 7 * 365 * 86_400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds))
"""Two leap days, and fourteen changes of the clocks."""
ZONES = st.sampled_from([ZONE, "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "UTC"])


def local(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(ZONE))


@settings(max_examples=60, deadline=None)
@given(start=STARTS, days=st.integers(1, 45), zone=ZONES)
def test_the_earliest_reading_is_never_later_than_the_end_of_the_day(start: datetime, days: int, zone: str) -> None:
    earliest = due_after(start, days, "calendar_days", "earliest", zone)
    end = due_after(start, days, "calendar_days", "end_of_day", zone)

    assert start < earliest <= end
    assert end.astimezone(ZoneInfo(zone)).date() == start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    assert earliest <= start + timedelta(days=days)


@settings(max_examples=60, deadline=None)
@given(start=STARTS, days=st.integers(1, 10), zone=ZONES, calendar=st.sampled_from(CALENDARS))
def test_working_days_end_on_one(start: datetime, days: int, zone: str, calendar: str) -> None:
    due_at = due_after(start, days, "business_days", "business_days", zone, calendar)

    last = due_at.astimezone(ZoneInfo(zone)).date()
    first = start.astimezone(ZoneInfo(zone)).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert start < due_at
    assert is_working_day(last, calendar) and last.weekday() < 5
    assert sum(is_working_day(day, calendar) for day in between) == days


@settings(max_examples=60, deadline=None)
@given(start=STARTS, hours=st.integers(1, 200), zone=ZONES)
def test_hours_are_hours(start: datetime, hours: int, zone: str) -> None:
    assert due_after(start.astimezone(ZoneInfo(zone)), hours, "hours", "earliest", zone) - start == timedelta(
        hours=hours
    )


@settings(max_examples=30, deadline=None)
@given(start=STARTS, zone=st.sampled_from(EVERYWHERE), unit=st.sampled_from(["calendar_days", "business_days"]))
def test_in_a_zone_nobody_knows_the_strictest_of_all_holds(start: datetime, zone: str, unit: str) -> None:
    method = "business_days" if unit == "business_days" else "end_of_day"

    assert start < due_after(start, 3, unit, method, "Mars/Olympus") <= due_after(start, 3, unit, method, zone)


@pytest.mark.parametrize(
    ("start", "days", "method", "due_at"),
    [
        (local(2026, 3, 7, 12), 3, "earliest", local(2026, 3, 10, 13)),
        (local(2026, 3, 7, 23, 30), 1, "earliest", local(2026, 3, 8, 23, 59) + timedelta(seconds=59)),
        (local(2026, 3, 7, 12), 3, "end_of_day", local(2026, 3, 10, 23, 59) + timedelta(seconds=59)),
        (local(2026, 10, 31, 12), 3, "earliest", local(2026, 11, 3, 11)),
        (local(2028, 2, 25, 9), 7, "earliest", local(2028, 3, 3, 9)),
        (local(2027, 2, 25, 9), 7, "earliest", local(2027, 3, 4, 9)),
    ],
)
def test_over_a_change_of_the_clocks_and_a_leap_day(start: datetime, days: int, method: str, due_at: datetime) -> None:
    assert due_after(start, days, "calendar_days", method, ZONE) == due_at.astimezone(UTC)


def test_across_a_border_of_zones_days_are_the_payers() -> None:
    late_evening = datetime(2026, 6, 2, 2, tzinfo=UTC)

    there, here = (
        due_after(late_evening, 3, "business_days", "business_days", z) for z in ("America/Los_Angeles", "UTC")
    )

    assert (there, here) == (
        datetime(2026, 6, 5, 6, 59, 59, tzinfo=UTC),
        datetime(2026, 6, 5, 23, 59, 59, tzinfo=UTC),
    )


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2026, 10, 12)])
def test_a_holiday_of_one_calendar_alone_is_a_working_day_of_the_state(day: date) -> None:
    """Cesar Chavez Day is California's own, Columbus Day the country's: neither makes anything later."""
    assert is_working_day(day, calendar_of("CA"))
    assert after_working_days(day - timedelta(days=1), 1, calendar_of("CA")) == day or day.weekday() == 0


def test_names_that_are_no_zone() -> None:
    assert not any(map(is_zone, ("", "Mars/Olympus", "../etc/passwd", "America", "x" * 300)))
