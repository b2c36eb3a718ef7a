"""Facts that are compiled already, put back on the shelf: another guide builds on them without their packages.

Knows no files; a sheet is what `writing` reads.
"""

from collections.abc import Iterable
from typing import Any

from profiles.distil.difference import BaseTypes, Rows
from profiles.distil.packages import Package, Resource
from profiles.distil.writing import Sheet, Structure

_CONSTRAINT = "constraint"


def known_packages(sheets: Iterable[Sheet]) -> list[Package]:
    """A package for all sheets of the same name and version: what it defines in which version, and its codes."""
    packages: dict[str, Package] = {}
    for sheet in sheets:
        package = packages.setdefault(sheet.package, _empty(sheet))
        for structure in sheet.structures:
            _put(package, "StructureDefinition", structure.canonical, {})
        for canonical, members in sheet.codes.items():
            _put(package, "ValueSet", canonical, {"members": members})
    return list(packages.values())


def known_types(sheets: Iterable[Sheet], base: BaseTypes) -> None:
    """Adds the types of FHIR itself to `base`, whole again: parents before children."""
    waiting = {
        structure.head["type"]: structure
        for sheet in sheets
        for structure in sheet.structures
        if structure.head.get("derivation") != _CONSTRAINT
    }
    done: set[str] = set()
    for name in waiting:
        _add_with_parents(name, waiting, done, base)


def _add_with_parents(name: str, waiting: dict[str, Structure], done: set[str], base: BaseTypes) -> None:
    if name in done or name not in waiting:
        return
    done.add(name)
    parent = parent_type(waiting[name].head)
    _add_with_parents(parent, waiting, done, base)
    base.add(name, _whole(waiting[name].rows, parent, base))


def parent_type(head: dict[str, Any]) -> str:
    """The type that a type of FHIR itself is a kind of; empty for those that stand alone."""
    canonical: str = head.get("base", "")
    return canonical.partition("|")[0].rpartition("/")[2]


def _whole(less: Rows, parent: str, base: BaseTypes) -> Rows:
    rows = base.of(parent)
    for path, facts in less.items():
        under = base.below(parent, path, less) if path else base.root(parent)
        rules = {**under.get("rules", {}), **facts.get("rules", {})}
        rows[path] = {**under, **facts, **({"rules": rules} if rules else {})}
    return rows


def _put(package: Package, kind: str, canonical: str, more: Resource) -> None:
    url, _, version = canonical.partition("|")
    package.resources[kind][url] = {"url": url, "version": version, **more}


def _empty(sheet: Sheet) -> Package:
    name, _, version = sheet.package.partition("#")
    resources: dict[str, dict[str, Resource]] = {"CodeSystem": {}, "StructureDefinition": {}, "ValueSet": {}}
    return Package(
        name, version, sheet.head.get("canonical", ""), sheet.head.get("sha256", ""), _depends(sheet), resources
    )


def _depends(sheet: Sheet) -> dict[str, str]:
    """Name -> version; of several versions of one package the nearest has the plain name, others an alias."""
    depends: dict[str, str] = {}
    for key in sheet.head.get("depends", ()):
        name, _, version = key.partition("#")
        depends[name if name not in depends else f"{name}.v{version.replace('.', '')}"] = version
    return depends
