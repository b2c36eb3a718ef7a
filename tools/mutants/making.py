"""Makes the mutants: every kind, in every source, a bounded and fixed choice of all the faults that could be made."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from profiles.library import Library, shipped_library
from tools.mutants import bundles, codes, edges, extensions, forms, invariants, missing, references, surplus
from tools.mutants.changes import Change, Mutant
from tools.mutants.finders import Finder
from tools.mutants.sources import PACKAGES, Source, sources
from tools.mutants.walking import Walk

SEED = "fhir-um"
MOST_SOURCES = 15
"""Of one package; those that claim different profiles come first. The others are searched for what is not in these."""
MOST_OF_A_KIND = 2
"""In one package; those of different elements come first."""

KINDS: dict[str, Finder] = {
    **missing.FINDERS,
    **surplus.FINDERS,
    **forms.FINDERS,
    **codes.FINDERS,
    **edges.FINDERS,
    **extensions.FINDERS,
    **references.FINDERS,
    **bundles.FINDERS,
    **invariants.FINDERS,
}
"""Every kind of fault and how it is found."""


@cache
def mutants(folder: Path = PACKAGES) -> tuple[Mutant, ...]:
    """All mutants, the same every time."""
    library = shipped_library()
    found: list[Mutant] = []
    others: list[Source] = []
    for rows in _by_origin(sources(folder)).values():
        found += _of_origin(rows[:MOST_SOURCES], library, KINDS)
        others += rows[MOST_SOURCES:]
    rare = {kind: finder for kind, finder in KINDS.items() if kind not in {mutant.kind for mutant in found}}
    return tuple(sorted(found + _of_origin(others, library, rare), key=lambda mutant: mutant.id))


def _by_origin(rows: Iterable[Source]) -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    for row in rows:
        found.setdefault(row.origin, []).append(row)
    return {origin: _various(mine) for origin, mine in found.items()}


def _various(rows: list[Source]) -> list[Source]:
    """The most different ones first: those of a type and profile that was there before come last."""
    seen: dict[str, int] = {}
    ranked = []
    for row in sorted(rows, key=lambda row: _draw(row.origin, row.name)):
        claimed = row.resource.get("meta", {}).get("profile", [])
        likeness = f"{row.resource['resourceType']} {claimed}"
        seen[likeness] = seen.get(likeness, 0) + 1
        ranked.append((seen[likeness], row.name, row))
    return [row for _, _, row in sorted(ranked, key=lambda one: one[:2])]


def _of_origin(rows: list[Source], library: Library, kinds: dict[str, Finder]) -> list[Mutant]:
    walks: dict[str, Walk] = {}
    drawn: dict[str, list[tuple[str, Source, Change]]] = {}
    for source in rows:
        walk = walks.setdefault(source.guide, Walk(library, source.guide))
        for kind, change in _changes(walk, source, kinds):
            lot = _draw(kind, source.origin, source.name, f"{change.edits[0][0]}", change.element)
            drawn.setdefault(kind, []).append((lot, source, change))
    return [_mutant(kind, *row) for kind, found in drawn.items() for row in _chosen(found)]


def _changes(walk: Walk, source: Source, kinds: dict[str, Finder]) -> Iterator[tuple[str, Change]]:
    for thing in walk.things(source.resource):
        for kind, finder in kinds.items():
            for change in finder(thing):
                yield kind, change


def _chosen(found: list[tuple[str, Source, Change]]) -> list[tuple[str, Source, Change]]:
    """The first by lot, of each element one before any has two."""
    seen: dict[str, int] = {}
    ranked = []
    for row in sorted(found, key=lambda row: row[0]):
        seen[row[2].element] = seen.get(row[2].element, 0) + 1
        ranked.append((seen[row[2].element], row[0], row))
    return [row for _, _, row in sorted(ranked, key=lambda one: one[:2])[:MOST_OF_A_KIND]]


def _mutant(kind: str, lot: str, source: Source, change: Change) -> Mutant:
    return Mutant(f"{kind}.{lot[:8]}", kind, source.origin, source.name, source.guide, change, source.resource)


def _draw(*words: str) -> str:
    """A lot that is the same on every machine."""
    return hashlib.sha256("\0".join((SEED, *words)).encode()).hexdigest()
