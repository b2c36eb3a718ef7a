from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fhir_um.cases.alarms import armed
from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome, ClockState, Considered, Toll
from fhir_um.cases.history import Journal, rebuild
from fhir_um.cases.lifecycle import CANCEL_PATH
from fhir_um.cases.model import Case, CaseId, Course, EventKind, LineState, PayerId
from fhir_um.cases.placing import cancel
from fhir_um.cases.roles import ENGINE
from fhir_um.errors import VersionConflict
from fhir_um.store.database import Store
from fhir_um.words import Quantity
from tests.builders import AT, DEADLINE
from tests.fhir_um.store.stored import PAYER, UNITS, clocks_for, moved, numbers_of, opened, put, put_whole


def test_case_comes_back_equal(store: Store) -> None:
    case = put(store, opened("case-1", Course.APPROVE, Course.PEND_REVIEW, Course.DENY_BENEFIT))

    with store.open_work() as work:
        assert work.load_case(PAYER, CaseId("case-1")) == case
        assert work.load_case_for_change(PAYER, CaseId("case-1")) == case


def test_case_keeps_decimals_as_written(store: Store) -> None:
    journal = opened()
    line = journal.case.lines[0]
    exact = replace(line, request=replace(line.request, quantity=Quantity(UNITS)))
    put(store, _with_line(journal, exact))

    with store.open_reading() as work:
        read = work.load_case(PAYER, CaseId("case-1"))

    assert read is not None
    assert str(read.lines[0].request.quantity.value) == "2.50"  # type: ignore[union-attr]  # given above


def test_case_is_not_found_under_another_payer(store: Store) -> None:
    put(store, opened())

    with store.open_reading() as work:
        assert work.load_case(PayerId("payer-2"), CaseId("case-1")) is None
        assert work.load_case(PAYER, CaseId("\0" * 300)) is None


def test_events_come_back_and_rebuild_the_case(store: Store) -> None:
    journal = opened("case-1", Course.APPROVE, Course.PEND_REVIEW)
    case = put(store, journal)

    with store.open_reading() as work:
        events = work.events_of(PAYER, case.id)

    assert events == tuple(journal.events)
    assert rebuild(events) == case


