"""Each invariant written by hand against the expression it stands for: the same verdict on the same data."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.bundle import Resolver
from profiles.fhirpath.compiling import Invariant, compile_invariant
from profiles.library import Element, shipped_library
from profiles.suppressions import KNOWN_DEFECTS
from profiles.validating.natives import BY_THE_WALK, NATIVE, NATIVE_BY_EXPRESSION
from profiles.validating.run import Holder, Run, Scope, environment_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Raw = dict[str, Any]

IDS = st.sampled_from(["a", "b", "c"])
FRAGMENTS = st.sampled_from(["#a", "#b", "#c", "Patient/1", "urn:uuid:1"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "valueString": st.just("x"),
    "valueBoolean": st.booleans(),
    "_valueString": st.just({"id": "y"}),
    "extension": st.just([{"url": "urn:y", "valueString": "z"}]),
}


def some(parts: dict[str, st.SearchStrategy[Any]], **always: Any) -> st.SearchStrategy[Raw]:
    """Objects with any of these properties."""
    return st.fixed_dictionaries({name: st.just(value) for name, value in always.items()}, optional=parts)


references = some({"reference": FRAGMENTS}, display="d")
metas = some(
    {
        "versionId": st.just("1"),
        "lastUpdated": st.just("2026-01-01T00:00:00Z"),
        "security": st.just([{"code": "x"}]),
        "source": FRAGMENTS,
    },
    tag=[{"code": "t"}],
)
inner = some(
    {
        "id": IDS,
        "meta": metas,
        "subject": references,
        "contained": st.just([{"resourceType": "Basic", "id": "d", "code": {"text": "t"}}]),
    },
    resourceType="Basic",
    code={"text": "t"},
)
resources = some(
    {
        "subject": references,
        "author": references,
        "contained": st.lists(inner.filter(lambda row: "id" in row), min_size=1, max_size=3),
        "extension": st.builds(lambda value: [{"url": "urn:x", "valueReference": value}], references),
    },
    resourceType="Basic",
    code={"text": "t"},
)
entries = some(
    {
        "fullUrl": st.sampled_from(["urn:uuid:1", "urn:uuid:2", "http://x.example.org/Basic/1/_history/1"]),
        "resource": st.builds(
            lambda meta: {"resourceType": "Basic", "meta": meta}, some({"versionId": IDS}, source="urn:x")
        ),
        "request": st.just({"method": "GET", "url": "x"}),
        "response": st.just({"status": "200"}),
    },
    id="e",
)
bundles = st.builds(
    lambda kind, rows: {"resourceType": "Bundle", "type": kind, "entry": rows},
    st.sampled_from(["history", "collection", "batch"]),
    st.lists(entries, min_size=1, max_size=4),
)
quantities = some(
    {"code": st.just("mg"), "system": st.just("urn:x"), "_system": st.just({"id": "s"}), "unit": st.just("mg")}, value=1
)

CASES: dict[str, tuple[str, st.SearchStrategy[Raw]]] = {
    "ext-1": ("Extension", some(VALUES, url="urn:x")),
    "dom-2": ("Basic", resources),
    "dom-3": ("Basic", resources),
    "dom-4": ("Basic", resources),
    "dom-5": ("Basic", resources),
    "ref-1": ("Reference", references.filter(lambda value: "reference" in value)),
    "qty-3": ("Quantity", quantities),
    "bdl-7": ("Bundle", bundles),
    "bdl-5": ("Bundle.entry", entries),
    "bdl-8": ("Bundle.entry", entries.filter(lambda entry: "fullUrl" in entry)),
}
"""For each rule: the type it stands on, and values of it."""


@cache
def elements() -> tuple[Element, ...]:
    """Every element of every definition of FHIR and of the guides that come along."""
    return tuple(walked())


def walked() -> Iterator[Element]:
    library = shipped_library()
    for canonical in library.canonicals():
        definition = library.structure(canonical)
        assert definition is not None
        ahead = [definition.root]
        while ahead:
            here = ahead.pop()
            yield here
            ahead.extend([*here.children.values(), *here.slices.values()])


@cache
def published(key: str) -> str:
    """The one expression that stands under a key in FHIR itself."""
    found = {
        row.facts["rules"][key][1]
        for row in elements()
        if key in row.facts.get("rules", {}) and row.definition.package.startswith("hl7.fhir.r4.core#")
    }
    (expression,) = found
    assert isinstance(expression, str)
    return expression


@cache
def compiled(expression: str, type_path: str) -> Invariant:
    return compile_invariant(expression, type_path, shipped_library())


def run_in(container: Raw) -> Run:
    """A run that stands in a resource."""
    run = Run(environment_for(NOW), KNOWN_DEFECTS)
    run.container = Holder("", container)
    run.environment.resource = run.environment.root_resource = container
    run.environment.resolve = run.resolve
    return run


def verdicts(key: str, type_path: str, value: Raw, container: Raw) -> tuple[bool, bool]:
    """What is said by hand, and by the expression."""
    run = run_in(container)
    return NATIVE[key](value, run), compiled(published(key), type_path)(value, run.environment)


@pytest.mark.parametrize("key", NATIVE)
def test_the_verdict_is_that_of_the_expression(key: str) -> None:
    type_path, values = CASES[key]

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(values, resources)
    def same(value: Raw, around: Raw) -> None:
        container = value if type_path in ("Basic", "Bundle") else around
        by_hand, by_expression = verdicts(key, type_path, value, container)
        assert by_hand is by_expression

    same()


def test_an_entry_without_an_address_has_none_with_a_version() -> None:
    """By the letter the expression has no result then, which is not true; every response of a server would break it."""
    assert verdicts("bdl-8", "Bundle.entry", {"request": {"method": "GET", "url": "x"}}, {}) == (True, False)


def test_a_reference_without_an_address_names_nothing_that_could_be_missing() -> None:
    """By the letter the expression has no result then, and every reference by identifier would break it."""
    assert verdicts("ref-1", "Reference", {"display": "d"}, {}) == (True, False)


def test_a_contained_resource_without_an_id_cannot_be_referred_to() -> None:
    """By the letter the expression passes over it."""
    value = {"resourceType": "Basic", "contained": [{"resourceType": "Basic"}]}
    assert verdicts("dom-3", "Basic", value, value) == (False, True)


def test_a_contained_resource_may_refer_to_its_container() -> None:
    """By the letter `#` names nothing; FHIR's own text on contained resources says it is the container."""
    container = {"resourceType": "Basic", "contained": [{"resourceType": "Basic", "id": "a"}]}
    assert verdicts("ref-1", "Reference", {"reference": "#"}, container) == (True, False)


