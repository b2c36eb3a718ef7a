"""The guard: nothing runs open but the sandbox, and the sandbox only for this machine."""

from datetime import UTC, datetime, timedelta

import pytest

from fhir_um.auth.guard import ClosedDoor, Guard, demand_guarded, demand_scope, make_guard
from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Mode, Settings, SettingsFault

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class Office:
    """Payers that may change, and a clock moved by hand."""

    def __init__(self, *payers: str) -> None:
        self.payers = payers
        self.at = START

    def guard(self) -> Guard:
        return make_guard(
            Settings(mode=Mode.SANDBOX),
            lambda: tuple(map(PayerId, self.payers)),
            lambda: self.at,
            ClosedDoor(),
            ClosedDoor(),
        )


def test_open_outside_the_sandbox_is_refused() -> None:
    with pytest.raises(SettingsFault, match="FHIR_UM_MODE=sandbox"):
        make_guard(Settings(), tuple, lambda: START, ClosedDoor(), ClosedDoor())


def test_sandbox_on_the_network_is_refused() -> None:
    with pytest.raises(SettingsFault, match="loopback"):
        make_guard(Settings(mode=Mode.SANDBOX, host="0.0.0.0"), tuple, lambda: START, ClosedDoor(), ClosedDoor())  # noqa: S104 must be refused


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LocalHost:1"])
def test_caller_on_this_machine_may_do_everything(host: str) -> None:
    caller = Office("payer-1", "payer-2").guard().admit(Presented(host), Scope.SUBMIT)

    assert caller.home_payer == "payer-1"
    assert {scope.value for scope in Scope} - caller.scopes == {"public"}
    assert "physician" in caller.roles


@pytest.mark.parametrize(
    "host",
    ["", "evil.example.org", "127.0.0.1.evil.example.org", "[::1", "192.168.1.4:8080"]
    + ["127.0.0.1/evil", "evil@127.0.0.1", "127.0.0.1#@evil.example", "127.0.0.1:80:80", "127.0.0.1?x", "localhost\t"],
)
@pytest.mark.parametrize("scope", [Scope.PUBLIC, Scope.SUBMIT])
def test_other_host_names_are_refused(host: str, scope: Scope) -> None:
    with pytest.raises(Refusal) as refused:
        Office("payer-1").guard().admit(Presented(host), scope)

    assert refused.value.kind is Kind.NOT_ALLOWED


def test_public_routes_need_no_payer() -> None:
    assert Office().guard().admit(Presented("localhost"), Scope.PUBLIC).client_id == "anonymous"


def test_without_a_payer_the_sandbox_asks_for_patience() -> None:
    with pytest.raises(Refusal) as refused:
        Office().guard().admit(Presented("localhost"), Scope.SUBMIT)

    assert refused.value.kind is Kind.BUSY


def test_payers_loaded_later_are_seen() -> None:
    office = Office("payer-1")
    guard = office.guard()
    guard.admit(Presented("localhost"), Scope.SUBMIT)

    office.payers, office.at = ("payer-1", "payer-2"), START + timedelta(seconds=31)

    assert guard.admit(Presented("localhost"), Scope.SUBMIT).payer_ids == ("payer-1", "payer-2")


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_that_was_not_granted_opens_nothing_but_public_routes(scope: Scope) -> None:
    reader = Caller(ClientId("c"), "Reader", (PayerId("p"),), frozenset({Scope.READ_CASES.value}))

    if scope in {Scope.PUBLIC, Scope.READ_CASES}:
        demand_scope(reader, scope)
        return
    with pytest.raises(Refusal) as refused:
        demand_scope(reader, scope)

    assert refused.value.kind is Kind.NOT_ALLOWED


@pytest.mark.spec("pas:spec-4", "crd:sec-2", "crd:sec-3", "hrex:sec-9")
@pytest.mark.spec("crd-check:15")
@pytest.mark.parametrize(
    ("public_url", "is_told"), [("http://um.example.org", True), ("https://um.example.org", False)]
)
def test_callers_from_outside_come_over_tls(public_url: str, is_told: bool):
    with pytest.raises(SettingsFault) as refused:
        demand_guarded(Settings(mode=Mode.PRODUCTION, public_url=public_url))

    assert ("must be an https address" in str(refused.value)) is is_told


def test_outside_the_sandbox_secrets_need_a_key():
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    told = []
    for keys in ((), (key,)):
        with pytest.raises(SettingsFault) as refused:
            demand_guarded(Settings(mode=Mode.PRODUCTION, secret_keys=keys))
        told.append("FHIR_UM_SECRET_KEYS" in str(refused.value))

    assert told == [True, False]


@pytest.mark.parametrize(("proxies", "is_told"), [((), True), (("10.0.0.5",), False)])
def test_a_header_of_certificates_needs_a_proxy_that_is_believed(proxies: tuple[str, ...], is_told: bool):
    with pytest.raises(SettingsFault) as refused:
        demand_guarded(Settings(mode=Mode.PRODUCTION, certificate_header="X-Client-Cert", proxies=proxies))

    assert ("FHIR_UM_PROXIES" in str(refused.value)) is is_told


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, False),
        ({"session_idle_seconds": 60, "session_seconds": 3600}, False),
        ({"session_idle_seconds": 901}, True),
        ({"session_seconds": 43_201}, True),
    ],
)
def test_outside_the_sandbox_sessions_are_short(given: dict[str, int], is_told: bool):
    with pytest.raises(SettingsFault) as refused:
        demand_guarded(Settings(mode=Mode.PRODUCTION, **given))

    assert ("FHIR_UM_SESSION_SECONDS" in str(refused.value)) is is_told
    demand_guarded(Settings(mode=Mode.SANDBOX, **given))
