"""Assertions of clients against their registered keys: pinned or fetched, from nowhere else, forgotten when changed.

What the token endpoint makes of each bad assertion is in tests/fhir_um/api/test_oauth.py.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.auth.client_assertions import ASSERTION_TYPE, ClientAssertions
from fhir_um.auth.hook_keys import AGAIN_AFTER_SECONDS, Published
from fhir_um.auth.signed_tokens import Fault, Unproven
from fhir_um.cases.client import Client, ClientKind
from fhir_um.cases.model import ClientId, PayerId
from tests.conftest import NOW
from tests.fhir_um.trusting import EC, OTHER, RSA, TOKEN_URL, signed

JKU = "https://ehr.example.org/jwks.json"
PINNED = Client(
    id=ClientId("ehr-1"),
    kind=ClientKind.SMART,
    name="General Hospital",
    payer_ids=(PayerId("harbor"),),
    scopes=("system/Claim.cruds",),
    created_at=NOW,
    changed_at=NOW,
    keys=(EC.as_dict(private=False),),
)
FETCHING = replace(PINNED, keys=(), jwks_url=JKU)
_ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2)


class Gate:
    """A prover with its clients, its clock and its way to key addresses in the hands of the test."""

    def __init__(self, *clients: Client) -> None:
        self.clients = {client.id: client for client in clients or (PINNED,)}
        self.used: dict[tuple[str, str], datetime] = {}
        self.fetched: list[str] = []
        self.published: Any = {"keys": [EC.as_dict(private=False)]}
        self.ticks = 0.0
        self.prover = ClientAssertions(
            TOKEN_URL,
            lambda id: self.clients.get(ClientId(id)),
            self.spend,
            lambda: NOW,
            lambda: self.ticks,
            self.fetch,
        )

    def spend(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        is_first = (issuer, jti) not in self.used
        self.used[issuer, jti] = expires_at
        return is_first

    def fetch(self, url: str) -> Published | None:
        self.fetched.append(url)
        return Published(self.published)

    def prove(self, key: Any = EC, jti: str = "1", certificate: str = "", **header: Any) -> Client:
        assertion = signed(claims(jti=jti), key, **header)
        form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return self.prover.prove(form, certificate)

    def fault(self, *args: Any, **given: Any) -> tuple[Fault, str]:
        with pytest.raises(Unproven) as refused:
            self.prove(*args, **given)
        return refused.value.fault, refused.value.client_id


def claims(**changed: Any) -> dict[str, Any]:
    expires_at = int((NOW + timedelta(minutes=5)).timestamp())
    return {"iss": "ehr-1", "sub": "ehr-1", "aud": TOKEN_URL, "exp": expires_at, "jti": "1"} | changed


def test_a_client_is_proved_by_its_pinned_key() -> None:
    gate = Gate()

    assert gate.prove() is PINNED
    assert gate.fetched == []
    assert gate.used == {("client:ehr-1", "1"): NOW + timedelta(minutes=6)}


def test_keys_are_fetched_from_the_registered_address_and_kept() -> None:
    gate = Gate(FETCHING)

    for jti in ("1", "2"):
        assert gate.prove(jti=jti, jku=JKU) is FETCHING
    assert gate.fetched == [JKU]


def test_a_key_that_is_not_known_is_looked_for_once() -> None:
    gate = Gate(FETCHING)
    gate.prove()
    gate.published = {"keys": [RSA.as_dict(private=False)]}
    assert gate.fault(RSA, "2") == (Fault.KEY, "ehr-1")
    gate.ticks = AGAIN_AFTER_SECONDS

    assert gate.prove(RSA, "3") is FETCHING
    assert gate.fault(EC, "4") == (Fault.KEY, "ehr-1")
    assert gate.fetched == [JKU] * 2


@pytest.mark.parametrize("client", [PINNED, FETCHING])
def test_a_key_address_that_was_not_registered_is_refused_and_never_fetched(client: Client) -> None:
    gate = Gate(client)
    for jku in ("https://evil.example.org/jwks.json", JKU + "?x", "", None, 7, [JKU]):
        assert gate.fault(jku=jku)[0] in {Fault.KEY_ADDRESS, Fault.NO_JWT}
    assert gate.fetched == []


def test_keys_of_an_older_version_of_the_client_are_forgotten() -> None:
    gate = Gate()
    gate.prove()
    changed = replace(PINNED, keys=(RSA.as_dict(private=False),), version=2)
    gate.clients[PINNED.id] = changed

    assert gate.fault(EC, "2") == (Fault.KEY, "ehr-1")
    assert gate.prove(RSA, "3") is changed


def test_the_certificate_is_one_it_is_registered_with() -> None:
    bound = replace(PINNED, certificates=("one", "two"))

    assert Gate(bound).prove(certificate="two") is bound
    for certificate in ("", "three"):
        assert Gate(bound).fault(certificate=certificate) == (Fault.CERTIFICATE, "ehr-1")


def test_a_replayed_assertion_is_told_from_others() -> None:
    gate = Gate()
    gate.prove()

    assert gate.fault() == (Fault.REPLAY, "ehr-1")
    assert gate.fault(OTHER, "2") == (Fault.SIGNATURE, "ehr-1")
    assert ("client:ehr-1", "2") not in gate.used


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]), _ODD, max_size=3),
    st.dictionaries(st.sampled_from(["kid", "typ", "jku", "crit"]), _ODD, max_size=2),
)
def test_what_is_odd_breaks_nothing_and_opens_nothing(said: dict[str, Any], header: dict[str, Any]) -> None:
    """Signed with the client's own key: whoever is proved has said what must be said."""
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed(claims() | said, EC, **header)}

    try:
        Gate().prover.prove(form, "")
    except Unproven as refused:
        assert refused.fault in set(Fault)
    else:
        assert said.keys() <= {"iat", "nbf", "jti"}
        assert header.keys().isdisjoint({"crit", "jku"})


@given(st.text(max_size=60))
def test_no_text_breaks_the_door(text: str) -> None:
    for assertion in (text, f"a.{text}.c", "." * 3):
        with pytest.raises(Unproven):
            Gate().prover.prove({"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}, "")
