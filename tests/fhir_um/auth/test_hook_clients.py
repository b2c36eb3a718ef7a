"""The door of the hook counter: a token of a registered EHR, for this address, at this time, once; nothing else."""

import base64
import hmac
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from cds_hooks.door import HookClient, NotAdmitted
from fhir_um.auth.hook_clients import RegisteredDoor, make_hook_door
from fhir_um.auth.hook_keys import (
    AGAIN_AFTER_SECONDS,
    FRESH_SECONDS,
    PUBLISHED,
    SHORTEST_SECONDS,
    STALE_SECONDS,
    KeyRing,
    Published,
    fetch_json,
)
from fhir_um.auth.hook_registry import Registered, read_registry
from fhir_um.auth.signed_tokens import ALGORITHMS, Fault
from fhir_um.errors import Kind
from fhir_um.settings import Mode, Settings, SettingsFault
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import fake_ehr

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ISSUER = "https://ehr.example.org"
JKU = "https://ehr.example.org/jwks.json"
URL = "https://payer.example.org/cds-services/order-sign"

EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
OTHER = ECKey.generate_key("P-384", {"kid": "ec-1"})
CLIENT = Registered(
    id="ehr-1",
    name="General Hospital",
    issuer=ISSUER,
    keys=(EC.as_dict(private=False), RSA.as_dict(private=False)),
    jku=(JKU,),
    tenants=("north", "south"),
    dialect="2.2",
    strict=True,
)
FETCHING = Registered(id="ehr-2", name="Clinic", issuer=ISSUER, jwks_url=JKU)


_ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2)
"""What stands somewhere instead of what belongs there."""