def test_events_until_an_instant_leave_out_what_came_later(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    later = moved(case)
    late = [replace(event, at=AT + timedelta(hours=1)) for event in later.events]
    with store.open_work() as work:
        work.save_case(later.case, 1, tuple(late), (), ())

        assert rebuild(work.events_of(PAYER, case.id, until=AT)) == case
        assert len(work.events_of(PAYER, case.id)) == len(work.events_of(PAYER, case.id, AT)) + 1


def test_saved_case_replaces_the_one_of_the_expected_version(store: Store) -> None:
    case = put_whole(store, opened("case-1", Course.PEND_REVIEW))
    later = moved(case)

    with store.open_work() as work:
        work.save_case(later.case, 1, tuple(later.events), numbers_of(later.case)[1:], ())

        assert work.load_case(PAYER, case.id) == later.case
    assert store.verify().faults == []


def test_save_is_refused_when_the_version_moved_on(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    later = moved(case)
    with store.open_work() as work:
        work.save_case(later.case, 1, tuple(later.events), (), ())

    with pytest.raises(VersionConflict, match="conflict"), store.open_work() as work:
        work.save_case(later.case, 1, tuple(later.events), (), ())

    with store.open_reading() as reading:
        assert len(reading.events_of(PAYER, case.id)) == len(opened().events) + 1


@pytest.mark.parametrize(("days", "outcome"), [(0, ClockOutcome.MET), (8, ClockOutcome.LATE)])
def test_clock_of_a_line_that_is_over_stops_in_time_or_late(store: Store, days: int, outcome: ClockOutcome) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    journal = Journal(case, AT + timedelta(days=days), ENGINE)
    journal.line(EventKind.LINE_CANCELLED, cancel(case.lines[0], ENGINE, AT), CANCEL_PATH)

    with store.open_work() as work:
        work.save_case(journal.case, 1, tuple(journal.events), (), ())
        (stopped,) = work.clocks_of(PAYER, case.id)

    assert (stopped.stopped_at, stopped.outcome, stopped.alarm_at) == (journal.case.changed_at, outcome, None)


def test_clock_runs_on_when_its_line_is_decided(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW, Course.PEND_REVIEW))
    with store.open_reading() as work:
        assert work.clocks_of(PAYER, case.id) == tuple(map(armed, clocks_for(case)))
    later = moved(case)

    with store.open_work() as work:
        work.save_case(later.case, 1, tuple(later.events), (), ())

    with store.open_reading() as reading:
        first, second = reading.clocks_of(PAYER, case.id)
    assert first == armed(Clock(case.id, 1, DEADLINE)), "nobody was told yet"
    assert second.stopped_at is None


def test_clock_given_again_replaces_the_one_of_the_line(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    considered = (Considered("D01", AT), Considered("D02", AT + timedelta(microseconds=1), limit=7, notice=("member",)))
    sooner = replace(DEADLINE, rule_id="D02", due_at=AT, considered=considered)
    again = moved(case, LineState.NURSE_REVIEW)

    with store.open_work() as work:
        work.save_case(again.case, 1, tuple(again.events), (), (Clock(case.id, 1, sooner),))

        assert work.clocks_of(PAYER, case.id) == (armed(Clock(case.id, 1, sooner)),)


def test_clock_comes_back_with_all_that_became_of_it(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    tolled = Considered("D19", AT, "a rule", state=ClockState.TOLLED, start_at=AT, tolled_at=AT, extended_days=15)
    clock = Clock(
        case.id,
        1,
        replace(DEADLINE, considered=(tolled, Considered("S-CA1", None, state=ClockState.NOT_STARTED))),
        AT,
        ClockKind.NOTICE_WRITTEN,
        "determination",
        "business_days",
        "America/Chicago",
        (Toll(AT, None, "why"), Toll(AT, AT, "why")),
        15,
        75,
        None,
        ClockOutcome.LATE,
        ("provider",),
        ("provider",),
    )

    with store.open_work() as work:
        work.clocks.put(PAYER, (clock,))
        assert work.clocks_of(PAYER, case.id) == (armed(Clock(case.id, 1, DEADLINE)), clock)


def test_clock_from_before_rules_were_kept_with_it_is_read(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    with store.engine.begin() as connection:
        connection.execute(text('UPDATE clocks SET considered = \'[["D01","2026-03-09T15:00:00Z"]]\''))

    with store.open_reading() as work:
        (clock,) = work.clocks_of(PAYER, case.id)

    assert clock.deadline.considered == (Considered("D01", DEADLINE.due_at),)


def test_number_finds_its_case_for_its_payer_alone(store: Store) -> None:
    case = put(store, opened())
    number = case.lines[0].authorization_number

    def found(payer: PayerId, asked: str) -> tuple[Case, ...]:
        return work.find_for_inquiry(payer, case.member_id, frozenset({asked}), 5)

    with store.open_reading() as work:
        assert found(PAYER, number) == (case,)
        assert found(PAYER, "another") == found(PayerId("payer-2"), number) == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(courses=st.lists(st.sampled_from(Course), min_size=1, max_size=6), text=st.text(max_size=300))
def test_any_case_comes_back_equal_and_verifies(store: Store, courses: list[Course], text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    seen.append(text)
    journal = opened(f"case-{len(seen)}", *courses, plan_id=text)
    case = put(store, journal)

    with store.open_reading() as work:
        assert work.load_case(PAYER, case.id) == case
        assert rebuild(work.events_of(PAYER, case.id)) == case


seen: list[str] = []


def _with_line(journal, line):
    journal.line(journal.events[-1].kind, line, ("T1",))
    return journal
