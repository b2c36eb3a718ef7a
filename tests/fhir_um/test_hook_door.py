"""The door of the hook counter as it stands in the application: registered clients, one store, no reasons, no logs."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from fhir_um.app import make_app
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.simulators.signing import SigningKey, hook_claims
from tests.conftest import NOW, now

URL = "https://payer.example.org"
ISSUER = "https://ehr.example.org"
KEY = SigningKey.new()
FROM_AFAR = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def processes(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    """Two processes of one server: each its own application, both over one store."""
    clients = tmp_path / "clients.yaml"
    entry = {"id": "ehr-1", "name": "General Hospital", "issuer": ISSUER, "keys": KEY.public_jwks()["keys"]}
    clients.write_text(yaml.safe_dump({"clients": [entry]}))
    settings = Settings(database_url=sqlite_url, mode=Mode.SANDBOX, public_url=URL, hook_clients=clients)
    deps = [make_deps(settings, clock=now) for _ in range(2)]
    first, second = (make_app(each, settings).test_client() for each in deps)
    yield first, second
    for each in deps:
        each.store.close()


def token(path: str = "/cds-services", **changed: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEY.token(hook_claims(ISSUER, URL + path, NOW, path) | changed)}"}


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:20", "crd-check:27")
def test_a_signed_call_is_answered_once_by_whatever_process(processes: tuple[FlaskClient, FlaskClient]) -> None:
    one, other = processes
    headers = token()

    assert one.get("/cds-services", headers=headers, environ_overrides=FROM_AFAR).status_code == 200
    assert other.get("/cds-services", headers=headers, environ_overrides=FROM_AFAR).status_code == 401
    assert other.get("/cds-services", headers=token(jti="2"), environ_overrides=FROM_AFAR).status_code == 200


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:22", "crd-check:31")
def test_a_refusal_gives_no_reason_and_no_log_has_the_token(
    processes: tuple[FlaskClient, FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = [{}, token(aud="x"), token(iss="x"), token(exp=1), token(jti=""), {"Authorization": "Bearer a.b.c"}]

    told = [processes[0].get("/cds-services", headers=each, environ_overrides=FROM_AFAR) for each in wrong]

    assert {each.status_code for each in told} == {401}
    assert len({each.get_data() for each in told}) == 1
    for each in wrong:
        assert each.get("Authorization", "Bearer no token").removeprefix("Bearer ") not in caplog.text
    assert "eyJ" not in caplog.text


@pytest.mark.spec("hooks:jwt", "crd-check:25")
@pytest.mark.spec("hooks:jwt", "crd-check:22")
def test_our_log_says_why_a_caller_was_refused(
    processes: tuple[FlaskClient, FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fhir_um")
    used = token(jti="used")
    wrong = [{}, {"Authorization": "Bearer a.b.c"}, token(iss="x"), token(aud="x"), token(exp=1), token(jti=""), used]
    processes[0].get("/cds-services", headers=used, environ_overrides=FROM_AFAR)
    caplog.clear()

    for each in wrong:
        processes[0].get("/cds-services", headers=each, environ_overrides=FROM_AFAR)

    lines = [(record.getMessage(), record.given) for record in caplog.records]  # type: ignore[attr-defined]  # ours
    refused = [line for event, line in lines if event == "refused"]
    assert [(line["reason"], line["client_id"]) for line in refused] == [
        ("no-token", None),
        ("no-jwt", None),
        ("issuer", None),
        ("audience", "ehr-1"),
        ("time", "ehr-1"),
        ("replay", "ehr-1"),
        ("replay", "ehr-1"),
    ]
    of_requests = [line for event, line in lines if event == "request"]
    assert [line["request_id"] for line in refused] == [line["request_id"] for line in of_requests]
    assert {line["outcome"] for line in of_requests} == {"unknown-caller"}
    assert {line["client_id"] for line in of_requests} == {None}


def test_a_token_is_for_the_address_that_is_published(processes: tuple[FlaskClient, FlaskClient]) -> None:
    """Not for the one a Host header names."""
    seen = processes[0].get(
        "/cds-services",
        headers=token(aud="https://evil.example.org/cds-services") | {"Host": "evil.example.org"},
        environ_overrides=FROM_AFAR,
    )

    assert seen.status_code == 401


@pytest.mark.spec("crd-check:5")
def test_the_sandbox_is_open_to_this_machine(processes: tuple[FlaskClient, FlaskClient]) -> None:
    assert processes[0].get("/cds-services").status_code == 200