class Gate:
    """A door with its clock, its store and its way to key addresses in the hands of the test."""

    def __init__(self, *clients: Registered, is_sandbox: bool = False) -> None:
        self.at = NOW
        self.ticks = 0.0
        self.used: dict[tuple[str, str], datetime] = {}
        self.fetched: list[str] = []
        self.published: Any = {"keys": [EC.as_dict(private=False)]}
        self.fresh_seconds: int | None = None
        self.door = RegisteredDoor(
            clients or (CLIENT,), self.spend, lambda: self.at, lambda: self.ticks, self.fetch, is_sandbox
        )

    def spend(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        is_first = (issuer, jti) not in self.used
        self.used[issuer, jti] = expires_at
        return is_first

    def fetch(self, url: str) -> Published | None:
        self.fetched.append(url)
        return None if self.published is None else Published(self.published, self.fresh_seconds)

    def admit(self, header: str | None, url: str = URL, is_loopback: bool = False) -> HookClient:
        return self.door.admit(header, url, is_loopback)

    def fault(self, header: str | None, **given: Any) -> str:
        with pytest.raises(NotAdmitted) as refused:
            self.admit(header, **given)
        assert refused.value.kind is Kind.UNKNOWN_CALLER
        assert [issue.text for issue in refused.value.issues] == ["Authentication is required."]
        return refused.value.reason


@pytest.fixture
def gate() -> Gate:
    return Gate()


class Careless(jws.JWSRegistry):
    """Signs whatever header it is given."""

    def check_header(self, header: Any) -> None:
        """Nothing is wrong."""


def claims(**changed: Any) -> dict[str, Any]:
    usual = {
        "iss": ISSUER,
        "aud": URL,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        "jti": "0123456789abcdef",
    }
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def signed(key: Any = EC, alg: str = "ES384", header: dict[str, Any] | None = None, **changed: Any) -> str:
    head = {"alg": alg, "kid": key.kid, "typ": "JWT", **(header or {})}
    head = {name: value for name, value in head.items() if value is not ...}
    payload = json.dumps(claims(**changed)).encode()
    return "Bearer " + jws.serialize_compact(head, payload, key, registry=Careless(algorithms=[alg]))


def put_together(header: Any, payload: Any, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return "Bearer " + ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:20", "crd-check:21", "crd-check:29")
@pytest.mark.parametrize(("key", "alg"), [(EC, "ES384"), (RSA, "RS384")])
def test_a_registered_ehr_is_admitted(gate: Gate, key: Any, alg: str) -> None:
    assert gate.admit(signed(key, alg)) == HookClient("ehr-1", "General Hospital", "2.2", True)
    assert gate.fetched == []


@pytest.mark.spec("hooks:jwt", "crd-check:29")
def test_a_token_may_name_the_registered_key_address_or_none(gate: Gate) -> None:
    assert gate.admit(signed(header={"jku": JKU}))
    assert gate.admit(signed(header={"typ": ...}, jti="another"))


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:22")
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer a", "Bearer a.b.c", "Bearer ....", "Bearer é.é.é"]
    + ["Bearer " + "a" * 20_000, "Bearer " + "[" * 5_000, put_together([], {}), put_together({"alg": "ES384"}, [])],
)
def test_what_is_no_token_is_refused(gate: Gate, header: str | None) -> None:
    assert gate.fault(header) in {Fault.NO_TOKEN, Fault.NO_JWT, Fault.ISSUER}


@pytest.mark.parametrize("header", ["alg", "alg and kid and typ", ["alg"], ["alg", "kid"], 7, None, True])
def test_a_header_that_is_no_object_is_refused(gate: Gate, header: Any) -> None:
    assert gate.fault(put_together(header, claims())) == Fault.NO_JWT


@given(st.text(max_size=60))
def test_no_header_breaks_the_door(text: str) -> None:
    for header in (text, "Bearer " + text, "Bearer a." + text + ".c"):
        assert Gate().fault(header) in {Fault.NO_TOKEN, Fault.NO_JWT, Fault.ISSUER, Fault.ALGORITHM}


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:23")
def test_unsigned_and_symmetric_tokens_are_refused(gate: Gate) -> None:
    """Also one signed with the public key as if it were a shared secret."""
    for alg in ("none", "None", "NONE", "HS256", "HS384", ""):
        assert gate.fault(put_together({"alg": alg, "kid": "ec-1", "typ": "JWT"}, claims(), b"x")) in {
            Fault.ALGORITHM,
            Fault.NO_JWT,
        }
    unsigned = put_together({"alg": "HS384", "kid": "rsa-1", "typ": "JWT"}, claims()).rpartition(".")[0]
    with_public_key = hmac.digest(RSA.as_pem(private=False), unsigned.removeprefix("Bearer ").encode(), "sha384")
    token = f"{unsigned}.{base64.urlsafe_b64encode(with_public_key).decode().rstrip('=')}"
    assert gate.fault(token) is Fault.ALGORITHM


@pytest.mark.spec("hooks:jwt", "crd-check:23")
@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS384"), (RSA, "RS512")])
def test_other_algorithms_are_refused(gate: Gate, key: Any, alg: str) -> None:
    assert alg not in ALGORITHMS
    assert gate.fault(signed(key, alg)) is Fault.ALGORITHM


def test_a_key_serves_its_own_algorithm_only(gate: Gate) -> None:
    assert gate.fault(signed(header={"kid": "rsa-1"})) is Fault.KEY
    assert gate.fault(signed(RSA, "RS384", header={"kid": "ec-1"})) is Fault.KEY


@pytest.mark.spec("crd:sec-1")
def test_another_signature_or_none_is_refused(gate: Gate) -> None:
    assert gate.fault(signed(OTHER)) is Fault.SIGNATURE
    head, body, _ = signed().split(".")
    assert gate.fault(f"{head}.{body}.") in {Fault.SIGNATURE, Fault.NO_JWT}
    altered = put_together({}, claims(sub="somebody else")).split(".")[1]
    assert gate.fault(f"{head}.{altered}.{signed().split('.')[2]}") is Fault.SIGNATURE
    assert gate.used == {}


@pytest.mark.parametrize("extra", [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"jwk": OTHER.as_dict()}])
def test_a_header_cannot_change_the_rules(gate: Gate, extra: dict[str, Any]) -> None:
    head, body, signature = signed().removeprefix("Bearer ").split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "==")) | extra
    token = put_together(header, claims()).split(".")[0] + f".{body}.{signature}"

    assert gate.fault(token) in {Fault.SIGNATURE, Fault.NO_JWT, Fault.CRITICAL}


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "crit", "b64", "jwk", "cty"]), _ODD, max_size=3),
    st.dictionaries(st.sampled_from(["iss", "aud", "iat", "exp", "nbf", "jti", "tenant"]), _ODD, max_size=3),
    st.binary(max_size=100),
)
def test_no_stranger_breaks_the_door(header: dict[str, Any], said: dict[str, Any], signature: bytes) -> None:
    """Whoever knows an issuer and one of its key ids, which are public, gets this far."""
    usual = {"alg": "ES384", "kid": "ec-1", "typ": "JWT"}

    assert Gate().fault(put_together(usual | header, claims() | said, signature)) in set(Fault)


