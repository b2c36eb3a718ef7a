"""The compiled facts of the guides: definitions and value sets by canonical URL, read when first asked for.

Knows the text form of the facts, never how they were made or how a message is checked. Source: `docs/profiles.md`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from profiles.fhirpath.compiling import Invariant, compile_invariant
from profiles.fhirpath.types import KnownTypes, Member
from profiles.primitives import PRIMITIVES

_HEAD = re.compile(r"^(package|structure|codes) (\S+)\t", re.MULTILINE)
_PRIMITIVE = "primitive-type"
_NUMBERS = re.compile(r"\d+")

_READER = msgspec.json.Decoder(float_hook=Decimal)

Facts = dict[str, Any]


class FactsFault(Exception):
    """Facts that cannot be read; the message says what is missing."""


class Ways:
    """The JSON properties one element may be written as, and the type of each: one, or as many as a choice has."""

    __slots__ = ("_rivals", "present", "types")

    def __init__(self, types: dict[str, str]) -> None:
        self.types = types
        self.present = frozenset(types) | {f"_{key}" for key, name in types.items() if name in PRIMITIVES}
        """What shows that the element is there: any of the properties, or what stands beside a primitive."""
        self._rivals: dict[str, frozenset[str]] = {}

    def rivals(self, key: str) -> frozenset[str]:
        """The other properties of a choice, and what stands beside those."""
        if key not in self._rivals:
            self._rivals[key] = self.present - {key, f"_{key}"}
        return self._rivals[key]


@dataclass(slots=True, eq=False)
class Element:
    """One element of a definition: what it adds to the type it stands on, its children and its slices.

    `path` is from the type's name on: `Claim.item.quantity`; of a slice too, without the slice's name.
    """

    definition: "Definition"
    name: str
    path: str
    facts: Facts
    slice_name: str = ""
    children: dict[str, "Element"] = field(default_factory=dict, repr=False)
    slices: dict[str, "Element"] = field(default_factory=dict, repr=False)
    _ways: Ways | None = field(default=None, init=False, repr=False)

    @property
    def stem(self) -> str:
        """The name without `[x]`."""
        return self.name.removesuffix("[x]")

    @property
    def ways(self) -> Ways:
        """How an element of a base type stands in JSON."""
        if self._ways is None:
            names = ("BackboneElement",) if "same" in self.facts else self.facts.get("types", ())
            is_choice = self.name.endswith("[x]")
            types = {self.stem + name[0].upper() + name[1:] if is_choice else self.name: name for name in names}
            self._ways = Ways(types)
        return self._ways


@dataclass(slots=True, eq=False)
class Definition:
    """One StructureDefinition. `root` is the element of the type itself."""

    url: str
    version: str
    type: str
    kind: str
    base: str
    is_profile: bool
    is_abstract: bool
    head: Facts = field(repr=False)
    package: str
    root: Element = field(init=False, repr=False)

    @property
    def canonical(self) -> str:
        """`url|version`."""
        return f"{self.url}|{self.version}"

    @property
    def title(self) -> str:
        """How the definition is called in a sentence: `FHIR R4 Claim`, `profile-claim 2.2.1`."""
        name = self.url.rpartition("/")[2]
        return f"{name} {self.version}" if self.is_profile else f"FHIR R4 {name}"


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Codes by system. In an `open` system more codes may belong to the set; `is_known` False: nothing is known."""

    canonical: str
    codes: dict[str, frozenset[str]]
    open_systems: frozenset[str]
    is_known: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where in the facts a definition or value set stands."""

    package: str
    text: str
    start: int
    end: int


class Library:
    """Every definition at hand. Canonicals without a version mean what the guide asking builds on."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Raises: FactsFault when a text does not begin with its package."""
        self._entries: dict[str, dict[str, dict[str, _Entry]]] = {"structure": {}, "codes": {}}
        self._reach: dict[str, tuple[str, ...]] = {}
        self._definitions: dict[tuple[str, str], Definition] = {}
        self._value_sets: dict[tuple[str, str], ValueSet] = {}
        self._lineages: dict[str, tuple[Definition, ...]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._members: dict[tuple[str, str], Member | None] = {}
        self._invariants: dict[tuple[str, str], Invariant] = {}
        self._known_types = KnownTypes(self)
        for text in texts:
            self._index(text)

    def structure(self, canonical: str, guide: str = "") -> Definition | None:
        """The definition a canonical means to a guide (a package key such as `hl7.fhir.us.core#7.0.0`), or None.

        A version nobody here has is answered by another of the same URL, nearest to the guide first.
        """
        found = self._found("structure", canonical, guide)
        if found is None:
            return None
        url, version, entry = found
        key = (url, version)
        if key not in self._definitions:
            self._definitions[key] = _definition(url, version, entry)
        return self._definitions[key]

    def value_set(self, canonical: str, guide: str = "") -> ValueSet:
        """The value set a canonical means; one nobody has is not known."""
        found = self._found("codes", canonical, guide)
        if found is None:
            return ValueSet(canonical, {}, frozenset(), False)
        url, version, entry = found
        key = (url, version)
        if key not in self._value_sets:
            self._value_sets[key] = _value_set(f"{url}|{version}", entry)
        return self._value_sets[key]

    def type(self, name: str) -> Definition | None:
        """A type of FHIR R4 by its name, or None."""
        found = self.structure(f"http://hl7.org/fhir/StructureDefinition/{name}") if name.isalnum() else None
        return found if found and not found.is_profile else None

    def lineage(self, name: str) -> tuple[Definition, ...]:
        """A type and what it specializes: Patient, DomainResource, Resource. Empty for no type of R4."""
        if name not in self._lineages:
            own = self.type(name)
            above = own.base.partition("|")[0].rpartition("/")[2] if own and own.base else ""
            found = (own, *self.lineage(above)) if own and above else (own,) if own else ()
            if not found:
                return ()  # names from a message are not kept
            self._lineages[name] = found
        return self._lineages[name]

    def is_a(self, name: str, ancestor: str) -> bool:
        """True when a type is another one or specializes it; a backbone element goes by its path."""
        known = self._ancestors.get(name)
        if known is None:
            if "." in name:
                return name == ancestor or self.is_a("BackboneElement", ancestor)
            known = frozenset(row.type for row in self.lineage(name))
            if known:  # names from a message are not kept
                self._ancestors[name] = known
        return ancestor in known

    def member(self, type_path: str, name: str) -> Member | None:
        """What `name` may be in that type, or None when it has no such element.

        >>> shipped_library().member("Claim.item", "serviced").types
        ('date', 'Period')
        """
        key = (type_path, name)
        if key not in self._members:
            self._members[key] = self._member(type_path, name)
        return self._members[key]

    def invariant(self, expression: str, type_path: str) -> Invariant:
        """An expression compiled for a type; once, however many definitions and guides have it.

        Raises: FhirPathFault for an expression that cannot be read.
        """
        key = (expression, type_path)
        if key not in self._invariants:
            self._invariants[key] = compile_invariant(expression, type_path, self._known_types)
        return self._invariants[key]

    def canonicals(self, kind: str = "structure") -> Iterator[str]:
        """Every `url|version` at hand, of definitions (`structure`) or value sets (`codes`)."""
        for url, versions in self._entries[kind].items():
            for version in versions:
                yield f"{url}|{version}"

    def packages(self) -> tuple[str, ...]:
        """The key of every package at hand."""
        return tuple(self._reach)

    def _index(self, text: str) -> None:
        heads = list(_HEAD.finditer(text))
        if not heads or heads[0][1] != "package":
            raise FactsFault("Facts begin with the line of their package.")
        package = heads[0][2]
        about = _json(text, heads[0].end())
        self._reach.setdefault(package, (package, *about.get("depends", ())))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads[1:], ends[1:], strict=True):
            url, _, version = head[2].partition("|")
            self._entries[head[1]].setdefault(url, {})[version] = _Entry(package, text, head.end(), end)

    def _found(self, kind: str, canonical: str, guide: str) -> tuple[str, str, _Entry] | None:
        url, _, version = canonical.partition("|")
        versions = self._entries[kind].get(url)
        if not versions:
            return None
        if version not in versions:
            version = self._nearest(versions, guide, version)
        return url, version, versions[version]

    def _nearest(self, versions: dict[str, _Entry], guide: str, asked: str) -> str:
        """Which version answers: one that differs in the patch only, else that of the guide, else the newest."""
        alike = {version: entry for version, entry in versions.items() if is_patch_of(version, asked)}
        versions = alike or versions
        for package in self._reach.get(guide, ()):
            for version, entry in versions.items():
                if entry.package == package:
                    return version
        return max(versions, key=lambda version: [int(number) for number in _NUMBERS.findall(version)])

    def _member(self, type_path: str, name: str) -> Member | None:
        type_name, _, rest = type_path.partition(".")
        for definition in self.lineage(type_name):
            here: Element | None = definition.root
            for step in rest.split(".") if rest else ():
                here = here.children.get(step) if here else None
            if here is None:
                continue
            found = here.children.get(name) or here.children.get(f"{name}[x]")
            if found is not None and _is_whole(found):
                return _as_member(found)
        return self.member("BackboneElement", name) if rest else None


