"""What the FHIRPath oracle compares: types and constraints out of official packages, nodes out of their examples."""

import copy
import json
import random
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from profiles.fhirpath.types import PRIMITIVES, key_of, plain_name
from tools.fhirpath_definitions import Constraint, Definitions, Json
from tools.fhirpath_inventing import invented

_SEED = 20260301
_MOST_NODES = 4_000
"""Nodes kept of one type; they are taken in the order of the packages."""

_NO_RESOURCE: Json = {
    "resourceType": "Observation",
    "contained": [{"resourceType": "Practitioner", "id": "x"}],
    "code": {"coding": [{"code": "x"}]},
}
_INVENTED = 120
"""Nodes invented for one expression, over all types it is said of."""
_WORD = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Case:
    """A constraint, a node to evaluate it on, and the resource around that node."""

    constraint: Constraint
    node: Any
    resource: Json


def read_packages(packages: list[Path]) -> tuple[Definitions, list[Json]]:
    """All definitions and all examples, and everything else that is a resource, of some packages."""
    definitions, examples = Definitions(), []
    for package in packages:
        for resource in _resources(package):
            if resource["resourceType"] == "StructureDefinition":
                definitions.add(resource)
            examples.append(resource)
    return definitions, examples


def _resources(package: Path) -> Iterator[Json]:
    with tarfile.open(package) as packed:
        for entry in packed.getmembers():
            if not entry.name.startswith("package/") or not entry.name.endswith(".json"):
                continue
            resource = json.loads(packed.extractfile(entry).read(), parse_float=Decimal)  # type: ignore[union-attr]
            if isinstance(resource, dict) and "resourceType" in resource:
                yield resource


def constraints_of(definitions: Definitions) -> list[Constraint]:
    """Every constraint with every type of node it is said of, once."""
    found: dict[Constraint, None] = {}
    for structure in definitions.structures:
        if structure["kind"] == "logical":
            continue
        for element in structure.get("snapshot", {}).get("element", ()):
            for constraint in element.get("constraint", ()):
                if "expression" in constraint:
                    found.update(dict.fromkeys(_said_of(element, constraint, definitions)))
    return list(found)


def _said_of(element: Json, constraint: Json, definitions: Definitions) -> Iterator[Constraint]:
    path = element["path"]
    if "." not in path:
        names = [path]
    else:
        codes = [plain_name(each["code"]) for each in element.get("type", ())]
        base = element.get("base", {}).get("path", path)
        names = [base if code in ("BackboneElement", "Element") else code for code in codes]
    for name in names:
        if definitions.is_type(name):
            key, expression = constraint["key"], constraint["expression"]
            yield Constraint(key, expression, name, definitions.is_resource(name))


