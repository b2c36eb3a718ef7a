"""Faults of primitive values just beyond what their type allows, and of what stands beside them (`_name`).

Source: FHIR R4 4.0.1, Data Types; JSON representation of primitive elements.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from profiles.primitives import PRIMITIVES
from tools.mutants.changes import Change, Told
from tools.mutants.finders import Finder
from tools.mutants.walking import Thing


class Edge(NamedTuple):
    """A value that is not quite one of that type."""

    type_name: str
    value: Any


EDGES: dict[str, Edge] = {
    "date-not-in-calendar": Edge("date", "2026-02-30"),
    "date-american": Edge("date", "01/31/2026"),
    "date-with-time": Edge("date", "2026-01-31T10:00:00Z"),
    "date-of-year-zero": Edge("date", "0000-01-01"),
    "date-time-without-zone": Edge("dateTime", "2026-01-31T10:00:00"),
    "date-time-without-seconds": Edge("dateTime", "2026-01-31T10:00Z"),
    "date-time-of-hour-24": Edge("dateTime", "2026-01-31T24:00:00Z"),
    "date-time-zone-too-far": Edge("dateTime", "2026-01-31T10:00:00+14:30"),
    "date-time-with-space": Edge("dateTime", "2026-01-31 10:00:00Z"),
    "instant-without-seconds": Edge("instant", "2026-01-31T10:00Z"),
    "instant-without-time": Edge("instant", "2026-01-31"),
    "time-without-seconds": Edge("time", "10:00"),
    "time-with-zone": Edge("time", "10:00:00Z"),
    "positive-of-zero": Edge("positiveInt", 0),
    "unsigned-below-zero": Edge("unsignedInt", -1),
    "integer-too-large": Edge("integer", 2**31),
    "integer-too-small": Edge("integer", -(2**31) - 1),
    "integer-as-text": Edge("integer", "1"),
    "decimal-as-text": Edge("decimal", "1.50"),
    "decimal-too-fine": Edge("decimal", Decimal("1E-400")),
    "id-too-long": Edge("id", "a" * 65),
    "id-with-underscore": Edge("id", "a_b"),
    "uri-with-space": Edge("uri", "http://example.org/a b"),
    "url-with-tab": Edge("url", "http://example.org/a\tb"),
    "canonical-with-space": Edge("canonical", "http://example.org/a |1"),
    "code-with-double-space": Edge("code", "a  b"),
    "code-with-outer-space": Edge("code", " a"),
    "string-with-control-character": Edge("string", "a\x07b"),
    "markdown-empty": Edge("markdown", ""),
    "base64-with-bad-characters": Edge("base64Binary", "aGVs*bG8="),
    "oid-without-prefix": Edge("oid", "1.2.3"),
    "oid-with-leading-zero": Edge("oid", "urn:oid:1.02"),
    "uuid-upper-case": Edge("uuid", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"),
    "uuid-without-prefix": Edge("uuid", "c757873d-ec9a-4326-a141-556f43239520"),
    "xhtml-without-div": Edge("xhtml", "<p>Sample</p>"),
}

_ELSEWHERE = "http://example.org/an-extension-nobody-knows"


def _beyond(edge: Edge) -> Finder:
    """The value in place of one of that type, and in an extension that nobody knows."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            is_plain = thing.is_plain(member) or edge.type_name == "xhtml"
            if member.type_name == edge.type_name and is_plain and member.name != "url":
                steps = (*thing.steps, member.key) + ((0,) if member.many else ())
                told = Told(thing.at(*steps[len(thing.steps) :]), "value")
                yield Change(((steps, edge.value),), (told,), element=member.path)
        key = f"value{edge.type_name[0].upper()}{edge.type_name[1:]}"
        if thing.is_resource and "extension" in thing.members and edge.type_name != "xhtml":
            place = len(thing.value.get("extension", ()))
            yield in_extension(thing, {key: edge.value}, Told(thing.at("extension", place, key), "value"))

    return find


def in_extension(thing: Thing, value: dict[str, Any], told: Told) -> Change:
    """A value in an extension that nobody knows, after those the object has."""
    extension = {"url": _ELSEWHERE, **value}
    present = thing.value.get("extension")
    steps = (*thing.steps, "extension")
    edit = ((*steps, len(present)), extension) if present else (steps, [extension])
    return Change((edit,), (told,), element=thing.type_name)


def _id_of_resource(thing: Thing) -> Iterator[Change]:
    if thing.is_resource and not thing.above and "id" in thing.value:
        yield Change((((*thing.steps, "id"), "a" * 65),), (Told(thing.at("id"), "value"),), element=thing.type_name)


def _beside(value: Any, code: str, path: tuple[str | int, ...] = (), *, many: bool) -> Finder:
    """Something wrong beside a primitive."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            name = f"_{member.key}"
            is_plain = member.type_name in PRIMITIVES and thing.is_plain(member) and name not in thing.value
            if is_plain and member.many is many and member.name != "url":
                steps = (*thing.steps, name)
                yield Change(((steps, value),), (Told(thing.at(member.key, *path), code),), element=member.path)

    return find


def sibling_of_object(thing: Thing) -> Iterator[Change]:
    """`_name` beside an object, which has no such thing."""
    for member in thing.present:
        name = f"_{member.key}"
        if (
            member.type_name not in PRIMITIVES
            and thing.is_plain(member)
            and "resourceType" not in str(member.type_name)
        ):
            told = Told(thing.at(name), "structure", "unknown-element")
            yield Change((((*thing.steps, name), {"id": "a"}),), (told,), element=member.path)


def sibling_of_nothing(thing: Thing) -> Iterator[Change]:
    """`_name` for an element nobody knows."""
    told = Told(thing.at("_notAnElement"), "structure", "unknown-element")
    yield Change((((*thing.steps, "_notAnElement"), {"id": "a"}),), (told,), element=thing.type_name)


def sibling_too_long(thing: Thing) -> Iterator[Change]:
    """A list of siblings that goes on after the values, with nothing in its last place."""
    for member in thing.present:
        name = f"_{member.key}"
        if member.type_name in PRIMITIVES and member.many and name not in thing.value and thing.is_plain(member):
            size = len(thing.items(member))
            rows: list[Any] = [{"id": "a"}, *[None] * size]
            told = Told(thing.at(member.key, size), "structure")
            yield Change((((*thing.steps, name), rows),), (told,), element=member.path)


FINDERS: dict[str, Finder] = {
    **{kind: _beyond(edge) for kind, edge in EDGES.items()},
    "id-of-resource-too-long": _id_of_resource,
    "sibling-empty": _beside({}, "structure", many=False),
    "sibling-a-text": _beside("text", "structure", many=False),
    "sibling-a-list": _beside([{"id": "a"}], "structure", many=False),
    "sibling-with-unknown-element": _beside({"value": "x"}, "structure", ("value",), many=False),
    "sibling-null": _beside(None, "structure", many=False),
    "siblings-an-object": _beside({"id": "a"}, "structure", many=True),
    "siblings-empty": _beside([], "structure", many=True),
    "siblings-too-long": sibling_too_long,
    "sibling-of-object": sibling_of_object,
    "sibling-of-nothing": sibling_of_nothing,
}