def test_every_expression_known_by_its_hash_is_in_use() -> None:
    used = {
        sha256(expression.encode()).hexdigest()
        for row in elements()
        for _, expression in row.facts.get("rules", {}).values()
    }
    assert NATIVE_BY_EXPRESSION.keys() <= used
    assert {key for row in elements() for key in row.facts.get("rules", {})} >= BY_THE_WALK


@cache
def expression_of(digest: str) -> str:
    return next(
        expression
        for row in elements()
        for _, expression in row.facts.get("rules", {}).values()
        if sha256(expression.encode()).hexdigest() == digest
    )


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.one_of(st.from_regex(r"[0-9]{10}", fullmatch=True), st.from_regex(r"[0-9]{0,12}[a-z]?", fullmatch=True)))
def test_the_check_digit_of_an_npi_is_that_of_the_expression(number: str) -> None:
    ((digest, native),) = NATIVE_BY_EXPRESSION.items()
    written = compiled(expression_of(digest), "Identifier")
    value = {"system": "http://hl7.org/fhir/sid/us-npi", **({"value": number} if number else {})}
    run = run_in({"resourceType": "Practitioner"})
    assert native(value, run) is written(value, run.environment)


@pytest.mark.parametrize("key", [*NATIVE, *NATIVE_BY_EXPRESSION])
@pytest.mark.parametrize("odd", [None, 5, "#a", True, [], [5, None, "#a", []], {}, {"a": [None]}])
def test_data_of_any_form_has_a_verdict(key: str, odd: Any) -> None:
    rule = NATIVE.get(key) or NATIVE_BY_EXPRESSION[key]
    names = ("contained", "entry", "fullUrl", "reference", "value", "meta", "resource", "type", "extension", "code")
    run = run_in({"resourceType": "Basic", "contained": odd})
    for name in names:
        assert rule({name: odd}, run) in (True, False)
        assert rule({"contained": [{name: odd}], "entry": [{name: odd, "fullUrl": "urn:x"}]}, run) in (True, False)


def test_a_reference_is_looked_for_in_the_bundle_and_in_the_container() -> None:
    run = run_in({"resourceType": "Basic", "contained": [{"resourceType": "Basic", "id": "a"}]})
    run.scope = Scope({"entry": [{"fullUrl": "urn:uuid:1", "resource": {"id": "x"}}]}, None)
    assert isinstance(run.scope.resolver, Resolver)
    assert run.resolve("urn:uuid:1") == {"id": "x"}
    assert run.resolve("#a") == {"resourceType": "Basic", "id": "a"}
    assert run.resolve("#") == run.container.resource
    assert run.resolve("#b") is None
