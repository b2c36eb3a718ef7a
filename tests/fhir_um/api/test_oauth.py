"""The token endpoint, and what becomes of tokens: registered clients get them, for what they are registered for."""

import base64
import hmac
import json
import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fhir_um.cases.client import ClientKind, ClientStanding
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.change_client import change_client
from tests.fhir_um.api.outcomes import issues_told
from tests.fhir_um.trusting import EC, OTHER, RSA, TOKEN_URL, URL, Trust, signed, trusting, with_standing

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def trust(sqlite_url: str) -> Iterator[Trust]:
    with trusting(sqlite_url) as opened:
        opened.register()
        yield opened


@pytest.fixture(scope="module")
def steady(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trust]:
    """One server for requests that change nothing."""
    with trusting(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('steady') / 'um.db')}") as opened:
        opened.register()
        yield opened


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Trust]:
    with trusting(database_url) as opened:
        opened.register()
        yield opened


def seconds(trust: Trust, **delta: float) -> int:
    return int((trust.at + timedelta(**delta)).timestamp())


@pytest.mark.spec("hrex:sec-11")
@pytest.mark.spec("pas:priv-3")
@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
def test_a_registered_client_gets_a_token_and_uses_it(everywhere: Trust, key: Any) -> None:
    answer = everywhere.ask(signed(everywhere.claims(), key), scope="system/Claim.crs um/cases.read um/cases.read")

    assert answer.status_code == 200
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    told = answer.get_json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 300, "system/Claim.crs um/cases.read")
    assert everywhere.get(told["access_token"]).status_code == 200
    assert everywhere.get(told["access_token"], "/fhir/Claim?identifier=x").status_code == 200


def test_tokens_are_long_and_never_the_same(trust: Trust) -> None:
    tokens = {trust.token() for _ in range(20)}

    assert len(tokens) == 20
    assert {len(base64.urlsafe_b64decode(token + "==")) for token in tokens} == {32}


def test_the_store_holds_no_token(trust: Trust) -> None:
    token = trust.token()

    with trust.deps.store.engine.connect() as connection:
        kept = connection.execute(text("SELECT * FROM access_tokens")).all()
    assert len(kept) == 1
    assert token not in str(kept)


def test_a_token_ends_with_its_time(trust: Trust) -> None:
    token = trust.token()
    trust.at += timedelta(seconds=299)
    assert trust.get(token).status_code == 200

    trust.at += timedelta(seconds=1)

    refused = trust.get(token)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert [issue["code"] for issue in issues_told(refused)] == ["login"]


def test_tokens_that_ended_go(everywhere: Trust) -> None:
    for _ in range(3):
        everywhere.token()
    everywhere.at += timedelta(minutes=16)

    everywhere.token()

    with everywhere.deps.store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM access_tokens")) == 1


def test_who_sends_no_token_is_told_to_and_nothing_about_errors(trust: Trust) -> None:
    answer = trust.http.get("/um/v1/cases")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_disabling_a_client_ends_its_tokens_at_once_and_for_good(trust: Trust) -> None:
    token = trust.token()
    trust.get(token)

    for standing in (ClientStanding.DISABLED, ClientStanding.ACTIVE):
        change_client(trust.deps, "ehr-1", lambda client, to=standing: with_standing(client, to))
        assert trust.get(token).status_code == 401
    assert trust.get(trust.token()).status_code == 200


def test_a_disabled_client_gets_no_token(trust: Trust) -> None:
    change_client(trust.deps, "ehr-1", lambda client: with_standing(client, ClientStanding.DISABLED))

    assert refusal(trust, signed(trust.claims())) == "invalid_client"


# --- who is not believed ----------------------------------------------------------------------------------------------


def refusal(trust: Trust, assertion: str | None = None, **changed: Any) -> str:
    answer = trust.ask(assertion, **changed)
    assert answer.status_code in {400, 401}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json().keys() == {"error", "error_description"}
    return str(answer.get_json()["error"])


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def with_public_key_as_secret(claims: dict[str, Any]) -> str:
    text = unsigned({"alg": "HS256", "kid": "rsa-1", "typ": "JWT"}, claims).rpartition(".")[0]
    digest = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


