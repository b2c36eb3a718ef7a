"""Every code that can go out and every state has words."""

from fhir_um.cases.model import Course, LineState
from fhir_um.commands.wording import COURSES, ERRORS, REASONS, REVIEW_ACTIONS, STATES
from fhir_um.translate.codes import decision_reasons, review_actions
from fhir_um.usecases import eligibility


def test_states_and_courses_have_words() -> None:
    assert set(STATES) == set(LineState)
    assert set(COURSES) == set(Course)


def test_codes_that_go_out_have_words() -> None:
    assert set(decision_reasons().values()) - {""} <= set(REASONS)
    assert set(review_actions().values()) <= set(REVIEW_ACTIONS)


def test_not_eligible_has_words() -> None:
    assert eligibility.NOT_ELIGIBLE in ERRORS