def cases(constraints: list[Constraint], definitions: Definitions, examples: list[Json], most: int) -> list[Case]:
    """Cases for every constraint that has nodes: as many of each as fit, of different shape first, half damaged."""
    nodes = _nodes_by_type(definitions, examples)
    chance = random.Random(_SEED)
    each = max(4, most // max(1, len({c for c in constraints if nodes.get(c.type_path)})))
    shared = Counter(constraint.expression for constraint in constraints)
    chosen = []
    for constraint in constraints:
        for node, resource in _spread(nodes.get(constraint.type_path, []), each, chance, constraint):
            chosen.append(Case(constraint, node, resource))
            damaged = _damaged(node, chance)
            if damaged is not None:
                chosen.append(Case(constraint, damaged, resource))
        for node in invented(constraint, definitions, chance, max(2, _INVENTED // shared[constraint.expression])):
            chosen.append(Case(constraint, node, node if constraint.on_resource else _NO_RESOURCE))
    first_seen: dict[int, int] = {}
    return sorted(chosen, key=lambda case: first_seen.setdefault(id(case.resource), len(first_seen)))


_Found = list[tuple[Any, Json]]


def _nodes_by_type(definitions: Definitions, examples: list[Json]) -> dict[str, _Found]:
    found: dict[str, _Found] = defaultdict(list)
    for example in examples:
        _note(example, example["resourceType"], example, definitions, found)
    return found


def _note(node: Any, type_path: str, resource: Json, definitions: Definitions, found: dict[str, _Found]) -> None:
    """Notes a node and all below it, each under its type; a resource also under the types it is derived from."""
    names = [type_path]
    if isinstance(node, dict) and definitions.is_resource(type_path):
        type_path, resource = node.get("resourceType", type_path), node
        names = [name for name in (type_path, "Resource", "DomainResource") if definitions.is_a(type_path, name)]
    for name in names:
        if len(found[name]) < _MOST_NODES and node is not None:
            found[name].append((node, resource))
    for key, value in node.items() if isinstance(node, dict) and type_path not in PRIMITIVES else ():
        child = _child_type(definitions, type_path, key)
        for item in value if isinstance(value, list) else [value]:
            if child is not None:
                _note(item, child, resource, definitions, found)


def _child_type(definitions: Definitions, type_path: str, key: str) -> str | None:
    member = definitions.member(type_path, key)
    if member is not None and not member.is_choice:
        return member.types[0]
    for end in range(1, len(key)):
        member = definitions.member(type_path, key[:end]) if key[end].isupper() else None
        if member is not None and member.is_choice:
            return next((each for each in member.types if key_of(key[:end], each) == key), None)
    return None


def _spread(nodes: _Found, most: int, chance: random.Random, constraint: Constraint) -> _Found:
    """Some nodes, of as many shapes as possible; those that have something the expression names come first."""
    shapes: dict[Any, _Found] = defaultdict(list)
    for node, resource in nodes:
        shapes[_shape(node, constraint.expression)].append((node, resource))
    groups = sorted(shapes.values(), key=len)
    for group in groups:
        chance.shuffle(group)
    ranked = [group[rank] for rank in range(most) for group in groups if rank < len(group)]
    return ranked[:most]


def _shape(node: Any, expression: str) -> Any:
    if not isinstance(node, dict):
        return len(node) if isinstance(node, str) else node.__class__.__name__
    return frozenset(_named(node, expression, 3))


def _named(node: Json, expression: str, depth: int) -> Iterator[str]:
    for key, value in node.items():
        if any(key.startswith(word) for word in _WORD.findall(expression)):
            yield f"{key} {len(value) if isinstance(value, list) else ''}"
        if isinstance(value, str) and value in expression:
            yield f"{key}={value}"
        for item in (value if isinstance(value, list) else [value])[:8]:
            if isinstance(item, dict) and depth:
                yield from _named(item, expression, depth - 1)


def _damaged(node: Any, chance: random.Random) -> Any:
    """A copy with one thing removed, emptied, doubled or changed; None for what nothing can be done to."""
    if not isinstance(node, dict):
        return _other_value(node, chance)
    damaged = copy.deepcopy(node)
    places = list(_places(damaged, 3))
    if not places:
        return None
    holder, key = chance.choice(places)
    damage: Callable[[Json, str, random.Random], None] = chance.choice([_remove, _remove, _change, _change, _double])
    damage(holder, key, chance)
    return damaged


def _places(node: Any, depth: int) -> Iterator[tuple[Json, str]]:
    for key, value in node.items():
        if key != "resourceType":
            yield node, key
            for item in (value if isinstance(value, list) else [value])[:8]:
                if isinstance(item, dict) and depth:
                    yield from _places(item, depth - 1)


def _remove(holder: Json, key: str, _chance: random.Random) -> None:
    del holder[key]


def _double(holder: Json, key: str, _chance: random.Random) -> None:
    if isinstance(holder[key], list):
        holder[key] = holder[key] + holder[key]


def _change(holder: Json, key: str, chance: random.Random) -> None:
    value = holder[key]
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        holder[key] = [_other_value(item, chance) for item in value]
    elif not isinstance(value, dict | list):
        holder[key] = _other_value(value, chance)
    else:
        holder[key] = [] if isinstance(value, list) else {"id": "x"}


def _other_value(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return chance.choice([value + 1, -value, 0, value * 10])
    if isinstance(value, str):
        return chance.choice([value[:4], value[:7], value + "x", "x", value[::-1]])
    return value
