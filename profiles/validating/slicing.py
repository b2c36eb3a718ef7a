"""Which slices an item of a list belongs to, by the discriminators of the definition.

Knows no counts. Source: FHIR R4 4.0.1 Profiling, Discriminator.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from profiles.library import Element
from profiles.reading import write_json
from profiles.validating.coding import codings_of
from profiles.validating.members import Merged, Nodes
from profiles.validating.run import Run, Source
from profiles.validating.values import equals, includes

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

Predicate = Callable[[Any, Run], bool]
Getter = Callable[[Any, Run], list[Any]]

_LONGEST_SHOWN = 200
_STEP = re.compile(r"\$this|resolve\(\)|extension\('(?P<url>[^']+)'\)|ofType\((?P<type>\w+)\)|(?P<name>\w+)")


class Slicing:
    """The slices of one definition on one list."""

    def __init__(self, compiler: "Compiler", node: Element, type_name: str) -> None:
        facts = node.facts.get("slicing", {})
        self.source = Source("slicing", node.definition)
        self.is_closed = facts.get("rules") == "closed"
        self.names = ", ".join(node.slices)
        self._tests = [
            (piece, [_predicate(compiler, piece, type_name, kind, path) for kind, path in _discriminators(node, piece)])
            for piece in node.slices.values()
        ]

    def pieces_of(self, item: Any, run: Run) -> tuple[Element, ...]:
        """The slices an item belongs to; more than one where they overlap."""
        found: tuple[Element, ...] = ()
        for piece, tests in self._tests:
            for test in tests:
                if not test(item, run):
                    break
            else:
                found += (piece,)
        return found


def _discriminators(node: Element, piece: Element) -> list[list[str]]:
    """What tells a slice apart; a slice of a slice (`a/b`) by what tells apart those it is among, too."""
    found = list(node.facts.get("slicing", {}).get("by") or [["value", "url"]])
    whole = piece.slice_name.rpartition("/")[0]
    while whole:
        sliced = node.slices.get(whole)
        found += sliced.facts.get("slicing", {}).get("by", ()) if sliced else ()
        whole = whole.rpartition("/")[0]
    return found


def title_of(piece: Element) -> str:
    """A slice as a person finds it: its name, and the extension or the value that makes an item belong to it."""
    named = piece.facts.get("types", {}).get("Extension", {}).get("as", ())
    if len(named) == 1:
        return f"'{piece.slice_name}' (the extension {named[0].partition('|')[0]})"
    written = next((piece.facts[kind] for kind in ("pattern", "fixed") if kind in piece.facts), None)
    shown = write_json(written).decode() if written is not None else ""
    return f"'{piece.slice_name}'" + (f" ({shown})" if 0 < len(shown) <= _LONGEST_SHOWN else "")


def slicings_of(compiler: "Compiler", merged: Merged, type_name: str) -> list[Slicing]:
    """The slicings that the definitions in force put on a list."""
    return [Slicing(compiler, node, type_name) for node in merged.nodes if node.slices]


def type_slices(merged: Merged, type_name: str) -> Nodes:
    """The slices of a choice that speak of that type."""
    return tuple(
        piece for node in merged.nodes for piece in node.slices.values() if type_name in piece.facts.get("types", {})
    )


def _predicate(compiler: "Compiler", piece: Element, type_name: str, kind: str, path: str) -> Predicate:
    """Whether an item meets one discriminator of a slice."""
    steps = _steps(path)
    getter = _getter(steps)
    targets = _targets(compiler, (piece,), type_name, steps)
    if kind == "exists":
        wanted = not any(target.facts.get("max") == "0" for target in targets)
        return lambda item, run: bool(getter(item, run)) == wanted
    if kind == "type":
        return _of_chosen_type(steps, targets) or _of_type(compiler, getter, targets)
    if kind == "profile":
        return _of_profile(compiler, getter, targets)
    tests = _written(compiler, piece, type_name, steps) or _bound(compiler, targets)
    if not tests:
        return lambda item, run: False
    if len(tests) > 1:
        return lambda item, run: any(all(test(value) for test in tests) for value in getter(item, run))
    return lambda item, run: any(map(tests[0], getter(item, run)))


def _steps(path: str) -> list[re.Match[str]]:
    """The steps of a discriminator's path; `as T` says only what its slices say too."""
    return list(_STEP.finditer(re.sub(r"\s+as\s+\w+", "", path)))


def _getter(steps: list[re.Match[str]]) -> Getter:
    if len(steps) == 1 and steps[0]["name"]:
        return _getter_of(steps[0]["name"])

    def get(item: Any, run: Run) -> list[Any]:
        here = [item]
        for step in steps:
            here = [value for node in here for value in _follow(node, step, run)]
        return here

    return get


def _getter_of(name: str) -> Getter:
    """The most usual path: one element."""

    def get(item: Any, run: Run) -> list[Any]:
        if type(item) is not dict:
            return []
        value = item.get(name)
        if value is None:
            return _listed(item[name]) if name in item else _chosen(item, name)
        return value if type(value) is list else [value]

    return get


def _follow(node: Any, step: re.Match[str], run: Run) -> list[Any]:
    if step[0] == "resolve()":
        reference = node.get("reference") if type(node) is dict else None
        found = run.resolve(reference) if type(reference) is str else None
        return [found] if found is not None else []
    if step["url"]:
        rows = node.get("extension") if type(node) is dict else None
        return (
            [row for row in rows if type(row) is dict and row.get("url") == step["url"]] if type(rows) is list else []
        )
    if not step["name"]:
        return [node]
    if type(node) is not dict:
        return []
    return _listed(node[step["name"]]) if step["name"] in node else _chosen(node, step["name"])


