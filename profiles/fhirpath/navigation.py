"""From an item to its children: by name, all of them, or everything below. Must not know functions or operators."""

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

from profiles.fhirpath.code import NOTHING, Code, One, only, several, single, the_focus
from profiles.fhirpath.environment import Element, Environment
from profiles.fhirpath.types import ABSTRACT, PRIMITIVES, KnownTypes, Member, is_primitive, key_of, system_type

PickOne = Callable[[dict[str, Any]], Any]
PickMany = Callable[[Any], list[Any]]


def step(source: Code, name: str, types: KnownTypes) -> Code:
    """`source.name`."""
    type_name = source.type
    if is_primitive(type_name):
        return _of_primitive(source, str(type_name), name)
    member = types.member(type_name, name) if type_name is not None else None
    if member is not None:
        return _to_member(source, name, member)
    if type_name is None or type_name in ABSTRACT or not types.is_known(type_name):
        return _flat(source, _self_described(name, types), None)
    return NOTHING


def _to_member(source: Code, name: str, member: Member) -> Code:
    if len(member.types) > 1:
        return _flat(source, _choice(name, member.types), None)
    child = member.types[0]
    key = key_of(name, child) if member.is_choice else name
    if member.many or not source.single:
        return _flat(source, _pick_many(key, child), child)
    return single(_chain(source.one, _pick_one(key, child)), child)


def _chain(source: One, pick: PickOne) -> One:
    if source is the_focus:
        return lambda this, _env: pick(this) if this.__class__ is dict else None

    def one(this: Any, env: Environment) -> Any:
        node = source(this, env)
        return pick(node) if node.__class__ is dict else None

    return one


def _flat(source: Code, pick: PickMany, type_name: str | None) -> Code:
    if source.one is the_focus:
        return several(lambda this, _env: pick(this), type_name)
    if source.single:
        one = source.one

        def of_one(this: Any, env: Environment) -> list[Any]:
            node = one(this, env)
            return [] if node is None else pick(node)

        return several(of_one, type_name)
    many = source.many
    return several(lambda this, env: [item for node in many(this, env) for item in pick(node)], type_name)


def _pick_one(key: str, type_name: str) -> PickOne:
    if type_name not in PRIMITIVES:

        def plain(node: dict[str, Any]) -> Any:
            value = node.get(key)
            return only(value) if value.__class__ is list else value

        return plain
    sibling = "_" + key

    def primitive(node: dict[str, Any]) -> Any:
        value = node.get(key)
        if sibling in node or value.__class__ is list:
            return only(_with_siblings(value, node.get(sibling), type_name))
        return value

    return primitive


def _pick_many(key: str, type_name: str) -> PickMany:
    sibling = "_" + key if type_name in PRIMITIVES else ""

    def pick(node: Any) -> list[Any]:
        if node.__class__ is not dict:
            return []
        value = node.get(key)
        if sibling in node:
            return _with_siblings(value, node[sibling], type_name)
        if value is None:
            return []
        if value.__class__ is not list:
            return [value]
        return [item for item in value if item is not None] if None in value else value

    return pick


def _with_siblings(value: Any, sibling: Any, type_name: str) -> list[Any]:
    """Primitives beside the objects that carry their ids and extensions; either may be missing or null.

    Source: FHIR R4 4.0.1, JSON representation of primitive elements.
    """
    pairs = zip_longest(_listed(value), _listed(sibling))
    return [
        Element(one, type_name, beside) if beside.__class__ is dict else one
        for one, beside in pairs
        if one is not None or beside.__class__ is dict
    ]


def _listed(value: Any) -> list[Any]:
    if value.__class__ is list:
        return value
    return [] if value is None else [value]


def _choice(name: str, type_names: tuple[str, ...]) -> PickMany:
    """The variants of a choice that are there, each with its type."""
    variants = {key_of(name, type_name): type_name for type_name in type_names}
    siblings = {"_" + key: key for key, type_name in variants.items() if type_name in PRIMITIVES}

    def pick(node: Any) -> list[Any]:
        if node.__class__ is not dict:
            return []
        found = []
        for key in node:
            type_name = variants.get(key)
            if type_name is not None:
                found += _described(node[key], type_name, node.get("_" + key))
            elif key in siblings and siblings[key] not in node:
                found += _described(None, variants[siblings[key]], node[key])
        return found

    return pick


