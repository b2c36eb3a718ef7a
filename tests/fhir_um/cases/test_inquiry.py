"""Query by example: every part given must match the same line; several lines are alternatives."""

from dataclasses import replace
from datetime import date

import pytest

from fhir_um.cases.asked import ClaimedDiagnosis
from fhir_um.cases.inquiry import Inquiry, LineFilter, matches
from fhir_um.cases.model import Course, LineState
from fhir_um.words import Code, Concept, Period
from tests.builders import HCPCS, ON, case_of, claim_request, line_request, party

CERTIFICATION = "https://codesystem.x12.org/005010/1322"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
MEMBER = claim_request().member


def _inquiry(*lines, **parts) -> Inquiry:
    return Inquiry(party(), party(), (party(),), frozenset(), MEMBER, None, lines=lines, **parts)


def _service(code: str) -> Concept:
    return Concept((Code(HCPCS, code),))


CASE = case_of(Course.APPROVE, Course.PEND_REVIEW)


@pytest.mark.spec("pas:spec-43")
def test_an_inquiry_without_lines_matches() -> None:
    assert matches(CASE, _inquiry(), on_numbers=False)
    assert matches(CASE, _inquiry(LineFilter()), on_numbers=False)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LineFilter(service=_service("E1390")), True),
        (LineFilter(service=_service("E1391")), False),
        (LineFilter(service=_service("E1000"), service_end=_service("E2000")), True),
        (LineFilter(service=_service("E1391"), service_end=_service("E2000")), False),
        (LineFilter(states=(LineState.APPROVED,)), True),
        (LineFilter(states=(LineState.CANCELLED,)), False),
        (LineFilter(issued=Period(ON, ON)), True),
        (LineFilter(issued=Period(date(2026, 3, 3), date(2026, 3, 4))), False),
        (LineFilter(effective=Period(date(2026, 3, 1), date(2026, 3, 31))), True),
        (LineFilter(expires=Period(date(2026, 6, 10), date(2026, 6, 10))), True),
        (LineFilter(serviced=Period(date(2027, 1, 1), date(2027, 1, 2))), False),
        (LineFilter(states=(LineState.NURSE_REVIEW,), issued=Period(ON, ON)), False),
    ],
)
def test_every_part_of_a_filter_must_match_one_line(wanted, expected) -> None:
    assert matches(CASE, _inquiry(wanted), on_numbers=False) is expected


def test_several_filters_are_alternatives() -> None:
    asked = _inquiry(LineFilter(service=_service("X9999")), LineFilter(service=_service("E1390")))

    assert matches(CASE, asked, on_numbers=False)


def test_several_diagnoses_are_alternatives() -> None:
    diagnosis = ClaimedDiagnosis(1, Concept((Code(ICD, "J44.9"),)), None, None)
    case = case_of(Course.APPROVE, request=claim_request(line_request(), diagnoses=(diagnosis,)))

    assert matches(case, _inquiry(diagnoses=(Code(ICD, "I10"), Code(ICD, "J44.9"))), on_numbers=False)
    assert not matches(case, _inquiry(diagnoses=(Code(ICD, "I10"),)), on_numbers=False)


@pytest.mark.parametrize(("stored", "asked"), [("J44.9", "J449"), ("J449", "J44.9"), ("J44.9", "j449")])
def test_a_diagnosis_is_the_same_with_and_without_its_dot(stored, asked) -> None:
    diagnosis = ClaimedDiagnosis(1, Concept((Code(ICD, stored),)), None, None)
    case = case_of(Course.APPROVE, request=claim_request(line_request(), diagnoses=(diagnosis,)))

    assert matches(case, _inquiry(diagnoses=(Code(ICD, asked),)), on_numbers=False)
    assert not matches(case, _inquiry(diagnoses=(Code("urn:another", asked),)), on_numbers=False)


def test_numbers_are_asked_for_as_they_are_written_here() -> None:
    asked = _inquiry(LineFilter(administrative_reference=" r2345"), LineFilter(), authorization_number="a7Bc")

    assert asked.numbers == {"A7BC", "R2345"}


@pytest.mark.spec("pas:conf-4")
@pytest.mark.parametrize(
    ("asked_as", "wanted", "expected"),
    [("I", "I", True), ("R", "I", False), ("R", "R", True), ("I", "3", False), ("3", "3", True), (None, "I", True)],
)
def test_the_certification_type_is_that_of_the_request(asked_as, wanted, expected) -> None:
    given = Code(CERTIFICATION, asked_as) if asked_as else None
    case = case_of(Course.APPROVE, request=claim_request(line_request(certification_type=given)))

    assert matches(case, _inquiry(certification_type=Code(CERTIFICATION, wanted)), on_numbers=False) is expected


@pytest.mark.spec("pas:conf-4")
def test_a_cancelled_line_is_a_cancellation() -> None:
    lines = tuple(replace(line, state=LineState.CANCELLED) for line in CASE.lines)

    wanted = _inquiry(certification_type=Code(CERTIFICATION, "3"))
    assert matches(replace(CASE, lines=lines), wanted, on_numbers=False)


@pytest.mark.spec("pas:spec-47")
def test_a_number_that_led_here_is_not_compared_again() -> None:
    wanted = LineFilter(authorization_number="A-replaced")

    assert matches(CASE, _inquiry(wanted), on_numbers=True)
    assert not matches(CASE, _inquiry(wanted), on_numbers=False)


def test_a_modifier_asked_for_must_be_on_the_line() -> None:
    right = Concept((Code("https://modifiers.example.test", "RT"),))
    case = case_of(Course.APPROVE, request=claim_request(line_request(modifiers=(right,))))

    assert matches(case, _inquiry(LineFilter(modifiers=(right,))), on_numbers=False)
    assert not matches(CASE, _inquiry(LineFilter(modifiers=(right,))), on_numbers=False)