@pytest.mark.parametrize("critical", [None, [], ["exp"], [None], [[]], "exp", 7])
@pytest.mark.spec("hooks:jwt")
def test_a_header_that_demands_to_be_understood_is_refused(gate: Gate, critical: Any) -> None:
    assert gate.fault(put_together({"alg": "ES384", "kid": "ec-1", "crit": critical}, claims(), b"x")) is Fault.CRITICAL


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:24")
def test_an_issuer_that_is_not_registered_is_refused_without_a_request() -> None:
    gate = Gate(FETCHING)
    for issuer in ("https://evil.example.org", ISSUER + "/", None, 7, ["a"], ...):
        assert gate.fault(signed(iss=issuer, header={"jku": "https://evil.example.org/jwks"})) is Fault.ISSUER
    assert gate.fetched == []


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:24")
@pytest.mark.parametrize("client", [CLIENT, FETCHING])
def test_a_key_address_that_is_not_registered_is_never_fetched(client: Registered) -> None:
    gate = Gate(client)
    for jku in ("https://evil.example.org/jwks", JKU + "?x", "http://127.0.0.1/", "", None, 7, [JKU]):
        assert gate.fault(signed(header={"jku": jku})) in {Fault.KEY_ADDRESS, Fault.NO_JWT}
    assert gate.fetched == []


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:25")
@pytest.mark.parametrize("aud", [URL, [URL], ["x", URL], "https://payer.example.org:443/cds-services/order-sign"])
def test_a_token_for_this_address_is_good(gate: Gate, aud: Any) -> None:
    assert gate.admit(signed(aud=aud))


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:25")
@pytest.mark.parametrize(
    "aud",
    [..., None, "", [], ["x"], 7, {"a": URL}, URL + "/", URL + "/feedback", "https://payer.example.org/cds-services"]
    + ["http://payer.example.org/cds-services/order-sign", "https://payer.example.org:8443/cds-services/order-sign"]
    + ["https://other.example.org/cds-services/order-sign", "urn:payer"],
)
def test_a_token_for_another_address_is_refused(gate: Gate, aud: Any) -> None:
    assert gate.fault(signed(aud=aud)) is Fault.AUDIENCE


def seconds(**delta: float) -> int:
    return int((NOW + timedelta(**delta)).timestamp())


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": seconds(seconds=-59), "iat": seconds(minutes=-5)},
        {"iat": seconds(seconds=59)},
        {"iat": float(seconds()), "exp": seconds(minutes=5) + 0.5},
        {"nbf": seconds()},
    ],
)
def test_clocks_may_differ_by_a_minute(gate: Gate, changed: dict[str, Any]) -> None:
    assert gate.admit(signed(**changed))


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:26")
@pytest.mark.parametrize(
    "changed",
    [
        {"exp": ...},
        {"iat": ...},
        {"exp": seconds(seconds=-60), "iat": seconds(minutes=-5)},
        {"iat": seconds(seconds=61)},
        {"nbf": seconds(seconds=61)},
        {"exp": seconds(hours=2)},
        {"exp": 10**30},
        {"exp": "2026-03-02"},
        {"exp": True},
        {"iat": -62135596800},
        {"nbf": "now"},
    ],
)
def test_a_token_of_another_time_is_refused(gate: Gate, changed: dict[str, Any]) -> None:
    assert gate.fault(signed(**changed)) is Fault.TIME


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:27")
def test_a_token_is_good_once(gate: Gate) -> None:
    token = signed()
    gate.admit(token)

    assert gate.fault(token) is Fault.REPLAY
    assert gate.used == {(ISSUER, "0123456789abcdef"): NOW + timedelta(minutes=6)}
    assert gate.admit(signed(jti="another"))


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:26")
@pytest.mark.parametrize("jti", [..., None, "", 7, ["a"], "\ud800", "a\0b"])
def test_a_token_without_an_id_is_refused(gate: Gate, jti: Any) -> None:
    assert gate.fault(signed(jti=jti)) is Fault.REPLAY
    assert gate.used == {}


