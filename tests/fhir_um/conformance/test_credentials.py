"""What a request brings to show who asks."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.stage import BrokenOff
from fhir_um.conformance.tester import Client, FhirAuth, FhirCredentials, HookAuth, HookCredentials
from fhir_um.simulators.signing import SigningKey
from tests.fhir_um.conformance.playing_for import SERVER, TESTER, Recorder, got

BASE, HOOK = f"{SERVER}/fhir", f"{SERVER}/cds-services/order-sign"
KEYS_URL = "http://127.0.0.1:9/jwks.json"


def credentials(
    client: Client, server: Any = None, environ: dict[str, str] | None = None, **others: Client
) -> Credentials:
    tester = replace(TESTER, authentication=client, clients=others)
    return Credentials(tester, server or Recorder(got({}, 404)), environ or {}, KEYS_URL)


def of_fhir(**known: Any) -> Client:
    return Client(fhir=FhirCredentials(**known))


def of_hooks(**known: Any) -> Client:
    return Client(hooks=HookCredentials(**known))


def parts(authorization: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, body, signature = authorization.removeprefix("Bearer ").split(".")
    return _decoded(head), _decoded(body), signature


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(SigningKey.new()._key.as_dict(private=True)))
    return path


# --- FHIR -------------------------------------------------------------------------------------------------------------


def test_who_needs_no_token_shows_none() -> None:
    assert credentials(Client()).fhir("", BASE) == ""
    assert credentials(of_fhir(kind=FhirAuth.BEARER, token_env="T")).fhir("nobody", BASE) == ""


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("from-file\n")

    known = credentials(of_fhir(kind=FhirAuth.BEARER, token_env="T"), environ={"T": "from-env"})
    assert known.fhir("", BASE) == "Bearer from-env"
    assert credentials(of_fhir(kind=FhirAuth.BEARER, token_file=path)).fhir("", BASE) == "Bearer from-file"


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"kind": FhirAuth.BEARER, "token_env": "T"}, "there is no token in T"),
        ({"kind": FhirAuth.BEARER, "token_file": Path("/none")}, "/none: No such file"),
        ({"kind": FhirAuth.BACKEND_SERVICES, "client_id": "me", "key_file": Path("/none")}, "says at /.well-known"),
    ],
)
def test_a_missing_secret_breaks_off(known: dict[str, Any], why: str) -> None:
    with pytest.raises(BrokenOff, match=why):
        credentials(of_fhir(**known)).fhir("", BASE)


def test_a_further_client_has_credentials_of_its_own() -> None:
    known = credentials(Client(), environ={"T": "theirs"}, other=of_fhir(kind=FhirAuth.BEARER, token_env="T"))

    assert known.fhir("other", BASE) == "Bearer theirs"
    with pytest.raises(BrokenOff, match="takes a further client, `third`"):
        known.fhir("third", BASE)


def test_backend_services_asks_where_the_server_says_and_keeps_the_token(key_file: Path) -> None:
    server = Recorder(
        got({}, 404),
        got({"token_endpoint": "http://auth.test/token", "scopes_supported": ["system/Claim.r", "x"]}),
        got({"access_token": "given", "expires_in": 300}),
    )
    known = credentials(of_fhir(kind=FhirAuth.BACKEND_SERVICES, client_id="me", key_file=key_file), server)

    assert [known.fhir("", BASE), known.fhir("", BASE)] == ["Bearer given", "Bearer given"]

    places = [sending.url for sending in server.asked]
    assert places == [
        f"{BASE}/.well-known/smart-configuration",
        f"{SERVER}/.well-known/smart-configuration",
        "http://auth.test/token",
    ]
    form = parse_qs(server.asked[-1].body.decode())
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["system/Claim.r x"])
    claims = parts(form["client_assertion"][0])[1]
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("me", "me", "http://auth.test/token")


def test_a_token_that_is_refused_breaks_off(key_file: Path) -> None:
    client = of_fhir(
        kind=FhirAuth.BACKEND_SERVICES, client_id="me", key_file=key_file, token_endpoint="http://a.test/t", scope="x"
    )

    with pytest.raises(BrokenOff, match="http://a.test/t gives no token: 401 invalid_client"):
        credentials(client, Recorder(got({"error": "invalid_client"}, 401))).fhir("", BASE)


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_a_hook_call_is_signed_with_a_key_the_run_publishes() -> None:
    known = credentials(Client())

    header, claims, _ = parts(known.hook("", HOOK))

    assert (header["jku"], claims["iss"], claims["aud"]) == (KEYS_URL, "http://127.0.0.1:9", HOOK)
    assert header["kid"] in {key["kid"] for key in known.published_keys()["keys"]}
    assert all("d" not in key for key in known.published_keys()["keys"])


def test_hooks_without_authentication_get_no_token() -> None:
    assert credentials(of_hooks(kind=HookAuth.NONE)).hook("", HOOK) == ""
    assert credentials(Client()).hook("nobody", HOOK) == ""


def test_the_testers_own_key_signs_as_its_issuer(key_file: Path) -> None:
    client = of_hooks(kind=HookAuth.JWT, issuer="https://ehr.test", key_file=key_file, kid="mine", jku="https://k.test")

    header, claims, _ = parts(credentials(client).hook("", HOOK))

    assert (header["kid"], header["jku"], header["alg"]) == ("mine", "https://k.test", "ES384")
    assert claims["iss"] == "https://ehr.test"


def test_the_testers_own_key_signs_only_as_it_can(key_file: Path) -> None:
    known = credentials(of_hooks(kind=HookAuth.JWT, issuer="x", key_file=key_file))

    with pytest.raises(BrokenOff, match="signs with ES384, not with RS384"):
        known.signed(HOOK, alg="RS384")


def test_a_file_that_holds_no_key_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("nothing")

    with pytest.raises(BrokenOff, match=r"key.pem: This is no private key"):
        credentials(of_hooks(kind=HookAuth.JWT, issuer="x", key_file=path)).signed(HOOK)


def test_claims_and_header_are_spoiled_as_asked() -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)

    header, claims, _ = parts(credentials(Client()).signed(HOOK, aud="http://x", exp=at, jti=None, kid="none-such"))

    assert (header["kid"], claims["aud"], claims["exp"]) == ("none-such", "http://x", int(at.timestamp()))
    assert "jti" not in claims


def test_algorithms_are_signed_with_or_lied_about() -> None:
    known = credentials(Client())

    assert parts(known.signed(HOOK, alg="RS384"))[0]["alg"] == "RS384"
    assert len(parts(known.signed(HOOK, alg="RS384"))[2]) > 300
    assert parts(known.signed(HOOK, alg="HS256"))[0]["alg"] == "HS256"
    assert parts(known.signed(HOOK, alg="none"))[2] == ""
    assert parts(known.signed(HOOK, signature="none"))[2] == ""


def test_a_key_nobody_knows_may_sign_under_the_name_of_ours() -> None:
    known = credentials(Client())

    header, _, signature = parts(known.signed(HOOK, signature="other"))

    assert header["kid"] in {key["kid"] for key in known.published_keys()["keys"]}
    assert signature
