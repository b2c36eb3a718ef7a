"""Steps over properties that repeat: how many there may be, each item, and the slices among them.

Knows no discriminator. Source: FHIR R4 4.0.1 Profiling, Slicing.
"""

from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

from profiles.library import Element
from profiles.primitives import PRIMITIVES
from profiles.validating.extensions import Extensions
from profiles.validating.members import Merged
from profiles.validating.run import OURS, Check, Place, Run, Source
from profiles.validating.shapes import Shape, Step
from profiles.validating.slicing import Slicing, slicings_of, title_of

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

ItemCheck = Callable[[Any, Place, Run], tuple[Element, ...]]
"""Checks an item and says which slices it belongs to."""

MOST_ITEMS = 10_000
"""Of one list; longer ones are told and not looked at, so that hostile input costs little."""


def list_step(compiler: "Compiler", shape: Shape, name: str, merged: Merged, type_name: str) -> Step:
    """The step over a list."""
    counted = _counted(name, merged, type_name)
    if type_name == "Extension":
        return _sliced(merged, counted, Extensions(compiler, shape, name, merged))
    slicings = slicings_of(compiler, merged, type_name)
    if slicings:
        return _sliced(merged, counted, _Items(compiler, merged, type_name, slicings))
    check = compiler.check(merged.nodes, type_name)
    sibling = f"_{name}" if type_name in PRIMITIVES else ""

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        if counted(value, place, run):
            beside = _length(node.get(sibling))
            for index, item in enumerate(value):
                if item is not None or index >= beside:
                    check(item, (place, name, index), run)

    return step


def _length(rows: Any) -> int:
    """How many places beside a list of primitives may hold what stands for a value; their own step looks at them."""
    return len(rows) if type(rows) is list else 0


def _counted(name: str, merged: Merged, type_name: str) -> Callable[[Any, Place, Run], bool]:
    """Whether the value is a list worth looking into; tells of its length on the way."""
    least, most = merged.least, merged.most

    def counted(value: Any, place: Place, run: Run) -> bool:
        if type(value) is not list:
            run.fault("structure", f"'{name}' must be a list.", (place, name, -1), OURS)
            return False
        number = len(value)
        if not number:
            run.fault("structure", "The list is empty; leave the element out.", (place, name, -1), OURS)
        elif number > MOST_ITEMS:
            text = f"'{name}' has {number} items, at most {MOST_ITEMS} are looked at; send fewer."
            run.fault("too-costly", text, (place, name, -1), OURS)
            return False
        elif number < (least.number or 0):
            run.fault(
                "required",
                f"'{name}' is there {_times(number)}; {_asks(least.source)} at least {least.number}.",
                (place, name, -1),
                least.source,
            )
        if most.number is not None and number > most.number:
            run.fault(
                "structure",
                f"'{name}' is there {_times(number)}; {_asks(most.source)} at most {most.number}.",
                (place, name, -1),
                most.source,
            )
        return True

    return counted


def _asks(source: Source) -> str:
    return f"{source.definition.title} wants" if source.definition else "wanted are"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _sliced(merged: Merged, counted: Callable[[Any, Place, Run], bool], check: ItemCheck) -> Step:
    """The step over a list with slices: each item goes to its slices, and the slices are counted."""
    bounds = [
        (piece, int(piece.facts.get("min", 0)), _most(piece)) for node in merged.nodes for piece in node.slices.values()
    ]
    bounds = [row for row in bounds if row[1] or row[2] is not None]
    in_order = [node for node in merged.nodes if _has_order(node)]
    name = merged.name

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        if not counted(value, place, run):
            return
        pieces = [check(item, (place, name, index), run) for index, item in enumerate(value)]
        for definer in in_order:
            _order(definer, pieces, (place, name, -1), run)
        if not bounds:
            return
        found = Counter(chain.from_iterable(pieces))
        for piece, least, most in bounds:
            number = found[piece]
            if number < least or (most is not None and number > most):
                _miscounted(piece, number, least, (place, name, -1), run)

    return step


def _has_order(node: Element) -> bool:
    slicing = node.facts.get("slicing", {})
    return bool(slicing.get("ordered")) or slicing.get("rules") == "openAtEnd"


def _order(node: Element, pieces: list[tuple[Element, ...]], place: Place, run: Run) -> None:
    """Tells when items do not stand in the order of their slices, or stand before the end without one."""
    slicing, source = node.facts["slicing"], Source("slicing", node.definition)
    rank = {piece: number for number, piece in enumerate(node.slices.values())}
    ranks = [next((rank[piece] for piece in mine if piece in rank), None) for mine in pieces]
    known = [number for number in ranks if number is not None]
    if slicing.get("ordered") and known != sorted(known):
        text = f"'{place[1]}' must stand in this order: {', '.join(node.slices)}; {node.definition.title} says so."
        run.fault("structure", text, place, source)
    if slicing.get("rules") == "openAtEnd" and None in ranks[: len(known)]:
        text = f"What is none of {', '.join(node.slices)} comes last in '{place[1]}'; {node.definition.title} says so."
        run.fault("structure", text, place, source)


def _most(piece: Element) -> int | None:
    text = piece.facts.get("max", "*")
    return None if text == "*" else int(text)


def _miscounted(piece: Element, number: int, least: int, place: Place, run: Run) -> None:
    if number < least:
        rule, code, bound = "min", "required", f"at least {least}"
    else:
        rule, code, bound = "max", "structure", f"at most {piece.facts['max']}"
    source = Source(f"slice {piece.slice_name} {rule}", piece.definition)
    text = f"'{piece.name}' has {number or 'no'} {title_of(piece)}; {_asks(source)} {bound}."
    run.fault(code, text, place, source)


class _Items:
    """Sends each item of a list to the check of the slices it belongs to."""

    def __init__(self, compiler: "Compiler", merged: Merged, type_name: str, slicings: list[Slicing]) -> None:
        self._compiler = compiler
        self._nodes = merged.nodes
        self._type_name = type_name
        self._slicings = slicings
        self._checks: dict[tuple[Element, ...], Check] = {}

    def __call__(self, item: Any, place: Place, run: Run) -> tuple[Element, ...]:
        """Checks one item; the slices it belongs to."""
        pieces: tuple[Element, ...] = ()
        for slicing in self._slicings:
            mine = slicing.pieces_of(item, run)
            if not mine and slicing.is_closed:
                text = f"'{place[1]}' is of none of the kinds that may be here: {slicing.names}."
                run.fault("structure", text, place, slicing.source)
            pieces += mine
        check = self._checks.get(pieces)
        if check is None:
            check = self._checks[pieces] = self._compiler.check(self._nodes + pieces, self._type_name)
        check(item, place, run)
        return pieces
