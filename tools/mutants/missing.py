"""Faults of absence: required elements, slices and choices taken out."""

from collections.abc import Iterator

from profiles.library import Element
from tools.mutants.changes import GONE, Change, Edit, Told
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.walking import Thing

_EXTENSION = "Extension"


def _missing(thing: Thing, member: Member) -> Change | None:
    if member.least < 1 or f"_{member.key}" in thing.value or not thing.is_plain(member) or len(thing.value) < 2:
        return None
    told = Told(thing.at(member.stem), "required")
    return Change((((*thing.steps, member.key), GONE),), (told,), element=member.path)


def _base_least(member: Member) -> int:
    return int(member.elements[0].facts.get("min", 0))


def missing_base_element(thing: Thing) -> Iterator[Change]:
    """What FHIR itself requires of a resource."""
    if thing.is_resource:
        yield from _each(thing, [row for row in thing.present if _base_least(row)])


def missing_profile_element(thing: Thing) -> Iterator[Change]:
    """What only a profile requires of a resource."""
    if thing.is_resource:
        yield from _each(thing, [row for row in thing.present if not _base_least(row) and not row.is_choice])


def missing_nested_base_element(thing: Thing) -> Iterator[Change]:
    """What FHIR requires deeper down."""
    if not thing.is_resource and thing.type_name != _EXTENSION:
        yield from _each(thing, [row for row in thing.present if _base_least(row)])


def missing_nested_profile_element(thing: Thing) -> Iterator[Change]:
    """What a profile requires deeper down."""
    if not thing.is_resource and thing.type_name != _EXTENSION:
        yield from _each(thing, [row for row in thing.present if not _base_least(row) and not row.is_choice])


def missing_choice(thing: Thing) -> Iterator[Change]:
    """A value of one of several types that is required."""
    if thing.type_name != _EXTENSION:
        yield from _each(thing, [row for row in thing.present if row.is_choice])


def missing_extension_value(thing: Thing) -> Iterator[Change]:
    """An extension whose value is required; without one it has neither value nor extensions, which ext-1 tells."""
    if thing.type_name == _EXTENSION:
        for change in _each(thing, [row for row in thing.present if row.is_choice]):
            yield Change(change.edits, change.expected, (Told(thing.path, rule="ext-1"),), change.element)


def missing_slice(thing: Thing) -> Iterator[Change]:
    """A slice of a list that must be there; no extension and no entry."""
    for member in thing.present:
        if member.many and member.type_name != _EXTENSION and thing.type_name != "Bundle":
            yield from _without_slices(thing, member)


def missing_entry(thing: Thing) -> Iterator[Change]:
    """A kind of entry that a Bundle must have."""
    if thing.type_name == "Bundle":
        for member in thing.present:
            yield from _without_slices(thing, member)


def missing_extension(thing: Thing) -> Iterator[Change]:
    """An extension that must be there."""
    if thing.type_name != _EXTENSION:
        yield from _without_extensions(thing)


def missing_nested_extension(thing: Thing) -> Iterator[Change]:
    """An extension that must be in another."""
    if thing.type_name == _EXTENSION:
        yield from _without_extensions(thing)


def _without_extensions(thing: Thing) -> Iterator[Change]:
    for member in thing.present:
        if member.type_name == _EXTENSION:
            yield from _without_slices(thing, member)


def _each(thing: Thing, members: list[Member]) -> Iterator[Change]:
    for member in members:
        change = _missing(thing, member)
        if change is not None:
            yield change


def _without_slices(thing: Thing, member: Member) -> Iterator[Change]:
    if member.type_name != _EXTENSION and not thing.is_plain(member) and thing.type_name != "Bundle":
        return
    items = thing.items(member)
    belongs = {index: thing.walk.slices(member, item) for index, item in items}
    for piece in dict.fromkeys(piece for pieces in belongs.values() for piece in pieces):
        mine = [index for index, pieces in belongs.items() if piece in pieces]
        if piece.facts.get("min") and all(belongs[index] == (piece,) for index in mine) and not _is_named(thing, piece):
            told = Told(thing.at(member.key), "required")
            empty = (Told(thing.path, "invariant", "ext-1"),) if thing.type_name == _EXTENSION else ()
            yield Change(_taken_out(thing, member, mine, len(items)), (told,), empty, _name(piece))


def _is_named(thing: Thing, piece: Element) -> bool:
    """An invariant counts on the slice by its name or URL."""
    return any(piece.slice_name in expression for expression in thing.rules.values())


def _taken_out(thing: Thing, member: Member, indexes: list[int], number: int) -> tuple[Edit, ...]:
    if len(indexes) == number:
        return (((*thing.steps, member.key), GONE),)
    return tuple(((*thing.steps, member.key, index), GONE) for index in reversed(indexes))


def _name(piece: Element) -> str:
    return f"{piece.definition.url}:{piece.path}:{piece.slice_name}"


FINDERS: dict[str, Finder] = {
    "missing-base-element": missing_base_element,
    "missing-profile-element": missing_profile_element,
    "missing-nested-base-element": missing_nested_base_element,
    "missing-nested-profile-element": missing_nested_profile_element,
    "missing-choice": missing_choice,
    "missing-extension-value": missing_extension_value,
    "missing-slice": missing_slice,
    "missing-entry": missing_entry,
    "missing-extension": missing_extension,
    "missing-nested-extension": missing_nested_extension,
}