def _is_whole(element: Element) -> bool:
    """False for what only adds to an element of the type above: the value of `canonical` to that of `uri`."""
    return "max" in element.facts and ("types" in element.facts or "same" in element.facts)


def is_patch_of(version: str, other: str) -> bool:
    """True when two versions differ in the patch number at most.

    >>> is_patch_of("2.2.0", "2.2.1"), is_patch_of("2.2.0", "2.1.0")
    (True, False)
    """
    return version.split(".")[:2] == other.split(".")[:2]


def _as_member(element: Element) -> Member:
    if "same" in element.facts:
        types: tuple[str, ...] = (element.facts["same"],)
    else:
        types = tuple(
            element.path if code in ("BackboneElement", "Element") else code for code in element.facts["types"]
        )
    return Member(types, element.facts["max"] not in ("0", "1"), element.name.endswith("[x]"))


def _json(text: str, start: int) -> Any:
    return _READER.decode(text[start : text.index("\n", start)])


def _definition(url: str, version: str, entry: _Entry) -> Definition:
    lines = entry.text[entry.start : entry.end].split("\n")
    head = _READER.decode(lines[0])
    definition = Definition(
        url,
        version,
        head["type"],
        head["kind"],
        head.get("base", ""),
        head.get("derivation") == "constraint",
        head.get("abstract", False),
        head,
        entry.package,
    )
    definition.root = Element(definition, head["type"], head["type"], {})
    for line in lines[1:]:
        if line.startswith(" "):
            path, _, facts = line[1:].partition("\t")
            _put(definition.root, path, _READER.decode(facts))
    return definition


def _put(root: Element, path: str, facts: Facts) -> None:
    here = root
    for segment in path.split(".") if path != "." else ():
        name, _, slice_name = segment.partition(":")
        below = here.children.get(name)
        if below is None:
            below = here.children[name] = Element(root.definition, name, f"{here.path}.{name}", {})
        if slice_name:
            if slice_name not in below.slices:
                below.slices[slice_name] = Element(root.definition, name, below.path, {}, slice_name)
            below = below.slices[slice_name]
        here = below
    here.facts = facts


def _value_set(canonical: str, entry: _Entry) -> ValueSet:
    facts = _json(entry.text, entry.start)
    codes = {system: frozenset(codes) for system, codes in facts.get("codes", {}).items()}
    return ValueSet(canonical, codes, frozenset(facts.get("open", ())), not facts.get("unknown", False))


def shipped_texts() -> Iterator[str]:
    """The facts that come with this package, one text for each file."""
    folder = files("profiles").joinpath("facts")
    for name in sorted(file.name for file in folder.iterdir() if file.name.endswith(".facts")):
        yield folder.joinpath(name).read_text(encoding="utf-8")


@cache
def shipped_library() -> Library:
    """The definitions that come with this package; read once."""
    return Library(shipped_texts())
