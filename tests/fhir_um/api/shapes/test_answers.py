"""Every answer of our own API has a shape, and every example fits it; tests everywhere hold real answers against it."""

from typing import Any

import jsonschema_rs
import pytest

from fhir_um.api import audit, hooks, measures
from fhir_um.api.exchange import JSON, Route, is_own_api
from fhir_um.api.routes import ROUTES
from fhir_um.api.shapes.answers import ANSWERS, SHAPES
from fhir_um.api.shapes.examples import BODIES, EXAMPLES, PROBLEM
from profiles.outcome import PROBLEM_JSON
from tests.told import document

OWN = [route for route in ROUTES if is_own_api(route.path)]


def _operation(route: Route) -> dict[str, Any]:
    path = route.path.replace("<", "{").replace(">", "}")
    operation: dict[str, Any] = document()["paths"][path][route.method.lower()]
    return operation


def _faults(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    return [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("route", OWN, ids=lambda route: f"{route.method} {route.path}")
def test_every_json_answer_has_a_shape(route: Route) -> None:
    good = [said for status, said in _operation(route)["responses"].items() if status.startswith("20")]
    is_json = any(JSON in said.get("content", {}) for said in good)

    assert is_json is (route.handler in ANSWERS)


@pytest.mark.parametrize("route", OWN, ids=lambda route: f"{route.method} {route.path}")
def test_every_refusal_is_a_problem(route: Route) -> None:
    refused = {status: said for status, said in _operation(route)["responses"].items() if status >= "400"}

    assert {"401", "403", "405", "422", "429", "503"} <= set(refused)
    assert {media for said in refused.values() for media in said["content"]} == {PROBLEM_JSON}


def test_every_reference_leads_somewhere() -> None:
    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if "$ref" in value else set()
            return own.union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    used = names(list(SHAPES.values())) | names(list(ANSWERS.values()))
    assert used <= set(SHAPES)
    assert set(SHAPES) - used == {"Problem"}


@pytest.mark.parametrize("handler", EXAMPLES, ids=lambda handler: handler.__name__)
def test_every_example_of_an_answer_fits_its_shape(handler: Any) -> None:
    assert _faults(ANSWERS[handler], EXAMPLES[handler]) == []


@pytest.mark.parametrize("handler", BODIES, ids=lambda handler: handler.__name__)
def test_every_example_of_a_body_fits_its_shape(handler: Any) -> None:
    (route,) = [route for route in OWN if route.handler is handler]

    assert _faults(_operation(route)["requestBody"]["content"][JSON]["schema"], BODIES[handler]) == []


def test_every_body_has_an_example() -> None:
    bodies = {route.handler for route in OWN if JSON in _operation(route).get("requestBody", {}).get("content", {})}

    assert set(BODIES) == bodies


def test_every_answer_has_an_example_but_for_those_without_rows_of_ours() -> None:
    assert set(ANSWERS) - set(EXAMPLES) == {audit.alerts, hooks.explain, measures.pas, measures.crd}


def test_the_example_of_a_problem_fits_its_shape() -> None:
    assert _faults(SHAPES["Problem"], PROBLEM) == []


def test_acts_on_a_case_heed_its_tag_and_reads_theirs() -> None:
    for route in OWN:
        named = {str(given.get("$ref", "")).rpartition("/")[2] for given in _operation(route)["parameters"]}
        assert ("IfMatch" in named) is ("<case_id>" in route.path and route.method != "GET")
        assert ("IfNoneMatch" in named) is (route.method == "GET")
