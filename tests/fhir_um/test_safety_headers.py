"""What browsers are told with every answer, good or refused: to stay on TLS, to run nothing, and to share nothing."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from fhir_um.api.exchange import Route
from fhir_um.api.routes import ROUTES
from tests.fhir_um.doors import open_doors

OF_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HOOKS = ["/cds-services", "/cds-services/order-sign", "/cds-services/none", "/2.0.1/cds-services"]
ELSEWHERE = {"Origin": "https://app.example.org"}

every_route = pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])


@pytest.fixture(scope="module")
def client(sqlite_template, tmp_path_factory) -> Iterator[FlaskClient]:
    """A server that the world reaches by TLS."""
    file = tmp_path_factory.mktemp("headers") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    with open_doors(f"sqlite:///{file}", public_url="https://payer.example.org") as made:
        yield made


def address_of(route: Route) -> str:
    return re.sub("<[^>]+>", "x", route.path)


@pytest.mark.spec("hrex:sec-7")
@every_route
def test_every_answer_carries_them_and_no_other_origin_may_read_it(client: FlaskClient, route: Route) -> None:
    got = client.open(address_of(route), method=route.method, headers=ELSEWHERE)

    assert {name: got.headers.get(name) for name in OF_SAFETY} == OF_SAFETY
    assert got.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert got.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert "unsafe" not in got.headers["Content-Security-Policy"]
    assert "no-store" in got.headers["Cache-Control"] or route.scope.value == "public"
    assert [name for name, _ in got.headers if name.startswith("Access-Control-")] == []


@every_route
def test_no_other_origin_may_even_ask_whether_it_may(client: FlaskClient, route: Route) -> None:
    asking = ELSEWHERE | {"Access-Control-Request-Method": route.method}
    got = client.options(address_of(route), headers=asking)

    assert got.status_code == 405
    assert [name for name, _ in got.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize("address", HOOKS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_hooks_are_for_pages_of_any_origin_and_carry_them_too(client: FlaskClient, address: str, method: str) -> None:
    got = client.open(address, method=method, headers=ELSEWHERE)

    assert {name: got.headers.get(name) for name in OF_SAFETY} == OF_SAFETY
    assert got.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in got.headers


def test_nobody_is_kept_on_tls_where_there_is_none(sqlite_url: str) -> None:
    with open_doors(sqlite_url) as plain:
        assert "Strict-Transport-Security" not in plain.get("/").headers
