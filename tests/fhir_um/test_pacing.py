"""The pace of callers as it stands in the application: on every route, at the hook counter, and where nothing is."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir_um.api import health
from fhir_um.api.exchange import Route
from fhir_um.api.routes import ROUTES
from fhir_um.app import make_app
from fhir_um.auth.scopes import Scope
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from tests.fhir_um.api.outcomes import issues_told
from tests.people import people

COUNTED = [route for route in ROUTES if route.path not in health.PATHS]
FROM_AFAR = {"REMOTE_ADDR": "203.0.113.9"}


@contextmanager
def serving(url: str, per_minute: int = 1, proxies: tuple[str, ...] = ()) -> Iterator[FlaskClient]:
    """One request a minute, unless told otherwise."""
    settings = Settings(database_url=url, mode=Mode.SANDBOX, requests_per_minute=per_minute, proxies=proxies)
    deps = make_deps(settings)
    seed(people(), deps)
    yield make_app(deps, settings).test_client()
    deps.store.close()


def address_of(route: Route) -> str:
    return re.sub("<[^>]+>", "x", route.path)


def demand_too_many(got: TestResponse) -> None:
    assert got.status_code == 429
    assert 0 < int(got.headers["Retry-After"]) <= 60
    assert got.get_json().get("error") or [issue["code"] for issue in issues_told(got)] == ["throttled"]


@pytest.fixture(scope="module")
def spent(sqlite_template, tmp_path_factory) -> Iterator[FlaskClient]:
    """A server that has let through what it lets through in this minute, of the known and of strangers."""
    file = tmp_path_factory.mktemp("paced") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    with serving(f"sqlite:///{file}") as client:
        assert client.get("/fhir/metadata").status_code == 200
        assert client.get("/um/v1/cases").status_code == 200
        yield client


@pytest.mark.parametrize("route", COUNTED, ids=[f"{route.method} {route.path}" for route in COUNTED])
def test_every_route_answers_429_to_whoever_comes_too_often(spent: FlaskClient, route: Route) -> None:
    demand_too_many(spent.open(address_of(route), method=route.method))


@pytest.mark.parametrize("address", ["/nowhere", "/fhir/nowhere", "/um/v1/cases/a/b/c"])
def test_looking_for_what_is_not_there_is_counted(spent: FlaskClient, address: str) -> None:
    demand_too_many(spent.get(address))


@pytest.mark.parametrize("address", ["/cds-services", "/2.0.1/cds-services"])
def test_hooks_too_and_pages_may_read_why(spent: FlaskClient, address: str) -> None:
    got = spent.get(address)

    demand_too_many(got)
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert got.headers["Access-Control-Expose-Headers"] == "Retry-After"
    demand_too_many(spent.post(f"{address}/order-sign", json={}))
    demand_too_many(spent.post(f"{address}/order-sign/feedback", json={}))


@pytest.mark.parametrize("address", sorted(health.PATHS))
def test_whoever_watches_is_always_answered(spent: FlaskClient, address: str) -> None:
    assert [spent.get(address).status_code for _ in range(5)] == [200] * 5
    assert {route.scope for route in ROUTES if route.path == address} == {Scope.PUBLIC}


@pytest.mark.parametrize("address", sorted(health.PATHS))
def test_whoever_watches_does_not_guess(sqlite_url: str, address: str) -> None:
    """A refusal leaves a row, so nobody may be refused as often as they like anywhere."""
    with serving(sqlite_url) as client:
        guess = {"Authorization": "Bearer guess"}

        assert client.get(address, headers=guess).status_code == 401
        demand_too_many(client.get(address, headers=guess))
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address", ["/cds-services/nothing", "/cds-services/a/b", "/2.0.1/cds-services/nothing/feedback"]
)
def test_looking_for_services_is_counted(spent: FlaskClient, address: str) -> None:
    demand_too_many(spent.post(address, json={}))


@pytest.mark.parametrize("address", ["/cds-services", "/cds-services/order-sign-crd"])
def test_a_call_in_another_way_is_counted(spent: FlaskClient, address: str) -> None:
    demand_too_many(spent.delete(address))


def test_nothing_is_written_about_whoever_comes_too_often(sqlite_url: str) -> None:
    with serving(sqlite_url) as client, closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as looking:
        client.get("/um/v1/cases")
        client.get("/nowhere")
        before = looking.execute("PRAGMA data_version").fetchone()

        for address in ("/um/v1/cases", "/nowhere", "/cds-services"):
            demand_too_many(client.get(address))

        assert looking.execute("PRAGMA data_version").fetchone() == before
        client.get("/fhir/metadata", headers={"Host": "rebound.example.org"})
        assert looking.execute("PRAGMA data_version").fetchone() != before, "else this would see nothing"


def test_guesses_from_one_address_are_refused_unread(sqlite_url: str) -> None:
    with serving(sqlite_url) as client:
        guess = {"Authorization": "Bearer guess"}
        assert client.get("/um/v1/cases", headers=guess, environ_overrides=FROM_AFAR).status_code == 401

        demand_too_many(client.get("/um/v1/cases", headers=guess, environ_overrides=FROM_AFAR))
        demand_too_many(client.get("/fhir/metadata", headers=guess, environ_overrides=FROM_AFAR))
        demand_too_many(client.get("/cds-services", headers=guess, environ_overrides=FROM_AFAR))
        assert client.get("/um/v1/cases").status_code == 200


def test_whoever_makes_up_a_session_is_refused_unread(sqlite_url: str) -> None:
    """A change from a page elsewhere is refused before the session is looked at, and that leaves a row too."""
    with serving(sqlite_url) as client:
        client.set_cookie("fhir-um-session", "guess")

        assert client.post("/fhir/Claim/$submit", environ_overrides=FROM_AFAR).status_code == 403
        demand_too_many(client.post("/fhir/Claim/$submit", environ_overrides=FROM_AFAR))


def test_only_a_proxy_of_ours_says_where_a_call_comes_from(sqlite_url: str) -> None:
    with serving(sqlite_url, proxies=("10.0.0.0/8",)) as client:

        def ask(peer: str, forwarded_for: str) -> int:
            headers = {"X-Forwarded-For": forwarded_for}
            return client.get("/fhir/metadata", headers=headers, environ_overrides={"REMOTE_ADDR": peer}).status_code

        assert [ask("10.0.0.1", f"203.0.113.{n}") for n in range(3)] == [200, 200, 200]
        assert ask("10.0.0.1", "203.0.113.1") == 429
        assert [ask("198.51.100.4", f"192.0.2.{n}") for n in range(3)] == [200, 429, 429]


def test_without_a_pace_nobody_is_counted(sqlite_url: str) -> None:
    with serving(sqlite_url, per_minute=0) as client:
        assert {client.get("/um/v1/cases").status_code for _ in range(20)} == {200}
