"""Checks of codes against the value sets they are bound to. Knows no JSON structure beyond coded types.

Source: FHIR R4 4.0.1 Terminologies: required, extensible, and the maximum value set of an extensible binding.
"""

from typing import TYPE_CHECKING, Any

from profiles.library import Element, ValueSet
from profiles.validating.coding import Codes, codings_of, is_readable
from profiles.validating.members import Nodes
from profiles.validating.run import Check, Place, Run, Source

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

_SEVERITY = {"required": "error", "extensible": "warning", "most": "error"}
_ADDITIONAL = {"required": "required", "maximum": "most"}
"""Purposes of additional bindings that are checks of their own. Source: FHIR R5 additional-binding-purpose."""

_CODED = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri"})
_MOST_OFFERED = 12


def binding_checks(compiler: "Compiler", nodes: Nodes, type_name: str) -> list[Check]:
    """One check for each value set the elements bind a value of that type to."""
    if type_name not in _CODED:
        return []
    found: dict[tuple[str, str], Check] = {}
    for node in nodes:
        for strength in _SEVERITY:
            for canonical in _bound(node, strength):
                if (strength, canonical) not in found:
                    found[strength, canonical] = _binding(compiler.codes, node, strength, canonical, type_name)
    return list(found.values())


def _bound(node: Element, strength: str) -> list[str]:
    """The value sets an element binds in that strength: its own, and additional ones that must hold as well."""
    own = node.facts.get(strength)
    more = [canonical for purpose, canonical in node.facts.get("besides", ()) if _ADDITIONAL.get(purpose) == strength]
    return ([own] if own else []) + more


def _instead(codes: Codes, node: Element, strength: str) -> list[ValueSet]:
    """Value sets that will do as well, where the binding is only extensible."""
    if strength != "extensible":
        return []
    return [codes.value_set(canonical) for purpose, canonical in node.facts.get("besides", ()) if purpose == strength]


def _binding(codes: Codes, node: Element, strength: str, canonical: str, type_name: str) -> Check:
    value_set = codes.value_set(canonical)
    instead = _instead(codes, node, strength)
    source = Source(strength, node.definition)
    name = canonical.rpartition("/")[2]
    closed = _closed(value_set, type_name)
    offered = _offered(value_set)

    def check(value: Any, place: Place, run: Run) -> None:
        if closed is not None and value in closed:
            return
        rows = codings_of(value, type_name)
        answers = [codes.has(value_set, system, code) for system, code in rows]
        if True in answers or any(codes.has(one, system, code) for one in instead for system, code in rows):
            return
        if None in answers:
            run.cannot_check("value set", canonical, place)
        elif (rows or (strength == "required" and type_name != "Quantity")) and is_readable(value, type_name):
            text = _sentence(rows, f"the value set {name}{offered}", strength)
            run.fault("code-invalid", text, place, source, _SEVERITY[strength], _about(rows))

    return check


def _about(rows: list[tuple[str | None, str]]) -> str:
    """The first code, as the table of known defects names it."""
    return f"{rows[0][0] or ''}#{rows[0][1]}" if rows else ""


def _closed(value_set: ValueSet, type_name: str) -> frozenset[str] | None:
    """All the codes, when the value is nothing but a code and one look decides."""
    if type_name != "code" or not value_set.is_known or value_set.open_systems:
        return None
    systems = list(value_set.codes.values())
    return systems[0] if len(systems) == 1 else frozenset().union(*systems)


def _offered(value_set: ValueSet) -> str:
    """The codes to choose from, where they are few."""
    codes = sorted({code for system in value_set.codes.values() for code in system})
    is_short = value_set.is_known and not value_set.open_systems and 0 < len(codes) <= _MOST_OFFERED
    return f" ({', '.join(codes)})" if is_short else ""


def _sentence(rows: list[tuple[str | None, str]], name: str, strength: str) -> str:
    if not rows:
        advice = "give one" if strength != "extensible" else "give one, if one fits,"
        return f"There is no code; {advice} of {name}."
    advice = "use one that is" if strength != "extensible" else "use one that is, if one fits"
    return f"The code is not in {name}; {advice}."