FORGED = {
    "none": lambda t: unsigned({"alg": "none", "kid": "ec-1", "typ": "JWT"}, t.claims()),
    "HS256 with the public key": lambda t: with_public_key_as_secret(t.claims()),
    "RS256": lambda t: signed(t.claims(), RSA, alg="RS256"),
    "PS384": lambda t: signed(t.claims(), RSA, alg="PS384"),
    "another audience": lambda t: signed(t.claims(aud=URL)),
    "the audience of a request": lambda t: signed(t.claims(aud="http://localhost/oauth/token")),
    "no audience": lambda t: signed(t.claims(aud=...)),
    "over": lambda t: signed(t.claims(exp=seconds(t, seconds=-60))),
    "too long": lambda t: signed(t.claims(exp=seconds(t, minutes=6, seconds=1))),
    "without an end": lambda t: signed(t.claims(exp=...)),
    "of tomorrow": lambda t: signed(t.claims(iat=seconds(t, minutes=2))),
    "not yet": lambda t: signed(t.claims(nbf=seconds(t, minutes=2))),
    "ends before it begins": lambda t: signed(t.claims(iat=seconds(t, seconds=30), exp=seconds(t, seconds=10))),
    "another key": lambda t: signed(t.claims(), OTHER),
    "another kid": lambda t: signed(t.claims(), kid="ec-2"),
    "no kid": lambda t: signed(t.claims(), kid=...),
    "no typ": lambda t: signed(t.claims(), typ=...),
    "another typ": lambda t: signed(t.claims(), typ="at+jwt"),
    "another subject": lambda t: signed(t.claims(sub="ehr-2")),
    "no subject": lambda t: signed(t.claims(sub=...)),
    "an unknown client": lambda t: signed(t.claims("nobody")),
    "a key address elsewhere": lambda t: signed(t.claims(), jku="https://evil.example.org/jwks.json"),
    "crit": lambda t: signed(t.claims(), crit=["exp"]),
    "no jti": lambda t: signed(t.claims(jti=...)),
    "an odd jti": lambda t: signed(t.claims(jti=7)),
    "no token": lambda _: "x",
}


@pytest.mark.parametrize("name", FORGED)
def test_who_is_not_known_hears_that_and_no_more(steady: Trust, name: str) -> None:
    usual = steady.ask("a.b.c")

    answer = steady.ask(FORGED[name](steady))

    assert answer.status_code == 401
    assert (
        answer.get_json()
        == usual.get_json()
        == {
            "error": "invalid_client",
            "error_description": "Authentication is required.",
        }
    )


def test_an_assertion_is_good_once_for_all_processes(everywhere: Trust) -> None:
    assertion = signed(everywhere.claims())
    assert everywhere.ask(assertion).status_code == 200

    again = Trust(everywhere.settings)
    assert refusal(again, assertion) == "invalid_client"
    again.deps.store.close()


def test_two_clients_may_use_the_same_jti(trust: Trust) -> None:
    trust.register("ehr-2")

    for id in ("ehr-1", "ehr-2"):
        assert trust.ask(signed(trust.claims(id, jti="same"))).status_code == 200


def test_a_refused_assertion_uses_up_nothing(trust: Trust) -> None:
    claims = trust.claims()
    refusal(trust, signed(claims, OTHER))
    refusal(trust, signed(claims | {"aud": "x"}))

    assert trust.ask(signed(claims)).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": [TOKEN_URL]},
        {"aud": ["x", TOKEN_URL]},
        {"aud": "https://um.example.org:443/oauth/token"},
        {"iat": 0.5, "exp": 300},
        {"nbf": 0, "iat": 0},
    ],
)
def test_a_client_may_say_it_in_several_ways(steady: Trust, changed: dict[str, Any]) -> None:
    now = seconds(steady)
    moved = {name: value + now if name in {"iat", "exp", "nbf"} else value for name, value in changed.items()}

    assert steady.ask(signed(steady.claims(**moved))).status_code == 200


def test_the_field_client_id_names_the_same_client_if_it_is_there(trust: Trust) -> None:
    assert trust.ask(client_id="ehr-1").status_code == 200
    assert refusal(trust, client_id="ehr-2") == "invalid_client"


def test_a_client_of_another_kind_proves_itself_in_another_way(trust: Trust) -> None:
    trust.register("udap-1", kind=ClientKind.UDAP, uri="https://ehr.example.org")

    assert refusal(trust, signed(trust.claims("udap-1"))) == "invalid_client"


