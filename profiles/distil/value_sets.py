"""Which codes a value set has, as far as the packages at hand can tell. Knows no facts format.

Systems whose codes are not at hand stay open: SNOMED CT, LOINC, X12, and the grammars of languages, media types,
currencies and units.

Source: R4 4.9.4 (composition rules of ValueSet.compose), R4 4.8.11 (filters).
"""

from functools import reduce

from profiles.distil.code_systems import Concepts
from profiles.distil.membership import NOTHING, UNKNOWN, Members, both, either, without
from profiles.distil.packages import Package, Resource, Shelf

LARGEST_SYSTEM = 3000
"""More codes than this of one system are not written down: the system is open then."""

_TERMINOLOGY = "http://terminology.hl7.org/"
_CORE = "hl7.fhir.r4.core"


class ValueSets:
    """Expands value sets of the packages on one shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._concepts: dict[tuple[str, str], Concepts] = {}
        self._expanding: set[str] = set()
        self.too_large: dict[str, int] = {}

    def has(self, canonical: str) -> bool:
        """Whether a value set of that URL is at hand, in whatever version."""
        return self._shelf.any_version("ValueSet", canonical) is not None

    def members(self, value_set: Resource, package: Package) -> Members:
        """What is known of the codes of a value set of that package; one that includes itself is unknown."""
        url = value_set["url"]
        if url in self._expanding:
            return UNKNOWN
        self._expanding.add(url)
        try:
            return self._composed(value_set, package)
        finally:
            self._expanding.discard(url)

    def written(self, value_set: Resource, package: Package) -> Members:
        """The members as they are written down: systems with very many codes are left open and noted."""
        found = self.members(value_set, package)
        large = {system for system, codes in found.certain.items() if len(codes) > LARGEST_SYSTEM}
        for system in large:
            self.too_large[f"{value_set['url']} ({package.key}): {system}"] = len(found.of(system))
        kept = {system: codes for system, codes in found.certain.items() if system not in large}
        return Members(kept, found.open | large, found.unknown)

    def _composed(self, value_set: Resource, package: Package) -> Members:
        if "members" in value_set:  # read back from facts, where the definition is no longer
            members: Members = value_set["members"]
            return members
        compose = value_set.get("compose")
        if compose is None:
            return _listed(value_set)
        included = reduce(either, (self._part(row, package) for row in compose.get("include", ())), NOTHING)
        excluded = reduce(either, (self._part(row, package) for row in compose.get("exclude", ())), NOTHING)
        return without(included, excluded)

    def _part(self, row: Resource, package: Package) -> Members:
        """One include or exclude: what it says of a system, common with every value set it names."""
        parts = [self._named(canonical, package) for canonical in row.get("valueSet", ())]
        if "system" in row:
            parts.append(self._of_system(row, package))
        return reduce(both, parts) if parts else UNKNOWN

    def _named(self, canonical: str, package: Package) -> Members:
        found = self._shelf.find("ValueSet", canonical, package) or self._shelf.any_version("ValueSet", canonical)
        if found is None:
            return UNKNOWN
        resource, holder = found
        members = self.members(resource, holder)
        if _outgrown(resource["url"], holder, package):
            return Members(members.certain, frozenset(members.systems()), members.unknown)
        return members

    def _of_system(self, row: Resource, package: Package) -> Members:
        system = row["system"].partition("|")[0]  # a few sets write the version into the system
        if "concept" in row:
            return Members({system: frozenset(concept["code"] for concept in row["concept"])})
        near = self._shelf.find("CodeSystem", row["system"], package) or self._shelf.find("CodeSystem", system, package)
        found = near or self._shelf.any_version("CodeSystem", system)
        if found is None or found[0].get("content") != "complete":
            return Members(open=frozenset({system}))
        resource, holder = found
        codes = self._filtered(resource, holder, row.get("filter", ()))
        if codes is None:
            return Members(open=frozenset({system}))
        sure = near is not None and not _outgrown(system, holder, package)
        return Members({system: codes} if codes else {}, frozenset() if sure else frozenset({system}))

    def _filtered(self, resource: Resource, holder: Package, filters: list[Resource]) -> frozenset[str] | None:
        key = (resource["url"], holder.key)
        if key not in self._concepts:
            self._concepts[key] = Concepts(resource)
        concepts = self._concepts[key]
        codes = concepts.all()
        for row in filters:
            selected = concepts.selected(row)
            if selected is None:
                return None
            codes &= selected
        return codes


def _outgrown(url: str, holder: Package, package: Package) -> bool:
    """Whether a guide means a later release of an HL7 terminology than the one frozen in the core package."""
    return url.startswith(_TERMINOLOGY) and holder.name == _CORE and package.name != _CORE


def _listed(value_set: Resource) -> Members:
    """A value set without a definition that carries its expansion; one with neither is unknown."""
    if "expansion" not in value_set:
        return UNKNOWN
    codes: dict[str, set[str]] = {}
    rows = list(value_set["expansion"].get("contains", ()))
    for row in rows:
        rows.extend(row.get("contains", ()))
        if "code" in row and not row.get("abstract"):
            codes.setdefault(row["system"], set()).add(row["code"])
    return Members({system: frozenset(found) for system, found in codes.items()})
