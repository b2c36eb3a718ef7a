"""What will be late at today's pace, by a simple model that is checked by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.forecast import DESKS, Desk, DeskForecast, Waiting, forecast, working_hours
from fhir_um.cases.model import PENDED, CaseId, LineState

ZONE = "America/New_York"
MONDAY = datetime(2026, 3, 9, 12, tzinfo=UTC)
"""Eight in the morning there. The fourteen days before it have ten working days of nine hours."""


def waits(number: int, hours: float, state: LineState = LineState.NURSE_REVIEW) -> Waiting:
    return Waiting(CaseId(f"case-{number}"), 1, state, MONDAY + timedelta(hours=hours))


def desk(wanted: Desk, lines: list[Waiting], decided: int) -> DeskForecast:
    found = forecast(lines, {wanted: decided}, 14, MONDAY, ZONE)
    return next(each for each in found if each.desk is wanted)


def test_whoever_has_least_time_left_comes_first_and_the_rest_is_late() -> None:
    """Ninety in ninety hours: one an hour. The third is decided at eleven, and was due at ten."""
    found = desk(Desk.NURSE, [waits(3, 2.5), waits(1, 1), waits(2, 2)], 90)

    assert (found.per_hour, found.open_count, found.late_count) == (1.0, 3, 1)
    assert [(late.waiting.case_id, late.decided_at) for late in found.late] == [("case-3", MONDAY + timedelta(hours=3))]
    assert found.cleared_at == MONDAY + timedelta(hours=3)


def test_nobody_decides_at_night() -> None:
    """Ten at one an hour: nine today, the tenth at nine tomorrow."""
    found = desk(Desk.PHYSICIAN, [waits(n, 100, LineState.SPECIALIST_REVIEW) for n in range(10)], 90)

    assert found.cleared_at == MONDAY + timedelta(hours=25)
    assert found.late_count == 0
    assert found.by_state == ((LineState.SPECIALIST_REVIEW, 10),)


def test_what_nobody_decides_is_late() -> None:
    found = desk(Desk.INTAKE, [waits(1, 400, LineState.INTAKE_REVIEW)], 0)

    assert (found.late_count, found.cleared_at, found.late[0].decided_at) == (1, None, None)


def test_what_is_late_already_is_told_as_such() -> None:
    found = desk(Desk.NURSE, [waits(1, -1), waits(2, 50)], 900)

    assert (found.overdue_count, found.late_count) == (1, 1)


def test_every_state_that_waits_has_a_desk() -> None:
    assert set(DESKS) == PENDED


@pytest.mark.parametrize(
    ("since", "hours", "expected"),
    [(0, 9, 9), (0, 24, 9), (0, 7 * 24, 45), (-14 * 24, 14 * 24, 90), (2, 1, 1), (12, 3, 0)],
)
def test_working_hours(since: int, hours: int, expected: float) -> None:
    start = MONDAY + timedelta(hours=since)

    assert working_hours(start, start + timedelta(hours=hours), ZONE) == expected


@settings(max_examples=30, deadline=None)
@given(
    dues=st.lists(st.integers(-10, 400), max_size=25),
    decided=st.integers(0, 500),
)
def test_the_faster_the_less_is_late(dues: list[int], decided: int) -> None:
    lines = [waits(n, hours) for n, hours in enumerate(dues)]

    slow, fast = desk(Desk.NURSE, lines, decided), desk(Desk.NURSE, lines, decided * 2 + 1)

    assert fast.overdue_count <= fast.late_count <= slow.late_count <= len(lines)
