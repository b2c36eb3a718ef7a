"""What claims make of a person: known roles, payers on file, a second factor where health data is seen."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.people_claims import standing_of
from fhir_um.cases.model import PayerId
from fhir_um.cases.roles import Role
from fhir_um.settings import Settings

PAYERS = (PayerId("harbor"), PayerId("prairie"))
NURSE: dict[str, Any] = {
    "iss": "https://id.example.org",
    "sub": "u-1",
    "name": "Nora Nurse",
    "roles": ["nurse"],
    "payers": ["prairie", "harbor"],
    "amr": ["otp"],
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def fault(settings: Settings | None = None, **changed: Any) -> SignInFault:
    with pytest.raises(NotSignedIn) as refused:
        standing_of(NURSE | changed, settings or Settings(), PAYERS)
    return refused.value.fault


def test_roles_payers_and_name_are_read() -> None:
    standing, ignored = standing_of(NURSE, Settings(), PAYERS)

    assert standing.roles == {Role.NURSE}
    assert standing.payer_ids == PAYERS, "in the order they are on file, home payer first"
    assert (standing.person.name, standing.has_second_factor, ignored) == ("Nora Nurse", True, 0)


def test_the_id_is_the_same_each_time_and_no_name() -> None:
    first, other = (standing_of(NURSE | {"sub": sub}, Settings(), PAYERS)[0].person.id for sub in ("nora@x", "ben@x"))

    assert first == standing_of(NURSE | {"sub": "nora@x", "name": "N. N."}, Settings(), PAYERS)[0].person.id
    assert first != other
    assert "nora" not in first
    assert len(first) <= 64


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["nurse"]}}),
        ("resource_access.fhir-um.roles", {"resource_access": {"fhir-um": {"roles": ["nurse"]}}}),
        ("https://example.org/roles", {"https://example.org/roles": ["nurse"]}),
        ("role", {"role": "nurse"}),
    ],
)
def test_roles_are_found_where_the_provider_puts_them(name: str, claims: dict[str, Any]) -> None:
    bare = {key: value for key, value in NURSE.items() if key != "roles"}

    standing, _ = standing_of(bare | claims, Settings(oidc_roles_claim=name), PAYERS)

    assert standing.roles == {Role.NURSE}


def test_words_that_are_no_roles_are_counted_and_left_out() -> None:
    standing, ignored = standing_of(NURSE | {"roles": ["nurse", "boss", "engine", "Nurse"]}, Settings(), PAYERS)

    assert (standing.roles, ignored) == ({Role.NURSE}, 3)


@pytest.mark.parametrize("roles", [None, [], "boss", ["provider", "engine"], {"nurse": True}, 5, [["nurse"]]])
def test_nobody_without_a_role_gets_in(roles: Any) -> None:
    assert fault(roles=roles) is SignInFault.NO_ROLE


@pytest.mark.parametrize("payers", [None, [], ["elsewhere"], "harbour"])
def test_nobody_without_a_payer_on_file_gets_in(payers: Any) -> None:
    assert fault(payers=payers) is SignInFault.NO_PAYER


def test_roles_that_clash_are_refused_together() -> None:
    assert fault(roles=["it-admin", "nurse"]) is SignInFault.ROLES_APART


@pytest.mark.parametrize("shown", [{"amr": None}, {"amr": ["pwd"]}, {"amr": "pwd", "acr": "1"}, {"amr": [["otp"]]}])
def test_who_sees_health_data_shows_a_second_factor(shown: dict[str, Any]) -> None:
    assert fault(**shown) is SignInFault.SECOND_FACTOR


@pytest.mark.parametrize("shown", [{"amr": ["pwd", "mfa"]}, {"amr": None, "acr": "hwk"}, {"amr": "otp"}])
def test_a_second_factor_is_told_by_amr_or_acr(shown: dict[str, Any]) -> None:
    assert standing_of(NURSE | shown, Settings(), PAYERS)[0].has_second_factor


def test_what_counts_as_a_second_factor_is_the_operators_to_say() -> None:
    settings = Settings(oidc_mfa=("urn:example:gold",))

    assert fault(settings) is SignInFault.SECOND_FACTOR
    assert standing_of(NURSE | {"acr": "urn:example:gold"}, settings, PAYERS)[0].has_second_factor


def test_who_sees_no_health_data_may_come_without() -> None:
    standing, _ = standing_of(NURSE | {"roles": ["it-admin"], "amr": None}, Settings(), PAYERS)

    assert not standing.has_second_factor


@pytest.mark.parametrize("name", [None, 5, "a\nb", "\ud800"])
def test_a_name_that_cannot_be_shown_is_left_out(name: Any) -> None:
    assert standing_of(NURSE | {"name": name}, Settings(), PAYERS)[0].person.name == ""


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("roles", "payers", "amr", "acr", "name"), json_values)))
def test_whatever_claims_say_somebody_gets_in_or_does_not(changed: dict[str, Any]) -> None:
    """No claim is a fault of ours."""
    try:
        standing, _ = standing_of(NURSE | changed, Settings(oidc_roles_claim="roles.a"), PAYERS)
    except NotSignedIn:
        return
    assert standing.roles and standing.payer_ids
