"""Faults of too much: elements nobody knows, elements a profile takes away, too many of one, two where one may be."""

import copy
from collections.abc import Iterator

from profiles.library import Element
from tools.mutants.changes import GONE, Change, Told
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.samples import sample
from tools.mutants.walking import Thing

_EXTENSION = "Extension"
_UNKNOWN = "notAnElement"
_NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Sample</div>'}
_RESERVED = "urn:uuid:00000000-0000-4000-8000-00000000000"


def _unknown(thing: Thing) -> Iterator[Change]:
    told = Told(thing.at(_UNKNOWN), "structure", "unknown-element")
    yield Change((((*thing.steps, _UNKNOWN), "x"),), (told,), element=thing.elements[-1].path)


def unknown_in_resource(thing: Thing) -> Iterator[Change]:
    """An element that no definition knows, in a resource."""
    if thing.is_resource:
        yield from _unknown(thing)


def unknown_in_backbone(thing: Thing) -> Iterator[Change]:
    """In a part of a resource."""
    if thing.type_name == "BackboneElement":
        yield from _unknown(thing)


def unknown_in_data_type(thing: Thing) -> Iterator[Change]:
    """In a data type."""
    if not thing.is_resource and thing.type_name not in ("BackboneElement", _EXTENSION):
        yield from _unknown(thing)


def unknown_in_extension(thing: Thing) -> Iterator[Change]:
    """In an extension."""
    if thing.type_name == _EXTENSION:
        yield from _unknown(thing)


def type_not_of_choice(thing: Thing) -> Iterator[Change]:
    """A choice written with a type it does not have: an element that nobody knows."""
    for member in thing.present:
        name = f"{member.stem}Narrative"
        if member.is_choice and name not in thing.members and thing.is_plain(member) and not member.least:
            edits = (((*thing.steps, name), _NARRATIVE),)
            yield Change(edits, (Told(thing.at(name), "structure", "unknown-element"),), element=member.path)


def two_choices(thing: Thing) -> Iterator[Change]:
    """Two values where one may be; where the profile allows no second type, that type is what is told."""
    for member in thing.present:
        if not member.is_choice or not thing.is_plain(member):
            continue
        others = [row for row in thing.members.values() if row.name == member.name and row.key not in thing.value]
        for other in sorted(others, key=lambda row: not row.is_allowed())[:1]:
            edits = (((*thing.steps, other.key), sample(thing.walk, other)),)
            path = thing.at(member.stem if other.is_allowed() else other.key)
            yield Change(edits, (Told(path, "structure"),), (Told(thing.at(member.stem), "structure"),), member.path)


def _has_slices(member: Member) -> bool:
    return any(element.slices for element in member.elements)


def too_many(thing: Thing) -> Iterator[Change]:
    """More in a list than a profile allows."""
    for member in thing.present:
        items = thing.items(member)
        most = member.most
        if items and most and member.many and thing.is_plain(member) and not _has_slices(member):
            edits = tuple(((*thing.steps, member.key, place), items[-1][1]) for place in range(len(items), most + 1))
            yield Change(edits, (Told(thing.at(member.key), "structure", "max"),), element=member.path)


def too_many_of_slice(thing: Thing) -> Iterator[Change]:
    """More of a slice than it allows."""
    if thing.type_name != _EXTENSION:
        yield from _crowded(thing, [row for row in thing.present if row.type_name != _EXTENSION])


def too_many_of_extension(thing: Thing) -> Iterator[Change]:
    """More of an extension than its slice allows."""
    if thing.type_name != _EXTENSION:
        yield from _crowded(thing, [row for row in thing.present if row.type_name == _EXTENSION])


def too_many_of_nested_extension(thing: Thing) -> Iterator[Change]:
    """The same within an extension."""
    if thing.type_name == _EXTENSION:
        yield from _crowded(thing, [row for row in thing.present if row.type_name == _EXTENSION])


def _crowded(thing: Thing, members: list[Member]) -> Iterator[Change]:
    for member in members:
        items = thing.items(member)
        if member.type_name != _EXTENSION and not thing.is_plain(member) and thing.type_name != "Bundle":
            continue
        for index, item in items:
            pieces = thing.walk.slices(member, item)
            if len(pieces) == 1 and pieces[0].facts.get("max") == "1" and not _counted(thing, pieces[0]):
                again = copy.deepcopy(item)
                if "fullUrl" in again:
                    again["fullUrl"] = f"{_RESERVED}{index % 10}"
                edits = (((*thing.steps, member.key, len(items)), again),)
                name = f"{pieces[0].definition.url}:{pieces[0].slice_name}"
                yield Change(edits, (Told(thing.at(member.key), "structure"),), element=name)


def _counted(thing: Thing, piece: Element) -> bool:
    return any(piece.slice_name in expression for expression in thing.rules.values())


def forbidden_element(thing: Thing) -> Iterator[Change]:
    """An element that a profile takes away."""
    if not thing.slices and thing.type_name != _EXTENSION:
        yield from _forbidden(thing)


def forbidden_in_slice(thing: Thing) -> Iterator[Change]:
    """An element that a slice takes away."""
    if thing.slices and thing.type_name != _EXTENSION:
        yield from _forbidden(thing)


def _forbidden(thing: Thing) -> Iterator[Change]:
    for member in thing.members.values():
        if member.most == 0 and member.key not in thing.value and thing.is_plain(member) and member.is_allowed():
            value = sample(thing.walk, member)
            edits = (((*thing.steps, member.key), [value] if member.many else value),)
            yield Change(edits, (Told(thing.at(member.key), "structure", "max"),), element=member.path)


def forbidden_choice(thing: Thing) -> Iterator[Change]:
    """A value of a type that the profile takes away, in place of one it allows."""
    for member in thing.present:
        if not member.is_choice or not thing.is_plain(member) or thing.type_name == _EXTENSION:
            continue
        for other in thing.members.values():
            if other.name == member.name and not other.is_allowed() and other.most != 0:
                yield _instead(thing, member, other)
                break


def _instead(thing: Thing, member: Member, other: Member) -> Change:
    value = sample(thing.walk, other)
    edits = (((*thing.steps, other.key), value), ((*thing.steps, member.key), GONE))
    needed = (Told(thing.at(member.stem), "required"),) if _has_slices(member) else ()
    return Change(edits, (Told(thing.at(other.key), "structure"),), needed, member.path)


FINDERS: dict[str, Finder] = {
    "unknown-in-resource": unknown_in_resource,
    "unknown-in-backbone": unknown_in_backbone,
    "unknown-in-data-type": unknown_in_data_type,
    "unknown-in-extension": unknown_in_extension,
    "type-not-of-choice": type_not_of_choice,
    "two-choices": two_choices,
    "too-many": too_many,
    "too-many-of-slice": too_many_of_slice,
    "too-many-of-extension": too_many_of_extension,
    "too-many-of-nested-extension": too_many_of_nested_extension,
    "forbidden-element": forbidden_element,
    "forbidden-in-slice": forbidden_in_slice,
    "forbidden-choice": forbidden_choice,
}
