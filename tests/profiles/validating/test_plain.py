"""Primitive values and what stands beside them."""

from decimal import Decimal
from typing import Any

import pytest

from tests.profiles.definitions import Facts, checker, errors, profile

PLAIN = checker()
SAID: Facts = {"extension": [{"url": "urn:x", "valueString": "y"}]}


def patient(**more: Any) -> Facts:
    return {"resourceType": "Patient", **more}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("birthDate", "2026-02-30", "type date"),
        ("birthDate", "2026-1-1", "type date"),
        ("active", "true", "type boolean"),
        ("active", 1, "type boolean"),
        ("gender", "Male", "required"),
        ("gender", "", "type code"),
        ("gender", ["male"], "type code"),
        ("multipleBirthInteger", "1", "type integer"),
        ("multipleBirthInteger", 2**31, "type integer"),
        ("multipleBirthInteger", Decimal("1.0"), "type integer"),
        ("multipleBirthInteger", 10**400, "type integer"),
        ("deceasedDateTime", "2026-01-01T25:00:00Z", "type dateTime"),
        ("deceasedDateTime", "2026-01-01T10:00", "type dateTime"),
        ("id", "a b", "type id"),
        ("id", "x" * 65, "type id"),
        ("language", " en", "type code"),
        ("implicitRules", "a b", "type uri"),
    ],
)
def test_a_primitive_has_its_form(name: str, value: Any, rule: str) -> None:
    assert errors(PLAIN, patient(**{name: value})) == [(f"Patient.{name}", rule)]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"_birthDate": "x"}, "Patient.birthDate"),
        ({"_birthDate": []}, "Patient.birthDate"),
        ({"_birthDate": [SAID]}, "Patient.birthDate"),
        ({"_birthDate": {}}, "Patient.birthDate"),
        ({"_birthDate": {"value": "x"}}, "Patient.birthDate.value"),
        ({"_birthDate": None}, "Patient.birthDate"),
        ({"name": [{"_given": SAID}]}, "Patient.name[0].given"),
        ({"name": [{"_given": []}]}, "Patient.name[0].given"),
        ({"name": [{"_given": [None]}]}, "Patient.name[0].given[0]"),
        ({"name": [{"given": ["a"], "_given": [None, None]}]}, "Patient.name[0].given[1]"),
        ({"name": [{"given": [None, "a"], "_given": [None, SAID]}]}, "Patient.name[0].given[0]"),
        ({"name": [{"given": [None, "a"]}]}, "Patient.name[0].given[0]"),
        ({"name": [{"given": ["a", None], "_given": [SAID]}]}, "Patient.name[0].given[1]"),
        ({"_resourceType": SAID}, "Patient._resourceType"),
        ({"__birthDate": SAID}, "Patient.__birthDate"),
    ],
)
def test_what_stands_beside_a_primitive_has_its_form_too(more: Facts, path: str) -> None:
    found = errors(PLAIN, patient(**more))
    assert found and {place for place, _ in found} == {path}


@pytest.mark.parametrize(
    "more",
    [
        {"birthDate": "2026", "_birthDate": SAID},
        {"_birthDate": SAID},
        {"_birthDate": {"id": "x"}},
        {"name": [{"given": ["a", "b"], "_given": [None, SAID]}]},
        {"name": [{"given": [None, "b"], "_given": [SAID, None]}]},
        {"name": [{"_given": [SAID]}]},
    ],
)
def test_a_sibling_may_stand_for_a_value_or_beside_it(more: Facts) -> None:
    assert [row for row in errors(PLAIN, patient(**more)) if "id" not in more.get("_birthDate", {})] == []


def test_a_sibling_alone_counts_as_the_element() -> None:
    validator = checker(
        profile("p", "Patient", {"birthDate": {"min": 1}, "name": {"min": 1}, "name.given": {"min": 1}})
    )
    assert errors(validator, patient(_birthDate=SAID, name=[{"_given": [SAID]}]), "p") == []


def test_extensions_beside_a_value_are_counted_by_the_profile() -> None:
    part = profile(
        "p",
        "Patient",
        {
            "birthDate.extension": {"slicing": {"by": [["value", "url"]]}},
            "birthDate.extension:x": {"min": 1, "max": "1"},
            "birthDate.extension:x.url": {"fixed": "urn:x", "fixedType": "Uri"},
        },
    )
    validator = checker(part)
    assert errors(validator, patient(birthDate="2026", _birthDate=SAID), "p") == []
    assert errors(validator, patient(birthDate="2026", _birthDate={"extension": SAID["extension"] * 2}), "p") == [
        ("Patient.birthDate.extension", "slice x max")
    ]


def test_an_extension_a_profile_asks_for_beside_a_value_is_missed() -> None:
    part = profile(
        "p",
        "Patient",
        {
            "birthDate.extension": {"min": 1, "slicing": {"by": [["value", "url"]]}},
            "birthDate.extension:x": {"min": 1},
            "birthDate.extension:x.url": {"fixed": "urn:x", "fixedType": "Uri"},
        },
    )
    for more in ({}, {"_birthDate": {"id": "a"}}):
        found = errors(checker(part), patient(birthDate="2026", **more), "p")
        assert ("Patient.birthDate.extension", "slice x") in found


def test_invariants_hold_on_primitives() -> None:
    rules = {"rules": {"t-1": ["error", "$this.toString().length() = 10"]}}
    validator = checker(profile("p", "Patient", {"birthDate": rules}))
    assert errors(validator, patient(birthDate="2026"), "p") == [("Patient.birthDate", "t-1")]
    assert errors(validator, patient(birthDate="2026-01-01"), "p") == []


def test_what_stands_beside_nothing_but_a_primitive_is_no_element() -> None:
    validator = checker(profile("p", "Patient", {"name": {"min": 1}, "contact": {"min": 1}}))
    assert sorted(errors(validator, patient(_name=[SAID], _contact=SAID), "p")) == [
        ("Patient._contact", "unknown-element"),
        ("Patient._name", "unknown-element"),
        ("Patient.contact", "min"),
        ("Patient.name", "min"),
    ]
