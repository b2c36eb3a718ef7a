"""Composition: default deny, the sandbox's limits, what every answer carries, one line per request."""

import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir_um.api.routes import ROUTES
from fhir_um.app import make_app
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings, SettingsFault
from tests.fhir_um.doors import open_doors


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(database_url=sqlite_url, mode=Mode.SANDBOX)


@pytest.fixture
def deps(settings: Settings) -> Iterator[Deps]:
    made = make_deps(settings)
    yield made
    made.store.close()


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with open_doors(sqlite_url) as made:
        yield made


@pytest.fixture(scope="module")
def door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for requests that leave nothing behind."""
    with open_doors(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('door') / 'um.db')}") as made:
        yield made


def test_route_without_a_scope_stops_the_start(deps: Deps, settings: Settings) -> None:
    bare = replace(ROUTES[0], scope=None)  # type: ignore[arg-type]  # the very mistake

    with pytest.raises(ValueError, match="declares no scope"):
        make_app(deps, settings, (bare,))


def test_open_outside_the_sandbox_stops_the_start(deps: Deps, settings: Settings) -> None:
    with pytest.raises(SettingsFault, match="over TLS"):
        make_app(deps, replace(settings, mode=Mode.PRODUCTION))


@pytest.mark.parametrize("address", ["/", "/healthz", "/fhir/metadata", "/um/v1/cases"])
def test_another_host_name_is_refused(client: FlaskClient, address: str) -> None:
    assert client.get(address, headers={"Host": "rebound.example.org"}).status_code == 403


def test_every_answer_carries_the_safety_headers(client: FlaskClient) -> None:
    for address in ("/", "/healthz", "/nowhere", "/fhir/metadata"):
        headers = client.get(address).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Request-Id"]


def test_health_data_is_not_cached(client: FlaskClient) -> None:
    assert client.get("/um/v1/cases").headers["Cache-Control"] == "no-store"


def test_request_id_of_the_caller_is_kept_when_it_is_a_uuid(client: FlaskClient) -> None:
    for kept in ("6F1c2b7a-0d1e-4c55-9a53-0f4f2a7d9b11", "4bf92f3577b34da6a3ce929d0e0e4736"):
        assert client.get("/healthz", headers={"X-Request-Id": kept}).headers["X-Request-Id"] == kept
    for word in ("a b<c>", "abc-1", "Nora-Whitfield", "H1001-6103", "4bf92f3577b34da6a3ce929d0e0e473"):
        assert client.get("/healthz", headers={"X-Request-Id": word}).headers["X-Request-Id"] != word


def test_one_line_per_request_without_the_query(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "fhir_um"):
        client.get("/fhir/ClaimResponse?patient=HARBOR-SECRET")

    told = [record.__dict__["given"] for record in caplog.records]
    assert len(told) == 1
    assert (told[0]["route"], told[0]["status"], told[0]["guide"]) == ("/fhir/ClaimResponse", 200, "2.2.1")
    assert "SECRET" not in str(told)


def test_health(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_not_ready_before_the_database_is_migrated(tmp_path: object) -> None:
    with open_doors(f"sqlite:///{tmp_path}/empty.db", seeded=False) as client:
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "migrate" in answer.json["reason"]


def test_addresses_handed_out_follow_the_setting_and_not_the_request(sqlite_url: str) -> None:
    headers = {"Host": "localhost:1", "X-Forwarded-Host": "evil.example.org"}

    with open_doors(sqlite_url, public_url="https://payer.example.org") as client:
        answer = client.get("/fhir/metadata", headers=headers)

    assert answer.mimetype == "application/fhir+json"
    assert answer.json["implementation"]["url"] == "https://payer.example.org/fhir"


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X-ANY")


def test_nothing_is_mounted_that_has_no_row_in_the_table(client: FlaskClient) -> None:
    """The hook counter has doors of its own."""
    rules = (rule for rule in client.application.url_map.iter_rules() if not rule.endpoint.startswith("cds_hooks."))
    mounted = {(method, rule.rule) for rule in rules for method in rule.methods or ()}

    assert mounted - {("HEAD", route.path) for route in ROUTES} == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_every_address_and_method_meets_the_guard_or_is_not_offered(door: FlaskClient, path: str) -> None:
    """The sandbox's guard refuses a caller from elsewhere: so does every door there is."""
    others = [route for route in ROUTES if route.path == path]
    offered = {route.method for route in others} | {"HEAD" for route in others if route.method == "GET"}
    address = re.sub(r"<[a-z_]+>", "1", path.replace("<type_name>", "Claim"))

    for method in METHODS:
        answer = door.open(address, method=method, headers={"Host": "evil.example"})
        assert answer.status_code == (403 if method in offered else 405), method


@pytest.mark.parametrize(
    ("address", "media"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/healthz", "application/json; charset=utf-8"),
        ("/readyz", "application/json; charset=utf-8"),
        ("/um/v1/cases", "application/json; charset=utf-8"),
        ("/um/v1/cases/1", "application/problem+json; charset=utf-8"),
        ("/um/v1/pa-list?format=csv", "text/csv; charset=utf-8"),
        ("/um/v1/pa-list?format=html", "text/html; charset=utf-8"),
        ("/fhir/metadata", "application/fhir+json; charset=utf-8"),
        ("/fhir/Claim?patient=Patient/1", "application/fhir+json; charset=utf-8"),
        ("/fhir/Claim/1", "application/fhir+json; charset=utf-8"),
        ("/fhir/Claim/$nothing", "application/fhir+json; charset=utf-8"),
    ],
)
def test_every_answer_names_its_kind_and_how_it_may_be_kept(door: FlaskClient, address: str, media: str) -> None:
    headers = door.get(address).headers

    assert headers["Content-Type"] == media
    assert headers["Cache-Control"] in {"no-store", "no-cache", "public, max-age=300"}
    assert ("no-store" in headers["Cache-Control"]) or "pa-list" in address or "metadata" in address
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in headers["Content-Security-Policy"]
