"""Which slices an item of a message belongs to, as far as that is plain to see. Knows no fault and no count.

Source: FHIR R4 4.0.1 Profiling, Discriminator.
"""

from typing import TYPE_CHECKING, Any

from profiles.library import Element

if TYPE_CHECKING:
    from tools.mutants.members import Member
    from tools.mutants.walking import Walk


def slices_of(walk: "Walk", member: "Member", item: Any) -> tuple[Element, ...]:
    """The slices of that member the item belongs to; those told apart in other ways are left out."""
    if type(item) is not dict:
        return ()
    found = []
    for element in member.elements:
        by = element.facts.get("slicing", {}).get("by") or [["value", "url"]]
        for piece in element.slices.values():
            if member.is_choice:
                if member.type_name in piece.facts.get("types", ()):
                    found.append(piece)
            elif all(_meets(walk, piece, member.type_name, kind, path, item) for kind, path in by):
                found.append(piece)
    return tuple(found)


def extension_url(walk: "Walk", piece: Element) -> str:
    """The URL that makes an extension belong to a slice; empty when it is not written out."""
    own = piece.children.get("url")
    if own is not None and "fixed" in own.facts:
        return str(own.facts["fixed"])
    named = piece.facts.get("types", {}).get("Extension", {}).get("as", ())
    return str(named[0]).partition("|")[0] if len(named) == 1 else ""


def _meets(walk: "Walk", piece: Element, type_name: str, kind: str, path: str, item: dict[str, Any]) -> bool:
    if type_name == "Extension":
        return path == "url" and item.get("url") == extension_url(walk, piece)
    if kind == "type" and path == "resource":
        wanted = piece.children["resource"].facts.get("types", {}) if "resource" in piece.children else {}
        return type(item.get("resource")) is dict and item["resource"].get("resourceType") in wanted
    if kind not in ("value", "pattern"):
        return False
    steps = [step for step in path.split(".") if step != "$this"]
    if not all(step.isalnum() for step in steps):
        return False
    return _written(walk, piece, type_name, steps, item)


def _written(walk: "Walk", piece: Element, type_name: str, steps: list[str], item: Any) -> bool:
    """Whether what the slice writes out, at the path or above it, is in the item."""
    here = walk.opened((piece,), type_name)
    values = [item]
    for depth in range(len(steps) + 1):
        for element in here:
            for kind in ("fixed", "pattern"):
                if kind in element.facts:
                    return any(_includes(value, element.facts[kind]) for value in values)
        if depth == len(steps):
            break
        here = tuple(element.children[steps[depth]] for element in here if steps[depth] in element.children)
        values = [below for value in values for below in _follow(value, steps[depth])]
    return False


def _follow(value: Any, name: str) -> list[Any]:
    found = value.get(name) if type(value) is dict else None
    return found if type(found) is list else [] if found is None else [found]


def _includes(value: Any, wanted: Any) -> bool:
    if type(wanted) is dict:
        return type(value) is dict and all(name in value and _includes(value[name], wanted[name]) for name in wanted)
    if type(wanted) is list:
        return type(value) is list and all(any(_includes(row, one) for row in value) for one in wanted)
    return bool(type(value) is type(wanted) and value == wanted)
