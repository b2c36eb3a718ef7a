"""Extensions: which are known, where they may stand, how many there may be, and what is inside them."""

from typing import Any

import pytest

from tests.profiles.definitions import (
    EXTENSION_URL,
    URL,
    Facts,
    as_extension,
    checker,
    errors,
    extension,
    profile,
    told,
)

UNKNOWN = "http://example.org/nobody"


def patient(*extensions: Any, **more: Any) -> Facts:
    return {"resourceType": "Patient", "extension": list(extensions), **more}


def asking(name: str, **facts: Any) -> str:
    """A profile of Patient with a slice for one extension."""
    return profile(
        "p",
        "Patient",
        {
            "extension": {"slicing": {"by": [["value", "url"]]}},
            f"extension:{name}": {"types": {"Extension": {"as": [f"{EXTENSION_URL}{name}"]}}, **facts},
        },
    )


FLAG = extension("flag", {"extension": {"max": "0"}, "value[x]": {"min": 1, "types": {"boolean": {}}}}, "Patient")
NESTED = extension(
    "nested",
    {
        "extension": {"slicing": {"by": [["value", "url"]]}, "min": 1},
        "extension:a": {"min": 1, "max": "1"},
        "extension:a.extension": {"max": "0"},
        "extension:a.url": {"fixed": "a", "fixedType": "Uri"},
        "extension:a.value[x]": {"min": 1, "types": {"code": {}}},
        "extension:b": {"max": "1"},
        "extension:b.url": {"fixed": "b", "fixedType": "Uri"},
        "extension:b.value[x]": {"max": "0"},
        "extension:b.extension": {"slicing": {"by": [["value", "url"]]}},
        "extension:b.extension:c": {"min": 1},
        "extension:b.extension:c.url": {"fixed": "c", "fixedType": "Uri"},
        "extension:b.extension:c.value[x]": {"types": {"string": {}}},
        "value[x]": {"max": "0"},
    },
    "Element",
)


def test_an_extension_is_held_against_its_definition_without_being_asked_for() -> None:
    validator = checker(FLAG)
    assert errors(validator, patient(as_extension("flag", valueBoolean=True))) == []
    assert errors(validator, patient(as_extension("flag", valueString="yes"))) == [
        ("Patient.extension[0].valueString", "types")
    ]
    inside = errors(validator, patient(as_extension("flag", extension=[{"url": "x", "valueString": "y"}])))
    assert ("Patient.extension[0].extension", "max") in inside


def test_a_profile_counts_the_extensions_it_asks_for() -> None:
    validator = checker(FLAG, asking("flag", min=1, max="1"))
    one = as_extension("flag", valueBoolean=True)
    assert errors(validator, patient(one, {"url": UNKNOWN, "valueString": "x"}), "p") == []
    assert errors(validator, {"resourceType": "Patient", "active": True}, "p") == [("Patient.extension", "slice flag")]
    assert errors(validator, patient(one, one), "p") == [("Patient.extension", "slice flag max")]


def test_a_profile_may_ask_for_more_than_the_extension_itself() -> None:
    part = profile(
        "p",
        "Patient",
        {
            "extension": {"slicing": {"by": [["value", "url"]]}},
            "extension:flag": {"types": {"Extension": {"as": [f"{EXTENSION_URL}flag"]}}},
            "extension:flag.value[x]": {"pattern": True, "patternType": "Boolean"},
        },
    )
    assert errors(checker(FLAG, part), patient(as_extension("flag", valueBoolean=False)), "p") == [
        ("Patient.extension[0].valueBoolean", "pattern")
    ]


def test_nested_extensions_are_slices_at_every_depth() -> None:
    validator = checker(NESTED)
    a: Facts = {"url": "a", "valueCode": "x"}
    good = as_extension("nested", extension=[a, {"url": "b", "extension": [{"url": "c", "valueString": "y"}]}])
    assert errors(validator, patient(good)) == []
    bad = as_extension(
        "nested",
        extension=[
            {"url": "a", "valueString": "x"},
            a,
            {"url": "b", "extension": [{"url": "c", "valueCode": "y"}]},
            {"url": "b", "extension": [{"url": "z", "valueCode": "y"}]},
        ],
    )
    at = "Patient.extension[0].extension"
    assert sorted(errors(validator, patient(bad))) == [
        (at, "slice a max"),
        (at, "slice b max"),
        (f"{at}[0].valueString", "types"),
        (f"{at}[2].extension[0].valueCode", "types"),
        (f"{at}[3].extension", "slice c min"),
        (f"{at}[3].extension[0]", ""),
    ]


def test_the_same_url_means_something_else_one_level_down() -> None:
    part = extension(
        "twice",
        {
            "extension": {"slicing": {"by": [["value", "url"]]}},
            "extension:a": {},
            "extension:a.url": {"fixed": "a", "fixedType": "Uri"},
            "extension:a.extension": {"slicing": {"by": [["value", "url"]]}},
            "extension:a.extension:a": {},
            "extension:a.extension:a.url": {"fixed": "a", "fixedType": "Uri"},
            "extension:a.extension:a.value[x]": {"types": {"code": {}}},
        },
        "Element",
    )
    inner = {"url": "a", "valueString": "x"}
    assert errors(checker(part), patient(as_extension("twice", extension=[inner]))) == []
    assert errors(checker(part), patient(as_extension("twice", extension=[{"url": "a", "extension": [inner]}]))) == [
        ("Patient.extension[0].extension[0].extension[0].valueString", "types")
    ]


