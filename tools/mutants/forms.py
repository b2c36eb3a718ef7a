"""Faults of JSON: a text for an object, a list for one value, 1 for true, and things with nothing in them."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from profiles.primitives import PRIMITIVES
from tools.mutants.changes import Change, Told
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.walking import Thing

_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_TEXTS = frozenset(PRIMITIVES) - _NUMBERS - {"boolean"}
_RESOURCES = frozenset({"Resource", "DomainResource"})

Wanted = Callable[[Thing, Member], bool]


def _is_single_object(thing: Thing, member: Member) -> bool:
    return type(thing.value[member.key]) is dict and not member.many and member.type_name not in _RESOURCES


def _is_list_of_objects(thing: Thing, member: Member) -> bool:
    return member.many and member.type_name not in (*PRIMITIVES, *_RESOURCES) and len(thing.items(member)) > 0


def _is_list_of_primitives(thing: Thing, member: Member) -> bool:
    return member.many and member.type_name in PRIMITIVES and len(thing.items(member)) > 0


def _is_single(types: frozenset[str]) -> Wanted:
    return lambda thing, member: not member.many and member.type_name in types and member.key != "url"


def _replacing(wanted: Wanted, instead: Callable[[Any], Any], code: str, *, first: bool = False) -> Finder:
    """Puts another value in place of one: of the property, or of the first item of a list."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            if not wanted(thing, member) or not _is_free(thing, member):
                continue
            value = thing.value[member.key]
            below: tuple[str | int, ...] = (member.key, 0) if first else (member.key,)
            new = instead(value[0] if first else value)
            if member.least and new is None:
                continue
            yield Change((((*thing.steps, *below), new),), (Told(thing.at(*below), code),), element=member.path)

    return find


def _is_free(thing: Thing, member: Member) -> bool:
    """Neither rules nor slices hang on the value."""
    pieces = [piece for element in member.elements for piece in element.slices.values()]
    needed = any(piece.facts.get("min") for piece in pieces) or (member.is_choice and pieces)
    return thing.is_plain(member) and not needed and f"_{member.key}" not in thing.value


def _has_no_wants(thing: Thing, member: Member) -> bool:
    """An object of that kind may have anything or nothing, so that emptiness is its only fault."""
    if not (_is_single_object(thing, member) or _is_list_of_objects(thing, member)):
        return False
    below = thing.walk.opened(member.elements, member.type_name)
    rules = {key for element in below for key in element.facts.get("rules", {})}
    asks = any(kind in element.facts for element in below for kind in ("fixed", "pattern", "required", "most"))
    needs = any(row.least for row in thing.walk.members(below).values())
    choices = any(len(element.facts.get("types", {}).get(member.type_name, {}).get("as", ())) > 1 for element in below)
    return rules <= {"ele-1", "ref-1", "qty-3"} and not needs and not asks and not choices


def _is_list_without_wants(thing: Thing, member: Member) -> bool:
    return member.many and member.least == 0 and len(thing.items(member)) > 0


FINDERS: dict[str, Finder] = {
    "text-for-object": _replacing(_is_single_object, lambda value: "text", "structure"),
    "list-for-object": _replacing(_is_single_object, lambda value: [value], "structure"),
    "object-for-list": _replacing(_is_list_of_objects, lambda value: value[0], "structure"),
    "text-for-item": _replacing(_is_list_of_objects, lambda value: "text", "structure", first=True),
    "text-for-list": _replacing(_is_list_of_primitives, lambda value: value[0], "structure"),
    "object-for-text": _replacing(_is_single(_TEXTS), lambda value: {"value": value}, "value"),
    "list-for-text": _replacing(_is_single(_TEXTS), lambda value: [value], "value"),
    "number-for-text": _replacing(_is_single(_TEXTS), lambda value: 7, "value"),
    "boolean-for-text": _replacing(_is_single(_TEXTS), lambda value: True, "value"),
    "text-for-number": _replacing(_is_single(_NUMBERS), lambda value: str(value), "value"),
    "fraction-for-whole-number": _replacing(
        _is_single(_NUMBERS - {"decimal"}), lambda value: Decimal(value) + Decimal("0.5"), "value"
    ),
    "text-for-boolean": _replacing(_is_single(frozenset({"boolean"})), lambda value: str(value).lower(), "value"),
    "one-for-boolean": _replacing(_is_single(frozenset({"boolean"})), lambda value: int(value), "value"),
    "empty-text": _replacing(_is_single(_TEXTS), lambda value: "", "value"),
    "null-for-primitive": _replacing(_is_single(frozenset(PRIMITIVES)), lambda value: None, "value"),
    "null-for-object": _replacing(_is_single_object, lambda value: None, "structure"),
    "null-in-list": _replacing(_is_list_of_primitives, lambda value: None, "value", first=True),
    "empty-list": _replacing(_is_list_without_wants, lambda value: [], "structure"),
    "empty-object": _replacing(
        lambda thing, member: not member.many and _has_no_wants(thing, member), lambda value: {}, "structure"
    ),
    "empty-item": _replacing(
        lambda thing, member: member.many and _has_no_wants(thing, member), lambda value: {}, "structure", first=True
    ),
    "only-an-id": _replacing(
        lambda thing, member: not member.many and _has_no_wants(thing, member), lambda value: {"id": "a"}, "structure"
    ),
}
