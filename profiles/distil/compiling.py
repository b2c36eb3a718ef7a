"""Packages in, texts of facts out. Reads the packages it is given, writes nothing and knows no command line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from profiles.distil.difference import BaseTypes, added
from profiles.distil.elements import pinned_rows
from profiles.distil.known import known_packages, known_types, parent_type
from profiles.distil.membership import UNKNOWN
from profiles.distil.packages import Package, PackageFault, Resource, Shelf, read_package
from profiles.distil.value_sets import ValueSets
from profiles.distil.writing import Sheet, Structure, written

CORE = "hl7.fhir.r4.core"

STAND_INS = {
    # PAS 2.2.1 asks for CRD 2.2.1, which is 2.2.0 again; at hand is a build of 2.2.0, put right in the facts by hand.
    "hl7.fhir.us.davinci-crd#2.2.1": "hl7.fhir.us.davinci-crd#2.2.0",
    # DTR 2.0.1 asks for whatever was current when it was built, January 2024: between CRD 2.0.0 and 2.0.1.
    "hl7.fhir.us.davinci-crd#current": "hl7.fhir.us.davinci-crd#2.0.1",
    # PAS 2.0.1 asks for CRD 2.0.0; 2.0.1 is its technical correction, and the one that is published beside it.
    "hl7.fhir.us.davinci-crd#2.0.0": "hl7.fhir.us.davinci-crd#2.0.1",
    # The build of CRD 2.2.0 asks for HRex 1.1.0; written by hand is 1.2.0, which the published CRD asks for.
    "hl7.fhir.us.davinci-hrex#1.1.0": "hl7.fhir.us.davinci-hrex#1.2.0",
    # PAS 2.2.1 asks for SDC 4.0.0; written by hand is 3.0.0, of which it uses nothing that has changed.
    "hl7.fhir.uv.sdc#4.0.0": "hl7.fhir.uv.sdc#3.0.0",
}
"""Package asked for -> package that answers for it, because the one asked for is not to be had."""

_MEMBER_OF = re.compile(r"memberOf\('([^']+)'\)")
_STRENGTHS = ("required", "extensible", "most")
_PARTS = ("", "-extensions", "-codes")


@dataclass(slots=True)
class Compiled:
    """File name -> text of facts, and what a person should know about how they came out."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def compile_packages(paths: Iterable[Path], known: Sequence[Sheet]) -> Compiled:
    """The facts of those packages. They may build on one another and on what is `known`, which itself is not written.

    What is written by hand for one of the packages stands in place of what the package says.

    Raises: PackageFault when one cannot be read.
    """
    packages = sorted((read_package(path) for path in paths), key=lambda package: package.key)
    keys = {package.key for package in packages}
    older = [sheet for sheet in known if sheet.package not in keys]
    by_hand = [sheet for sheet in known if sheet.package in keys and is_by_hand(sheet)]
    shelf = Shelf([*packages, *known_packages(older)], STAND_INS)
    base = BaseTypes()
    known_types(older, base)
    for package in packages:
        _add_types(package, shelf, base)
    compiled = Compiled()
    value_sets = ValueSets(shelf)
    sheets = [_sheet(package, shelf, base, compiled.notes) for package in packages]
    for package, sheet in zip(packages, sheets, strict=True):
        _add_codes(sheet, package, value_sets)
        for correction in by_hand:
            _give_way(sheet, correction)
        for part, suffix in zip(_parted(sheet), _PARTS, strict=False):
            compiled.files[f"{package.name}-{package.version}{suffix}.facts"] = written(part)
    compiled.notes += [
        f"{what} has {count} codes and is left open" for what, count in sorted(value_sets.too_large.items())
    ]
    return compiled


def is_by_hand(sheet: Sheet) -> bool:
    """Facts without the hash of a package were written by a person."""
    return "sha256" not in sheet.head


def _give_way(sheet: Sheet, correction: Sheet) -> None:
    if sheet.package != correction.package:
        return
    corrected = {structure.canonical for structure in correction.structures}
    sheet.structures = [structure for structure in sheet.structures if structure.canonical not in corrected]
    sheet.codes = {
        canonical: members for canonical, members in sheet.codes.items() if canonical not in correction.codes
    }


