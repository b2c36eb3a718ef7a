"""What the sender was asked for, read from the history: asked, answered in part or whole, given up, or overtaken."""

from dataclasses import replace
from datetime import timedelta

from fhir_um.cases.clocks import ClockKind, ClockOutcome
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.history import Journal
from fhir_um.cases.information_requests import InformationState, information_clocks, information_requests
from fhir_um.cases.lifecycle import NOT_INFORMED_PATHS
from fhir_um.cases.model import Course, EventKind, Line, LineState
from fhir_um.cases.placing import cancel, give_up_waiting
from fhir_um.cases.roles import ENGINE
from tests.builders import AT, journal_of
from tests.fhir_um.cases.stepping import somebody

NOTES = DocumentNeeded("11506-3", "Progress note")
PLAN = DocumentNeeded("18776-5", "Plan of care")


def waiting(journal: Journal) -> Line:
    """The line of a journal, with two documents asked for."""
    line = replace(journal.case.lines[0], documents=(NOTES, PLAN))
    journal.line(EventKind.LINE_MOVED, line, ("T9",))
    return line


def asked() -> tuple[Journal, Line]:
    journal = journal_of(Course.PEND_REVIEW)
    line = replace(journal.case.lines[0], state=LineState.PENDED_INFO, documents_due_at=AT + timedelta(days=2))
    journal.line(EventKind.LINE_MOVED, replace(line, documents=(NOTES, PLAN)), ("T9",), somebody())
    return journal, journal.case.lines[0]


def states(journal: Journal) -> list[InformationState]:
    return [each.state for each in information_requests(journal.events)]


def test_software_asks_for_what_a_policy_requires() -> None:
    (sent,) = information_requests(journal_of(Course.PEND_DOCUMENTS).events)

    assert (sent.state, sent.asked_by, sent.sequence) == (InformationState.ISSUED, ENGINE, 1)
    assert sent.due_at is not None


def test_a_line_that_waits_for_nothing_has_none() -> None:
    assert information_requests(journal_of(Course.PEND_REVIEW, Course.APPROVE).events) == ()


def test_some_of_it_came() -> None:
    journal, line = asked()
    journal.line(EventKind.INFORMATION_RECEIVED, replace(line, documents=(PLAN,)), ())

    (sent,) = information_requests(journal.events)

    assert sent.state is InformationState.PARTIAL
    assert (sent.documents, sent.outstanding) == ((NOTES, PLAN), (PLAN,))


def test_all_of_it_came() -> None:
    journal, line = asked()
    journal.line(EventKind.INFORMATION_RECEIVED, replace(line, documents=()), ())
    journal.line(EventKind.LINE_MOVED, replace(line, state=LineState.NURSE_REVIEW, documents=()), ("T10", "T6", "T8"))

    (sent,) = information_requests(journal.events)

    assert (sent.state, sent.outstanding, sent.ended_at) == (InformationState.FULFILLED, (), AT)


def test_it_did_not_come_in_time() -> None:
    journal, line = asked()
    moved = give_up_waiting(line, AT)
    journal.line(EventKind.LINE_MOVED, moved, NOT_INFORMED_PATHS[moved.state])

    assert states(journal) == [InformationState.EXPIRED]
    assert information_requests(journal.events)[0].outstanding == (NOTES, PLAN)


def test_nobody_waits_for_it_any_more() -> None:
    journal, line = asked()
    journal.line(EventKind.LINE_CANCELLED, cancel(line, somebody(), AT), ("T23",))

    assert states(journal) == [InformationState.WITHDRAWN]


def test_what_is_asked_anew_takes_its_place() -> None:
    journal, _ = asked()
    waiting(journal)

    assert states(journal) == [InformationState.WITHDRAWN, InformationState.ISSUED]


def test_more_time_moves_when_it_is_due() -> None:
    journal, line = asked()
    later = AT + timedelta(days=9)
    journal.line(EventKind.LINE_MOVED, replace(line, documents_due_at=later), ("T28",))

    (sent,) = information_requests(journal.events)

    assert (sent.state, sent.due_at) == (InformationState.ISSUED, later)


def test_a_clock_runs_while_it_is_waited_for() -> None:
    journal, line = asked()
    (clock,) = information_clocks(journal.case, (), AT)

    assert (clock.kind, clock.sequence, clock.deadline.due_at) == (ClockKind.INFORMATION, 1, line.documents_due_at)
    assert information_clocks(journal.case, (clock,), AT) == ()


def test_its_day_is_told_in_the_time_zone_of_the_other_clocks() -> None:
    journal, _ = asked()
    (clock,) = information_clocks(journal.case, (), AT)
    decision = replace(clock, kind=ClockKind.DECISION, zone="America/New_York")

    assert information_clocks(journal.case, (decision,), AT)[0].zone == "America/New_York"


def test_the_clock_stops_with_the_waiting() -> None:
    journal, line = asked()
    clocks = information_clocks(journal.case, (), AT)
    journal.line(EventKind.LINE_MOVED, replace(line, state=LineState.NURSE_REVIEW, documents_due_at=None), ("T10",))

    (met,) = information_clocks(journal.case, clocks, AT)
    (late,) = information_clocks(journal.case, clocks, AT + timedelta(days=3))

    assert (met.outcome, met.stopped_at) == (ClockOutcome.MET, AT)
    assert late.outcome is ClockOutcome.LATE
    assert information_clocks(journal.case, (met,), AT) == ()
