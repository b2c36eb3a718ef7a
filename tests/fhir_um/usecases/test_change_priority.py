"""What becomes urgent is due by the expedited rules, and never later; what is urgent no more stays due as it was."""

from datetime import date, timedelta

import pytest

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import PENDED, EventKind, Priority
from fhir_um.cases.priorities import PrioritySaid
from fhir_um.errors import IllegalMove
from fhir_um.usecases.change_priority import change_priority
from fhir_um.usecases.read_case import read_events
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Period
from tests.builders import AT, line_request
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.reviewing import DESK, INTAKE, NURSE, assert_rebuilds, clock_of, waiting_case

SAID = PrioritySaid("the ordering physician", True, "Waiting a week could cost the leg.")


def step(deps, case, name, by, said=SAID):
    return change_priority(deps, DESK, case.id, case.version, by, name, said)


def test_up_and_down(deps) -> None:
    case = step(deps, waiting_case(deps), "expedite", INTAKE)

    moved = clock_of(deps, case, ClockKind.DECISION)
    assert case.priority is Priority.EXPEDITED
    assert {line.due_at for line in case.lines} == {AT + timedelta(hours=72)}
    assert moved.deadline.due_at == AT + timedelta(hours=72)
    assert_rebuilds(deps, case)

    down = step(deps, case, "lower", NURSE, PrioritySaid(text="The member is at home and doing well."))
    assert (down.priority, down.lines) == (Priority.STANDARD, case.lines)
    assert_rebuilds(deps, down)
    kinds = [event.kind for event in read_events(deps, DESK, down.id)]
    assert kinds.count(EventKind.PRIORITY_CHANGED) == kinds.count(EventKind.PRIORITY_ASKED) == 2


def test_hurrying_makes_nothing_late(lite, clock) -> None:
    case = waiting_case(lite)
    clock.move(days=5)

    case = step(lite, case, "expedite", NURSE)

    assert case.due_at == clock.at + timedelta(hours=72)


def test_what_was_given_before_it_was_asked_for_is_not_hurried(lite) -> None:
    over, ahead = (
        line_request(1, "E0601", serviced=Period(date(2026, 1, 5), date(2026, 1, 20))),
        line_request(2, "G0299"),
    )
    retrospective = submit_claim(lite, a_caller(), sent(ask(over)))
    mixed = submit_claim(lite, a_caller(), sent(ask(over, ahead)))
    assert retrospective.lines[0].state in PENDED

    with pytest.raises(IllegalMove, match="invalid"):
        step(lite, retrospective, "expedite", INTAKE)

    assert step(lite, mixed, "expedite", INTAKE).priority is Priority.EXPEDITED


def test_refused_it_stays_as_it_was(lite) -> None:
    case = waiting_case(lite)
    with pytest.raises(IllegalMove):
        step(lite, case, "refuse", NURSE)

    refused = step(lite, case, "refuse", NURSE, PrioritySaid("the member", False, "The member walks well without it."))

    assert (refused.priority, refused.lines, refused.version) == (Priority.STANDARD, case.lines, 2)
