"""Walks a message together with the definitions in force on it, so that faults can be made where they matter.

Reads the compiled facts by itself, without the checker's own way of merging them: what is expected of the checker must
not come from it. Knows no kind of fault. Source: FHIR R4 4.0.1 ElementDefinition, Profiling.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from profiles.library import Definition, Element, Library
from tools.mutants.changes import Steps, path_of
from tools.mutants.members import Elements, Member, members_of
from tools.mutants.slices import slices_of

_OF_A_CODE = frozenset({"system", "code"})
_WORD = re.compile(r"[A-Za-z]+")
_EVERYWHERE = ("ele-1", "dom-", "ext-1", "ref-1")
"""Invariants that name elements found on nearly everything; each kind of fault looks to them by itself."""


@dataclass(eq=False)
class Thing:
    """One object of a message. `elements` are those of its type and of the profiles in force."""

    walk: "Walk"
    steps: Steps
    value: dict[str, Any]
    type_name: str
    elements: Elements
    member: Member | None = None
    holder: "Thing | None" = None
    slices: Elements = ()
    root: str = ""
    _plain: dict[str, bool] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        """FHIRPath of the object."""
        return path_of(self.root, self.steps)

    @property
    def is_resource(self) -> bool:
        """True for a resource, also a contained one."""
        return self.walk.library.is_a(self.type_name, "Resource")

    @property
    def is_contained(self) -> bool:
        """True for a contained resource."""
        return self.member is not None and self.member.key == "contained"

    def at(self, *steps: str | int) -> str:
        """FHIRPath of something below."""
        return path_of(self.root, (*self.steps, *steps))

    @cached_property
    def members(self) -> dict[str, Member]:
        """Every element the object may have, by JSON property."""
        return self.walk.members(self.elements)

    @cached_property
    def present(self) -> tuple[Member, ...]:
        """The elements it has, with a value."""
        return tuple(self.members[key] for key in self.value if key in self.members)

    @cached_property
    def above(self) -> "tuple[Thing, ...]":
        """The objects it stands in, the nearest first; contained resources and entries stand in others."""
        return (self.holder, *self.holder.above) if self.holder else ()

    @cached_property
    def spoken_of(self) -> frozenset[str]:
        """Names that invariants and discriminators in force here or further up mention."""
        return self.walk.words(self.elements).union(*(thing.spoken_of for thing in self.above[:1]))

    def is_plain(self, member: Member) -> bool:
        """True when changing that element breaks what is said of the element itself and nothing else."""
        known = self._plain.get(member.key)
        if known is None:
            known = self._plain[member.key] = self._is_plain(member)
        return known

    def _is_plain(self, member: Member) -> bool:
        names = {member.stem, member.key}
        if member.key == "contained" or (member.key == "id" and self.is_contained):
            return False
        if not names.isdisjoint(self.spoken_of) or (self._is_bound and not names.isdisjoint(_OF_A_CODE)):
            return False
        return not names_contained(self.value.get(member.key))

    @cached_property
    def _is_bound(self) -> bool:
        """A code with its system, here or just below, of which a required value set decides."""
        if self.type_name not in ("Coding", "Quantity", "CodeableConcept"):
            return False
        bound = any("required" in row.facts or "most" in row.facts for row in self.elements)
        return bound or (self.holder is not None and self.holder._is_bound)

    @property
    def rules(self) -> dict[str, str]:
        """The invariants in force on it that are errors: key -> expression."""
        return self.walk.rules(self.elements)

    def items(self, member: Member) -> list[tuple[int, Any]]:
        """The values of a list, with their places; nothing when it is no list."""
        value = self.value.get(member.key)
        return list(enumerate(value)) if type(value) is list else []


class Walk:
    """Walks the messages of one guide."""

    def __init__(self, library: Library, guide: str) -> None:
        self.library = library
        self.guide = guide
        self._members: dict[Elements, dict[str, Member]] = {}
        self._words: dict[Elements, frozenset[str]] = {}
        self._rules: dict[Elements, dict[str, str]] = {}

    def things(self, resource: dict[str, Any]) -> Iterator[Thing]:
        """Every object of a message, outermost first."""
        yield from self._below(self._resource(resource, (), None, (), None, str(resource["resourceType"])))

    def below(self, thing: Thing, key: str) -> Iterator[Thing]:
        """The objects that stand directly in one of its properties."""
        member = thing.members[key]
        rows = thing.items(member) if member.many else [(-1, thing.value.get(key))]
        for index, row in rows:
            if type(row) is dict:
                yield self._thing(thing, member, row, (*thing.steps, key) + (() if index < 0 else (index,)))

    def structure(self, canonical: str) -> Definition | None:
        """The definition a canonical means to the guide."""
        return self.library.structure(canonical, self.guide)

    def profiles(self, elements: Elements, type_name: str) -> tuple[Definition, ...]:
        """The profiles of which there is no choice: elements name one and no other for that type."""
        found = []
        for element in elements:
            named = element.facts.get("types", {}).get(type_name, {}).get("as", ())
            definition = self.structure(named[0]) if len(named) == 1 else None
            if definition is not None and definition.is_profile:
                found.append(definition)
        return tuple(found)

    def opened(self, elements: Elements, type_name: str) -> Elements:
        """The elements of a type, those that speak of the value, and those of the profiles they name."""
        roots = [row.root for row in self.library.lineage(type_name)]
        same = [_same(element) or element for element in elements]
        named = [definition.root for definition in self.profiles(elements, type_name)]
        return tuple(dict.fromkeys([*roots, *same, *named]))

    def members(self, elements: Elements) -> dict[str, Member]:
        """What an object with these elements in force may have, by JSON property."""
        if elements not in self._members:
            self._members[elements] = {member.key: member for member in members_of(elements)}
        return self._members[elements]

    def rules(self, elements: Elements) -> dict[str, str]:
        """The invariants of these elements that are errors: key -> expression."""
        if elements not in self._rules:
            self._rules[elements] = {
                key: expression
                for element in elements
                for key, (severity, expression) in element.facts.get("rules", {}).items()
                if severity == "error"
            }
        return self._rules[elements]

    def words(self, elements: Elements) -> frozenset[str]:
        """The names that invariants and discriminators of these elements mention."""
        if elements not in self._words:
            self._words[elements] = frozenset(_words(elements))
        return self._words[elements]

    def slices(self, member: Member, item: Any) -> Elements:
        """The slices an item of that member belongs to."""
        return slices_of(self, member, item)

    def _resource(
        self,
        value: dict[str, Any],
        steps: Steps,
        member: Member | None,
        slices: Elements,
        holder: Thing | None,
        root: str,
    ) -> Thing:
        kind = str(value.get("resourceType"))
        spoken = (member.elements if member else ()) + slices
        meta = value.get("meta")
        claimed = [self.structure(url) for url in (meta or {}).get("profile", ())]
        roots = [row.root for row in claimed if row is not None and row.is_profile and row.type == kind]
        elements = tuple(dict.fromkeys([*self.opened(spoken, kind), *roots]))
        return Thing(self, steps, value, kind, elements, member, holder, slices, root)

    def _extension(self, member: Member, value: dict[str, Any]) -> Elements:
        """What the definition of an extension says, which its URL names."""
        definition = self.structure(str(value.get("url"))) if member.type_name == "Extension" else None
        return (definition.root,) if definition is not None and definition.type == "Extension" else ()

    def _below(self, thing: Thing) -> Iterator[Thing]:
        yield thing
        for member in thing.present:
            for inner in self.below(thing, member.key):
                yield from self._below(inner)

    def _thing(self, holder: Thing, member: Member, value: dict[str, Any], steps: Steps) -> Thing:
        slices = slices_of(self, member, value)
        if "resourceType" in value:
            return self._resource(value, steps, member, slices, holder, holder.root)
        elements = self.opened(member.elements + slices + self._extension(member, value), member.type_name)
        return Thing(self, steps, value, member.type_name, elements, member, holder, slices, holder.root)


def names_contained(value: Any) -> bool:
    """A reference to a contained resource is in it, which dom-3 counts on."""
    if type(value) is dict:
        return any(names_contained(below) for below in value.values())
    if type(value) is list:
        return any(map(names_contained, value))
    return type(value) is str and value.startswith("#")


def _same(element: Element) -> Element | None:
    """The element whose content this one has."""
    if "same" not in element.facts:
        return None
    here: Element | None = element.definition.root
    for step in element.facts["same"].split(".")[1:]:
        here = here.children.get(step) if here else None
    return here


def _words(elements: Elements) -> Iterator[str]:
    for element in elements:
        for kind in ("fixed", "pattern"):
            yield from _keys(element.facts.get(kind))
        for key, (_, expression) in element.facts.get("rules", {}).items():
            if not key.startswith(_EVERYWHERE):
                yield from _WORD.findall(expression)
        for child in element.children.values():
            for _, path in child.facts.get("slicing", {}).get("by", ()):
                if child.name not in ("extension", "modifierExtension"):
                    yield from _WORD.findall(path)
            for key, (_, expression) in child.facts.get("rules", {}).items():
                if not key.startswith(_EVERYWHERE):
                    yield from _WORD.findall(expression)
                    yield child.name.removesuffix("[x]")


def _keys(written: Any) -> Iterator[str]:
    """Every name within a value that is written out."""
    if type(written) is dict:
        yield from written
    for below in written.values() if type(written) is dict else written if type(written) is list else ():
        yield from _keys(below)
