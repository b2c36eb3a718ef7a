"""Signing in at a provider over loopback: what it proves lets somebody in, and everything else does not."""

import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from fhir_um.auth.id_tokens import Claims
from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.openid import RelyingParty, Ways, make_relying_party
from fhir_um.settings import Mode, Settings, SettingsFault
from tests.fhir_um.auth.openid_provider import (
    CLIENT_ID,
    SECRET,
    Json,
    OpenIdProvider,
    at_hash,
    providing,
    signed,
    signed_with_secret,
    unsigned,
)

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass
class House:
    """Our side: what is on its way, and two clocks that are moved by hand."""

    at: datetime = START
    seconds: float = 1000.0
    started: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def move(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds

    def start(self) -> tuple[str, str]:
        state, browser = f"state-{next(self.numbers)}", f"browser-{next(self.numbers)}"
        self.started[state] = browser, self.at
        return state, browser

    def take(self, state: str, browser: str) -> datetime | None:
        known, at = self.started.pop(state, ("", self.at))
        return at if known == browser else None

    def party(self, provider: OpenIdProvider, **settings: Any) -> RelyingParty:
        given = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": SECRET, **settings}
        made = make_relying_party(
            Settings(mode=Mode.SANDBOX, **given), Ways(self.start, self.take), lambda: self.seconds
        )
        assert made is not None
        return made

    def sign_in(self, party: RelyingParty) -> Claims:
        address, browser = party.begin()
        return party.finish(visited(address), browser, self.at)

    def fault(self, party: RelyingParty) -> SignInFault:
        with pytest.raises(NotSignedIn) as refused:
            self.sign_in(party)
        return refused.value.fault


def visited(address: str) -> dict[str, str]:
    """What the provider hands back through the browser."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.netloc, timeout=10)
    line.request("GET", f"{parts.path}?{parts.query}")
    response = line.getresponse()
    response.read()
    line.close()
    back = urlsplit(response.headers["Location"])
    assert back.path == "/sign-in/callback"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def provider(house: House) -> Iterator[OpenIdProvider]:
    with providing(lambda: house.at) as made:
        yield made


@pytest.mark.parametrize("alg", ["RS256", "ES256", "RS384", "ES384"])
def test_whoever_the_provider_vouches_for_is_known(house: House, provider: OpenIdProvider, alg: str) -> None:
    provider.alg = alg

    claims = house.sign_in(house.party(provider))

    assert (claims["iss"], claims["sub"], claims["roles"]) == (provider.url, "u-1", ["nurse"])


def test_what_goes_to_the_provider_tells_nothing_of_the_browsers_secret(house: House, provider: OpenIdProvider) -> None:
    address, browser = house.party(provider).begin()

    query = parse_qs(urlsplit(address).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://127.0.0.1:8080/sign-in/callback"]
    assert query["response_type"] == ["code"]
    assert browser not in address
    assert len({query[name][0] for name in ("state", "nonce", "code_challenge")}) == 3


def test_no_two_sign_ins_share_a_nonce(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)

    nonces = {parse_qs(urlsplit(party.begin()[0]).query)["nonce"][0] for _ in range(3)}

    assert len(nonces) == 3


OTHER_KEY = RSAKey.generate_key(2048)
BY_OTHERS: dict[str, Callable[[OpenIdProvider, Json], str]] = {
    "none": lambda provider, claims: unsigned(claims, provider.kid),
    "hs256-with-the-public-key": lambda provider, claims: signed_with_secret(
        claims, provider.kid, provider.key.as_pem(private=False)
    ),
    "hs256-with-our-secret": lambda provider, claims: signed_with_secret(claims, provider.kid, SECRET.encode()),
    "ps256": lambda provider, claims: signed(claims, "PS256", provider.kid, provider.key),
    "another-key": lambda provider, claims: signed(claims, "RS256", provider.kid, OTHER_KEY),
    "unknown-key": lambda provider, claims: signed(claims, "RS256", "nobody", provider.key),
    "another-algorithm-of-the-key": lambda provider, claims: signed(claims, "RS384", provider.kid, provider.key),
    "no-token": lambda _provider, _claims: "not-a-token",
    "changed": lambda provider, claims: _tampered(signed(claims, "RS256", provider.kid, provider.key)),
}


def _tampered(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{signature}"


@pytest.mark.parametrize("by", BY_OTHERS)
def test_a_token_the_provider_did_not_sign_lets_nobody_in(house: House, provider: OpenIdProvider, by: str) -> None:
    provider.sign = BY_OTHERS[by]

    expected = {
        "none": SignInFault.ALGORITHM,
        "hs256-with-the-public-key": SignInFault.ALGORITHM,
        "hs256-with-our-secret": SignInFault.ALGORITHM,
        "ps256": SignInFault.ALGORITHM,
        "another-key": SignInFault.SIGNATURE,
        "unknown-key": SignInFault.KEY,
        "another-algorithm-of-the-key": SignInFault.KEY,
        "no-token": SignInFault.NO_JWT,
    }
    fault = house.fault(house.party(provider))

    assert fault is expected.get(by, fault)
    assert by != "changed" or fault in (SignInFault.SIGNATURE, SignInFault.NO_JWT)


def _at(**moved: float) -> int:
    return int((START + timedelta(**moved)).timestamp())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"nonce": "of another sign-in"}, SignInFault.NONCE),
        ({"nonce": None}, SignInFault.NONCE),
        ({"nonce": ["a"]}, SignInFault.NONCE),
        ({"nonce": "\ud800"}, SignInFault.NONCE),
        ({"aud": "another-client"}, SignInFault.AUDIENCE),
        ({"aud": None}, SignInFault.AUDIENCE),
        ({"aud": [CLIENT_ID, "another-client"]}, SignInFault.AUDIENCE),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, SignInFault.AUDIENCE),
        ({"azp": "another-client"}, SignInFault.AUDIENCE),
        ({"iss": "https://elsewhere.example"}, SignInFault.ISSUER),
        ({"iss": None}, SignInFault.ISSUER),
        ({"exp": _at(minutes=-2)}, SignInFault.TIME),
        ({"exp": None}, SignInFault.TIME),
        ({"exp": "soon"}, SignInFault.TIME),
        ({"exp": True}, SignInFault.TIME),
        ({"iat": None}, SignInFault.TIME),
        ({"iat": _at(minutes=2)}, SignInFault.TIME),
        ({"iat": _at(minutes=-2)}, SignInFault.TIME),
        ({"at_hash": at_hash("another", "RS256")}, SignInFault.ACCESS_TOKEN),
        ({"at_hash": 5}, SignInFault.ACCESS_TOKEN),
        ({"sub": None}, SignInFault.SUBJECT),
        ({"sub": ""}, SignInFault.SUBJECT),
        ({"sub": "u" * 256}, SignInFault.SUBJECT),
        ({"sub": "u\n1"}, SignInFault.SUBJECT),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    house: House, provider: OpenIdProvider, changed: Json, fault: SignInFault
) -> None:
    provider.changed = changed

    assert house.fault(house.party(provider)) is fault


@pytest.mark.parametrize(
    "changed",
    [
        {"at_hash": None},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID},
        {"iat": _at(seconds=50)},
        {"iat": _at(seconds=-50)},
        {"exp": _at(seconds=-50)},
    ],
)
def test_what_may_be_said_otherwise_does_not_matter(house: House, provider: OpenIdProvider, changed: Json) -> None:
    provider.changed = changed

    assert house.sign_in(house.party(provider))["sub"] == "u-1"


def test_a_sign_in_is_finished_once_and_by_the_browser_that_began_it(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)
    address, browser = party.begin()
    brought = visited(address)

    def fault(state: dict[str, str], by: str) -> SignInFault:
        with pytest.raises(NotSignedIn) as refused:
            party.finish(state, by, house.at)
        return refused.value.fault

    assert fault({**brought, "state": "state-99"}, browser) is SignInFault.STATE
    assert fault({"code": brought["code"]}, browser) is SignInFault.STATE
    assert fault(brought, "") is SignInFault.STATE
    assert party.finish(brought, browser, house.at)["sub"] == "u-1"
    assert fault(brought, browser) is SignInFault.STATE


def test_another_browser_cannot_finish_a_sign_in(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)
    brought = visited(party.begin()[0])
    _, other = party.begin()

    with pytest.raises(NotSignedIn) as refused:
        party.finish(brought, other, house.at)

    assert refused.value.fault is SignInFault.STATE
    assert "/token" not in provider.asked


def test_a_code_of_somebody_elses_sign_in_is_worth_nothing(house: House, provider: OpenIdProvider) -> None:
    """The verifier does not fit; and where the provider does not look, the nonce does not."""
    party = house.party(provider)
    stolen = visited(party.begin()[0])["code"]
    address, browser = party.begin()

    with pytest.raises(NotSignedIn) as refused:
        party.finish({**visited(address), "code": stolen}, browser, house.at)

    assert refused.value.fault is SignInFault.CODE


def test_a_used_code_is_refused_by_the_provider(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)
    provider.authorize = lambda query: (  # type: ignore[method-assign]
        f"{query['redirect_uri']}?code=code-used&state={query['state']}"
    )

    assert house.fault(party) is SignInFault.CODE


def test_a_provider_that_refuses_says_no_more(house: House, provider: OpenIdProvider) -> None:
    provider.authorize = lambda query: (  # type: ignore[method-assign]
        f"{query['redirect_uri']}?error=access_denied&error_description=no&state={query['state']}"
    )

    assert house.fault(house.party(provider)) is SignInFault.REFUSED


def test_an_answer_of_another_issuer_is_not_ours(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)

    def fault(**brought: str) -> SignInFault | None:
        address, browser = party.begin()
        try:
            party.finish({**visited(address), **brought}, browser, house.at)
        except NotSignedIn as refused:
            return refused.fault
        return None

    assert fault(iss="https://elsewhere.example") is SignInFault.ISSUER
    assert fault(iss=provider.url) is None
    provider.facts = {"authorization_response_iss_parameter_supported": True}
    house.move(3601)
    assert fault() is SignInFault.ISSUER
    assert fault(iss=provider.url) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "https://elsewhere.example/jwks"},
        {"authorization_endpoint": "https://elsewhere.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 5},
    ],
)
def test_a_provider_that_leads_elsewhere_is_not_followed(house: House, provider: OpenIdProvider, facts: Json) -> None:
    provider.facts = facts

    assert house.fault(house.party(provider)) is SignInFault.UNREACHABLE


def test_what_the_provider_says_of_itself_is_read_once_an_hour(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)
    known = "/.well-known/openid-configuration"

    for _ in range(3):
        house.sign_in(party)
    assert (provider.asked.count(known), provider.asked.count("/jwks")) == (1, 1)

    house.move(3601)
    house.sign_in(party)
    assert provider.asked.count(known) == 2


def test_a_provider_that_is_away_for_a_while_does_not_matter_until_it_is_needed(
    house: House, provider: OpenIdProvider
) -> None:
    party = house.party(provider)
    provider.instead["/.well-known/openid-configuration"] = (503, {})
    assert house.fault(party) is SignInFault.UNREACHABLE
    del provider.instead["/.well-known/openid-configuration"]
    assert house.fault(party) is SignInFault.UNREACHABLE, "it is not asked again at once"

    house.move(31)
    house.sign_in(party)

    provider.instead["/.well-known/openid-configuration"] = (503, {})
    house.move(3601)
    assert house.sign_in(party)["sub"] == "u-1"


def test_new_keys_of_the_provider_are_found(house: House, provider: OpenIdProvider) -> None:
    party = house.party(provider)
    house.sign_in(party)

    provider.rotate()
    assert house.fault(party) is SignInFault.KEY, "who names unknown keys does not make us fetch all the time"
    house.move(31)
    assert house.sign_in(party)["sub"] == "u-1"


@pytest.mark.parametrize(
    ("status", "body"), [(200, {"access_token": "a"}), (200, {"id_token": 5}), (302, {}), (500, {}), (401, {})]
)
def test_a_token_endpoint_that_gives_no_token(house: House, provider: OpenIdProvider, status: int, body: Json) -> None:
    provider.instead["/token"] = (status, body)

    assert house.fault(house.party(provider)) is SignInFault.CODE


def test_a_token_endpoint_that_says_too_much_is_not_heard_out(house: House, provider: OpenIdProvider) -> None:
    provider.instead["/token"] = (200, {"id_token": "x" * 200_001})

    assert house.fault(house.party(provider)) is SignInFault.UNREACHABLE


def test_our_secret_goes_where_the_provider_wants_it(house: House, provider: OpenIdProvider) -> None:
    seen: list[dict[str, str]] = []

    def token(form: dict[str, str], authorization: str) -> tuple[int, Json]:
        seen.append({**form, "authorization": authorization})
        return 400, {}

    provider.token = token  # type: ignore[method-assign]
    provider.facts = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    house.fault(house.party(provider))
    house.fault(house.party(provider, oidc_client_secret=""))

    posted, public = seen
    assert (posted["client_id"], posted["client_secret"], posted["authorization"]) == (CLIENT_ID, SECRET, "")
    assert (public["client_id"], public["authorization"], "client_secret" in public) == (CLIENT_ID, "", False)


def test_without_a_provider_there_is_no_relying_party() -> None:
    assert make_relying_party(Settings(), Ways(lambda: ("", ""), lambda *_: None), lambda: 0.0) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"oidc_issuer": "https://id.example.org"}, "OIDC_CLIENT_ID"),
        ({"oidc_issuer": "http://id.example.org", "oidc_client_id": "x"}, "https"),
    ],
)
def test_a_provider_that_cannot_be_used_stops_the_start(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsFault, match=told):
        make_relying_party(Settings(**given), Ways(lambda: ("", ""), lambda *_: None), lambda: 0.0)


def test_keys_that_are_no_keys_are_passed_over(house: House, provider: OpenIdProvider) -> None:
    published = [
        {"kty": "RSA", "n": "x" * 171, "e": "AQAB", "kid": provider.kid},
        {**ECKey.generate_key("P-521").as_dict(private=False), "kid": provider.kid},
        {"kty": "oct", "k": "AAAA", "kid": provider.kid},
        {"kty": "RSA", "crv": ["x"], "kid": provider.kid},
        "no key",
    ]
    provider.instead["/jwks"] = (200, {"keys": published})

    assert house.fault(house.party(provider)) is SignInFault.KEY


def test_many_people_can_sign_in_at_once(house: House, provider: OpenIdProvider) -> None:
    party, names = house.party(provider), []

    def one() -> None:
        names.append(house.sign_in(party)["sub"])

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert names == ["u-1"] * 4
    assert provider.asked.count("/.well-known/openid-configuration") == 1
