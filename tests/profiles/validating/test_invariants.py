"""Invariants of definitions: where they hold, how strictly, and those that cannot be read."""

from typing import Any

import pytest

from tests.profiles.definitions import URL, Facts, bundle, checker, errors, profile, told, value_set

OBSERVATION: Facts = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}


def ruled(path: str, expression: str, severity: str = "error", type_name: str = "Observation") -> Any:
    """A checker with one profile `p` that has one invariant."""
    return checker(profile("p", type_name, {path: {"rules": {"t-1": [severity, expression]}}}))


def found(validator: Any, resource: Facts) -> Any:
    return told(validator.check(resource, (f"{URL}p",)))


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_an_invariant_is_as_strict_as_it_says(severity: str) -> None:
    assert found(ruled(".", "issued.exists()", severity), OBSERVATION) == [(severity, "Observation", "t-1")]
    assert found(ruled(".", "status.exists()", severity), OBSERVATION) == []


@pytest.mark.parametrize(
    ("path", "expression", "place"),
    [
        ("code", "coding.exists()", "Observation.code"),
        ("category", "text = 'a'", "Observation.category[1]"),
        ("component", "dataAbsentReason.exists()", "Observation.component[0]"),
        ("component.code", "coding.exists()", "Observation.component[0].code"),
        ("value[x]", "$this is Quantity", "Observation.valueString"),
        ("status", "$this = 'preliminary'", "Observation.status"),
        ("meta", "profile.exists()", "Observation.meta"),
    ],
)
def test_an_invariant_holds_where_it_stands(path: str, expression: str, place: str) -> None:
    resource = {
        **OBSERVATION,
        "meta": {"source": "urn:x"},
        "category": [{"text": "a"}, {"text": "b"}],
        "component": [{"code": {"text": "t"}}],
        "valueString": "x",
    }
    assert [row for row in found(ruled(path, expression), resource) if row[2] == "t-1"] == [("error", place, "t-1")]


def test_an_invariant_of_what_is_not_there_does_not_run() -> None:
    assert found(ruled("component", "false"), OBSERVATION) == []


def test_an_invariant_that_cannot_be_read_is_not_checked() -> None:
    assert found(ruled(".", "this is ( no expression"), OBSERVATION) == [("information", "Observation", "invariant")]


@pytest.mark.parametrize("expression", ["1 / 0 = 1", "(1 | 2) = 'a'.length() and (1 | 2)", "code.text.toInteger() > 0"])
def test_an_invariant_without_an_answer_is_one_that_does_not_hold(expression: str) -> None:
    assert found(ruled(".", expression), OBSERVATION) == [("error", "Observation", "t-1")]


def test_an_invariant_may_ask_for_the_resource_the_bundle_and_the_terminology() -> None:
    validator = checker(
        profile(
            "p",
            "Observation",
            {
                "code": {"rules": {"t-1": ["error", "%resource.status = 'final' and %rootResource.id = 'o'"]}},
                "subject": {"rules": {"t-2": ["error", "resolve().active"]}},
                "method": {"rules": {"t-3": ["error", f"memberOf('{URL}set')"]}},
                ".": {"rules": {"t-4": ["error", f"conformsTo('{URL}q')"]}},
            },
        ),
        profile("q", "Observation", {"status": {"min": 1}}),
        value_set("set", {"urn:s": ["a"]}),
    )
    method = {"coding": [{"system": "urn:s", "code": "a"}]}
    good = {**OBSERVATION, "id": "o", "subject": {"reference": "urn:uuid:p"}, "method": method}
    good["meta"] = {"profile": [f"{URL}p"]}
    patient = ("urn:uuid:p", {"resourceType": "Patient", "active": True})
    assert errors(validator, bundle(("urn:uuid:o", good), patient)) == []
    bad = {**good, "id": "x", "subject": {"reference": "urn:uuid:z"}, "method": {"coding": [{"code": "z"}]}}
    assert {rule for _, rule in errors(validator, bundle(("urn:uuid:o", bad), patient))} == {"t-1", "t-2", "t-3"}


def test_one_key_with_two_expressions_is_two_invariants() -> None:
    parts = [
        profile("p", "Observation", {".": {"rules": {"t-1": ["error", "issued.exists()"]}}}),
        profile("q", "Observation", {".": {"rules": {"t-1": ["error", "method.exists()"]}}}),
        profile("r", "Observation", {".": {"rules": {"t-1": ["error", "method.exists()"]}}}),
    ]
    issues = checker(*parts).check(OBSERVATION, tuple(f"{URL}{name}" for name in "pqr"))
    assert told(issues) == [("error", "Observation", "t-1")] * 2


def test_invariants_of_fhir_itself_hold_everywhere() -> None:
    resource = {
        "resourceType": "Patient",
        "name": [{"period": {"start": "2026-02-01", "end": "2026-01-01"}}],
        "telecom": [{"value": "1"}],
        "contact": [{"gender": "male"}],
    }
    assert {rule for _, rule in errors(checker(), resource)} == {"per-1", "cpt-2", "pat-1"}


def test_one_expression_under_two_keys_of_one_definition_is_told_once() -> None:
    rules = {
        "t-1": ["error", "issued.exists()"],
        "t-2": ["error", "issued.exists()"],
        "t-3": ["warning", "issued.exists()"],
    }
    issues = checker(profile("p", "Observation", {".": {"rules": rules}})).check(OBSERVATION, (f"{URL}p",))
    assert told(issues) == [("error", "Observation", "t-1"), ("warning", "Observation", "t-3")]
