"""Where the engine puts a line: numbers, periods and due times follow from the state."""

from datetime import timedelta

import pytest

from fhir_um.cases.lifecycle import ENGINE_MOVES
from fhir_um.cases.model import AUTHORIZED, PENDED, CaseId, Course, LineState
from fhir_um.cases.placing import Numbers, cancel, never_started, place
from fhir_um.cases.roles import requester
from fhir_um.words import Code
from tests.builders import AT, DEADLINE, ON, case_of, determination, line_request, numbered


def _place(course, previous=None, **changes):
    numbers = Numbers(numbered(), CaseId("case-1"), AT)
    line, path = place(line_request(**changes), determination(course), numbers, AT, ON, DEADLINE, previous)
    return line, path, numbers.issued


@pytest.mark.parametrize("course", sorted(Course))
def test_numbers_and_due_time_follow_from_the_state(course) -> None:
    line, path, issued = _place(course)

    assert (line.state, path) == ENGINE_MOVES[course]
    assert bool(line.authorization_number) == (line.state in AUTHORIZED)
    assert (line.due_at == DEADLINE.due_at) == (line.state in PENDED)
    assert {n.number for n in issued} == {line.authorization_number, line.administrative_reference} - {""}


def test_approved_line_takes_the_requested_period() -> None:
    line, _, _ = _place(Course.APPROVE)

    assert line.period == line_request().serviced
    assert line.issued_on == ON


def test_amended_line_keeps_its_reference_and_its_due_time() -> None:
    before = case_of(Course.PEND_REVIEW).lines[0]
    earlier = DEADLINE.due_at - timedelta(days=2)
    kept = type(before)(**{f: getattr(before, f) for f in before.__slots__} | {"due_at": earlier})

    line, _, issued = _place(Course.PEND_DOCUMENTS, previous=kept)

    assert line.due_at == earlier
    assert line.administrative_reference == before.administrative_reference
    assert issued == []


def test_replaced_authorization_is_remembered() -> None:
    before = case_of(Course.APPROVE).lines[0]

    line, _, _ = _place(Course.APPROVE, previous=before)

    assert line.previous_authorization_number == before.authorization_number
    assert line.authorization_number


def test_renewal_names_the_number_it_continues() -> None:
    renewal = Code("https://codesystem.x12.org/005010/1322", "R")

    line, _, _ = _place(Course.APPROVE, authorization_number="A123", certification_type=renewal)

    assert line.previous_authorization_number == "A123"


def test_cancelled_line_keeps_its_numbers() -> None:
    before = case_of(Course.APPROVE).lines[0]

    line = cancel(before, requester("ehr-1"), AT)

    assert line.state is LineState.CANCELLED
    assert line.authorization_number == before.authorization_number


def test_line_that_arrives_cancelled_gets_no_number() -> None:
    line = never_started(line_request(), requester("ehr-1"), AT)

    assert (line.state, line.authorization_number, line.administrative_reference) == (LineState.CANCELLED, "", "")