def test_a_refused_token_uses_up_nothing(gate: Gate) -> None:
    """Or anybody could spoil the tokens of others."""
    gate.fault(signed(OTHER))
    gate.fault(signed(aud="elsewhere"))

    assert gate.used == {}


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:30")
def test_a_tenant_must_be_listed(gate: Gate) -> None:
    assert gate.admit(signed(tenant="north"))
    for tenant in ("west", "", 7, ["north"], {"a": 1}):
        assert gate.fault(signed(tenant=tenant)) is Fault.TENANT


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:28")
def test_an_unknown_key_is_looked_for_once() -> None:
    gate = Gate(FETCHING)
    gate.admit(signed())
    assert gate.fetched == [JKU]

    gate.ticks += AGAIN_AFTER_SECONDS
    assert gate.fault(signed(RSA, "RS384", jti="2")) is Fault.KEY
    assert gate.fetched == [JKU] * 2

    gate.published = {"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]}
    assert gate.fault(signed(RSA, "RS384", jti="3")) is Fault.KEY, "not so soon again"
    gate.ticks += AGAIN_AFTER_SECONDS
    assert gate.admit(signed(RSA, "RS384", jti="4"))
    assert gate.fetched == [JKU] * 3


@pytest.mark.parametrize("kid", [..., None, 7, "", "unknown"])
def test_a_token_must_name_its_key(gate: Gate, kid: Any) -> None:
    assert gate.fault(signed(header={"kid": kid})) in {Fault.KEY, Fault.NO_JWT}


def test_fetched_keys_are_remembered_then_fetched_anew_and_in_the_end_given_up() -> None:
    gate = Gate(FETCHING)
    gate.admit(signed(jti="1"))
    gate.ticks += FRESH_SECONDS - 1
    gate.admit(signed(jti="2"))
    assert len(gate.fetched) == 1

    gate.published = None
    gate.ticks += 1
    gate.admit(signed(jti="3"))
    assert len(gate.fetched) == 2

    gate.ticks += STALE_SECONDS
    assert gate.fault(signed(jti="4")) is Fault.KEY


@pytest.mark.parametrize(
    ("said", "kept"),
    [(None, FRESH_SECONDS), (600, 600), (0, SHORTEST_SECONDS), (1, SHORTEST_SECONDS), (10**9, FRESH_SECONDS)],
)
@pytest.mark.spec("hooks:jwt")
def test_keys_are_kept_as_long_as_their_server_says_within_bounds(said: int | None, kept: int) -> None:
    gate = Gate(FETCHING)
    gate.fresh_seconds = said
    gate.admit(signed(jti="1"))

    gate.ticks = kept - 1
    gate.admit(signed(jti="2"))
    assert len(gate.fetched) == 1
    gate.ticks = kept
    gate.admit(signed(jti="3"))
    assert len(gate.fetched) == 2


def test_who_names_a_known_key_does_not_wait_for_one_who_names_another() -> None:
    """Or a stranger with a made-up key id, and a slow key server, would keep everybody waiting."""
    asked, answered = Event(), Event()

    def fetch(url: str) -> Published:
        if asked.is_set():
            answered.wait(5)
        asked.set()
        return Published({"keys": [EC.as_dict(private=False)]})

    ticks = iter(range(0, 10_000, AGAIN_AFTER_SECONDS))
    ring = KeyRing((), JKU, fetch, lambda: float(next(ticks)), is_test=False)
    assert ring.key("ec-1", "ES384")
    stranger = Thread(target=ring.key, args=("made-up", "ES384"))
    stranger.start()

    assert ring.key("ec-1", "ES384")
    assert stranger.is_alive()
    answered.set()
    stranger.join()


def test_a_withdrawn_key_is_no_longer_good() -> None:
    gate = Gate(FETCHING)
    gate.admit(signed(jti="1"))
    gate.published = {"keys": [RSA.as_dict(private=False)]}
    gate.ticks += FRESH_SECONDS

    assert gate.fault(signed(jti="2")) is Fault.KEY


SMALL = {"kty": "RSA", "kid": "k", "e": "AQAB", "n": RSA.as_dict(private=False)["n"][:171]}
P256 = ECKey.generate_key("P-256", {"kid": "k"})


@pytest.mark.parametrize(
    "published",
    [None, [], {}, {"keys": None}, {"keys": ["a", 7, None, {}]}]
    + [{"keys": [EC.as_dict(private=False) | changed]} for changed in ({"use": "enc"}, {"alg": "ES256"})]
    + [{"keys": [EC.as_dict(private=False) | {"key_ops": ["sign"]}]}, {"keys": [EC.as_dict(private=True)]}]
    + [{"keys": [SMALL]}, {"keys": [P256.as_dict(private=False)]}]
    + [{"keys": [{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "ec-1"}]}]
    + [{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "ec-1"}]}]
    + [{"keys": [EC.as_dict(private=False) | odd]} for odd in ({"kty": []}, {"key_ops": 7}, {"kid": ["ec-1"]})],
)
def test_keys_that_may_not_verify_are_passed_over(published: Any) -> None:
    gate = Gate(FETCHING)
    gate.published = published

    assert gate.fault(signed()) is Fault.KEY


