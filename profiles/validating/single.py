"""Steps over a property that holds one object, or must not be there. Knows no slices."""

from typing import TYPE_CHECKING, Any

from profiles.validating.members import Merged, Nodes
from profiles.validating.run import OURS, Place, Run, Source
from profiles.validating.shapes import Step

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler


def single_step(compiler: "Compiler", name: str, merged: Merged, nodes: Nodes, type_name: str) -> Step:
    """The step over one object."""
    check = compiler.check(nodes, type_name)

    def plain(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        check(value, (place, name, -1), run)

    return chosen_step(plain, choice_step(compiler, name, merged, type_name))


def chosen_step(inner: Step, before: Step | None) -> Step:
    """A step with what else there is to look at where its property was chosen of several."""
    if before is None:
        return inner

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        before(value, place, run, node)
        inner(value, place, run, node)

    return step


def choice_step(compiler: "Compiler", mine: str, merged: Merged, type_name: str) -> Step | None:
    """What else to look at where `mine` was chosen of several properties; None where there is nothing."""
    if not merged.is_choice:
        return None
    others, own = merged.ways.rivals(mine), {mine, f"_{mine}"}
    unmet = [
        piece
        for node in merged.nodes
        for piece in node.slices.values()
        if piece.facts.get("min") and type_name not in piece.facts.get("types", (type_name,))
    ]
    if not others and not unmet:
        return None

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        if not others.isdisjoint(node) and mine == min(key.lstrip("_") for key in node if key in own or key in others):
            run.fault("structure", f"More than one '{merged.stem}'; send one.", (place, merged.stem, -1), OURS)
        for piece in unmet:
            compiler.missing_slice(piece, (place, merged.stem, -1), run)

    return step


def forbidden_step(name: str, text: str, source: Source, inner: Step) -> Step:
    """The step over a property that a profile takes away; what is in it is looked at as FHIR alone would have it."""
    title = source.definition.title if source.definition else ""

    def step(value: Any, place: Place, run: Run, node: dict[str, Any]) -> None:
        run.fault("structure", f"{text}; {title} says so.", (place, name, -1), source)
        inner(value, place, run, node)

    return step