def test_an_unknown_extension_is_told_once_with_how_often_it_stands() -> None:
    strange = {"url": UNKNOWN, "valueString": "x"}
    issues = checker().check(patient(strange, {"url": UNKNOWN, "valueString": "y"}, {**strange, "url": "urn:other"}))
    assert told(issues) == [
        ("information", "Patient.extension[0]", "extension"),
        ("information", "Patient.extension[2]", "extension"),
    ]
    assert UNKNOWN in issues[0].text and "1 more" in issues[0].text


def test_an_unknown_modifier_extension_is_an_error() -> None:
    resource = {"resourceType": "Patient", "modifierExtension": [{"url": UNKNOWN, "valueString": "x"}]}
    assert errors(checker(), resource) == [("Patient.modifierExtension[0]", "")]


def test_what_a_definition_of_an_unknown_extension_would_say_is_not_guessed() -> None:
    """Its form is checked all the same: a value or extensions, and a URL."""
    found = errors(checker(), patient({"url": UNKNOWN}, {"valueString": "x"}, {"url": UNKNOWN, "valueBoolean": "x"}))
    assert found == [
        ("Patient.extension[0]", "ext-1"),
        ("Patient.extension[1].url", "min"),
        ("Patient.extension[2].valueBoolean", "type boolean"),
    ]


@pytest.mark.parametrize(
    ("contexts", "found"),
    [
        (("Patient",), []),
        (("Claim", "Patient"), []),
        (("Element",), []),
        (("DomainResource",), []),
        (("Claim",), [("Patient.extension[0]", "context")]),
        (("Patient.contact",), [("Patient.extension[0]", "context")]),
        ((), []),
    ],
)
def test_an_extension_stands_where_its_definition_says(contexts: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    validator = checker(extension("here", {"value[x]": {"types": {"boolean": {}}}}, *contexts))
    assert errors(validator, patient(as_extension("here", valueBoolean=True))) == found


def test_a_context_may_be_an_element_or_a_type() -> None:
    validator = checker(
        extension("contact", {"value[x]": {"types": {"boolean": {}}}}, "Patient.contact"),
        extension("name", {"value[x]": {"types": {"boolean": {}}}}, "HumanName"),
    )
    contact, name = as_extension("contact", valueBoolean=True), as_extension("name", valueBoolean=True)
    resource = {
        "resourceType": "Patient",
        "name": [{"family": "F", "extension": [name]}],
        "contact": [{"name": {"family": "G", "extension": [name, contact]}, "extension": [contact]}],
    }
    assert errors(validator, resource) == [("Patient.contact[0].name.extension[1]", "context")]


def test_closed_slicing_of_extensions_names_those_that_are_allowed_no_more() -> None:
    part = profile(
        "p",
        "Patient",
        {
            "extension": {"slicing": {"by": [["value", "url"]], "rules": "closed"}},
            "extension:flag": {"types": {"Extension": {"as": [f"{EXTENSION_URL}flag"]}}},
        },
    )
    validator = checker(FLAG, part)
    found = errors(validator, patient({"url": UNKNOWN, "valueString": "x"}), "p")
    assert found == [("Patient.extension[0]", "slicing")]


def test_extensions_of_primitives_are_checked_like_any_other() -> None:
    validator = checker(FLAG, extension("precise", {"value[x]": {"types": {"code": {}}}}, "date"))
    resource = {
        "resourceType": "Patient",
        "birthDate": "2026",
        "_birthDate": {
            "extension": [as_extension("precise", valueString="x"), as_extension("flag", valueBoolean=True)]
        },
    }
    assert errors(validator, resource) == [
        ("Patient.birthDate.extension[0].valueString", "types"),
        ("Patient.birthDate.extension[1]", "context"),
    ]


@pytest.mark.parametrize("item", [None, 5, "x", [], {}, {"url": 5}, {"url": None}, {"url": ["a"]}, {"url": {"a": 1}}])
def test_an_extension_of_any_form_is_told(item: Any) -> None:
    found = errors(checker(FLAG, asking("flag", min=0)), patient(item), "p")
    assert found and all(path.startswith("Patient.extension[0]") for path, _ in found)


def test_a_url_of_a_profile_or_type_is_no_extension() -> None:
    for url in (f"{URL}p", "http://hl7.org/fhir/StructureDefinition/Patient"):
        issues = checker(asking("flag")).check(patient({"url": url, "valueString": "x"}))
        assert told(issues) == [("information", "Patient.extension[0]", "extension")]


def test_a_modifier_stands_among_modifiers_and_nothing_else_does() -> None:
    """Source: FHIR R4 4.0.1 Extensibility: who overlooks a modifier misreads what it stands in."""
    modifier = extension("not", {".": {"isModifier": True}, "value[x]": {"types": {"boolean": {}}}}, "Element")
    validator = checker(modifier, FLAG)
    no, flag = as_extension("not", valueBoolean=True), as_extension("flag", valueBoolean=True)
    assert errors(validator, patient(flag, modifierExtension=[no])) == []
    assert errors(validator, patient(no, modifierExtension=[flag])) == [
        ("Patient.extension[0]", "isModifier"),
        ("Patient.modifierExtension[0]", "isModifier"),
    ]