def _add_types(package: Package, shelf: Shelf, base: BaseTypes) -> None:
    for definition in package.resources["StructureDefinition"].values():
        if definition.get("derivation") != "constraint" and _is_compiled(definition):
            with _blaming(definition, package):
                base.add(definition["type"], dict(pinned_rows(definition, shelf, package)))


def _is_compiled(definition: Resource) -> bool:
    """Logical models describe no FHIR JSON; without a snapshot there is nothing to read."""
    return definition.get("kind") != "logical" and "snapshot" in definition


def _sheet(package: Package, shelf: Shelf, base: BaseTypes, notes: list[str]) -> Sheet:
    depends = [other.key for other in shelf.reach(package)[1:]]
    head = {"sha256": package.sha256, "canonical": package.canonical, "depends": depends}
    sheet = Sheet(package.key, head)
    for url, definition in sorted(package.resources["StructureDefinition"].items()):
        if _is_compiled(definition):
            with _blaming(definition, package):
                sheet.structures.append(_structure(definition, package, shelf, base))
        elif definition.get("kind") != "logical":
            notes.append(f"{url} ({package.key}) has no snapshot and is left out")
    return sheet


def _structure(definition: Resource, package: Package, shelf: Shelf, base: BaseTypes) -> Structure:
    head = dict(_head(definition, package, shelf))
    start = definition["type"] if head["derivation"] == "constraint" else parent_type(head)
    rows = added(start, dict(pinned_rows(definition, shelf, package)), base)
    return Structure(f"{definition['url']}|{definition.get('version') or package.version}", head, rows)


@contextmanager
def _blaming(resource: Resource, package: Package) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as fault:
        kind = resource["resourceType"]
        raise PackageFault(f"{package.key}: {resource['url']} is no {kind} of R4: {fault!r}") from fault


def _head(definition: Resource, package: Package, shelf: Shelf) -> Iterator[tuple[str, Any]]:
    yield "type", definition["type"]
    yield "kind", definition["kind"]
    yield "derivation", definition.get("derivation", "specialization")
    if "baseDefinition" in definition:
        yield "base", shelf.pinned(definition["baseDefinition"], package)
    if definition.get("abstract"):
        yield "abstract", True
    if definition.get("context"):
        yield "context", [[row["type"], row["expression"]] for row in definition["context"]]
    if definition.get("contextInvariant"):
        yield "contextRules", definition["contextInvariant"]


def _value_sets_of(sheet: Sheet) -> Iterator[str]:
    """The canonicals of every value set that an element of the sheet is bound to or tested by."""
    for structure in sheet.structures:
        for facts in structure.rows.values():
            yield from (facts[strength] for strength in _STRENGTHS if strength in facts)
            yield from (canonical for _, canonical in facts.get("besides", ()))
            for _, expression in facts.get("rules", {}).values():
                yield from _MEMBER_OF.findall(expression)


def _add_codes(sheet: Sheet, package: Package, value_sets: ValueSets) -> None:
    """Every value set of the package, and those that it binds to and nobody has."""
    for url, value_set in package.resources["ValueSet"].items():
        canonical = f"{url}|{value_set.get('version') or package.version}"
        with _blaming(value_set, package):
            sheet.codes[canonical] = value_sets.written(value_set, package)
    for canonical in _value_sets_of(sheet):
        if not value_sets.has(canonical):
            sheet.codes[canonical] = UNKNOWN


def _parted(sheet: Sheet) -> Iterator[Sheet]:
    """The core package is large: types, extensions and profiles, and codes stand in files of their own."""
    if sheet.package.partition("#")[0] != CORE:
        yield sheet
        return
    types = [one for one in sheet.structures if one.head["derivation"] != "constraint"]
    others = [one for one in sheet.structures if one.head["derivation"] == "constraint"]
    yield Sheet(sheet.package, sheet.head, types)
    yield Sheet(sheet.package, sheet.head, others)
    yield Sheet(sheet.package, sheet.head, [], sheet.codes)