def test_the_log_says_why_and_nothing_of_the_token(trust: Trust, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fhir_um")
    tokens = [signed(trust.claims(aud="x")), signed(trust.claims("nobody")), signed(trust.claims())]

    trust.ask(client_secret="top-secret")
    issued = [trust.ask(token) for token in tokens][-1].get_json()["access_token"]

    told = [record.given for record in caplog.records if record.getMessage() == "client-refused"]  # type: ignore[attr-defined]  # ours
    assert [(row["reason"], row["client_id"]) for row in told] == [("audience", "ehr-1"), ("issuer", None)]
    requests = [record.given for record in caplog.records if record.getMessage() == "request"]  # type: ignore[attr-defined]  # ours
    assert all(row["bytes_in"] > 0 for row in requests)
    everything = caplog.text + str([vars(record) for record in caplog.records])
    for secret in (*tokens, issued, "top-secret", "nobody"):
        assert secret not in everything


# --- what is no request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": ...}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "x", "password": "y"}, "unsupported_grant_type"),
        ({"scope": ...}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "system/Patient.r openid launch system/Claim.sr"}, "invalid_scope"),
        ({"client_assertion": ...}, "invalid_client"),
        ({"client_assertion_type": ...}, "invalid_client"),
        ({"client_assertion_type": "urn:other"}, "invalid_client"),
        ({"client_assertion": ..., "client_id": "ehr-1", "client_secret": "x"}, "invalid_client"),
    ],
)
def test_a_request_that_cannot_be_met_says_what_it_lacks(steady: Trust, changed: dict[str, Any], error: str) -> None:
    assert refusal(steady, **changed) == error


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{}", "application/json", 415),
        (b"grant_type=a&grant_type=a", FORM, 400),
        (b"grant_type=%ff", FORM, 400),
        (b"grant_type=\xff", FORM, 400),
        (b"a=1&" * 31, FORM, 400),
        (b"a=" + b"x" * 70_000, FORM, 413),
        (b"", FORM, 400),
        (b"", "", 415),
    ],
)
def test_what_is_no_form_is_refused_in_the_way_of_oauth(steady: Trust, body: bytes, media: str, status: int) -> None:
    answer = steady.http.post("/oauth/token", data=body, content_type=media)

    assert (answer.status_code, answer.get_json()["error"]) == (status, "invalid_request")


def test_no_other_method_is_offered(trust: Trust) -> None:
    for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke"):
        answer = trust.http.get(path + "?grant_type=client_credentials")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert answer.get_json()["error"] == "invalid_request"


def test_a_wrong_token_at_the_token_endpoint_is_refused_too(trust: Trust) -> None:
    answer = trust.ask(headers={"Authorization": "Basic ZWhyLTE6c2VjcmV0"})

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


# --- what is granted --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered", "asked", "granted"),
    [
        ("system/Claim.cruds", "system/Claim.read", "system/Claim.rs"),
        ("system/*.rs", "system/claimresponse.rs system/CLAIM.r", "system/Claim.r system/ClaimResponse.rs"),
        ("system/Claim.c", "system/*.*", "system/Claim.c"),
        ("system/Claim.read um/validate", "system/Claim.write um/validate um/cases.decide", "um/validate"),
    ],
)
def test_no_more_is_granted_than_is_registered(trust: Trust, registered: str, asked: str, granted: str) -> None:
    trust.register("narrow", scopes=tuple(registered.split()))

    answer = trust.ask(signed(trust.claims("narrow")), scope=asked)

    assert answer.get_json()["scope"] == granted


def test_a_scope_that_was_not_asked_for_opens_nothing(trust: Trust) -> None:
    token = trust.token(scope="system/Claim.rs")

    answer = trust.get(token)

    assert (answer.status_code, issues_told(answer)[0]["code"]) == (403, "forbidden")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="um/cases.read"'


def test_a_client_speaks_to_its_own_payers_that_are_on_file(trust: Trust) -> None:
    with pytest.raises(Refusal) as refused:
        trust.register("lost", payer_ids=("no-payer",))

    assert refused.value.kind is Kind.INVALID


def test_without_its_payer_a_client_is_asked_to_wait(sqlite_url: str) -> None:
    with trusting(sqlite_url, load=lambda _: None) as trust:
        trust.register(payer_ids=())

        assert trust.get(trust.token()).status_code == 503


