"""One walk over a Bundle: every element against the tables of `rules`, every reference noted on the way.

Must not know what references hit or what a Claim means; that is `links` and `checking`.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Optional

from profiles.issues import Issue
from profiles.primitives import PRIMITIVES, ends_before_it_starts
from profiles.rules import MAX_ISSUES
from profiles.shapes import RESOURCE_TYPES, SHAPES, UNLISTED, Element, Shape

Place = tuple[Optional["Place"], str, int]
"""Where the walk stands: the place above, the element's name, its index in a list or -1. Rendered only for a fault."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME = 64


@dataclass(slots=True)
class Link:
    """One literal reference: the entry it stands in, the place of its Reference, and what it says."""

    entry: int
    place: Place
    reference: str


@dataclass(slots=True)
class Structure:
    """What the walk found."""

    faults: list[Issue] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


def path_of(place: Place) -> str:
    """A place as FHIRPath.

    >>> path_of(((None, "Bundle", -1), "entry", 0))
    'Bundle.entry[0]'
    """
    above, name, index = place
    shown = name if _NAME.fullmatch(name[: _LONGEST_NAME + 1]) else f"`{name[:_LONGEST_NAME]}`"
    step = shown if index < 0 else f"{shown}[{index}]"
    return f"{path_of(above)}.{step}" if above else step


def names_of(place: Place) -> str:
    """The element names from the innermost resource down, without indexes: `item.extension.valueReference`."""
    names: list[str] = []
    step: Place | None = place
    while step is not None and step[1] not in ("resource", "contained"):
        names.append(step[1])
        step = step[0]
    return ".".join(reversed(names))


def inspect(bundle: dict[str, Any]) -> Structure:
    """Every fault of structure and every reference of a Bundle."""
    walk = _Walk()
    walk.node(bundle, SHAPES["Bundle"], (None, "Bundle", -1))
    return walk.found


class _Walk:
    """The walk and what it has found so far; `entry` is the Bundle entry it stands in, -1 before the first."""

    __slots__ = ("entry", "found")

    def __init__(self) -> None:
        self.found = Structure()
        self.entry = -1

    def node(self, node: dict[str, Any], shape: Shape, place: Place) -> None:
        if not node:
            self.fault("structure", "An object without properties; leave the element out.", place)
            return
        elements = shape.elements
        for name, value in node.items():
            element = elements.get(name)
            if element is None:
                if type(value) is not str or not value:
                    self.unlisted(name, value, (place, name, -1))
            elif element.many:
                self.many(value, element, place, name, node)
            elif element.check is None:
                self.complex(value, element, (place, name, -1))
            elif not element.check(value):
                self.unexpected(element, (place, name, -1))
        if shape.has_more:
            self.whole(node, shape, place)
        if "modifierExtension" in node:
            self.modifiers(node["modifierExtension"], shape, place)

    def many(self, value: Any, element: Element, place: Place, name: str, node: dict[str, Any]) -> None:
        if type(value) is not list:
            self.fault("structure", f"'{name}' must be a list.", (place, name, -1))
        elif not value:
            self.fault("structure", "An empty list; leave the element out.", (place, name, -1))
        elif element.check is None:
            for index, row in enumerate(value):
                if element.type == "Bundle.entry":
                    self.entry = index
                self.complex(row, element, (place, name, index))
        else:
            for index, row in enumerate(value):
                if not element.check(row) and not (row is None and f"_{name}" in node):
                    self.unexpected(element, (place, name, index))

    def complex(self, value: Any, element: Element, place: Place) -> None:
        if type(value) is not dict:
            self.unexpected(element, place)
        elif element.type == "Resource":
            self.resource(value, place)
        else:
            self.node(value, SHAPES[element.type], place)

    def resource(self, value: dict[str, Any], place: Place) -> None:
        kind = value.get("resourceType")
        if type(kind) is not str or not kind.isalpha():
            self.fault("structure", "A resource without resourceType.", (place, "resourceType", -1))
            kind = ""
        if kind == "Bundle":
            self.nested(value, place)
        else:
            self.node(value, SHAPES[kind] if kind in RESOURCE_TYPES else UNLISTED, place)

    def nested(self, value: dict[str, Any], place: Place) -> None:
        """A Bundle in the Bundle, for example a questionnaire's answers: its references are its own affair."""
        before = len(self.found.links)
        self.node(value, SHAPES["Bundle.nested"], place)
        del self.found.links[before:]

    def unlisted(self, name: str, value: Any, place: Place) -> None:
        """An element the tables do not know: only what is wrong in any FHIR JSON is refused."""
        if type(value) is dict:
            self.node(value, UNLISTED, place)
        elif type(value) is list:
            if not value:
                self.fault("structure", "An empty list; leave the element out.", place)
            for index, row in enumerate(value):
                if row is not None:
                    self.unlisted(name, row, (place[0], name, index))
        elif value is None or value == "":
            self.fault("structure", "An element without a value; leave it out.", place)

    def whole(self, node: dict[str, Any], shape: Shape, place: Place) -> None:
        for name, ways in shape.mandatory:
            if ways[0] not in node and not any(way in node for way in ways):
                self.fault("required", f"'{name}' is missing.", (place, name.removesuffix("[x]"), -1))
        for name, ways_to_say in shape.choices:
            if len(node.keys() & ways_to_say) > 1:
                self.fault("structure", f"More than one '{name}'; send one.", (place, name.removesuffix("[x]"), -1))
        if shape.name == "Period":
            self.period(node, place)
        elif type(node.get("reference")) is str and shape.name in ("Reference", ""):
            self.found.links.append(Link(self.entry, place, node["reference"]))

    def period(self, node: dict[str, Any], place: Place) -> None:
        start, end = node.get("start"), node.get("end")
        is_date_time = PRIMITIVES["dateTime"][0]
        if is_date_time(start) and is_date_time(end) and ends_before_it_starts(str(start), str(end)):
            self.fault("invariant", "The period ends before it starts.", place)

    def modifiers(self, rows: Any, shape: Shape, place: Place) -> None:
        """Source: PAS 2.2.1 spec-25: an unknown modifier may be treated as an error, and must not be ignored."""
        for index, row in enumerate(rows if type(rows) is list else ()):
            url = row.get("url") if type(row) is dict else None
            if type(url) is str and url not in shape.modifiers:
                text = "A modifier extension that is not understood here changes the meaning; it cannot be ignored."
                self.fault("extension", text, (place, "modifierExtension", index))

    def unexpected(self, element: Element, place: Place) -> None:
        self.fault("value" if element.check else "structure", f"'{place[1]}' must be {element.expected}.", place)

    def fault(self, code: str, text: str, place: Place) -> None:
        if len(self.found.faults) <= MAX_ISSUES:
            self.found.faults.append(Issue(code, text, path_of(place)))
