"""What software may do, and which row of the table a person's ruling takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.deciders import Decider
from fhir_um.cases.lifecycle import ENGINE_MOVES, Ruling, RulingAction, move_for
from fhir_um.cases.model import PENDED, Course, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import PHYSICIANS, Role
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import case_of

TEXT = "The treatment log shows no trial of conservative care."


def _decider(role: Role, npi: str = "1999999992") -> Decider:
    return Decider("r-1", role, human=True, npi=npi)


def _pended():
    return case_of(Course.PEND_REVIEW).lines[0]


def test_every_course_has_an_engine_move() -> None:
    assert set(ENGINE_MOVES) == set(Course)


def test_engine_has_no_clinical_denial_and_no_reduction() -> None:
    reached = {state for state, _ in ENGINE_MOVES.values()}

    assert LineState.DENIED_CLINICAL not in reached
    assert LineState.MODIFIED not in reached


@settings(max_examples=60, deadline=None)
@given(
    role=st.sampled_from(sorted(Role)),
    action=st.sampled_from(sorted(RulingAction)),
    state=st.sampled_from(sorted(PENDED - {LineState.SPECIALIST_REVIEW})),
)
def test_only_a_physician_reaches_a_clinical_denial_or_a_reduction(role, action, state) -> None:
    line = case_of(next(c for c, (s, _) in ENGINE_MOVES.items() if s is state)).lines[0]

    try:
        move = move_for(line, Ruling(1, action, Reason.NOT_NECESSARY, TEXT), _decider(role), "lines[0]")
    except (IllegalMove, RoleNotAllowed):
        return

    if move.to & {LineState.DENIED_CLINICAL, LineState.MODIFIED}:
        assert role in PHYSICIANS


@pytest.mark.parametrize(("role", "name"), [(Role.NURSE, "T11"), (Role.PHYSICIAN, "T15"), (Role.PEER, "T15")])
def test_an_approval_takes_the_row_of_who_gives_it(role, name) -> None:
    move = move_for(_pended(), Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, ""), _decider(role), "")

    assert move.name == name
    assert move.to == {LineState.APPROVED}


def test_nurse_is_told_which_role_may_deny() -> None:
    ruling = Ruling(1, RulingAction.DENY_CLINICAL, Reason.NOT_NECESSARY, TEXT)

    with pytest.raises(RoleNotAllowed) as refused:
        move_for(_pended(), ruling, _decider(Role.NURSE), "")

    assert "physician" in refused.value.issues[0].text


def test_decided_line_cannot_be_ruled_again() -> None:
    approved = case_of(Course.APPROVE).lines[0]

    with pytest.raises(IllegalMove) as refused:
        move_for(approved, Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, ""), _decider(Role.NURSE), "")

    assert "no longer pended" in refused.value.issues[0].text
