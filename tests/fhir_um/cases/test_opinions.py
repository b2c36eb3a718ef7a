"""A question to a specialist: somebody else, of that specialty, with nothing that ties them to the case."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from fhir_um.cases.model import Case, Course, LineState
from fhir_um.cases.opinions import STEPS, OpinionSaid, Recommendation, moved_by, next_opinion
from fhir_um.cases.review import OpinionState, Review, SpecialistOpinion
from fhir_um.cases.roles import PHYSICIANS, Role
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, case_of
from tests.fhir_um.cases.stepping import ACTS, somebody, walk

CASE = case_of(Course.PEND_PHYSICIAN, Course.PEND_REVIEW)
DOCTOR = somebody(id="d-1")
SPECIALIST = somebody(Role.PEER, "s-1", specialty="cardiology")
SAID = OpinionSaid(
    line=1,
    specialty="Cardiology",
    question="Is the valve wide enough for the catheter?",
    no_conflict=True,
    opinion="It is, by the echocardiogram of March.",
    recommends=Recommendation.APPROVE,
)


def steps(opinion: Any, name: str, by: Any, said: OpinionSaid = SAID, case: Case = CASE) -> Any:
    return next_opinion(case, opinion, name, said, by, AT, "new")


def take(opinion: Any, name: str, by: Any, said: OpinionSaid = SAID, case: Case = CASE) -> SpecialistOpinion:
    changed: SpecialistOpinion = steps(opinion, name, by, said, case)[0]
    return changed


def faults(opinion: Any, name: str, by: Any, said: OpinionSaid, case: Case = CASE) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(opinion, name, by, said, case)
    return [issue.path for issue in refused.value.issues]


def test_asked_accepted_and_given() -> None:
    asked = take(None, "ask", DOCTOR)
    accepted = take(asked, "accept", SPECIALIST)
    answered = take(accepted, "give", SPECIALIST)

    assert (asked.state, asked.sequence, asked.asked_by) == (OpinionState.ASKED, 1, DOCTOR)
    assert (accepted.state, accepted.specialist, accepted.no_conflict) == (OpinionState.ACCEPTED, SPECIALIST, True)
    assert (answered.state, answered.recommends, answered.ended_at) == (OpinionState.GIVEN, "approve", AT)
    assert answered.no_conflict


def test_everything_a_question_lacks_is_told() -> None:
    assert faults(None, "ask", DOCTOR, OpinionSaid(line=2)) == ["line", "specialty", "question"]
    with pytest.raises(RoleNotAllowed):
        take(None, "ask", somebody(Role.NURSE))


def test_a_line_has_one_question_at_a_time() -> None:
    asked = replace(CASE, review=Review(opinions=(take(None, "ask", DOCTOR),)))

    assert faults(None, "ask", DOCTOR, SAID, asked) == ["line"]


def test_another_person_of_the_specialty_attests_that_nothing_ties_them() -> None:
    asked = take(None, "ask", DOCTOR)

    assert faults(asked, "accept", DOCTOR, OpinionSaid()) == ["reviewer", "reviewer.specialty", "noConflict"]
    assert faults(asked, "accept", replace(SPECIALIST, specialty=None), SAID) == ["reviewer.specialty"]


def test_what_is_on_file_goes_before_what_they_say() -> None:
    asked = take(None, "ask", DOCTOR)

    assert faults(asked, "accept", SPECIALIST, replace(SAID, specialties=("urology",))) == ["reviewer.specialty"]
    unsaid = replace(SPECIALIST, specialty=None)
    assert take(asked, "accept", unsaid, replace(SAID, specialties=("urology", "cardiology"))).specialist == unsaid


def test_who_stands_back_leaves_the_question_to_another() -> None:
    asked = take(None, "ask", DOCTOR)

    back, again = steps(asked, "recuse", SPECIALIST)

    assert (back.id, back.state, back.specialist) == (asked.id, OpinionState.RECUSED, SPECIALIST)
    assert (again.id, again.state, again.question, again.specialist) == ("new", "asked", asked.question, None)
    case = replace(CASE, review=Review(opinions=(back, again)))
    assert faults(again, "accept", SPECIALIST, SAID, case) == ["reviewer"]
    another = replace(SPECIALIST, id="s-2", npi="1910140148")
    assert take(again, "accept", another, SAID, case).state is OpinionState.ACCEPTED


def test_who_accepted_it_gives_it() -> None:
    accepted = take(take(None, "ask", DOCTOR), "accept", SPECIALIST)

    told = faults(accepted, "give", replace(SPECIALIST, id="s-2", npi="1910140148"), OpinionSaid())
    assert told == ["reviewer", "opinion", "recommends"]
    with pytest.raises(IllegalMove):
        take(take(accepted, "withdraw", DOCTOR), "give", SPECIALIST)


def test_the_line_waits_with_the_specialist_and_comes_back() -> None:
    asked = take(None, "ask", DOCTOR)
    there = moved_by(CASE.lines[0], asked, AT, DOCTOR)
    assert there is not None
    back = moved_by(there, replace(asked, state=OpinionState.GIVEN), AT, SPECIALIST)

    assert (there.state, there.due_at) == (LineState.SPECIALIST_REVIEW, CASE.lines[0].due_at)
    assert back is not None
    assert (back.state, back.reviewed) == (LineState.PHYSICIAN_REVIEW, True)


def test_a_line_that_went_elsewhere_stays_there() -> None:
    given_back = replace(take(None, "ask", DOCTOR), state=OpinionState.WITHDRAWN)

    assert moved_by(CASE.lines[1], given_back, AT, DOCTOR) is None
    assert moved_by(CASE.lines[0], given_back, AT, DOCTOR) is None


@settings(max_examples=60)
@given(ACTS)
def test_only_steps_of_the_table_come_about(acts: list[Any]) -> None:
    states = walk(STEPS, acts, take, lambda full: SAID if full else OpinionSaid(line=1))

    assert OpinionState.GIVEN not in states or OpinionState.ACCEPTED in states
    assert {role for row in STEPS for role in row.roles} == PHYSICIANS
