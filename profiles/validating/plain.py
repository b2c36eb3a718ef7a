"""Steps over primitive values and what stands beside them (`_name`). Knows no objects of the message but extensions.

Source: FHIR R4 4.0.1, JSON representation of primitive elements.
"""

from typing import TYPE_CHECKING, Any

from profiles.primitives import PRIMITIVES
from profiles.validating.bindings import binding_checks
from profiles.validating.members import Merged, Nodes
from profiles.validating.run import OURS, Check, Place, Run, Source
from profiles.validating.shapes import Shape, Step
from profiles.validating.single import choice_step
from profiles.validating.written import value_checks

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler


def primitive_check(compiler: "Compiler", nodes: Nodes, type_name: str) -> Check:
    """The check of one primitive value: its form, then everything that is asked of it."""
    is_one, expected = PRIMITIVES[type_name]
    more = _more(compiler, nodes, type_name)
    source = Source(f"type {type_name}", nodes[0].definition)

    def check(value: Any, place: Place, run: Run) -> None:
        if is_one(value):
            for step in more:
                step(value, place, run)
        else:
            run.fault("value", f"'{place[1]}' must be {expected}.", place, source)

    return check


def plain_step(compiler: "Compiler", shape: Shape, name: str, merged: Merged, nodes: Nodes, type_name: str) -> Step:
    """The step over one primitive; where its form is all that is asked, the shape looks at it by itself from now on."""
    before = choice_step(compiler, name, merged, type_name)
    beside = _beside(compiler, nodes, type_name)
    if before is None and beside is None and not _more(compiler, nodes, type_name):
        shape.plain[name] = PRIMITIVES[type_name][0]
    check = primitive_check(compiler, nodes, type_name)
    sibling = f"_{name}"

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        if before is not None:
            before(value, place, run, node)
        check(value, (place, name, -1), run)
        if beside is not None and sibling not in node:
            beside.missing({}, (place, name, -1), run)

    return step


def _beside(compiler: "Compiler", nodes: Nodes, type_name: str) -> Shape | None:
    """What must stand beside a value: extensions that a profile requires of it. None where nothing must."""
    if not any(node.children for node in nodes):
        return None
    shape = compiler.shape(compiler.elements(nodes, type_name), type_name)
    return shape if shape.required else None


def sibling_step(compiler: "Compiler", name: str, merged: Merged, elements: Nodes, type_name: str) -> Step:
    """The step over `_name`: an object, or a list of objects and nulls beside a list of values.

    In FHIRPath what is in it belongs to the element itself: `_birthDate.extension` is `birthDate.extension`.
    """
    shape = compiler.shape(elements, type_name)
    own = name.removeprefix("_")
    if not merged.many:

        def single(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
            if type(value) is dict:
                shape(value, (place, own, -1), run)
            else:
                run.fault("structure", f"'{name}' must be an object.", (place, own, -1), OURS)

        return single

    def many(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        if type(value) is not list or not value:
            run.fault("structure", f"'{name}' must be a list that is not empty.", (place, own, -1), OURS)
            return
        values = node.get(own)
        for index, row in enumerate(value):
            if type(row) is dict:
                shape(row, (place, own, index), run)
            elif row is not None:
                run.fault("structure", f"'{name}' must hold objects or null.", (place, own, index), OURS)
            elif type(values) is not list or index >= len(values) or values[index] is None:
                run.fault(
                    "structure",
                    "There is neither a value nor an extension here; give one, or take the place out.",
                    (place, own, index),
                    OURS,
                )

    return many


def _more(compiler: "Compiler", nodes: Nodes, type_name: str) -> tuple[Check, ...]:
    elements = compiler.elements(nodes, type_name)
    return (
        *value_checks(elements, type_name),
        *binding_checks(compiler, elements, type_name),
        *compiler.rules(elements, type_name, type_name),
    )
