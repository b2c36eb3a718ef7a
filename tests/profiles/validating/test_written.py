"""What a definition writes out about a value: fixed, pattern, length, range, and profiles of its datatype."""

from decimal import Decimal
from typing import Any

import pytest

from tests.profiles.definitions import URL, Facts, checker, concept, errors, profile

OBSERVATION: Facts = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}


def observed(path: str, **facts: Any) -> Any:
    """A checker with one profile `p` of Observation that says something of one element."""
    return checker(profile("p", "Observation", {path: facts}))


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("fixed", concept("urn:s", "a"), []),
        ("fixed", {**concept("urn:s", "a"), "text": "t"}, [("Observation.code", "fixed")]),
        ("pattern", {**concept("urn:s", "a"), "text": "t"}, []),
        ("pattern", {"coding": [{"code": "z"}, {"system": "urn:s", "code": "a", "display": "A"}]}, []),
        ("pattern", {"coding": [{"system": "urn:s"}, {"code": "a"}]}, [("Observation.code", "pattern")]),
        ("pattern", {"text": "t"}, [("Observation.code", "pattern")]),
    ],
)
def test_fixed_wants_the_whole_and_a_pattern_a_part(kind: str, value: Facts, found: list[tuple[str, str]]) -> None:
    facts = {kind: concept("urn:s", "a"), f"{kind}Type": "CodeableConcept"}
    assert errors(observed("code", **facts), {**OBSERVATION, "code": value}, "p") == found


@pytest.mark.parametrize(
    ("value", "found"),
    [(True, []), (False, ["pattern"]), (1, ["type boolean"]), ("true", ["type boolean"]), (None, ["type boolean"])],
)
def test_a_boolean_is_neither_one_nor_a_text(value: Any, found: list[str]) -> None:
    validator = observed("value[x]", pattern=True, patternType="Boolean", types={"boolean": {}})
    assert [rule for _, rule in errors(validator, {**OBSERVATION, "valueBoolean": value}, "p")] == found


def test_what_is_written_for_one_type_is_not_asked_of_another() -> None:
    validator = observed("value[x]", pattern="a", patternType="String")
    assert errors(validator, {**OBSERVATION, "valueString": "b"}, "p") == [("Observation.valueString", "pattern")]
    assert errors(validator, {**OBSERVATION, "valueBoolean": True}, "p") == []


def test_each_item_of_a_list_is_held_against_a_pattern() -> None:
    validator = observed("category", pattern=concept("urn:s", "a"), patternType="CodeableConcept")
    resource = {**OBSERVATION, "category": [concept("urn:s", "a"), concept("urn:s", "b")]}
    assert errors(validator, resource, "p") == [("Observation.category[1]", "pattern")]


@pytest.mark.parametrize(("text", "found"), [("ab", []), ("abc", ["maxLength"]), (5, ["type string"])])
def test_a_length_has_an_end(text: Any, found: list[str]) -> None:
    validator = observed("value[x]", maxLength=2, types={"string": {}})
    assert [rule for _, rule in errors(validator, {**OBSERVATION, "valueString": text}, "p")] == found


@pytest.mark.parametrize(
    ("number", "found"), [(1, []), (3, []), (0, ["minValue"]), (4, ["maxValue"]), (True, ["type integer"])]
)
def test_a_range_has_two_ends(number: Any, found: list[str]) -> None:
    validator = observed("value[x]", minValue=1, maxValue=3, types={"integer": {}})
    assert [rule for _, rule in errors(validator, {**OBSERVATION, "valueInteger": number}, "p")] == found


def test_a_range_holds_for_decimals_exactly() -> None:
    validator = checker(profile("p", "Location", {"position.latitude": {"minValue": 0, "maxValue": 1}}))
    resource = {"resourceType": "Location", "position": {"latitude": Decimal("1.0000001"), "longitude": Decimal("5.5")}}
    assert errors(validator, resource, "p") == [("Location.position.latitude", "maxValue")]


def test_a_value_must_meet_one_of_the_profiles_of_its_type() -> None:
    parts = [
        profile("p", "Patient", {"name": {"types": {"HumanName": {"as": [f"{URL}family", f"{URL}full"]}}}}),
        profile("family", "HumanName", {"family": {"min": 1}}, kind="complex-type"),
        profile("full", "HumanName", {"text": {"min": 1}, "use": {"min": 1}}, kind="complex-type"),
    ]
    validator = checker(*parts)
    for name in ({"family": "F"}, {"text": "t", "use": "old"}):
        assert errors(validator, {"resourceType": "Patient", "name": [name]}, "p") == []
    found = validator.check({"resourceType": "Patient", "name": [{"given": ["G"]}]}, (f"{URL}p",))
    assert [(issue.path, issue.rule) for issue in found] == [("Patient.name[0]", "profiles")]
    assert "family 1 or full 1" in found[0].text and "family" in found[0].text


def test_one_profile_of_a_datatype_holds_by_itself() -> None:
    parts = [
        profile("p", "Patient", {"name": {"types": {"HumanName": {"as": [f"{URL}family"]}}}}),
        profile("family", "HumanName", {"family": {"min": 1}}, kind="complex-type"),
    ]
    assert errors(checker(*parts), {"resourceType": "Patient", "name": [{"text": "t"}]}, "p") == [
        ("Patient.name[0].family", "min")
    ]


def test_a_profile_of_quantity_holds_in_a_choice() -> None:
    simple = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity"
    validator = checker(
        profile("p", "Observation", {"value[x]": {"types": {"Quantity": {"as": [simple]}, "string": {}}}})
    )
    good = {"value": 1, "system": "urn:s", "code": "mg"}
    assert errors(validator, {**OBSERVATION, "valueQuantity": good}, "p") == []
    found = errors(validator, {**OBSERVATION, "valueQuantity": {**good, "comparator": "<"}}, "p")
    assert {path for path, _ in found} <= {
        "Observation.valueQuantity",
        "Observation.valueQuantity.comparator",
    } and found
