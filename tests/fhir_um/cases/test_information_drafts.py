"""A request for information before it is sent: anybody at the desk writes it, a clinician releases it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.information_drafts import STEPS, DraftSaid, next_draft, rulings_of
from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import Case, Course, LineState
from fhir_um.cases.review import DraftState, Review
from fhir_um.cases.roles import CLINICIANS, Role
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, case_of
from tests.fhir_um.cases.stepping import ACTS, somebody, walk

NOTES = DocumentNeeded("11506-3", "Progress note")
PLAN = DocumentNeeded("18776-5", "Plan of care")
SAID = DraftSaid((1,), (NOTES,), "Please send the notes of the last visit.")
CASE = case_of(Course.PEND_REVIEW, Course.APPROVE, Course.PEND_DOCUMENTS)
INTAKE, NURSE = somebody(Role.INTAKE, "i-1"), somebody(Role.NURSE, "rn-1")


def take(draft: Any, name: str, by: Any, said: DraftSaid = SAID, case: Case = CASE) -> Any:
    return next_draft(case, draft, name, said, by, AT, "draft-1")


def faults(said: DraftSaid, case: Case = CASE) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(None, "draft", INTAKE, said, case)
    return [issue.path for issue in refused.value.issues]


def test_intake_drafts_and_a_nurse_releases() -> None:
    draft = take(None, "draft", INTAKE)
    sent = take(draft, "release", NURSE)

    assert (draft.state, draft.by, draft.documents) == (DraftState.DRAFT, INTAKE, (NOTES,))
    assert (sent.state, sent.released_by) == (DraftState.ISSUED, NURSE)
    with pytest.raises(RoleNotAllowed):
        take(draft, "release", INTAKE)
    with pytest.raises(IllegalMove):
        take(sent, "change", NURSE)


def test_a_draft_is_written_anew_or_thrown_away() -> None:
    draft = take(None, "draft", INTAKE)
    other = take(draft, "change", NURSE, replace(SAID, documents=(PLAN,), text="Please send the plan of care instead."))

    assert (other.id, other.sequences, other.documents, other.by) == (draft.id, (1,), (PLAN,), NURSE)
    assert take(other, "discard", INTAKE).state is DraftState.DISCARDED


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (replace(SAID, lines=(), text="?"), ["lines", "text"]),
        (replace(SAID, lines=(1, 1)), ["lines"]),
        (replace(SAID, lines=(9,)), ["lines"]),
        (replace(SAID, lines=(2,), text=""), ["lines", "text"]),
    ],
)
def test_everything_it_lacks_is_told(said: DraftSaid, told: list[str]) -> None:
    assert faults(said) == told


def test_a_line_has_one_draft_at_a_time() -> None:
    draft = take(None, "draft", INTAKE)
    drafted = replace(CASE, review=Review(drafts=(draft,)))

    assert faults(SAID, drafted) == ["lines"]
    assert take(None, "draft", INTAKE, replace(SAID, lines=(3,)), drafted).sequences == (3,)


def test_releasing_it_asks_for_what_is_waited_for_and_for_more() -> None:
    lines = tuple(
        replace(line, documents=(PLAN, NOTES)) if line.state is LineState.PENDED_INFO else line for line in CASE.lines
    )
    case = replace(CASE, lines=lines)
    draft = take(None, "draft", INTAKE, replace(SAID, lines=(1, 3)), case)

    first, third = rulings_of(case, draft)

    assert first.action is RulingAction.REQUEST_INFORMATION
    assert (first.documents, third.documents) == ((NOTES,), (PLAN, NOTES))


@settings(max_examples=60)
@given(ACTS)
def test_only_steps_of_the_table_come_about(acts: list[Any]) -> None:
    states = walk(STEPS, acts, take, lambda full: SAID if full else DraftSaid())

    assert DraftState.ISSUED not in states[:-1]


def test_no_software_and_nobody_from_outside_sends_one() -> None:
    assert {role for row in STEPS if row.to is DraftState.ISSUED for role in row.roles} == CLINICIANS
