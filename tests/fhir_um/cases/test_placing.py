"""Where the engine puts a line: numbers, periods and due times follow from the state."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.lifecycle import ENGINE_MOVES, Ruling, RulingAction, move_for
from fhir_um.cases.model import AUTHORIZED, PENDED, Authorized, CaseId, Course, LineState
from fhir_um.cases.placing import Numbers, cancel, never_started, place, rule
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role, requester
from fhir_um.words import Code, Quantity
from tests.builders import AT, DEADLINE, ON, case_of, determination, line_request, numbered

CERTIFICATION = "https://codesystem.x12.org/005010/1322"


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
    numbers = Numbers(numbered(), CaseId("case-1"), AT)
    renewal = line_request(authorization_number="A123", certification_type=Code(CERTIFICATION, "R"))

    line, _ = place(renewal, determination(), numbers, AT, ON, DEADLINE, continued="A123")

    assert line.previous_authorization_number == "A123"


def test_a_number_nobody_confirmed_is_not_repeated_to_the_sender() -> None:
    line, _, _ = _place(Course.PEND_INTAKE, authorization_number="A9", certification_type=Code(CERTIFICATION, "R"))

    assert line.previous_authorization_number == ""


def test_the_number_replaced_stays_known_while_the_line_waits() -> None:
    approved, _, _ = _place(Course.APPROVE)
    waiting, _, _ = _place(Course.PEND_REVIEW, previous=approved)

    again, _, _ = _place(Course.APPROVE, previous=waiting)

    assert waiting.previous_authorization_number == again.previous_authorization_number == approved.authorization_number


def test_documents_are_asked_for_only_while_the_line_waits_for_them() -> None:
    line = replace(case_of(Course.PEND_DOCUMENTS).lines[0], documents=(DocumentNeeded("11502-2", "a report"),))
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "")
    nurse = Decider("rn-1", Role.NURSE, human=True)
    numbers = Numbers(numbered(), CaseId("case-1"), AT)

    approved = rule(line, ruling, move_for(line, ruling, nurse, ""), nurse, numbers, AT, ON)

    assert approved.documents == ()
    assert approved.reviewed


X12_UNITS = "https://codesystem.x12.org/005010/355"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Quantity(Decimal("12.0")), Quantity(Decimal("12.0"), "visits", X12_UNITS, "VS")),
        (Quantity(Decimal(12), "hours"), Quantity(Decimal(12), "hours")),
        (Quantity(Decimal(12), "", X12_UNITS, "HS"), Quantity(Decimal(12), "", X12_UNITS, "HS")),
    ],
)
@pytest.mark.spec("pas:prof-2")
def test_an_authorized_amount_without_a_unit_is_in_the_unit_that_was_asked(given, kept) -> None:
    line = case_of(Course.PEND_REVIEW).lines[0]
    line = replace(line, request=replace(line.request, quantity=Quantity(Decimal(20), "visits", X12_UNITS, "VS")))
    text = "Twelve visits, then a new look at progress."
    ruling = Ruling(1, RulingAction.MODIFY, Reason.NOT_NECESSARY, text, Authorized(quantity=given))
    physician = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1999999992")
    numbers = Numbers(numbered(), CaseId("case-1"), AT)

    modified = rule(line, ruling, move_for(line, ruling, physician, ""), physician, numbers, AT, ON)

    assert modified.decision.authorized == Authorized(quantity=kept)


def test_cancelled_line_keeps_its_numbers() -> None:
    before = case_of(Course.APPROVE).lines[0]

    line = cancel(before, requester("ehr-1"), AT)

    assert line.state is LineState.CANCELLED
    assert line.authorization_number == before.authorization_number


def test_line_that_arrives_cancelled_gets_no_number() -> None:
    line = never_started(line_request(), requester("ehr-1"), AT)

    assert (line.state, line.authorization_number, line.administrative_reference) == (LineState.CANCELLED, "", "")
