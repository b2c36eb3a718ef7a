"""A clock is told about at 75, 90 and 100 of 100 of its time, each once, whatever happened to the house meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.alarms import STEPS, alarm_of, armed
from fhir_um.cases.clocks import Clock, Considered, Deadline
from fhir_um.cases.model import CaseId

START = datetime(2026, 3, 2, tzinfo=UTC)
RULE = Considered("D01", START + timedelta(hours=100), late_effect="An adverse decision in law.")
CLOCK = armed(Clock(CaseId("case-1"), 2, Deadline("D01", "a rule", START, START + timedelta(hours=100), (RULE,))))


@pytest.mark.parametrize(
    ("hours", "told", "percent", "coming"),
    [
        (74, 0, None, 75),
        (75, 0, 75, 90),
        (89, 75, None, 90),
        (90, 75, 90, 100),
        (100, 90, 100, None),
        (500, 0, 100, None),
    ],
)
def test_the_highest_step_reached_is_told(hours: int, told: int, percent: int | None, coming: int | None) -> None:
    clock = armed(replace(CLOCK, alarm=told))

    alarm = alarm_of(clock, START + timedelta(hours=hours))
    after = armed(replace(clock, alarm=alarm.percent if alarm else told))

    assert (alarm.percent if alarm else None) == percent
    assert after.alarm_at == (START + timedelta(hours=coming) if coming else None)


def test_an_alarm_has_a_name_of_its_own_and_says_what_lateness_means() -> None:
    soon, late = (alarm_of(CLOCK, START + timedelta(hours=hours)) for hours in (80, 101))

    assert (soon.id, soon.late_effect) == ("2/decision/D01/75", "")
    assert (late.id, late.late_effect) == ("2/decision/D01/100", "An adverse decision in law.")


def test_a_clock_that_stopped_tells_nothing() -> None:
    stopped = armed(CLOCK.stopped(START + timedelta(hours=10)))

    assert stopped.alarm_at is None
    assert alarm_of(stopped, START + timedelta(hours=500)) is None


@settings(max_examples=60)
@given(looks=st.lists(st.integers(0, 150), max_size=12))
def test_however_often_and_whenever_it_is_looked_for_each_step_is_told_once_and_in_order(looks: list[int]) -> None:
    clock, told = CLOCK, []
    for hours in looks:
        if alarm := alarm_of(clock, START + timedelta(hours=hours)):
            told.append(alarm.percent)
            clock = armed(replace(clock, alarm=alarm.percent))

    assert told == sorted(set(told))
    assert all(percent in STEPS and percent <= max(looks) for percent in told)
