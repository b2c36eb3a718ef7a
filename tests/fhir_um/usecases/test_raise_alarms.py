"""Clocks that run out are told about: once, also after a crash; never denied for it; and told in the audit log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.auditing import AuditSearch
from fhir_um.cases.clocks import Clock, ClockOutcome
from fhir_um.cases.deadlines import extended, grounds_to_extend
from fhir_um.cases.history import rebuild
from fhir_um.cases.model import Case, EventKind, LineState
from fhir_um.deps import Deps, Work
from fhir_um.usecases.raise_alarms import raise_alarms
from fhir_um.usecases.read_case import read_case, read_events
from fhir_um.usecases.stopping_clocks import stop_for_notice
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import AT, line_request
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import a_caller, ask, member_with, sent


class Dying:
    """A witness that dies where a worker may die: everything is written and nothing is committed."""

    def sign(self, work: Work) -> None:
        raise ConnectionError("the worker died")

    def kept(self, work: Work) -> None:
        raise AssertionError("nothing was kept")


@pytest.fixture
def case(deps: Deps) -> Case:
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "E0601"))))


def clocks(deps: Deps, case: Case) -> tuple[Clock, ...]:
    with deps.open_reading() as reading:
        return reading.clocks_of(case.payer_id, case.id)


def now(deps: Deps, case: Case) -> Case:
    return read_case(deps, a_caller(), case.id)


def share(case: Case, percent: int):
    return AT + (case.due_at - AT) * percent / 100


def test_nothing_is_told_before_its_time(deps, case, clock) -> None:
    clock.at = share(case, 75) - timedelta(seconds=1)

    assert raise_alarms(deps) == 0
    assert now(deps, case) == case


def test_each_step_is_told_once_and_changes_nothing_a_decision_rests_on(deps, case, clock) -> None:
    counts = []
    for percent in (75, 75, 90, 100, 150):
        clock.at = share(case, percent)
        counts.append(raise_alarms(deps))

    after = now(deps, case)
    assert counts == [1, 0, 1, 1, 0]
    assert [alarm.percent for alarm in after.review.alarms] == [75, 90, 100]
    assert [alarm.at for alarm in after.review.alarms] == [share(case, percent) for percent in (75, 90, 100)]
    assert after.review.alarms[-1].late_effect.startswith("The member's internal remedies count as exhausted")
    assert (after.version, after.lines) == (case.version, case.lines), "nothing is denied for it"
    (told,) = clocks(deps, case)
    assert (told.alarm, told.alarm_at, told.is_running) == (100, None, True)
    events = read_events(deps, a_caller(), case.id)
    assert rebuild(events) == after
    assert [(e.kind, e.path, e.actor.id) for e in events[-3:]] == [(EventKind.CLOCK_ALARM, ("T27",), "engine")] * 3
    assert deps.store.verify().faults == []


def test_a_house_that_was_down_tells_the_last_step_only(deps, case, clock) -> None:
    clock.at = share(case, 130)

    raise_alarms(deps)

    assert [alarm.percent for alarm in now(deps, case).review.alarms] == [100]


def test_a_worker_that_dies_in_the_middle_tells_it_once(deps, case, clock) -> None:
    clock.at = share(case, 100)
    before = clocks(deps, case)

    with pytest.raises(ConnectionError):
        raise_alarms(replace(deps, witness=Dying()))

    assert (now(deps, case), clocks(deps, case)) == (case, before), "nothing half written"
    assert [raise_alarms(deps), raise_alarms(deps)] == [1, 0]
    assert len(now(deps, case).review.alarms) == 1
    assert deps.store.verify().faults == []


def test_one_case_that_cannot_be_told_of_holds_up_no_other(deps, case, clock) -> None:
    other = submit_claim(deps, a_caller(), sent(ask(line_request(1, "E0601"), line_request(2, "G0299"))))
    clock.at = share(case, 100)

    class DyingOnce(Dying):
        left = 1

        def sign(self, work: Work) -> None:
            self.left -= 1
            if self.left == 0:
                raise ConnectionError

        def kept(self, work: Work) -> None:
            pass

    with pytest.raises(ConnectionError):
        raise_alarms(replace(deps, witness=DyingOnce()))

    assert sorted(len(now(deps, each).review.alarms) for each in (case, other))[0] == 0
    assert sorted(len(now(deps, each).review.alarms) for each in (case, other))[1] > 0


def test_the_audit_log_says_that_it_was_told(deps, case, clock) -> None:
    clock.at = share(case, 90)

    raise_alarms(deps)

    with deps.open_reading() as reading:
        (row,) = reading.audit.search((case.payer_id,), AuditSearch(action="clock-alarm"))
    assert (row.entry.detail, row.entry.client_id, row.entry.person) == ("1/decision/D19/90", "engine", "")
    assert [subject.case_id for subject in row.entry.subjects] == [case.id]


def test_a_decision_nobody_was_told_of_is_told_about_until_it_is(deps, case, clock) -> None:
    clock.move(days=1)
    ruled = decided(deps, a_caller(), case.id, approval())
    assert ruled.line(1).state is LineState.APPROVED
    clock.at = share(case, 100)

    assert raise_alarms(deps) == 1

    clock.move(seconds=1)
    with deps.open_work() as work:
        late = work.load_case_for_change(case.payer_id, case.id)
        stop_for_notice(work, late, 1, clock.at, "provider")
        assert stop_for_notice(work, late, 1, clock.at, "provider") == ()
        (stopped,) = stop_for_notice(work, late, 1, clock.at, "member")
    assert (stopped.outcome, stopped.stopped_at) == (ClockOutcome.LATE, clock.at)
    assert clocks(deps, case) == (stopped,)
    clock.move(days=30)
    assert raise_alarms(deps) == 0


def test_a_medicaid_clock_that_lapses_counts_as_a_denial_by_law_and_nobody_denies(deps, clock) -> None:
    """Golden scenario 12: what the law makes of it is said; the line waits on, for a person."""
    ada = member_with("H1509-1085", "Okoro")
    case = submit_claim(deps, a_caller(), sent(ask(line_request(1, "S8948"), member=ada, coverage=None)))
    assert case.line_of_business == "MCO"
    clock.at = case.due_at + timedelta(minutes=1)

    assert raise_alarms(deps) == 1

    (alarm,) = [one for one in now(deps, case).review.alarms if one.percent == 100]
    assert (alarm.rule_id, "denial" in alarm.late_effect) == ("D08", True)
    assert now(deps, case).line(1).state is LineState.PHYSICIAN_REVIEW


def test_more_time_is_told_about_anew_and_the_same_time_once(deps, case, clock) -> None:
    clock.at = share(case, 92)
    assert raise_alarms(deps) == 1
    (running,) = clocks(deps, case)
    later = extended(running, 15, grounds_to_extend(running)[0], clock.at)
    assert (running.alarm, later.alarm) == (90, 0)
    with deps.open_work() as work:
        work.clocks.put(case.payer_id, (later,))

    clock.at = later.deadline.start_at + (later.deadline.due_at - later.deadline.start_at) * 0.91
    assert [raise_alarms(deps), raise_alarms(deps)] == [1, 0]

    (told,) = now(deps, case).review.alarms
    assert (told.percent, told.due_at) == (90, later.deadline.due_at)
