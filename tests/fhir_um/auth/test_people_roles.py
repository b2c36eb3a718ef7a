"""The table of roles is complete, gives nobody too much, and keeps apart what one person must not hold together."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.auth.people_roles import (
    APART,
    EMERGENCY,
    HEALTH_DATA,
    MAY,
    clash,
    scopes_of,
    sees_health_data,
    those_who_may,
)
from fhir_um.auth.scopes import Scope
from fhir_um.cases.move_table import TABLE
from fhir_um.cases.roles import Role

some_roles = st.frozensets(st.sampled_from(sorted(Role)))


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_row(role: Role) -> None:
    assert role in MAY


@pytest.mark.parametrize("role", Role)
def test_no_person_holds_what_systems_hold(role: Role) -> None:
    """People own no submissions."""
    assert [scope for scope in MAY[role] if scope is Scope.PUBLIC or scope.startswith("system/")] == []


@pytest.mark.parametrize("role", [Role.ENGINE, Role.PROVIDER])
def test_nobody_signs_in_as_software_or_as_a_provider(role: Role) -> None:
    assert MAY[role] == frozenset()


@pytest.mark.parametrize("role", [Role.IT_ADMIN, Role.POLICY_AUTHOR, Role.POLICY_APPROVER, Role.DELEGATE])
def test_who_needs_no_health_data_sees_none(role: Role) -> None:
    assert not sees_health_data({role})


def test_whoever_may_move_a_line_may_decide() -> None:
    """Two tables speak of deciding: none of the lifecycle's people is left without the scope, nobody has it besides."""
    movers = {role for move in TABLE for role in move.roles} - {Role.ENGINE, Role.PROVIDER}

    assert those_who_may(Scope.DECIDE_CASES) == movers


def test_who_decides_sees_what_is_decided() -> None:
    assert those_who_may(Scope.DECIDE_CASES) <= those_who_may(Scope.READ_CASES)


def test_emergency_access_shows_and_changes_nothing() -> None:
    assert {Scope.READ_CASES} == EMERGENCY
    assert EMERGENCY <= HEALTH_DATA


@pytest.mark.parametrize(
    ("held", "is_kept_apart"),
    [
        ({Role.IT_ADMIN, Role.NURSE}, True),
        ({Role.IT_ADMIN, Role.AUDITOR}, True),
        ({Role.IT_ADMIN, Role.COMPLIANCE_PRIVACY}, True),
        ({Role.IT_ADMIN, Role.POLICY_AUTHOR}, False),
        ({Role.AUDITOR, Role.PHYSICIAN}, True),
        ({Role.COMPLIANCE_PRIVACY, Role.INTAKE}, True),
        ({Role.AUDITOR, Role.COMPLIANCE_PRIVACY}, False),
        ({Role.DELEGATE, Role.NURSE}, True),
        ({Role.NURSE, Role.CASE_MANAGER}, False),
        ({Role.PHYSICIAN, Role.APPEALS_PHYSICIAN}, False),
        ({Role.POLICY_AUTHOR, Role.POLICY_APPROVER}, False),
    ],
)
def test_duties_that_are_kept_apart(held: set[Role], is_kept_apart: bool) -> None:
    assert (clash(held) is not None) is is_kept_apart


@pytest.mark.parametrize("role", Role)
def test_one_role_alone_never_clashes(role: Role) -> None:
    assert clash({role}) is None


@given(some_roles, some_roles)
def test_another_role_never_mends_a_clash(held: frozenset[Role], more: frozenset[Role]) -> None:
    assert clash(held) is None or clash(held | more) is not None


@given(some_roles)
def test_a_clash_is_one_of_two_roles(held: frozenset[Role]) -> None:
    assert (clash(held) is not None) == any(clash(pair) is not None for pair in combinations(held, 2))


@given(some_roles)
def test_whoever_gets_in_never_runs_the_system_and_sees_health_data(held: frozenset[Role]) -> None:
    if clash(held) is None and Role.IT_ADMIN in held:
        assert scopes_of(held).isdisjoint(HEALTH_DATA)


@pytest.mark.parametrize("rule", APART, ids=lambda rule: rule.why)
def test_no_rule_names_a_role_on_both_sides(rule: object) -> None:
    assert rule.one.isdisjoint(rule.other)  # type: ignore[attr-defined]
    assert rule.one and rule.other  # type: ignore[attr-defined]
