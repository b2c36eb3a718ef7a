"""Who is counted as whom: the known by their id, strangers and those who were refused by where they come from."""

from collections.abc import Callable

import pytest

from cds_hooks.door import HookClient, NotAdmitted
from fhir_um.auth.gate import Gate, PacedGuard, PacedHookDoor, make_gate
from fhir_um.auth.guard import ANONYMOUS, unknown_caller
from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId
from fhir_um.errors import Refusal
from fhir_um.settings import Settings
from profiles.issues import TooMany

TWO_AT_ONCE = 24
"""A minute: one every two and a half seconds, two at once."""

GOOD = Presented("x", authorization="Bearer good")
BAD = Presented("x", authorization="Bearer guessed")
NOTHING = Presented("x")


class Names:
    """A guard and a hook door that know whoever says `good`, as a client of that name."""

    def __init__(self) -> None:
        self.client = "ehr-1"
        self.looked = 0

    def admit(self, presented: Presented, scope: Scope) -> Caller:
        self.looked += 1
        if presented.authorization is None and scope is Scope.PUBLIC:
            return ANONYMOUS
        if presented.authorization != GOOD.authorization:
            raise unknown_caller()
        return Caller(ClientId(self.client), "EHR", (), frozenset())


class Street:
    """Where the caller is, and what time it is."""

    def __init__(self) -> None:
        self.address = "203.0.113.9"
        self.now_ns = 10**15

    def gate(self, per_minute: int = TWO_AT_ONCE) -> Gate:
        settings = Settings(requests_per_minute=per_minute)
        return make_gate(settings, lambda: self.now_ns, "chance", lambda: self.address)


def refused_after(act: Callable[[], object], most: int = 20) -> int:
    """How often it can be done before it is too often."""
    for done in range(most):
        try:
            act()
        except TooMany:
            return done
        except Refusal:
            continue
    return most


@pytest.fixture
def street() -> Street:
    return Street()


@pytest.fixture
def names() -> Names:
    return Names()


def test_a_known_caller_is_counted_wherever_the_calls_come_from(street: Street, names: Names) -> None:
    guard = PacedGuard(names, street.gate())
    guard.admit(GOOD, Scope.SUBMIT)
    street.address = "198.51.100.4"
    guard.admit(GOOD, Scope.READ_CASES)

    with pytest.raises(TooMany) as told:
        guard.admit(GOOD, Scope.SUBMIT)

    assert told.value.seconds == 3
    names.client = "ehr-2"
    assert guard.admit(GOOD, Scope.SUBMIT).client_id == "ehr-2"
    names.client = "ehr-1"
    street.now_ns += 5 * 10**9
    assert guard.admit(GOOD, Scope.SUBMIT).client_id == "ehr-1"


def test_a_stranger_on_a_public_route_is_counted_by_address(street: Street, names: Names) -> None:
    guard = PacedGuard(names, street.gate())

    assert refused_after(lambda: guard.admit(NOTHING, Scope.PUBLIC)) == 2
    assert guard.admit(GOOD, Scope.SUBMIT).client_id == "ehr-1"
    street.address = "198.51.100.4"
    assert guard.admit(NOTHING, Scope.PUBLIC) is ANONYMOUS


@pytest.mark.parametrize("shown", [BAD, NOTHING], ids=["guessed", "nothing"])
def test_who_guesses_is_not_even_looked_at_after_some_tries(street: Street, names: Names, shown: Presented) -> None:
    guard = PacedGuard(names, street.gate())

    assert refused_after(lambda: guard.admit(shown, Scope.SUBMIT)) == 2
    assert names.looked == 2
    with pytest.raises(TooMany):
        guard.admit(GOOD, Scope.SUBMIT)
    assert names.looked == 2
    street.now_ns += 5 * 10**9
    assert guard.admit(GOOD, Scope.SUBMIT).client_id == "ehr-1"


def test_guesses_do_not_keep_others_from_public_routes_or_other_addresses(street: Street, names: Names) -> None:
    guard = PacedGuard(names, street.gate())
    refused_after(lambda: guard.admit(BAD, Scope.SUBMIT))

    assert guard.admit(NOTHING, Scope.PUBLIC) is ANONYMOUS
    street.address = "198.51.100.4"
    assert guard.admit(GOOD, Scope.SUBMIT).client_id == "ehr-1"


class HookNames:
    """A hook door that knows one token."""

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        if header != "Bearer good":
            raise NotAdmitted("no-jwt")
        return HookClient("ehr-1", "EHR")


def test_hook_calls_are_counted_with_all_else_of_that_client(street: Street, names: Names) -> None:
    gate = street.gate()
    door, guard = PacedHookDoor(HookNames(), gate), PacedGuard(names, gate)
    door.admit("Bearer good", "", False)
    guard.admit(GOOD, Scope.SUBMIT)

    with pytest.raises(TooMany):
        door.admit("Bearer good", "", False)
    assert refused_after(lambda: door.admit("Bearer bad", "", False)) == 2


def test_without_a_pace_everybody_may_come_as_often_as_they_like(street: Street, names: Names) -> None:
    guard = PacedGuard(names, street.gate(per_minute=0))

    assert refused_after(lambda: guard.admit(GOOD, Scope.SUBMIT)) == 20
    assert refused_after(lambda: guard.admit(BAD, Scope.SUBMIT)) == 20
    assert refused_after(lambda: guard.admit(NOTHING, Scope.PUBLIC)) == 20