def _described(value: Any, type_name: str, sibling: Any) -> list[Any]:
    """The items under one JSON name, each with its type; resources say theirs themselves."""
    if value.__class__ is list or sibling is not None:
        return [
            Element(one, type_name, beside if beside.__class__ is dict else None)
            for one, beside in zip_longest(_listed(value), _listed(sibling))
            if one is not None or beside.__class__ is dict
        ]
    return [] if value is None else [Element(value, type_name)]


def _self_described(name: str, types: KnownTypes) -> PickMany:
    """The children of a name of items that say their own type; they say theirs too."""
    picks: dict[str, PickMany] = {}

    def pick(item: Any) -> list[Any]:
        type_name, node = (item.type, item.value) if item.__class__ is Element else ("", item)
        if type_name in PRIMITIVES:
            return _of_sibling(item, name)
        if node.__class__ is not dict:
            return []
        told = node.get("resourceType")
        if told.__class__ is str and types.is_resource(told):
            type_name = told
        if type_name not in picks:
            if not types.is_known(type_name):
                return _undefined(node, name, types)
            picks[type_name] = _typed_pick(type_name, name, types)
        return picks[type_name](node)

    return pick


def _typed_pick(type_name: str, name: str, types: KnownTypes) -> PickMany:
    member = types.member(type_name, name)
    if member is None:
        return lambda _node: []
    if len(member.types) > 1:
        return _choice(name, member.types)
    child = member.types[0]
    key = key_of(name, child) if member.is_choice else name
    if child in ABSTRACT and types.is_resource(child):
        return _pick_many(key, child)
    sibling = "_" + key
    return lambda node: _described(node.get(key), child, node.get(sibling) if child in PRIMITIVES else None)


def _undefined(node: dict[str, Any], name: str, types: KnownTypes) -> list[Any]:
    """Children of an object nobody has defined: those of that name, or with a type's name behind it."""
    if name in node:
        return [item for item in _listed(node[name]) if item is not None]
    guessed = ((_guessed(key[len(name) :], types), value) for key, value in node.items() if key.startswith(name))
    return [Element(value, type_name) for type_name, value in guessed if type_name and value is not None]


def _guessed(suffix: str, types: KnownTypes) -> str:
    if not suffix[:1].isupper():
        return ""
    primitive = suffix[:1].lower() + suffix[1:]
    if primitive in PRIMITIVES:
        return primitive
    return suffix if types.is_known(suffix) and "." not in suffix else ""


def _of_primitive(source: Code, type_name: str, name: str) -> Code:
    if name == "value":
        return _flat(source, lambda item: _listed(_value_of(item)), system_type(type_name))
    if name == "extension":
        return _flat(source, lambda item: _of_sibling(item, name), "Extension")
    return _flat(source, lambda item: _of_sibling(item, name), "System.String") if name == "id" else NOTHING


def _value_of(item: Any) -> Any:
    return item.value if item.__class__ is Element else item


def _of_sibling(item: Any, name: str) -> list[Any]:
    if item.__class__ is not Element:
        return []
    if name == "value":
        return _listed(item.value)
    return _listed(item.sibling.get(name)) if item.sibling and name in ("extension", "id") else []


def children_of(items: Iterable[Any], type_name: str | None, types: KnownTypes) -> Iterator[Any]:
    """Every child of the items; each says its own type as far as it is known."""
    for item in items:
        if item.__class__ is Element:
            yield from _children(item.value if item.value.__class__ is dict else item.sibling, item.type, types)
        elif item.__class__ is dict:
            yield from _children(item, type_name or "", types)


def descendants_of(items: Iterable[Any], type_name: str | None, types: KnownTypes) -> list[Any]:
    """Everything below the items, level by level."""
    level = list(children_of(items, type_name, types))
    found: list[Any] = []
    while level:
        found += level
        level = list(children_of(level, None, types))
    return found


def _children(node: Any, type_name: str, types: KnownTypes) -> Iterator[Any]:
    if node.__class__ is not dict:
        return
    told = node.get("resourceType")
    own_type = told if told.__class__ is str else "Element" if type_name in PRIMITIVES else type_name
    for key, value in node.items():
        if key.startswith("_"):
            if key[1:] not in node:
                yield from _described(None, types.child(own_type, key[1:]) or "", value)
        elif key != "resourceType":
            child = types.child(own_type, key) if own_type else None
            yield from _tagged_children(value, child, node.get("_" + key))


def _tagged_children(value: Any, child: str | None, sibling: Any) -> Iterable[Any]:
    if child is None or child in ABSTRACT or child.startswith("System."):
        return [item for item in _listed(value) if item is not None]
    return _described(value, child, sibling)
