"""Faults of value: codes outside their value set, other values than the fixed ones, patterns that are not met."""

from collections.abc import Iterator
from typing import Any

from profiles.library import Element
from tools.mutants.changes import Change, Told
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.walking import Thing

_SYSTEM = "http://example.org/none"
_CODE = "no-such-code"
_CODING = {"system": _SYSTEM, "code": _CODE}
_OTHER: dict[str, Any] = {
    "code": _CODE,
    "uri": "http://example.org/another",
    "string": "another text",
    "Coding": _CODING,
    "CodeableConcept": {"coding": [_CODING]},
    "Identifier": {"system": "http://example.org/another", "value": "1"},
}
_WRITTEN = ("fixed", "pattern")


def _values(thing: Thing, member: Member) -> list[tuple[tuple[str | int, ...], Any]]:
    """Each value of an element and where it stands."""
    if member.many:
        return [((*thing.steps, member.key, index), value) for index, value in thing.items(member)]
    return [((*thing.steps, member.key), thing.value[member.key])]


def _outside(type_name: str) -> Finder:
    """A code outside a value set that is known whole."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            if member.type_name != type_name or not thing.is_plain(member):
                continue
            for steps, value in _values(thing, member):
                elements = member.elements + thing.walk.slices(member, value)
                if _is_bound(thing, elements) and not _is_written(thing, elements, type_name):
                    yield Change(((steps, _OTHER[type_name]),), (_told(thing, steps),), element=member.path)

    return find


def _told(thing: Thing, steps: tuple[str | int, ...]) -> Told:
    return Told(thing.at(*steps[len(thing.steps) :]), "code-invalid")


def _is_bound(thing: Thing, elements: tuple[Element, ...]) -> bool:
    bound = [element.facts["required"] for element in elements if "required" in element.facts]
    sets = [thing.walk.library.value_set(canonical, thing.walk.guide) for canonical in bound]
    return any(one.is_known and _SYSTEM not in one.open_systems for one in sets) and not any(
        "" in one.codes for one in sets
    )


def _is_written(thing: Thing, elements: tuple[Element, ...], type_name: str) -> bool:
    """Something within is fixed or has a pattern, or is a slice, so that another value breaks that too."""
    ahead = list(thing.walk.opened(elements, type_name))
    while ahead:
        element = ahead.pop()
        if any(kind in element.facts for kind in _WRITTEN) or element.slices:
            return True
        if element.definition.is_profile:
            ahead.extend(element.children.values())
    return False


def code_where_any_will_not_do(thing: Thing) -> Iterator[Change]:
    """A code element of FHIR's own closed lists, where the set is open to none: a well known code in capitals."""
    for member in thing.present:
        if member.type_name != "code" or member.many or not thing.is_plain(member):
            continue
        code = thing.value[member.key]
        is_small = type(code) is str and code.upper() != code
        if is_small and _is_bound(thing, member.elements) and not _is_written(thing, member.elements, "code"):
            steps = (*thing.steps, member.key)
            yield Change(((steps, code.upper()),), (_told(thing, steps),), element=member.path)


def _unlike(kind: str, type_names: tuple[str, ...]) -> Finder:
    """Another value than the one a definition writes out."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            if member.type_name not in type_names or not thing.is_plain(member) or member.name == "url":
                continue
            for steps, value in _values(thing, member):
                elements = member.elements + thing.walk.slices(member, value)
                if any(kind in element.facts for element in elements) and not _tells_slices(thing, member):
                    path = thing.at(*steps[len(thing.steps) :])
                    other = not value if type(value) is bool else _OTHER[member.type_name]
                    follows = (Told(path, "code-invalid"),)
                    yield Change(((steps, other),), (Told(path, "value", kind),), follows, member.path)

    return find


def _tells_slices(thing: Thing, member: Member) -> bool:
    """The value itself decides the slice it stands in."""
    return any(element.slices for element in member.elements)


def lost_slice(thing: Thing) -> Iterator[Change]:
    """The value that makes an item belong to a required slice becomes another, so the slice is missing."""
    for member in thing.present:
        if not member.many or member.type_name not in ("Identifier", "CodeableConcept", "Coding"):
            continue
        items = thing.items(member)
        belongs = [thing.walk.slices(member, item) for _, item in items]
        for index, _ in items:
            pieces = belongs[index]
            alone = len(pieces) == 1 and belongs.count(pieces) == 1 and pieces[0].facts.get("min")
            if alone and not _is_closed(member) and not _mentioned(thing, member):
                steps = (*thing.steps, member.key, index)
                told = Told(thing.at(member.key), "required")
                yield Change(((steps, _OTHER[member.type_name]),), (told,), element=member.path)


def _is_closed(member: Member) -> bool:
    return any(element.facts.get("slicing", {}).get("rules") == "closed" for element in member.elements)


def _mentioned(thing: Thing, member: Member) -> bool:
    return any(member.stem in expression for expression in thing.rules.values())


FINDERS: dict[str, Finder] = {
    "wrong-code": _outside("code"),
    "code-in-capitals": code_where_any_will_not_do,
    "wrong-coding": _outside("Coding"),
    "wrong-concept": _outside("CodeableConcept"),
    "other-than-fixed-code": _unlike("fixed", ("code",)),
    "other-than-pattern-code": _unlike("pattern", ("code",)),
    "other-than-pattern-boolean": _unlike("pattern", ("boolean",)),
    "other-than-pattern-concept": _unlike("pattern", ("CodeableConcept",)),
    "other-than-pattern-text": _unlike("pattern", ("string", "uri")),
    "lost-slice": lost_slice,
}
