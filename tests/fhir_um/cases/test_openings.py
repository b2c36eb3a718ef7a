"""Nobody decides on what they have not seen: an opening counts for one person until something new is there."""

from dataclasses import replace
from datetime import timedelta

from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Course
from fhir_um.cases.openings import has_opened, new_opening, opening_of, to_be_seen_since
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import NOTHING, Review
from tests.builders import AT, case_of

NURSE = Decider("rn-1", "nurse", human=True)
LATER = AT + timedelta(hours=1)


def test_an_opening_is_somebodys_own() -> None:
    review = Review(openings=(new_opening(NURSE, AT),))

    assert has_opened(review, "rn-1", None)
    assert not has_opened(review, "rn-2", None)
    assert not has_opened(NOTHING, "rn-1", None)


def test_what_came_after_it_was_not_seen() -> None:
    review = Review(openings=(new_opening(NURSE, AT),))

    assert has_opened(review, "rn-1", AT)
    assert not has_opened(review, "rn-1", LATER)


def test_one_person_has_one_opening_beside_the_case() -> None:
    twice = Review(openings=(new_opening(NURSE, AT),)).merged(Review(openings=(new_opening(NURSE, LATER),)))

    assert opening_of(twice, "rn-1") == new_opening(NURSE, LATER)
    assert len(twice.openings) == 1


def test_a_reopened_line_is_to_be_seen_again() -> None:
    line = case_of(Course.PEND_REVIEW).lines[0]
    reopened = replace(line, decision=replace(line.decision, reason=Reason.REOPENED, at=LATER))

    assert to_be_seen_since(line, None) is None
    assert to_be_seen_since(line, AT) == AT
    assert to_be_seen_since(reopened, AT) == LATER
