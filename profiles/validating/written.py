"""Checks of a value against what a definition writes out: fixed values, patterns, lengths, ranges, profiles.

Knows no place of the value. Source: FHIR R4 4.0.1 ElementDefinition.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from profiles.library import Definition, Element
from profiles.reading import write_json
from profiles.validating.members import Nodes
from profiles.validating.run import Check, Place, Run, Source
from profiles.validating.values import equals, includes

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

_LONGEST_SHOWN = 200
_LENGTH_LIMIT = "maxLength"


def value_checks(nodes: Nodes, type_name: str) -> list[Check]:
    """What the elements ask of a value of that type."""
    found: list[Check] = []
    for node in nodes:
        facts = node.facts
        for kind in ("fixed", "pattern"):
            if kind in facts and facts[f"{kind}Type"].lower() == type_name.lower():
                found.append(_written(node, kind, facts[kind]))
        if _LENGTH_LIMIT in facts:
            found.append(_length(node, facts[_LENGTH_LIMIT]))
        for kind in ("minValue", "maxValue"):
            if kind in facts:
                bound = facts[kind]
                found.append(_range(node, kind, bound) if type(bound) in (int, Decimal) else _unread(node, kind))
    return found


def _written(node: Element, kind: str, wanted: Any) -> Check:
    meets = equals if kind == "fixed" else includes
    source = Source(kind, node.definition)
    must = "must be" if kind == "fixed" or type(wanted) not in (dict, list) else "must include"
    text = f"{must} {write_json(wanted)[:_LONGEST_SHOWN].decode(errors='ignore')}; {node.definition.title} says so."

    def check(value: Any, place: Place, run: Run) -> None:
        if not meets(value, wanted):
            run.fault("value", f"'{place[1]}' {text}", place, source)

    return check


def _length(node: Element, longest: int) -> Check:
    source = Source(_LENGTH_LIMIT, node.definition)

    def check(value: Any, place: Place, run: Run) -> None:
        if type(value) is str and len(value) > longest:
            run.fault("too-long", f"'{place[1]}' has at most {longest} characters.", place, source)

    return check


def _range(node: Element, kind: str, bound: int | Decimal) -> Check:
    source = Source(kind, node.definition)
    side = "at least" if kind == "minValue" else "at most"

    def check(value: Any, place: Place, run: Run) -> None:
        if type(value) in (int, Decimal) and (value < bound if kind == "minValue" else value > bound):
            run.fault("value", f"'{place[1]}' must be {side} {bound}.", place, source)

    return check


def _unread(node: Element, kind: str) -> Check:
    """Bounds of dates and quantities, which no guide here has, are told to be unchecked."""

    def check(value: Any, place: Place, run: Run) -> None:
        run.cannot_check(kind, f"of {node.definition.canonical}", place)

    return check


def either_profile(compiler: "Compiler", named: tuple[Definition, ...], type_name: str) -> Check:
    """The check of a value that must meet one of several profiles."""
    titles = " or ".join(definition.title for definition in named)

    def check(value: Any, place: Place, run: Run) -> None:
        trials = [
            run.trial(compiler.shape(compiler.of_profile(definition, type_name), type_name), value, place)
            for definition in named
        ]
        if all(trials):
            nearest = min(trials, key=len)
            text = f"Meets neither {titles}; nearest: {nearest[0].text}"
            run.fault("structure", text, place, Source("profiles", named[0]))

    return check
