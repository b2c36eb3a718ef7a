"""Expansion of value sets out of invented packages."""

from typing import Any

import pytest

from profiles.distil import value_sets
from profiles.distil.membership import UNKNOWN, Members
from profiles.distil.packages import Package, Shelf
from profiles.distil.value_sets import ValueSets

COLOURS = {"url": "http://a.example/colours", "content": "complete", "concept": [{"code": c} for c in ("red", "blue")]}
PARTS = {"url": "http://a.example/parts", "content": "fragment", "concept": [{"code": "wheel"}]}
LIVING = {"url": "http://terminology.hl7.org/CodeSystem/x", "content": "complete", "concept": [{"code": "new"}]}
RED = {
    "url": "http://a.example/red",
    "compose": {"include": [{"system": COLOURS["url"], "concept": [{"code": "red"}]}]},
}


def _package(name: str, systems: tuple[Any, ...] = (), sets: tuple[Any, ...] = (), **depends: str) -> Package:
    by_url = [{one["url"]: one for one in group} for group in (systems, sets)]
    resources = {"CodeSystem": by_url[0], "ValueSet": by_url[1], "StructureDefinition": {}}
    return Package(name, "1.0.0", "", "", {key.replace("_", "."): value for key, value in depends.items()}, resources)


def _members(compose: Any, *others: Package, **more: Any) -> Members:
    value_set = {"url": "http://a.example/set", **({"compose": compose} if compose else {}), **more}
    package = _package("guide", (COLOURS, PARTS), (RED, value_set), hl7_fhir_r4_core="1.0.0")
    return ValueSets(Shelf([package, *others], {})).members(value_set, package)


def test_codes_that_are_listed() -> None:
    assert _members({"include": [{"system": "s", "concept": [{"code": "a"}, {"code": "b"}]}]}) == Members(
        {"s": frozenset("ab")}
    )


def test_a_whole_code_system_at_hand() -> None:
    assert _members({"include": [{"system": COLOURS["url"]}]}) == Members({COLOURS["url"]: frozenset({"red", "blue"})})


@pytest.mark.parametrize("system", [PARTS["url"], "http://snomed.info/sct"])
def test_a_system_that_is_not_at_hand_or_not_whole_is_open(system: str) -> None:
    assert _members({"include": [{"system": system}]}) == Members(open=frozenset({system}))


def test_a_filter_that_cannot_be_told_opens_the_system() -> None:
    row = {"system": COLOURS["url"], "filter": [{"property": "hue", "op": "=", "value": "warm"}]}
    assert _members({"include": [row]}) == Members(open=frozenset({COLOURS["url"]}))


def test_two_filters_take_what_both_take() -> None:
    filters = [{"property": "code", "op": "regex", "value": p} for p in ("r.*", ".*d")]
    assert _members({"include": [{"system": COLOURS["url"], "filter": filters}]}).of(COLOURS["url"]) == {"red"}


def test_a_value_set_beside_a_system_takes_what_is_in_both() -> None:
    row = {"system": COLOURS["url"], "valueSet": [RED["url"]]}
    assert _members({"include": [row]}) == Members({COLOURS["url"]: frozenset({"red"})})


def test_a_value_set_nobody_has_is_unknown() -> None:
    assert _members({"include": [{"valueSet": ["http://a.example/nowhere"]}]}) == UNKNOWN


def test_another_version_than_the_one_named_is_better_than_none() -> None:
    assert _members({"include": [{"valueSet": [f"{RED['url']}|99"]}]}).of(COLOURS["url"]) == {"red"}


def test_what_is_excluded_is_out() -> None:
    compose = {"include": [{"system": COLOURS["url"]}], "exclude": [{"valueSet": [RED["url"]]}]}
    assert _members(compose) == Members({COLOURS["url"]: frozenset({"blue"})})


def test_an_exclusion_that_cannot_be_told_opens_the_system() -> None:
    compose = {
        "include": [{"system": PARTS["url"], "concept": [{"code": "wheel"}]}],
        "exclude": [{"system": PARTS["url"]}],
    }
    assert _members(compose) == Members({}, frozenset({PARTS["url"]}))


def test_a_version_written_into_the_system_is_no_part_of_it() -> None:
    assert _members({"include": [{"system": f"{COLOURS['url']}|4.0.1"}]}).of(COLOURS["url"]) == {"red", "blue"}


def test_a_set_that_includes_itself_ends() -> None:
    assert _members({"include": [{"valueSet": ["http://a.example/set"]}]}) == UNKNOWN


def test_a_set_with_nothing_but_its_expansion() -> None:
    contains = [
        {"system": "s", "code": "a", "contains": [{"system": "s", "code": "b"}]},
        {"abstract": True, "code": "c"},
    ]
    assert _members(None, expansion={"contains": contains}) == Members({"s": frozenset("ab")})
    assert _members(None) == UNKNOWN


def test_a_terminology_frozen_in_the_core_package_may_have_grown_since() -> None:
    core = _package("hl7.fhir.r4.core", (LIVING,))
    assert _members({"include": [{"system": LIVING["url"]}]}, core) == Members(
        {LIVING["url"]: frozenset({"new"})}, frozenset({LIVING["url"]})
    )


def test_a_code_system_of_a_package_further_off_is_not_vouched_for() -> None:
    far = _package("far", ({**COLOURS, "url": "http://a.example/far"},))
    members = _members({"include": [{"system": "http://a.example/far"}]}, far)
    assert members.of("http://a.example/far") == {"red", "blue"}
    assert members.may_have_more("http://a.example/far")


def test_very_many_codes_are_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_sets, "LARGEST_SYSTEM", 1)
    value_set = {"url": "http://a.example/set", "compose": {"include": [{"system": COLOURS["url"]}]}}
    package = _package("guide", (COLOURS,), (value_set,))
    sets = ValueSets(Shelf([package], {}))
    assert sets.written(value_set, package) == Members({}, frozenset({COLOURS["url"]}))
    assert list(sets.too_large.values()) == [2]