def _listed(value: Any) -> list[Any]:
    return value if type(value) is list else [value]


def _chosen(node: dict[str, Any], stem: str) -> list[Any]:
    """The value of a choice: `value` finds `valueBoolean`."""
    size = len(stem)
    return [value for key, value in node.items() if key.startswith(stem) and key[size : size + 1].isupper()]


def _targets(compiler: "Compiler", nodes: Nodes, type_name: str, steps: list[re.Match[str]]) -> Nodes:
    """The elements of the definitions at the end of a discriminator's path."""
    here = _opened(compiler, nodes, type_name)
    for step in steps:
        if step["url"]:
            found = [
                piece
                for node in here
                if "extension" in node.children
                for piece in node.children["extension"].slices.values()
                if url_of(compiler, piece) == step["url"]
            ]
            here = _opened(compiler, tuple(found), "Extension")
        elif step["name"]:
            below = [
                child
                for node in here
                for name in (step["name"], f"{step['name']}[x]")
                if (child := node.children.get(name)) is not None
            ]
            below += [piece for child in below for piece in child.slices.values() if child.name.endswith("[x]")]
            here = _opened(compiler, tuple(below), "")
    return here


def _opened(compiler: "Compiler", nodes: Nodes, type_name: str) -> Nodes:
    """The elements, and what the one profile that each names says of its root."""
    found: list[Element] = []
    for node in nodes:
        found.append(node)
        for code in node.facts.get("types", {}) if not type_name else (type_name,):
            named = compiler.profiles(node, code)
            if len(named) == 1:
                found.append(named[0].root)
    return tuple(dict.fromkeys(found))


def url_of(compiler: "Compiler", piece: Element) -> str | None:
    """The URL that makes an extension belong to a slice."""
    for node in _opened(compiler, (piece,), "Extension"):
        child = node.children.get("url")
        if child is not None and "fixed" in child.facts:
            return str(child.facts["fixed"])
    named = piece.facts.get("types", {}).get("Extension", {}).get("as", ())
    return str(named[0]).partition("|")[0] if len(named) == 1 else None


def _written(
    compiler: "Compiler", piece: Element, type_name: str, steps: list[re.Match[str]]
) -> list[Callable[[Any], bool]]:
    """What is written out for the discriminator: at its path, or further up, as part of a larger pattern."""
    for length in range(len(steps), -1, -1):
        rest = [step["name"] for step in steps[length:] if step["name"]]
        tests = [
            test
            for target in _targets(compiler, (piece,), type_name, steps[:length])
            for kind, meets in (("fixed", equals), ("pattern", includes))
            if kind in target.facts and (test := _part(target.facts[kind], rest, meets)) is not None
        ]
        if tests:
            return tests
    return []


def _part(written: Any, rest: list[str], meets: Callable[[Any, Any], bool]) -> Callable[[Any], bool] | None:
    """A test against the part of a written value at a path below it."""
    here = [written]
    for name in rest:
        here = [value for node in here if type(node) is dict and name in node for value in _listed(node[name])]
    if not here:
        return None
    return lambda value: any(meets(value, wanted) for wanted in here)


def _bound(compiler: "Compiler", targets: Nodes) -> list[Callable[[Any], bool]]:
    """Membership in a required value set, where that is what tells slices apart."""
    sets = [compiler.codes.value_set(target.facts["required"]) for target in targets if "required" in target.facts]

    def belongs(value: Any) -> bool:
        is_concept = type(value) is dict and ("coding" in value or "text" in value)
        rows = codings_of(value, "CodeableConcept" if is_concept else "Coding")
        return any(compiler.codes.has(one, system, code) for one in sets for system, code in rows)

    return [belongs] if sets else []


def _of_chosen_type(steps: list[re.Match[str]], targets: Nodes) -> Predicate | None:
    """The type of a value of several types is told by its property: `valueQuantity`. None for anything else."""
    choices = [target for target in targets if target.name.endswith("[x]")]
    if not choices or not steps or not steps[-1]["name"]:
        return None
    stem = choices[0].name.removesuffix("[x]")
    keys = {stem + name[0].upper() + name[1:] for target in choices for name in target.facts.get("types", ())}
    holders = _getter(steps[:-1])
    return lambda item, run: any(type(row) is dict and not keys.isdisjoint(row) for row in holders(item, run))


def _of_type(compiler: "Compiler", getter: Getter, targets: Nodes) -> Predicate:
    types = {name for target in targets for name in target.facts.get("types", ())}

    def test(item: Any, run: Run) -> bool:
        for value in getter(item, run):
            kind = value.get("resourceType") if type(value) is dict else None
            if type(kind) is str and (kind in types or any(compiler.library.is_a(kind, name) for name in types)):
                return True
        return False

    return test


def _of_profile(compiler: "Compiler", getter: Getter, targets: Nodes) -> Predicate:
    wanted = [
        definition
        for target in targets
        for detail in target.facts.get("types", {}).values()
        for canonical in (*detail.get("as", ()), *detail.get("to", ()))
        if (definition := compiler.structure(canonical)) is not None
    ]

    def test(item: Any, run: Run) -> bool:
        return any(compiler.conforms(value, definition, run) for value in getter(item, run) for definition in wanted)

    return test
