"""The compiled facts: what a canonical means, what a type has, and facts that cannot be read."""

from typing import Any

import pytest

from profiles.library import FactsFault, Library, shipped_library, shipped_texts
from tests.profiles.definitions import CORE, GUIDE, URL, core_texts, extension, guide, library, profile, value_set

PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient"


@pytest.mark.parametrize("text", ["", "\n", "structure urn:x|1\t{}\n", "anything\n", f"\n{guide()}"[2:]])
def test_facts_begin_with_their_package(text: str) -> None:
    with pytest.raises(FactsFault, match="package"):
        Library([text])


def test_a_definition_is_found_by_url_and_version() -> None:
    held = library(profile("p", "Patient", {"name": {"min": 1}}, base=f"{PATIENT}|4.0.1"))
    found = held.structure(f"{URL}p|1", GUIDE)
    assert found is not None
    assert (found.canonical, found.type, found.is_profile, found.package) == (f"{URL}p|1", "Patient", True, GUIDE)
    assert found.base == f"{PATIENT}|4.0.1" and found.title == "p 1" and not found.is_abstract
    assert found.root.children["name"].facts == {"min": 1}
    assert found.root.children["name"].path == "Patient.name"
    assert held.structure(f"{URL}nobody") is None
    assert held.structure("") is None and held.structure("|") is None and held.structure("|1") is None


def test_a_definition_is_read_once() -> None:
    held = library(profile("p", "Patient", {}))
    assert held.structure(f"{URL}p|1") is held.structure(f"{URL}p", GUIDE)


def test_slices_stand_beside_what_is_said_of_all() -> None:
    held = library(
        profile(
            "p",
            "Patient",
            {
                ".": {"rules": {}},
                "name": {"min": 1},
                "name:old": {"max": "1"},
                "name:old.use": {"pattern": "old"},
                "name:old.given:first": {"min": 1},
                "contact.name": {"min": 1},
            },
        )
    )
    found = held.structure(f"{URL}p")
    assert found is not None and found.root.facts == {"rules": {}}
    name = found.root.children["name"]
    assert (name.facts, name.slice_name) == ({"min": 1}, "")
    old = name.slices["old"]
    assert (old.facts, old.slice_name, old.name, old.path) == ({"max": "1"}, "old", "name", "Patient.name")
    assert old.children["use"].path == "Patient.name.use"
    assert old.children["given"].slices["first"].facts == {"min": 1}
    assert found.root.children["contact"].children["name"].facts == {"min": 1}


def versions(*found: str, depends: tuple[str, ...] = (CORE,)) -> Library:
    """A guide beside packages `other` that have the same profile and value set in these versions."""
    others = [
        guide(
            profile("core", "Patient", {}, version=version),
            value_set("set", {"urn:s": [version]}, version=version),
            key=f"other#{version}",
        )
        for version in found
    ]
    return Library([*core_texts(), guide(depends=depends), *others])


@pytest.mark.parametrize(
    ("asked", "depends", "version"),
    [
        ("core|1.0.0", ("other#2.0.0", CORE), "1.0.0"),
        ("core|3.0.0", ("other#2.0.0", CORE), "3.0.0"),
        ("core", ("other#2.0.0", CORE), "2.0.0"),
        ("core", (CORE, "other#1.0.0", "other#2.0.0"), "1.0.0"),
        ("core", (CORE,), "10.0.0"),
        ("core|9.9.9", ("other#2.0.0", CORE), "2.0.0"),
        ("core|9.9.9", (CORE,), "10.0.0"),
    ],
)
def test_a_version_is_the_one_named_or_that_of_the_guide_or_the_newest(
    asked: str, depends: tuple[str, ...], version: str
) -> None:
    held = versions("3.0.0", "1.0.0", "10.0.0", "2.0.0", depends=depends)
    found = held.structure(f"{URL}{asked}", GUIDE)
    assert found is not None and found.version == version
    codes = held.value_set(f"{URL}{asked.replace('core', 'set')}", GUIDE)
    assert codes.codes == {"urn:s": frozenset({version})}


