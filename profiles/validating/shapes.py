"""The walk: a JSON object against every element definition in force on it, compiled as its properties are met.

A shape is a set of elements (the base type's and those of the profiles), so that one walk checks them all.
Knows no Bundle and no guide.
"""

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from profiles.issues import UNKNOWN_ELEMENT
from profiles.library import Element
from profiles.primitives import PRIMITIVES
from profiles.validating.members import Merged, Nodes, children_of, merge
from profiles.validating.run import OURS, Place, Run, Source

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

Step = Callable[[Any, Place, Run, dict[str, Any]], None]
"""Checks one property: its value, the place of the object, the run, the object."""

_LONGEST_SHOWN = 64
_ONLY_ID = {"id"}


class Shape:
    """What one object must be. `plain` are the properties for which one look at the value is enough."""

    __slots__ = (
        "choices",
        "compiler",
        "members",
        "nodes",
        "plain",
        "required",
        "rules",
        "steps",
        "type_name",
        "type_path",
    )

    def __init__(self, compiler: "Compiler", nodes: Nodes, type_name: str, type_path: str) -> None:
        self.compiler = compiler
        self.nodes = nodes
        self.type_name = type_name
        self.type_path = type_path
        self.members: dict[str, Merged] = {}
        self.plain: dict[str, Callable[[Any], bool]] = {}
        self.steps: dict[str, Step] = {}
        self.choices: tuple[Merged, ...] = ()
        self.required: frozenset[str] = frozenset()
        self.rules = () if type_name in PRIMITIVES else compiler.rules(nodes, type_name, type_path)
        if compiler.library.is_a(type_name, "Resource"):
            self.plain["resourceType"] = _has_been_read
        self._gather()

    def __call__(self, node: Any, place: Place, run: Run) -> None:
        """Every fault of an object and of everything in it."""
        if type(node) is not dict:
            run.fault("structure", f"'{place[1]}' must be an object ({self.type_name}).", place, OURS)
            return
        plain, steps = self.plain, self.steps
        for name, value in node.items():
            check = plain.get(name)
            if check is None:
                step = steps.get(name) or self._step(name)
                step(value, place, run, node)
            elif not check(value):
                self._wrong(name, place, run)
        if not self.required <= node.keys():
            self.missing(node, place, run)
        for merged in self.choices:
            if merged.ways.present.isdisjoint(node):
                self._absent(merged, place, run)
        if len(node) < 2 and node.keys() <= _ONLY_ID:
            self._empty(node, place, run)
        for rule in self.rules:
            rule(node, place, run)

    def _gather(self) -> None:
        needed = []
        for name, nodes in children_of(self.nodes).items():
            merged = merge(name, nodes)
            if merged is None or (name == "value" and self.type_name in PRIMITIVES):
                continue
            self.members[name] = merged
            if merged.least.number or _has_required_slice(nodes):
                needed.append(merged)
        self.required = frozenset(merged.name for merged in needed if not merged.is_choice)
        self.choices = tuple(merged for merged in needed if merged.is_choice)

    def _member(self, key: str) -> tuple[Merged, str] | None:
        """The element that a JSON property is, and its type."""
        found = self.members.get(key)
        for merged in (found,) if found is not None else self.members.values():
            if key in merged.ways.types:
                return merged, merged.ways.types[key]
        return None

    def _step(self, name: str) -> Step:
        """Compiles the property `name`; what no definition knows is not kept, because its name came from outside."""
        found = self._member(name)
        if found is not None:
            step = self.steps[name] = self.compiler.step(self, name, *found)
            return step
        found = self._member(name[1:]) if name.startswith("_") else None
        if found is not None and found[1] in PRIMITIVES:
            step = self.steps[name] = self.compiler.sibling_step(name, *found)
            return step
        return self._unknown(name)

    def _unknown(self, name: str) -> Step:
        def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
            known = [key for merged in self.members.values() for key in merged.ways.types]
            near = difflib.get_close_matches(name[:_LONGEST_SHOWN], known, n=1)
            text = f"{self.type_path} has no element of that name" + (
                f"; did you mean '{near[0]}'?" if near else "; take it out."
            )
            run.fault("structure", text, (place, name, -1), Source(UNKNOWN_ELEMENT, self.nodes[0].definition))

        return step

    def _wrong(self, name: str, place: Place, run: Run) -> None:
        merged = self.members[name]
        type_name = merged.ways.types[name]
        text = f"'{name}' must be {PRIMITIVES[type_name][1]}."
        run.fault("value", text, (place, name, -1), Source(f"type {type_name}", merged.nodes[0].definition))

    def missing(self, node: dict[str, Any], place: Place, run: Run) -> None:
        """Tells of every required element an object lacks."""
        for name in sorted(self.required - node.keys()):
            merged = self.members[name]
            if merged.ways.present.isdisjoint(node):
                self._absent(merged, place, run)

    def _absent(self, merged: Merged, place: Place, run: Run) -> None:
        """Tells of an element that is not there, by the slices that must be among it where those make up the number."""
        here = (place, merged.stem, -1)
        pieces = [piece for element in merged.nodes for piece in element.slices.values() if piece.facts.get("min")]
        for piece in pieces:
            self.compiler.missing_slice(piece, here, run)
        if (merged.least.number or 0) > sum(piece.facts["min"] for piece in pieces):
            source = merged.least.source
            title = source.definition.title if source.definition else ""
            needs = "one" if merged.least.number == 1 else f"at least {merged.least.number}"
            run.fault("required", f"'{merged.stem}' is missing; {title} needs {needs}.", here, source)

    def _empty(self, node: dict[str, Any], place: Place, run: Run) -> None:
        if not node:
            run.fault("structure", "The object has no properties; leave the element out.", place, OURS)
        elif self.type_name not in PRIMITIVES and not self.compiler.library.is_a(self.type_name, "Resource"):
            run.fault("structure", "The object has nothing but an id; leave the element out.", place, OURS)


def _has_been_read(value: Any) -> bool:
    """The type of a resource led to its shape."""
    return True


def _has_required_slice(nodes: Nodes) -> bool:
    return any(piece.facts.get("min") for node in nodes for piece in _slices(node))


def _slices(node: Element) -> tuple[Element, ...]:
    return tuple(node.slices.values())