@settings(deadline=None)
@given(
    st.sampled_from([EC, RSA]),
    st.dictionaries(st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "x", "n"]), _ODD),
)
def test_no_published_key_breaks_the_door(key: Any, odd: dict[str, Any]) -> None:
    gate = Gate(FETCHING)
    gate.published = {"keys": [key.as_dict(private=False) | odd, OTHER.as_dict(private=False)]}

    assert gate.admit(signed(OTHER)).id == "ehr-2"


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:32")
@pytest.mark.parametrize("kid", sorted(PUBLISHED))
def test_keys_whose_secret_is_public_serve_the_sandbox_only(kid: str) -> None:
    public = ECKey.generate_key("P-384", {"kid": kid})
    for is_sandbox in (True, False):
        gate = Gate(FETCHING, is_sandbox=is_sandbox)
        gate.published = {"keys": [public.as_dict(private=False)]}
        if is_sandbox:
            assert gate.admit(signed(public)).id == "ehr-2"
        else:
            assert gate.fault(signed(public)) is Fault.KEY


def test_the_sandbox_lets_in_who_is_on_this_machine() -> None:
    gate = Gate(is_sandbox=True)

    assert gate.admit(None, is_loopback=True).id == "sandbox"
    assert gate.admit(signed(), is_loopback=True).id == "ehr-1"
    assert gate.fault(None, is_loopback=False) is Fault.NO_TOKEN
    assert Gate().fault(None, is_loopback=True) is Fault.NO_TOKEN


@pytest.mark.spec("crd:sec-1", "hooks:jwt")
def test_a_token_that_is_sent_is_checked_in_the_sandbox_too() -> None:
    gate = Gate(is_sandbox=True)

    assert gate.fault(signed(OTHER), is_loopback=True) is Fault.SIGNATURE
    assert gate.fault(signed(aud="x"), is_loopback=True) is Fault.AUDIENCE
    assert gate.fault(signed(iss="https://inferno.example.org"), is_loopback=True) is Fault.ISSUER
    for header in ("", "Bearer", "Bearer x", "Basic x"):
        assert gate.fault(header, is_loopback=True) in {Fault.NO_TOKEN, Fault.NO_JWT}


