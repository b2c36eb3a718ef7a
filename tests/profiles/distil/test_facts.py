"""The facts that are committed: no prose, small, whole, and every reference either leads somewhere or is explained."""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from profiles.distil.compiling import is_by_hand
from profiles.distil.writing import Sheet, read

FOLDER = Path(__file__).parents[3] / "profiles" / "facts"
FILES = sorted(FOLDER.glob("*.facts"))
BY_HAND = sorted(FOLDER.glob("by-hand-*.facts"))
PROSE = {"definition", "comment", "short", "requirements", "description", "human", "display", "text", "purpose"}
LARGEST_COMPRESSED_BYTES = 1_500_000
LARGEST_FILE_BYTES = 1_000_000

_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
_IN_SNAPSHOT = "parent of profiles whose snapshots contain what it says"
_OF_A_CANONICAL = "target of a canonical, which is not followed"
WITHOUT_DEFINITION = {
    f"{_SDC}sdc-questionnaire": f"{_IN_SNAPSHOT}; {_OF_A_CANONICAL}",
    f"{_SDC}sdc-questionnaire-adapt": _IN_SNAPSHOT,
    f"{_SDC}sdc-questionnaireresponse": _IN_SNAPSHOT,
    f"{_SDC}sdc-task": _IN_SNAPSHOT,
    f"{_SDC}sdc-library": _OF_A_CANONICAL,
    f"{_SDC}sdc-valueset": _OF_A_CANONICAL,
    f"{_SDC}sdc-servicerequest": "target of Task.focus in CRD, which CRD 2.2 forbids: only the type is checked",
}
"""Definitions that facts refer to and nobody here has, and why that does no harm."""


@pytest.fixture(scope="module")
def sheets() -> list[Sheet]:
    return [read(path.read_text("utf-8").split("\n")) for path in FILES]


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_prose_of_a_guide_is_in_it(path: Path) -> None:
    for line in path.read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            said = json.loads(line.partition("\t")[2])
            values = (said.pop("fixed", None), said.pop("pattern", None), said.pop("codes", None))
            assert PROSE.isdisjoint(_keys(said)), line
            assert {"definition", "comment", "requirements", "human"}.isdisjoint(_keys(list(values))), line


def test_they_are_small() -> None:
    assert sum(len(zlib.compress(path.read_bytes(), 9)) for path in FILES) < LARGEST_COMPRESSED_BYTES
    assert max(path.stat().st_size for path in FILES) < LARGEST_FILE_BYTES


def test_every_file_tells_where_it_comes_from(sheets: list[Sheet]) -> None:
    for path, sheet in zip(FILES, sheets, strict=True):
        assert is_by_hand(sheet) is path.name.startswith("by-hand-")
        assert is_by_hand(sheet) or re.fullmatch(r"[0-9a-f]{64}", sheet.head["sha256"])


def test_files_of_one_package_agree_on_what_it_builds_on(sheets: list[Sheet]) -> None:
    depends: dict[str, list[str]] = {}
    for sheet in sheets:
        assert depends.setdefault(sheet.package, sheet.head["depends"]) == sheet.head["depends"], sheet.package


def test_nothing_is_said_twice(sheets: list[Sheet]) -> None:
    structures = [one.canonical for sheet in sheets for one in sheet.structures]
    assert len(structures) == len(set(structures))
    codes = [(sheet.package, canonical) for sheet in sheets for canonical in sheet.codes]
    assert len(codes) == len(set(codes))


def _referred(sheet: Sheet) -> Iterator[str]:
    for structure in sheet.structures:
        if "base" in structure.head:
            yield structure.head["base"]
        for facts in structure.rows.values():
            for detail in facts.get("types", {}).values():
                yield from (*detail.get("as", ()), *detail.get("to", ()))


def test_every_definition_referred_to_is_here_or_explained(sheets: list[Sheet]) -> None:
    here = {one.canonical.partition("|")[0] for sheet in sheets for one in sheet.structures}
    absent = {canonical.partition("|")[0] for sheet in sheets for canonical in _referred(sheet)} - here
    assert absent == WITHOUT_DEFINITION.keys()


def test_every_value_set_bound_to_has_a_row(sheets: list[Sheet]) -> None:
    here = {canonical.partition("|")[0] for sheet in sheets for canonical in sheet.codes}
    bound = {
        canonical.partition("|")[0]
        for sheet in sheets
        for structure in sheet.structures
        for facts in structure.rows.values()
        for canonical in (
            *(facts[strength] for strength in ("required", "extensible", "most") if strength in facts),
            *(value_set for _, value_set in facts.get("besides", ())),
        )
    }
    assert bound <= here


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.name)
def test_what_is_written_by_hand_names_its_source(path: Path) -> None:
    """A comment with a source stands above every group of definitions."""
    groups = path.read_text("utf-8").strip().split("\n\n")
    assert groups[0].startswith("# Written by hand: ")
    for group in groups[1:]:
        assert group.startswith("# Source: "), group[:80]


def test_facts_that_everything_else_stands_on(sheets: list[Sheet]) -> None:
    rows = {one.canonical: one.rows for sheet in sheets for one in sheet.structures}
    claim = rows["http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claim|2.2.1"]
    assert claim["item.sequence"] == {"mustSupport": True}
    assert claim["use"]["pattern"] == "preauthorization"
    patient = rows["http://hl7.org/fhir/StructureDefinition/Patient|4.0.1"]
    assert patient["link.type"]["required"] == "http://hl7.org/fhir/ValueSet/link-type|4.0.1"
    codes = {canonical: members for sheet in sheets for canonical, members in sheet.codes.items()}
    assert codes["http://hl7.org/fhir/ValueSet/link-type|4.0.1"].of("http://hl7.org/fhir/link-type") == {
        "replaced-by",
        "replaces",
        "refer",
        "seealso",
    }
    reasons = codes["http://hl7.org/fhir/us/davinci-crd/ValueSet/coverageAssertionReasons|2.2.0"]
    assert "technical" in reasons.of("http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp")
