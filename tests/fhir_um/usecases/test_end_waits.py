"""Documents that do not come in time: somebody decides without them, in time, and nothing is denied for it."""

from datetime import timedelta

import pytest

from fhir_um.cases.auditing import AuditSearch, subject_of
from fhir_um.cases.history import rebuild
from fhir_um.cases.model import LineState
from fhir_um.usecases.end_waits import end_waits
from fhir_um.usecases.read_case import read_case, read_events
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import AT
from tests.fhir_um.store.subscribed import add_active, subscription
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.attached import NURSE, PHYSICIAN, attach, call, form, oxygen, tracking
from tests.fhir_um.usecases.test_attach_documents import asked_by, now

SECOND = timedelta(seconds=1)


@pytest.fixture
def case(deps):
    return submit_claim(deps, a_caller(), oxygen())


def test_documents_are_due_half_way_to_the_decision(case) -> None:
    line = case.line(1)

    assert line.documents_due_at == AT + (line.due_at - AT) / 2


def test_nothing_happens_before_they_are_due(deps, case, clock) -> None:
    clock.at = case.line(1).documents_due_at - SECOND

    assert end_waits(deps) == 0
    assert now(deps, case) == case


def test_line_goes_to_a_nurse_when_they_are_due_and_its_clock_goes_on(deps, case, clock) -> None:
    clock.at = case.line(1).documents_due_at

    assert end_waits(deps) == 1

    after = now(deps, case)
    line = after.line(1)
    assert (line.state, line.documents, line.documents_due_at) == (LineState.NURSE_REVIEW, (), None)
    assert line.due_at == case.line(1).due_at
    assert line.decision.text.startswith("Not received in time: ")
    assert read_events(deps, a_caller(), case.id)[-1].path == ("T10", "T8")
    assert rebuild(read_events(deps, a_caller(), case.id)) == after
    assert end_waits(deps) == 0
    assert deps.store.verify().faults == []
    with deps.open_reading() as reading:
        (row,) = reading.audit.search((case.payer_id,), AuditSearch(action="end-waits"))
    assert (row.entry.client_id, row.entry.person) == ("engine", "")
    assert row.entry.subjects == (subject_of(after),)


@pytest.mark.parametrize(("who", "state"), [(NURSE, LineState.NURSE_REVIEW), (PHYSICIAN, LineState.PHYSICIAN_REVIEW)])
def test_line_goes_back_to_whoever_asked(deps, case, clock, who, state) -> None:
    clock.move(hours=1)
    asked = asked_by(deps, case, who)
    assert asked.line(1).documents_due_at > case.line(1).documents_due_at

    clock.at = asked.line(1).documents_due_at
    end_waits(deps)

    assert now(deps, case).line(1).state is state


def test_what_came_in_time_is_not_waited_for(deps, case, clock) -> None:
    attach(deps, call(tracking(case), form(86)))
    clock.at = case.line(1).documents_due_at + timedelta(days=1)

    assert end_waits(deps) == 0
    assert now(deps, case).line(1).state is LineState.APPROVED


def test_subscribers_hear_of_it(deps, case, clock) -> None:
    add_active(deps.store, subscription(sender=a_caller().client_id, payer_id=a_caller().home_payer))
    clock.at = case.line(1).documents_due_at

    end_waits(deps)

    with deps.open_reading() as reading:
        (mine,) = reading.subscribers.of(a_caller().client_id, a_caller().payer_ids, "2.2.1")
        (event,) = reading.subscribers.events(mine, 1, 10, 10)
    assert (event.case_id, event.case_version) == (case.id, 2)


def test_case_as_it_was_before_shows_the_wait(deps, case, clock) -> None:
    clock.at = case.line(1).documents_due_at
    end_waits(deps)

    assert read_case(deps, a_caller(), case.id, version=1).line(1).documents_due_at == clock.at
