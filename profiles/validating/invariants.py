"""Invariants of definitions as checks: a few that hold everywhere written here, all others compiled from FHIRPath.

Source: FHIR R4 4.0.1 ElementDefinition.constraint.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from profiles.fhirpath.syntax import FhirPathFault
from profiles.library import Element
from profiles.stated import STATED
from profiles.validating.members import Nodes
from profiles.validating.natives import BY_THE_WALK, NATIVE, NATIVE_BY_EXPRESSION
from profiles.validating.run import Check, Place, Run, Source
from profiles.validating.sentences import sentence

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

Rules = tuple[Check, ...]
Holds = Callable[[Any, Run], bool]

_CORE = "hl7.fhir.r4.core#"


def rules_of(compiler: "Compiler", nodes: Nodes, type_path: str) -> Rules:
    """The invariants that the elements put on a value; an expression that stands under several keys runs once."""
    found: dict[str, dict[str, tuple[Element, str]]] = {}
    for node in nodes:
        for key, (severity, expression) in _written_on(node).items():
            if key not in BY_THE_WALK:
                found.setdefault(expression, {}).setdefault(key, (node, severity))
    return tuple(_rule(compiler, expression, keys, type_path) for expression, keys in found.items())


def _written_on(node: Element) -> dict[str, tuple[str, str]]:
    """Key, severity and expression of what a definition says of an element, and of what its guide says in words."""
    rules: dict[str, tuple[str, str]] = node.facts.get("rules", {})
    definition = node.definition
    if node is not definition.root:
        return rules
    return rules | {row.key: ("warning", row.expression) for row in STATED if row.on == definition.canonical}


def _rule(compiler: "Compiler", expression: str, keys: dict[str, tuple[Element, str]], type_path: str) -> Check:
    expression = compiler.defects.meant(expression)
    told = _told(expression, keys)
    try:
        holds = _native(expression, keys) or _compiled(compiler, expression, type_path)
    except FhirPathFault:
        return _unreadable(told)

    def check(value: Any, place: Place, run: Run) -> None:
        if not holds(value, run):
            for text, source, severity in told:
                run.fault("invariant", text, place, source, severity)

    return check


def _told(expression: str, keys: dict[str, tuple[Element, str]]) -> list[tuple[str, Source, str]]:
    """What to say of one expression: once for each definition, though txt-1 and txt-2 of Narrative have the same."""
    first = {(node.definition, severity): key for key, (node, severity) in reversed(keys.items())}
    return [
        (sentence(key, expression, definition.title), Source(key, definition), severity)
        for (definition, severity), key in reversed(first.items())
    ]


def _native(expression: str, keys: dict[str, tuple[Element, str]]) -> Holds | None:
    """The rule as it is written here: of FHIR itself by its key, of a guide only while its text is the one known."""
    known = NATIVE_BY_EXPRESSION.get(sha256(expression.encode()).hexdigest())
    if known is not None:
        return known
    for key, (node, _) in keys.items():
        if node.definition.package.startswith(_CORE):
            return NATIVE.get(key)
    return None


def _compiled(compiler: "Compiler", expression: str, type_path: str) -> Holds:
    holds = compiler.library.invariant(expression, type_path)
    return lambda value, run: holds(value, run.environment)


def _unreadable(told: list[tuple[str, Source, str]]) -> Check:
    def check(value: Any, place: Place, run: Run) -> None:
        for _, source, _ in told:
            title = source.definition.canonical if source.definition else ""
            run.cannot_check("invariant", f"{source.rule} of {title}", place)

    return check
