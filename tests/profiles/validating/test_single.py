"""Elements of which there is one: choices of types, and what a profile takes away."""

import pytest

from tests.profiles.definitions import Facts, checker, errors, profile

OBSERVATION: Facts = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
PLAIN = checker()


def test_one_type_of_a_choice_is_sent() -> None:
    assert errors(PLAIN, {**OBSERVATION, "valueString": "x"}) == []
    assert errors(PLAIN, {**OBSERVATION, "valueString": "x", "valueBoolean": True}) == [("Observation.value", "")]
    assert errors(PLAIN, {**OBSERVATION, "valueString": "x", "valueBoolean": True, "valueInteger": 1}) == [
        ("Observation.value", "")
    ]


def test_a_sibling_belongs_to_its_own_type() -> None:
    strange = {"extension": [{"url": "urn:x", "valueString": "y"}]}
    assert errors(PLAIN, {**OBSERVATION, "valueString": "x", "_valueString": strange}) == []
    assert errors(PLAIN, {**OBSERVATION, "_valueString": strange}) == []
    for other in ("valueInteger", "valueTime", "_valueInteger", "_valueTime"):
        for more in ({"valueString": "x"}, {"_valueString": strange}, {"valueString": "x", "_valueString": strange}):
            value = strange if other[0] == "_" else 1 if other == "valueInteger" else "10:00:00"
            assert errors(PLAIN, {**OBSERVATION, **more, other: value}) == [("Observation.value", "")]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, [("Observation.value", "min")]),
        ({"valueString": "x"}, [("Observation.valueString", "types")]),
        ({"valueBoolean": True}, []),
        ({"_valueBoolean": {"extension": [{"url": "urn:x", "valueString": "y"}]}}, []),
    ],
)
def test_a_profile_narrows_a_choice_and_asks_for_it(more: Facts, found: list[tuple[str, str]]) -> None:
    validator = checker(profile("p", "Observation", {"value[x]": {"min": 1, "types": {"boolean": {}, "Quantity": {}}}}))
    assert errors(validator, {**OBSERVATION, **more}, "p") == found


def test_what_a_profile_takes_away_is_not_sent() -> None:
    validator = checker(
        profile("p", "Observation", {"value[x]": {"max": "0"}, "note": {"max": "0"}, "issued": {"max": "0"}})
    )
    resource = {
        **OBSERVATION,
        "valueString": "x",
        "note": [{"text": "t"}],
        "_issued": {"extension": [{"url": "urn:x", "valueString": "y"}]},
    }
    assert sorted(errors(validator, resource, "p")) == [
        ("Observation.issued", "max"),
        ("Observation.note", "max"),
        ("Observation.valueString", "max"),
    ]


def test_a_slice_of_a_choice_speaks_of_its_type_alone() -> None:
    part = profile(
        "p",
        "Observation",
        {
            "value[x]": {"slicing": {"by": [["type", "$this"]], "rules": "open"}},
            "value[x]:valueQuantity": {"types": {"Quantity": {}}},
            "value[x]:valueQuantity.unit": {"min": 1},
        },
    )
    assert errors(checker(part), {**OBSERVATION, "valueQuantity": {"value": 1}}, "p") == [
        ("Observation.valueQuantity.unit", "min")
    ]
    assert errors(checker(part), {**OBSERVATION, "valueString": "x"}, "p") == []


def test_a_slice_of_a_choice_may_be_asked_for() -> None:
    part = profile(
        "p",
        "Observation",
        {
            "value[x]": {"slicing": {"by": [["type", "$this"]]}},
            "value[x]:valueQuantity": {"min": 1, "types": {"Quantity": {}}},
        },
    )
    validator = checker(part)
    assert errors(validator, {**OBSERVATION, "valueQuantity": {"value": 1}}, "p") == []
    for more in ({}, {"valueString": "x"}):
        assert errors(validator, {**OBSERVATION, **more}, "p") == [("Observation.value", "slice valueQuantity")]
