"""The table of legal moves: whole, and with no way for software or non-physicians to deny clinically or to reduce."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.lifecycle import (
    CANCEL_PATH,
    EARNED_PATH,
    ENGINE_MOVES,
    INFORMED_PATH,
    NOT_INFORMED_PATHS,
    TAKEN_OVER_PATH,
)
from fhir_um.cases.model import DENIED, OVER, PENDED, Course, LineState
from fhir_um.cases.moves import (
    TABLE,
    Means,
    Need,
    RulingAction,
    Stage,
    choose,
    demand_move,
    places_after,
    rows_named,
    rows_of,
)
from fhir_um.cases.reasons import CLINICAL_DENIALS
from fhir_um.cases.roles import PHYSICIANS, REVIEWERS, Role
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.translate.codes import review_actions

CLINICAL = frozenset({LineState.DENIED_CLINICAL, LineState.MODIFIED})
SOFTWARE_OR_SENDER = frozenset({Role.ENGINE, Role.PROVIDER})


def test_every_move_of_the_specification_has_its_row() -> None:
    assert {row.name for row in TABLE} == {f"T{number}" for number in range(1, 33)}
    assert all(row.title and row.roles and row.origin for row in TABLE)


def test_every_state_is_reached_and_left_by_the_table() -> None:
    reached = {place for row in TABLE for place in row.to}
    left = {place for row in TABLE if row.to for place in row.origin}

    assert set(LineState) <= reached
    assert set(LineState) - OVER <= left


def test_what_is_over_leads_nowhere_but_to_a_new_request() -> None:
    assert {row.name for row in TABLE if row.origin & OVER} == {"T1"}


def test_software_reaches_no_clinical_denial_and_no_reduction() -> None:
    for row in TABLE:
        if row.to & CLINICAL:
            assert row.roles <= PHYSICIANS
            assert {Need.OPENED, Need.TEXT, Need.CREDENTIAL, Need.BASIS} <= row.needs
            assert row.reasons is not None
            assert row.means is Means.RULING


def test_clinical_reasons_are_for_physicians() -> None:
    assert all(row.roles <= PHYSICIANS for row in TABLE if row.reasons and row.reasons & CLINICAL_DENIALS)


@settings(max_examples=60, deadline=None)
@given(path=st.lists(st.sampled_from(sorted({row.name for row in TABLE})), max_size=6))
def test_no_path_of_software_ends_in_a_clinical_state(path) -> None:
    assert not places_after(path, None, SOFTWARE_OR_SENDER) & CLINICAL


@pytest.mark.parametrize("course", Course)
def test_what_software_does_is_in_the_table(course) -> None:
    state, path = ENGINE_MOVES[course]

    assert state in places_after(path, None, SOFTWARE_OR_SENDER)


def test_the_other_paths_are_in_the_table() -> None:
    for state, path in NOT_INFORMED_PATHS.items():
        assert state in places_after(path, LineState.PENDED_INFO, SOFTWARE_OR_SENDER)
    for state, path in ENGINE_MOVES.values():
        if state in PENDED - {LineState.INTAKE_REVIEW} | {LineState.APPROVED}:
            assert state in places_after((*INFORMED_PATH, *path[2:]), LineState.PENDED_INFO, SOFTWARE_OR_SENDER)
    assert places_after(CANCEL_PATH, LineState.NURSE_REVIEW, SOFTWARE_OR_SENDER) == {LineState.CANCELLED}
    assert places_after(TAKEN_OVER_PATH, LineState.APPROVED, SOFTWARE_OR_SENDER) == {LineState.CANCELLED}
    assert places_after(EARNED_PATH, None, SOFTWARE_OR_SENDER) == {LineState.APPROVED}


def test_each_row_tells_the_sender_what_its_state_says() -> None:
    actions = review_actions()

    for row in TABLE:
        told = {actions[place] for place in row.to if isinstance(place, LineState)}
        assert not told or row.emits in told


def test_every_ruling_has_rows_that_say_where_the_line_goes() -> None:
    for action in RulingAction:
        assert rows_of(action)
        assert all(len(row.to) == 1 and row.to <= set(LineState) for row in rows_of(action))


def test_one_row_at_most_fits_a_role_and_a_state() -> None:
    for action in RulingAction:
        for state in LineState:
            for role in Role:
                assert sum(state in row.origin and role in row.roles for row in rows_of(action)) <= 1


def test_everybody_who_rules_is_a_reviewer() -> None:
    assert all(row.roles <= REVIEWERS for row in TABLE if row.action)


def test_derived_rows_touch_no_state_of_a_line() -> None:
    for name in ("T19", "T20", "T21"):
        assert all(row.means is Means.DERIVED and row.to <= set(Stage) for row in rows_named(name))


def test_denied_states_are_reached_by_denials_only() -> None:
    reaching = {row.action for row in TABLE if row.to & DENIED and row.means is Means.RULING}

    assert reaching == {RulingAction.DENY_CLINICAL, RulingAction.DENY_ADMINISTRATIVE}


def test_an_appeal_says_what_it_waits_for() -> None:
    with pytest.raises(IllegalMove) as refused:
        demand_move("T30", 1, LineState.DENIED_CLINICAL, Role.APPEALS_COORDINATOR)

    assert "appeals" in refused.value.issues[0].text


@pytest.mark.parametrize(
    ("name", "state", "role"),
    [
        ("T9", LineState.NURSE_REVIEW, Role.NURSE),
        ("T13", LineState.PHYSICIAN_REVIEW, Role.PHYSICIAN),
        ("T13", LineState.SPECIALIST_REVIEW, Role.PEER),
        ("T14", LineState.PHYSICIAN_REVIEW, Role.PHYSICIAN),
        ("T26", LineState.APPROVED, Role.COMPLIANCE_PRIVACY),
        ("T28", LineState.NURSE_REVIEW, Role.NURSE),
        ("T31", LineState.INTAKE_REVIEW, Role.NURSE),
    ],
)
def test_the_small_machines_find_their_row(name, state, role) -> None:
    assert demand_move(name, 1, state, role).name == name


@pytest.mark.parametrize(
    ("name", "state", "role", "says"),
    [
        ("T28", LineState.APPROVED, Role.NURSE, "no longer pended"),
        ("T26", LineState.VOIDED, Role.OPERATIONS_MANAGER, "end of it"),
        ("T13", LineState.NURSE_REVIEW, Role.PHYSICIAN, "possible from"),
    ],
)
def test_why_a_line_does_not_move_is_told(name, state, role, says) -> None:
    with pytest.raises(IllegalMove) as refused:
        demand_move(name, 1, state, role, "line")

    assert says in refused.value.issues[0].text
    assert refused.value.issues[0].path == "line"


def test_who_may_instead_is_told() -> None:
    with pytest.raises(RoleNotAllowed) as refused:
        choose(rows_of(RulingAction.DENY_CLINICAL), "deny-clinical", 1, LineState.NURSE_REVIEW, Role.NURSE, "")

    assert "physician" in refused.value.issues[0].text
