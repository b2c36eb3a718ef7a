"""`/openapi.json` tells the truth: every route, parameter and shape that is taken, in valid OpenAPI."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableMultiDict

from cds_hooks.offered import SERVICES
from fhir_um.api import sign_in
from fhir_um.api.described import BY_HANDLER, described
from fhir_um.api.forms import FORM
from fhir_um.api.openapi import openapi
from fhir_um.api.routes import ROUTES
from fhir_um.auth.scopes import Scope
from tests.fhir_um.doors import open_doors

URL = "https://payer.example.org"
DOCUMENT: dict[str, Any] = openapi(ROUTES, URL)
OPERATIONS = [(method, path, operation) for path, row in DOCUMENT["paths"].items() for method, operation in row.items()]
LOOKED_AT_ANYWAY = {"_format"}
"""A format is looked at wherever FHIR is answered, and taken where it is not declared."""


class Watched(ImmutableMultiDict[str, str]):
    """The query of a request, which remembers what was asked of it."""

    names: set[str] = set()

    def get(self, key: str, *others: Any, **more: Any) -> Any:
        self.names.add(key)
        return super().get(key, *others, **more)

    def getlist(self, key: str, *others: Any, **more: Any) -> Any:
        self.names.add(key)
        return super().getlist(key, *others, **more)


@pytest.fixture(scope="module")
def watched(sqlite_template, tmp_path_factory) -> Iterator[FlaskClient]:
    file = tmp_path_factory.mktemp("watched") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    with open_doors(f"sqlite:///{file}") as client:
        client.application.request_class = type(
            "Watching", (client.application.request_class,), {"parameter_storage_class": Watched}
        )
        yield client


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_route_is_told_once() -> None:
    told = {(method.upper(), path) for method, path, _ in OPERATIONS}
    hooks = {(method, path) for method, path in told if "/cds-services" in path}

    served = {(route.method, route.path.replace("<", "{").replace(">", "}")) for route in ROUTES}
    assert told - hooks == served
    assert len(hooks) == 6
    assert len({operation["operationId"] for _, _, operation in OPERATIONS}) == len(OPERATIONS)


def test_every_hook_service_is_told() -> None:
    (ids,) = {tuple(o["parameters"][0]["schema"]["enum"]) for m, p, o in OPERATIONS if p.endswith("cds-services/{id}")}

    assert ids == tuple(service.id for service in SERVICES)


def test_only_public_routes_are_told_as_open() -> None:
    public = {(r.method.lower(), r.path.replace("<", "{").replace(">", "}")) for r in ROUTES if r.scope is Scope.PUBLIC}

    assert {(method, path) for method, path, operation in OPERATIONS if not operation["security"]} == public


def test_every_scope_is_told() -> None:
    scopes = DOCUMENT["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]

    assert set(scopes) == {route.scope.value for route in ROUTES if route.scope is not Scope.PUBLIC}


def test_every_handler_that_takes_a_body_says_which() -> None:
    taking = {route.handler for route in ROUTES if route.method in {"POST", "PUT", "PATCH"}} - {sign_in.sign_out}

    assert [handler for handler in taking if handler not in BY_HANDLER] == []


def _sent(route: Any) -> dict[str, Any]:
    """A body in a media type that is read there, with nothing in it."""
    body = described(route.handler).body
    if route.method not in {"POST", "PUT"}:
        return {}
    if body is not None and body.media == (FORM,):
        return {"data": b"", "content_type": FORM}
    return {"data": b'{"resourceType": "Parameters"}', "content_type": "application/fhir+json"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_a_handler_reads_of_a_query_is_told(watched: FlaskClient, route: Any) -> None:
    row = described(route.handler)
    told = {parameter.name for parameter in row.parameters if parameter.place == "query"}
    path = route.path
    for name in ("<type_name>", "<topic_id>"):
        path = path.replace(name, {"<type_name>": "Claim", "<topic_id>": "PASSubscriptionTopic"}[name])
    path = "/".join("x" if part.startswith("<") else part for part in path.split("/"))
    Watched.names.clear()

    answer = watched.open(path, method=route.method, **_sent(route))

    assert Watched.names - LOOKED_AT_ANYWAY <= told
    assert answer.status_code in {int(status) for status in _responses(route)}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_is_told_of_a_query_is_taken(watched: FlaskClient, route: Any) -> None:
    """A parameter that is told is not refused as one that is not known."""
    operation = DOCUMENT["paths"][route.path.replace("<", "{").replace(">", "}")][route.method.lower()]
    path = "/".join("x" if part.startswith("<") else part for part in route.path.split("/"))

    for parameter in operation["parameters"]:
        if parameter.get("in") == "query":
            query = {parameter["name"]: "x"}
            answer = watched.open(path, method=route.method, query_string=query, **_sent(route))
            assert "is not supported" not in answer.text


FORMS = [route for route in ROUTES if route.path.endswith(("/_search", "/disclosures"))]


@pytest.mark.parametrize("route", FORMS, ids=lambda route: f"{route.method} {route.path}")
def test_what_is_told_of_a_form_is_taken(watched: FlaskClient, route: Any) -> None:
    content = DOCUMENT["paths"][route.path]["post"]["requestBody"]["content"]
    names = content[FORM]["schema"]["properties"]

    answers = {name: watched.post(route.path, data={name: "x"}) for name in (*names, "nobody-tells-this")}

    assert [name for name, answer in answers.items() if "is not supported" in answer.text] == ["nobody-tells-this"]


def _responses(route: Any) -> dict[str, Any]:
    path = route.path.replace("<", "{").replace(">", "}")
    found: dict[str, Any] = DOCUMENT["paths"][path][route.method.lower()]["responses"]
    return found


def test_our_own_shapes_are_told_whole() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert set(schemas["DecisionIn"]["required"]) >= {"version", "role", "lines"}
    assert schemas["DecisionIn"]["additionalProperties"] is False
    assert schemas["QuantityIn"]["properties"]["value"] == {"type": "number"}
    assert {"LineIn", "AuthorizedIn", "MatchingIn", "PersonIn", "OperationOutcome", "OurFault"} <= set(schemas)


def test_the_server_answers_it(watched: FlaskClient) -> None:
    answer = watched.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.json["paths"].keys() == DOCUMENT["paths"].keys()
    assert answer.json["servers"] == [{"url": "http://127.0.0.1:8080"}]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def test_every_reference_leads_somewhere() -> None:
    for reference in set(_references(DOCUMENT)):
        place: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]
