"""The door of the checker: it never raises, always ends, says the same twice, and loses no fault to another."""

import copy
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.issues import Issue
from profiles.library import shipped_library
from profiles.reading import Limits, read_json
from profiles.validating.lists import MOST_ITEMS
from profiles.validating.run import MOST_FINDINGS
from profiles.validating.validator import UnknownProfile, Validator
from tests.profiles.definitions import URL, Facts, as_extension, bundle, checker, errors, extension, profile

PAS = "hl7.fhir.us.davinci-pas#2.2.1"
GOOD = read_json(
    (Path(__file__).parents[3] / "fixtures/broken/good.request.json").read_bytes(), Limits(100_000, 64, 100)
)
DEEPEST = 199
"""Objects and arrays inside one another that a reader may let through at most."""

QUIET = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def validator() -> Validator:
    return Validator(shipped_library(), PAS)


NAMES = st.sampled_from(
    (
        *("resourceType", "id", "meta", "profile", "extension", "modifierExtension", "url", "contained", "entry"),
        *("resource", "fullUrl", "reference", "type", "value", "valueString", "valueReference", "_value", "_id"),
        *("text", "div", "status", "code", "coding", "system", "display", "identifier", "item", "sequence", "patient"),
        *("subject", "name", "given", "_given", "parameter", "part", "link", "relation", "request", "response", "use"),
    )
)
TYPES = st.sampled_from(("Bundle", "Patient", "Claim", "ClaimResponse", "Parameters", "Basic", "Observation", "None"))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [Decimal("1E+400"), Decimal("1E-400"), 2**63, "", " ", "#", "#a", "a|b", "\0", "urn:uuid:1", "\ud7ff"]
    ),
    st.text(max_size=8),
    TYPES,
    st.sampled_from(
        ["http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claim", "2026-02-30", "completed"]
    ),
)
ANY_JSON = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, st.text(max_size=4)), inner, max_size=5)
    ),
    max_leaves=20,
)
ANY_RESOURCE = st.builds(
    lambda kind, rest: {**rest, "resourceType": kind}, TYPES, st.dictionaries(NAMES, ANY_JSON, max_size=8)
)


@QUIET
@given(st.one_of(ANY_JSON, ANY_RESOURCE))
def test_anything_at_all_is_answered_and_the_same_way_twice(value: Any) -> None:
    before = copy.deepcopy(value)
    first, second = validator().check(value), validator().check(value)
    assert first == second == Validator(shipped_library(), PAS).check(value)
    assert value == before
    assert all(isinstance(issue, Issue) for issue in first)