KIT = "http://localhost:4567"
KIT_JKU = f"{KIT}/custom/crd/jwks.json"


def by_kit(issuer: Any = KIT, jku: Any = KIT_JKU, key: Any = EC, **changed: Any) -> str:
    return signed(key, header={"jku": jku}, iss=issuer, **changed)


@pytest.mark.spec("hooks:jwt")
def test_a_test_kit_on_this_machine_is_checked_with_the_keys_it_publishes() -> None:
    gate = Gate(is_sandbox=True)

    assert gate.admit(by_kit(), is_loopback=True).id == "test-kit"
    assert gate.fetched == [KIT_JKU]
    assert gate.admit(by_kit(issuer=f"{KIT}/inferno", jti="2"), is_loopback=True).id == "test-kit"
    assert gate.admit(by_kit(f"{KIT}/inferno", jti="3"), is_loopback=True).id == "test-kit"
    assert gate.fetched == [KIT_JKU] * 2


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"key": OTHER}, Fault.SIGNATURE),
        ({"aud": "x"}, Fault.AUDIENCE),
        ({"exp": 1}, Fault.TIME),
        ({"jti": ""}, Fault.REPLAY),
    ],
)
def test_a_test_kit_is_not_believed_more_than_others(changed: dict[str, Any], fault: Fault) -> None:
    assert Gate(is_sandbox=True).fault(by_kit(**changed), is_loopback=True) is fault


def test_a_token_of_a_test_kit_is_good_once() -> None:
    gate = Gate(is_sandbox=True)
    gate.admit(by_kit(), is_loopback=True)

    assert gate.fault(by_kit(), is_loopback=True) is Fault.REPLAY


@pytest.mark.parametrize(
    ("issuer", "jku"),
    [
        ("https://inferno.example.org", KIT_JKU),
        (KIT, "http://localhost:4568/jwks.json"),
        (KIT, "https://localhost:4567/jwks.json"),
        (KIT, "http://127.0.0.1:4567/jwks.json"),
        (KIT, "https://evil.example.org/jwks.json"),
        (KIT, "http://localhost:4567@evil.example.org/jwks.json"),
        ("http://localhost.example.org:4567", "http://localhost.example.org:4567/jwks.json"),
        ("https://evil.example.org", "https://evil.example.org/jwks.json"),
        ("localhost", "localhost"),
        (7, KIT_JKU),
        (KIT, ...),
    ],
)
def test_only_a_test_kit_here_with_its_keys_here_is_asked(issuer: Any, jku: Any) -> None:
    gate = Gate(is_sandbox=True)

    assert gate.fault(by_kit(issuer, jku), is_loopback=True) in {Fault.ISSUER, Fault.NO_JWT}
    assert gate.fetched == []


def test_a_test_kit_is_known_in_the_sandbox_on_this_machine_only() -> None:
    for gate, is_loopback in ((Gate(), True), (Gate(is_sandbox=True), False)):
        assert gate.fault(by_kit(), is_loopback=is_loopback) is Fault.ISSUER
        assert gate.fetched == []


