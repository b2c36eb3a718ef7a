"""The door for people: a session that lives, and changes only from our own pages."""

from datetime import UTC, datetime

import pytest

from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.auth.sessions import Origins, SessionDoor, cookie_name
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import Session
from fhir_um.cases.roles import Role
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Mode, Settings

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HOUSE = Settings(public_url="https://UM.example.org:8443/payer")
SANDBOX = Settings(mode=Mode.SANDBOX)


def door(settings: Settings = HOUSE, emergency: str = "", *roles: Role) -> SessionDoor:
    session = Session(
        ClientId("person-1"), frozenset(roles or (Role.NURSE,)), (PayerId("p"),), True, AT, AT, AT, emergency
    )
    return SessionDoor({"known": session}.get, Origins(settings))


def asked(method: str = "POST", origin: str = "", site: str = "", session: str = "known") -> Presented:
    return Presented("um.example.org:8443", method, session=session, origin=origin, fetch_site=site)


def test_a_person_may_what_their_roles_may() -> None:
    caller = door(HOUSE, "", Role.NURSE).admit(asked("GET"))

    assert (caller.client_id, caller.is_person, caller.organisation, caller.sender) == (
        "person-1",
        True,
        "",
        "person-1",
    )
    assert caller.roles == {"nurse"}
    assert {Scope.READ_CASES, Scope.DECIDE_CASES, Scope.SESSION} <= caller.scopes
    assert [scope for scope in caller.scopes if scope.startswith("system/")] == []


def test_emergency_access_opens_cases_and_is_told() -> None:
    caller = door(HOUSE, "grant-1", Role.IT_ADMIN).admit(asked("GET"))

    assert (caller.emergency, Scope.READ_CASES in caller.scopes) == ("grant-1", True)
    assert Scope.DECIDE_CASES not in caller.scopes
    assert Scope.READ_CASES not in door(HOUSE, "", Role.IT_ADMIN).admit(asked("GET")).scopes


def test_a_session_nobody_knows_opens_nothing() -> None:
    with pytest.raises(Refusal) as refused:
        door().admit(asked("GET", session="unknown"))

    assert refused.value.kind is Kind.UNKNOWN_CALLER


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("origin", ["", "null", "https://evil.example"])
def test_reading_needs_no_origin(method: str, origin: str) -> None:
    assert door().admit(asked(method, origin, "cross-site")).is_person


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "post", "get", ""])
@pytest.mark.parametrize(
    ("origin", "site", "is_ours"),
    [
        ("https://um.example.org:8443", "same-origin", True),
        ("https://um.example.org:8443", "", True),
        ("https://UM.example.org:8443", "", True),
        ("", "same-origin", True),
        ("", "", False),
        ("", "same-site", False),
        ("", "cross-site", False),
        ("", "none", False),
        ("null", "same-origin", False),
        ("http://um.example.org:8443", "", False),
        ("https://um.example.org", "", False),
        ("https://um.example.org:8443/", "", False),
        ("https://um.example.org:8443.evil.example", "", False),
        ("https://evil.example", "same-origin", False),
        ("https://evil.example", "", False),
    ],
)
def test_a_change_comes_from_our_own_pages(method: str, origin: str, site: str, is_ours: bool) -> None:
    if is_ours:
        assert door().admit(asked(method, origin, site)).is_person
        return
    with pytest.raises(Refusal) as refused:
        door().admit(asked(method, origin, site))

    assert refused.value.kind is Kind.NOT_ALLOWED


@pytest.mark.parametrize(
    ("host", "origin", "is_ours"),
    [
        ("localhost:8080", "http://localhost:8080", True),
        ("127.0.0.1:8080", "http://localhost:8080", False),
        ("localhost:8080", "http://localhost:3000", False),
        ("localhost:8080", "http://127.0.0.1:8080", True),
    ],
)
def test_a_sandbox_goes_by_any_local_name(host: str, origin: str, is_ours: bool) -> None:
    presented = Presented(host, "POST", session="known", origin=origin)
    if is_ours:
        assert door(SANDBOX).admit(presented).is_person
        return
    with pytest.raises(Refusal):
        door(SANDBOX).admit(presented)


def test_over_tls_the_cookie_is_bound_to_the_host() -> None:
    assert cookie_name(HOUSE.base_url) == "__Host-fhir-um-session"
    assert cookie_name(SANDBOX.base_url) == "fhir-um-session"