Path_ = tuple[str | int, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every place of a JSON value, from the root down."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*path, name))


PLACES = [path for path in places(GOOD) if path and path[-1] != "resourceType"]


def at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def replaced(message: Any, path: Path_, value: Any) -> Any:
    changed = copy.deepcopy(message)
    at(changed, path[:-1])[path[-1]] = value
    return changed


@QUIET
@given(st.sampled_from(PLACES), ANY_JSON)
def test_anything_anywhere_in_a_good_message_is_answered(path: Path_, value: Any) -> None:
    issues = validator().check(replaced(GOOD, path, value))
    assert issues == validator().check(replaced(GOOD, path, value))


OBJECTS = [path for path in PLACES if isinstance(at(GOOD, path), dict)]
LEAVES = [path for path in PLACES if not isinstance(at(GOOD, path), dict | list)]
NEUTRAL = ("fullUrl", "reference", "url", "system", "code", "profile", "id", "use", "status")
"""What decides which rules hold elsewhere: a fault there may well take others with it."""


def with_stranger(message: Any, path: Path_) -> Any:
    return replaced(message, (*path, "stranger"), 1)


def with_wrong_form(message: Any, path: Path_) -> Any:
    return replaced(message, path, {"stranger": 1})


FAULTS: list[tuple[Callable[[Any, Path_], Any], Path_]] = [
    *((with_stranger, path) for path in OBJECTS),
    *((with_wrong_form, path) for path in LEAVES if path[-1] not in NEUTRAL and not isinstance(path[-1], int)),
]


def apart(one: Path_, other: Path_) -> bool:
    """Neither place is inside the other."""
    return one[: len(other)] != other and other[: len(one)] != one


def faults(message: Any) -> set[tuple[str, str, str]]:
    return {
        (issue.path, issue.rule, issue.profile) for issue in validator().check(message) if issue.severity == "error"
    }


@QUIET
@given(st.sampled_from(FAULTS), st.sampled_from(FAULTS))
def test_no_fault_disappears_because_another_was_added(
    one: tuple[Callable[[Any, Path_], Any], Path_], other: tuple[Callable[[Any, Path_], Any], Path_]
) -> None:
    if not apart(one[1], other[1]):
        return
    alone, also = one[0](GOOD, one[1]), other[0](GOOD, other[1])
    both = other[0](alone, other[1])
    assert faults(alone) | faults(also) <= faults(both)
    assert faults(alone) and faults(also)


def nested(depth: int, inner: Any, wrap: Callable[[Any], Any]) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


DEEP: dict[str, Callable[[int], Any]] = {
    "extensions": lambda depth: {
        "resourceType": "Patient",
        "extension": nested(
            depth // 2, [{"url": "urn:x", "valueString": "x"}], lambda x: [{"url": "urn:x", "extension": x}]
        ),
    },
    "bundles": lambda depth: nested(
        depth // 4,
        {"resourceType": "Patient"},
        lambda x: {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": x}]},
    ),
    "parameters": lambda depth: {
        "resourceType": "Parameters",
        "parameter": nested(depth // 2, [{"name": "x", "valueString": "x"}], lambda x: [{"name": "x", "part": x}]),
    },
    "parameters in parameters": lambda depth: nested(
        depth // 3,
        {"resourceType": "Patient"},
        lambda x: {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": x}]},
    ),
    "contained": lambda depth: nested(
        depth // 2, {"resourceType": "Patient"}, lambda x: {"resourceType": "Patient", "id": "x", "contained": [x]}
    ),
    "questions": lambda depth: {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": nested(
            depth // 2, [{"linkId": "x", "type": "string"}], lambda x: [{"linkId": "x", "type": "group", "item": x}]
        ),
    },
    "lists": lambda depth: {"resourceType": "Patient", "name": nested(depth, 1, lambda x: [x])},
    "objects": lambda depth: {"resourceType": "Patient", "maritalStatus": nested(depth, 1, lambda x: {"a": x})},
    "identifiers": lambda depth: {
        "resourceType": "Patient",
        "identifier": nested(depth // 3, [{"value": "x"}], lambda x: [{"assigner": {"identifier": x[0]}}]),
    },
}


@pytest.mark.parametrize("kind", DEEP)
def test_the_deepest_message_a_reader_lets_through_is_answered(kind: str) -> None:
    message = DEEP[kind](DEEPEST - 2)
    assert validator().check(message) == validator().check(message)


def test_a_hundred_thousand_extensions_are_refused_by_their_number() -> None:
    message = {
        "resourceType": "Patient",
        "extension": [{"url": f"urn:x:{n}", "valueString": 1} for n in range(100_000)],
    }
    assert [(issue.code, issue.path) for issue in validator().check(message)] == [("too-costly", "Patient.extension")]


def test_a_message_that_is_wrong_throughout_is_told_up_to_a_limit() -> None:
    message = {"resourceType": "Patient", "name": [{"text": 5} for _ in range(MOST_ITEMS)]}
    issues = validator().check(message)
    assert MOST_FINDINGS <= len(issues) <= MOST_FINDINGS + 2
    assert issues[-1].code == "too-costly"


def calls(work: Callable[[], object]) -> int:
    """How many functions run, of Python and of C."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return number


LINKED = checker(
    profile(
        "p",
        "Bundle",
        {
            "entry": {"slicing": {"by": [["type", "resource"]]}},
            "entry:basic.resource": {"types": {"Basic": {"as": [f"{URL}basic"]}}},
        },
    ),
    profile("basic", "Basic", {"author": {"types": {"Reference": {"to": [f"{URL}named", f"{URL}flagged"]}}}}),
    profile("named", "Patient", {"name": {"min": 1}}),
    profile("flagged", "Patient", {"extension": {"min": 1}}),
    extension("flag", {"value[x]": {"types": {"boolean": {}}}}, "Patient"),
)


def linked(number: int) -> Facts:
    """A Bundle of so many resources, each of which refers to another one."""
    rows: list[tuple[str, Any]] = []
    for index in range(number // 2):
        reference = {"reference": f"urn:uuid:p{index}"}
        rows.append((f"urn:uuid:b{index}", {"resourceType": "Basic", "code": {"text": "t"}, "author": reference}))
        flag = as_extension("flag", valueBoolean=index % 2 == 0)
        rows.append((f"urn:uuid:p{index}", {"resourceType": "Patient", "extension": [flag], "link": []}))
    return bundle(*rows)


def test_the_work_grows_as_the_entries_do() -> None:
    few, many = linked(500), linked(2000)
    LINKED.check(few, (f"{URL}p",))
    assert len(errors(LINKED, few, "p")) == 250
    assert calls(lambda: LINKED.check(many, (f"{URL}p",))) < 4.4 * calls(lambda: LINKED.check(few, (f"{URL}p",)))


GROWING: dict[str, Callable[[int], Any]] = {
    "faults": lambda number: {"resourceType": "Patient", "name": [{"text": 5} for _ in range(number)]},
    "strange names": lambda number: {"resourceType": "Patient", **{f"stranger{index}": 1 for index in range(number)}},
    "strange extensions": lambda number: {
        "resourceType": "Patient",
        "extension": [{"url": f"urn:x:{index}", "valueString": "x"} for index in range(number)],
    },
    "strange profiles": lambda number: {
        "resourceType": "Patient",
        "meta": {"profile": [f"urn:x:{index}" for index in range(number)]},
    },
    "contained": lambda number: {
        "resourceType": "Basic",
        "code": {"text": "t"},
        "contained": [{"resourceType": "Patient", "id": f"p{index}"} for index in range(number)],
        "extension": [{"url": "urn:x", "valueReference": {"reference": f"#p{index}"}} for index in range(number)],
    },
    "questions": lambda number: {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": [{"linkId": f"{index}", "type": "string"} for index in range(number)],
    },
    "lines": lambda number: replaced(
        GOOD,
        ("entry", 0, "resource", "item"),
        [{**GOOD["entry"][0]["resource"]["item"][0], "sequence": index + 1} for index in range(number)],
    ),
    "codings": lambda number: {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": f"{index}"} for index in range(number)]},
    },
    "components of many codings": lambda number: {
        "resourceType": "Observation",
        "status": "final",
        "valueString": "x",
        "code": {"coding": [{"system": "urn:x", "code": f"{index}"} for index in range(number)]},
        "component": [{"code": {"coding": [{"code": "a"}]}, "valueString": "x"} for _ in range(number)],
    },
    "groups of a guide": lambda number: {
        "resourceType": "ImplementationGuide",
        "definition": {
            "grouping": [{"id": f"g{index}", "name": "x"} for index in range(number)],
            "resource": [{"reference": {"display": "x"}, "groupingId": f"g{index}"} for index in range(number)],
        },
    },
    "contained members": lambda number: {
        "resourceType": "CareTeam",
        "contained": [{"resourceType": "Practitioner", "id": f"p{index}"} for index in range(number)],
        "participant": [
            {"member": {"reference": f"#p{index}"}, "onBehalfOf": {"display": "x"}} for index in range(number)
        ],
    },
    "addresses that are all the same": lambda number: bundle(*[("urn:uuid:1", {"resourceType": "Patient"})] * number),
}


@pytest.mark.parametrize("kind", GROWING)
def test_the_work_grows_as_the_message_does(kind: str) -> None:
    few, many = GROWING[kind](100), GROWING[kind](400)
    validator().check(few)
    assert calls(lambda: validator().check(many)) < 4.4 * calls(lambda: validator().check(few))


def test_a_profile_asked_for_must_be_at_hand() -> None:
    with pytest.raises(UnknownProfile, match="urn:nobody"):
        validator().check({"resourceType": "Patient"}, ("urn:nobody",))


def test_a_checker_keeps_nothing_of_a_message() -> None:
    strange = {
        "resourceType": "Patient",
        "name": [{"stranger": 1}],
        "extension": [{"url": "urn:x", "valueString": "x"}],
    }
    fresh = checker(profile("p", "Patient", {"name": {"min": 1}}))
    first = fresh.check(strange)
    assert fresh.check({"resourceType": "Patient", "active": True}) == []
    assert fresh.check(strange) == first
    assert errors(fresh, {"resourceType": "Patient", "active": True}, "p") == [("Patient.name", "min")]
    assert fresh.check({"resourceType": "Patient", "active": True}) == []


def test_what_cannot_be_checked_is_listed_up_to_a_number() -> None:
    strange = [{"url": f"urn:x:{index}", "valueString": "x"} for index in range(2000)]
    issues = validator().check({"resourceType": "Patient", "extension": strange})
    assert {issue.severity for issue in issues} == {"information"}
    assert len(issues) == MOST_FINDINGS + 1
    assert (issues[-1].code, issues[-1].path) == ("too-costly", f"Patient.extension[{MOST_FINDINGS}]")


def test_what_an_invariant_asks_in_an_invariant_does_not_change_its_surroundings() -> None:
    """`conformsTo` runs the rules of the other profile before the first expression goes on."""
    other = "%context.active.exists() and ('a' in %resource.name.family)"
    asking = "contact.all(name.family in %resource.name.family and %resource.conformsTo('http://example.org/q'))"
    parts = [
        profile("p", "Patient", {".": {"rules": {"t-1": ["error", f"{asking} and %context.contact.exists()"]}}}),
        profile("q", "Patient", {".": {"rules": {"t-2": ["error", other]}}}),
    ]
    patient = {"resourceType": "Patient", "active": True, "name": [{"family": "a"}]}
    good, bad = ({**patient, "contact": [{"name": {"family": "a"}}, {"name": {"family": row}}]} for row in "ab")
    assert errors(checker(*parts), good, "p") == []
    assert errors(checker(*parts), bad, "p") == [("Patient", "t-1")]


@pytest.mark.parametrize("value", [{"value": "x"}, {"extension": []}, {"id": "x", "value": {"value": [None]}}])
def test_an_object_in_the_place_of_a_primitive_is_told_and_no_more(value: Any) -> None:
    """`canonical` and its kin say less of their value than the types above them do."""
    questionnaire = {"resourceType": "Questionnaire", "status": "draft", "derivedFrom": [value], "url": value}
    assert set(errors(validator(), questionnaire)) >= {
        ("Questionnaire.derivedFrom[0]", "type canonical"),
        ("Questionnaire.url", "type uri"),
    }
    system = {"resourceType": "CodeSystem", "status": "draft", "content": "complete", "valueSet": value}
    assert ("CodeSystem.valueSet", "type canonical") in errors(validator(), system)