def test_the_keys_of_many_test_kits_are_not_all_remembered() -> None:
    gate = Gate(is_sandbox=True)
    for number in range(250):
        issuer = f"http://localhost:{1000 + number}"
        gate.admit(by_kit(issuer, f"{issuer}/jwks", jti=str(number)), is_loopback=True)

    assert len(gate.door._rings) <= 101


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:31")
def test_no_token_is_logged_or_told(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [signed(), signed(OTHER, jti="2"), signed(aud="x", jti="3"), signed(RSA, "RS256", jti="4")]
    told = [repr(gate.admit(tokens[0]))]
    for token in tokens[1:]:
        with pytest.raises(NotAdmitted) as refused:
            gate.admit(token)
        told += [repr(refused.value), str(refused.value), repr(refused.value.issues)]

    for token in tokens:
        assert token.rpartition(".")[2] not in caplog.text + "".join(told)


def test_keys_are_fetched_within_limits() -> None:
    fetch = fetch_json(lambda: 0.0, allow_private=True)
    with fake_ehr() as server:
        url = server.url + "/jwks.json"
        server.instead["/r4/jwks.json"] = fakes.sends({"keys": []}, Content_Type="application/json")
        assert fetch(url) == Published({"keys": []})
        server.instead["/r4/jwks.json"] = fakes.sends(
            {"keys": []}, Content_Type="application/json", Cache_Control="public, max-age=600", Age="60"
        )
        assert fetch(url) == Published({"keys": []}, 540)
        for answer in (fakes.redirects(JKU), fakes.sends(b"<html/>"), fakes.floods, fakes.is_a_bomb, fakes.hangs_up):
            server.instead["/r4/jwks.json"] = answer
            assert fetch(url) is None
        server.asked.clear()
        assert fetch_json(lambda: 0.0, allow_private=False)(url) is None
        assert server.asked == []
    assert fetch("no address") is None


def file_with(folder: Path, *clients: dict[str, Any]) -> Path:
    path = folder / "clients.yaml"
    path.write_text(yaml.safe_dump({"clients": list(clients)}))
    return path


ENTRY = {"id": "ehr-1", "name": "General Hospital", "issuer": ISSUER, "jwks_url": JKU}


def test_the_file_of_clients(tmp_path: Path) -> None:
    pinned = {"id": "b", "name": "B", "issuer": "b", "keys": [EC.as_dict(private=False)], "dialect": "2.0"}

    first, second = read_registry(file_with(tmp_path, ENTRY | {"tenants": ["north"], "strict": True}, pinned))

    assert (first.issuer, first.key_addresses, first.strict) == (ISSUER, {JKU}, True)
    assert (second.dialect, second.key_addresses, len(second.keys)) == ("2.0", set(), 1)
    assert read_registry(None) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"jwks_url": ""}, "either keys or a jwks_url"),
        ({"keys": [EC.as_dict(private=False)]}, "either keys or a jwks_url"),
        ({"jwks_url": "ftp://x"}, "no http or https address"),
        ({"issuer": ""}, "needs an id and an issuer"),
        ({"dialect": "3.0"}, "another dialect"),
        ({"jwks_url": "", "keys": [EC.as_dict(private=True)]}, "secret key"),
        ({"colour": "blue"}, "colour"),
        ({"name": 7}, "name"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsFault, match=told):
        read_registry(file_with(tmp_path, ENTRY | changed))


def test_an_issuer_is_registered_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="issuer https://ehr.example.org is given twice"):
        read_registry(file_with(tmp_path, ENTRY, ENTRY | {"id": "ehr-2"}))
    with pytest.raises(SettingsFault, match="cannot be read"):
        read_registry(tmp_path / "nowhere.yaml")
    (tmp_path / "bad.yaml").write_text("{")
    with pytest.raises(SettingsFault, match="cannot be used"):
        read_registry(tmp_path / "bad.yaml")


def no_token(issuer: str, jti: str, expires_at: datetime) -> bool:
    return True


def door(mode: Mode, path: Path) -> Callable[[], RegisteredDoor]:
    return lambda: make_hook_door(Settings(mode=mode, hook_clients=path), no_token, lambda: NOW, lambda: 0.0)


@pytest.mark.spec("crd:sec-2", "hooks:jwt", "crd-check:32")
def test_outside_the_sandbox_keys_are_real_and_fetched_over_tls(tmp_path: Path) -> None:
    plain = file_with(tmp_path, ENTRY | {"jwks_url": "http://ehr.example.org/jwks.json"})
    assert door(Mode.SANDBOX, plain)()
    with pytest.raises(SettingsFault, match="without TLS"):
        door(Mode.PRODUCTION, plain)()

    known = ECKey.generate_key("P-384", {"kid": min(PUBLISHED)}).as_dict(private=False)
    published = file_with(tmp_path, ENTRY | {"jwks_url": "", "keys": [known]})
    assert door(Mode.SANDBOX, published)()
    with pytest.raises(SettingsFault, match="cannot be used"):
        door(Mode.PRODUCTION, published)()
