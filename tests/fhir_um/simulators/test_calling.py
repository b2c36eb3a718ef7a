"""How the fake EHR calls a payer: signed for the address it calls, with its keys where the token says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from fhir_um.simulators.calling import Caller, CallFault, call_hook, discover
from fhir_um.simulators.listening import JSON, Asked, Listener, Told, json_told
from fhir_um.simulators.signing import SigningKey

KEY = SigningKey.new()
CALLER = Caller(
    KEY, "http://127.0.0.1:1", "http://127.0.0.1:1/jwks.json", lambda: datetime(2026, 11, 22, tzinfo=UTC), lambda: "jti"
)
HEARD: list[Asked] = []


def payer(asked: Asked) -> Told:
    HEARD.append(asked)
    services = [{"hook": "order-sign", "id": "first"}, {"hook": "order-sign", "id": "second"}]
    return json_told({"services": services} if asked.method == "GET" else {"cards": []}, content_type=JSON)


@pytest.fixture
def server() -> Iterator[Listener]:
    HEARD.clear()
    with Listener(payer) as running:
        yield running


def claims(asked: Asked) -> tuple[dict[str, str], dict[str, object]]:
    keys = KeySet.import_key_set(KEY.public_jwks())  # type: ignore[arg-type]  # a plain dict does
    token = jws.deserialize_compact(asked.headers["authorization"].removeprefix("Bearer "), keys, algorithms=["ES384"])
    return token.headers(), json.loads(token.payload)


def test_the_first_service_of_a_hook_is_called_with_a_token_for_it(server: Listener) -> None:
    (url,) = discover(server.url, CALLER).values()
    called = call_hook(url, {"hook": "order-sign"}, CALLER)

    assert url == f"{server.url}/cds-services/first"
    assert (called.status, called.body) == (200, b'{"cards":[]}')
    for asked, audience in zip(HEARD, (f"{server.url}/cds-services", url), strict=True):
        head, said = claims(asked)
        assert head["jku"] == "http://127.0.0.1:1/jwks.json"
        assert (said["iss"], said["aud"], said["jti"]) == ("http://127.0.0.1:1", audience, "jti")


def test_a_call_may_go_without_a_token(server: Listener) -> None:
    call_hook(f"{server.url}/cds-services/first", {}, None)

    assert "authorization" not in HEARD[0].headers


def test_discovery_is_found_with_or_without_its_path(server: Listener) -> None:
    assert discover(server.url) == discover(f"{server.url}/cds-services/")


def test_what_is_no_payer_is_told_in_words() -> None:
    with Listener(lambda _asked: Told(404, b"nothing")) as running, pytest.raises(CallFault, match="answers 404"):
        discover(running.url)
    with pytest.raises(CallFault, match="Nobody answers"):
        discover("http://127.0.0.1:1")
    with pytest.raises(CallFault, match="is not an address"):
        discover("payer")
