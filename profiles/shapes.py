"""The tables of `rules`, compiled: what is known about each element. Knows how a row is written, no value."""

from collections.abc import Iterator
from typing import NamedTuple

from profiles import rules
from profiles.primitives import PRIMITIVES, Check


class Element(NamedTuple):
    """What is known of one element; `check` is None when its type is complex. `expected` is said to a sender."""

    many: bool
    check: Check | None
    type: str
    expected: str


class Shape(NamedTuple):
    """One row of the tables. `mandatory` and `choices` give a name and the properties that count as it.

    `has_more`: a node of this shape needs a look as a whole besides its elements one by one.
    """

    name: str
    elements: dict[str, Element]
    mandatory: tuple[tuple[str, tuple[str, ...]], ...]
    choices: tuple[tuple[str, frozenset[str]], ...]
    modifiers: frozenset[str]
    has_more: bool


def _shape(name: str, row: str) -> Shape:
    elements: dict[str, Element] = {}
    mandatory = []
    choices = []
    for word in row.split():
        label, _, types = word.partition(":")
        base = label.rstrip("*!")
        ways = dict(_ways(base, types.split("|")))
        elements |= {way: _element("*" in label, kind) for way, kind in ways.items()}
        if "!" in label:
            mandatory.append((base, (*ways, *_extended(name, ways))))
        if len(ways) > 1:
            choices.append((base, frozenset(ways)))
    has_more = bool(mandatory or choices) or name in ("Reference", "Period", "")
    return Shape(name, elements, tuple(mandatory), tuple(choices), rules.MODIFIERS.get(name, frozenset()), has_more)


def _ways(base: str, types: list[str]) -> Iterator[tuple[str, str]]:
    """The properties one element may be written as: `serviced[x]` as `servicedDate` or `servicedPeriod`."""
    for kind in types:
        yield (base.removesuffix("[x]") + kind[0].upper() + kind[1:] if base.endswith("[x]") else base), kind


def _extended(name: str, ways: dict[str, str]) -> tuple[str, ...]:
    """A mandatory primitive may be absent with a reason, where the reading of the request does not hang on it."""
    return tuple(f"_{way}" for way in ways if f"{name}.{way}" in rules.MAY_BE_ABSENT_WITH_A_REASON)


def _element(many: bool, kind: str) -> Element:
    if kind in PRIMITIVES:
        check, expected = PRIMITIVES[kind]
        return Element(many, check, kind, expected)
    return Element(many, None, kind, f"an object ({kind})")


def _compiled() -> dict[str, Shape]:
    return {
        name: _shape(
            name, f"{row} {rules.IN_EVERY_ELEMENT}{' ' + rules.IN_EVERY_RESOURCE if name in RESOURCE_TYPES else ''}"
        )
        for name, row in (rules.RESOURCES | rules.DATA_TYPES).items()
    }


RESOURCE_TYPES = frozenset(name for name in rules.RESOURCES if "." not in name)
SHAPES: dict[str, Shape] = _compiled()
UNLISTED = _shape("", rules.IN_EVERY_ELEMENT)
"""What an object is held to of which no table speaks."""