def test_a_value_set_says_what_it_knows() -> None:
    held = library(value_set("a", {"urn:s": ["x", "y"]}, "urn:open"), value_set("b", {}, known=False))
    closed = held.value_set(f"{URL}a")
    assert (closed.canonical, closed.is_known) == (f"{URL}a|1", True)
    assert closed.codes == {"urn:s": frozenset({"x", "y"})} and closed.open_systems == frozenset({"urn:open"})
    assert held.value_set(f"{URL}b").is_known is False
    unknown = held.value_set("urn:nobody|3")
    assert (unknown.canonical, unknown.is_known, unknown.codes) == ("urn:nobody|3", False, {})


@pytest.mark.parametrize(
    ("name", "lineage"),
    [
        ("Patient", ["Patient", "DomainResource", "Resource"]),
        ("Bundle", ["Bundle", "Resource"]),
        ("Age", ["Age", "Quantity", "Element"]),
        ("code", ["code", "string", "Element"]),
        ("Nothing", []),
        ("", []),
        ("../Patient", []),
        ("vitalsigns", []),
    ],
)
def test_a_type_specializes_others(name: str, lineage: list[str]) -> None:
    held = library()
    assert [row.type for row in held.lineage(name)] == lineage
    assert all(held.is_a(name, ancestor) for ancestor in lineage)
    assert not held.is_a(name, "Claim")


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("Claim", "id", (("id",), False, False)),
        ("Claim", "item", (("Claim.item",), True, False)),
        ("Claim.item", "serviced", (("date", "Period"), False, True)),
        ("Claim.item", "modifierExtension", (("Extension",), True, False)),
        ("Claim.item", "nothing", None),
        ("Claim", "nothing", None),
        ("Nothing", "id", None),
        ("Questionnaire.item", "item", (("Questionnaire.item",), True, False)),
    ],
)
def test_an_element_of_a_type_says_what_it_may_be(path: str, name: str, expected: Any) -> None:
    found = library().member(path, name)
    assert (None if found is None else (tuple(found.types), found.many, found.is_choice)) == expected


@pytest.mark.spec("pas:spec-1")
@pytest.mark.parametrize(
    ("canonical", "guide_key", "version"),
    [
        ("us-core-patient", "hl7.fhir.us.davinci-pas#2.2.1", "7.0.0"),
        ("us-core-patient|6.1.0", "hl7.fhir.us.davinci-pas#2.2.1", "6.1.0"),
        ("us-core-patient|3.1.1", "hl7.fhir.us.davinci-pas#2.2.1", "3.1.1"),
        ("us-core-patient", "hl7.fhir.us.davinci-pas#2.0.1", "3.1.1"),
        ("us-core-patient", "hl7.fhir.us.core#6.1.0", "6.1.0"),
    ],
)
def test_three_versions_of_us_core_stand_side_by_side(canonical: str, guide_key: str, version: str) -> None:
    found = shipped_library().structure(f"http://hl7.org/fhir/us/core/StructureDefinition/{canonical}", guide_key)
    assert found is not None and found.version == version


def test_what_comes_along_can_be_read_whole() -> None:
    held = shipped_library()
    structures, value_sets = list(held.canonicals()), list(held.canonicals("codes"))
    assert len(structures) > 1000 and len(value_sets) > 500
    for canonical in structures:
        found = held.structure(canonical)
        assert found is not None and found.canonical == canonical
        assert held.lineage(found.type), canonical
    for canonical in value_sets:
        assert held.value_set(canonical).canonical == canonical


def test_what_comes_along_is_kept_once() -> None:
    assert shipped_library() is shipped_library()
    assert len(list(shipped_texts())) > 8


def test_an_extension_is_a_profile_of_its_type() -> None:
    found = library(extension("flag", {}, "Patient")).structure(f"{URL}extension-flag")
    assert found is not None and found.type == "Extension" and found.is_profile
    assert found.head["context"] == [["element", "Patient"]]