# --- introspection and revocation -------------------------------------------------------------------------------------


def test_an_operator_sees_what_a_token_is_good_for(trust: Trust) -> None:
    token = trust.token(scope="system/Claim.cr")

    assert trust.introspected(token) == {
        "active": True,
        "client_id": "ehr-1",
        "sub": "ehr-1",
        "iss": URL,
        "scope": "system/Claim.cr",
        "token_type": "Bearer",
        "iat": seconds(trust),
        "exp": seconds(trust, minutes=5),
    }
    trust.at += timedelta(minutes=5)
    assert trust.introspected(token) == {"active": False}
    assert trust.introspected("made-up") == {"active": False}


def test_only_an_operator_may_ask_about_tokens(trust: Trust) -> None:
    token = trust.token(scope="system/*.cruds")
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {token}"}, 403)):
        answer = trust.http.post("/oauth/introspect", data={"token": token}, headers=headers)
        assert answer.status_code == status
        assert answer.get_json()["error"] in {"invalid_client", "insufficient_scope"}


def test_a_client_gives_a_token_back(trust: Trust) -> None:
    token, other = trust.token(), trust.token()

    form = trust.form(grant_type=..., scope=..., token=token)
    answer = trust.http.post("/oauth/revoke", data=form)

    assert answer.status_code == 200
    assert trust.get(token).status_code == 401
    assert trust.get(other).status_code == 200


def test_nobody_gives_back_the_token_of_another(trust: Trust) -> None:
    trust.register("ehr-2")
    token = trust.token("ehr-2")

    for given in (token, "made-up"):
        answer = trust.http.post("/oauth/revoke", data=trust.form(token=given))
        assert answer.status_code == 200
    unproven = trust.http.post("/oauth/revoke", data=trust.form("x", token=token))

    assert unproven.get_json()["error"] == "invalid_client"
    assert trust.get(token).status_code == 200


# --- certificates -----------------------------------------------------------------------------------------------------

CERTIFICATE = base64.b64encode(b"\x30 a certificate").decode()
ANOTHER = base64.b64encode(b"\x30 another one").decode()
SHOWN = {"X-Client-Cert": CERTIFICATE}
BEHIND_PROXY = {"certificate_header": "X-Client-Cert", "proxies": ("127.0.0.1",)}


@pytest.mark.spec("hrex:sec-10", "hrex:sec-12", "hrex:sec-16")
@pytest.mark.spec("pas:priv-3")
def test_a_token_is_bound_to_the_certificate_it_was_fetched_with(sqlite_url: str) -> None:
    with trusting(sqlite_url, **BEHIND_PROXY) as trust:
        trust.register()
        token = trust.token(headers=SHOWN)

        assert trust.get(token, headers=SHOWN).status_code == 200
        assert trust.get(token).status_code == 401
        assert trust.get(token, headers={"X-Client-Cert": ANOTHER}).status_code == 401
        assert len(trust.introspected(token)["cnf"]["x5t#S256"]) == 43
        assert trust.get(trust.token(), headers=SHOWN).status_code == 200


@pytest.mark.spec("hrex:sec-12", "hrex:sec-13")
def test_a_client_registered_with_a_certificate_comes_with_it(sqlite_url: str) -> None:
    with trusting(sqlite_url, **BEHIND_PROXY) as trust:
        trust.register()
        thumb = trust.introspected(trust.token(headers=SHOWN))["cnf"]["x5t#S256"]
        trust.register("bound", certificates=(thumb,))

        assert trust.ask(signed(trust.claims("bound"))).status_code == 401
        assert trust.ask(signed(trust.claims("bound")), {"X-Client-Cert": ANOTHER}).status_code == 401
        assert trust.get(trust.token("bound", SHOWN), headers=SHOWN).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [{"proxies": ("127.0.0.1",)}, {"certificate_header": "X-Client-Cert", "proxies": ("10.0.0.0/8",)}],
)
def test_nobody_but_our_proxy_is_believed_about_certificates(sqlite_url: str, settings: dict[str, Any]) -> None:
    with trusting(sqlite_url, **settings) as trust:
        trust.register()

        assert "cnf" not in trust.introspected(trust.token(headers=SHOWN))
