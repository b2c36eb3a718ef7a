"""Functions that choose, project and combine items: where, select, first, ofType, union and their kin.

Source: FHIRPath N1 (2.0.0), filtering and projection, subsetting, combining; FHIR R4 4.0.1, FHIRPath, extension.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import repeat
from typing import Any

from profiles.fhirpath.code import BOOLEAN, NOTHING, Code, Many, only, several, single, tagged
from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.invocation import Invocation, Table, counted, follows_focus, whole_of
from profiles.fhirpath.navigation import step
from profiles.fhirpath.operators import alike, keys_of, union, unique
from profiles.fhirpath.syntax import TypeName
from profiles.fhirpath.temporal import Temporal
from profiles.fhirpath.types import ABSTRACT, PRIMITIVES, SYSTEM, KnownTypes
from profiles.fhirpath.values import bare, frozen, to_system

MOST_REPEATED = 100_000
"""Items repeat() may find; a projection that goes on beyond is taken to have no end."""


def _where(invocation: Invocation) -> Code:
    source, criteria = invocation.source, invocation.criteria(0)
    many = source.many
    if invocation.counts(0):
        return several(
            lambda this, env: [item for item in counted(many(this, env), env) if criteria(item, env)],
            source.type,
        )

    def some(this: Any, env: Environment) -> bool:
        return any(map(criteria, many(this, env), repeat(env)))

    if not source.single:
        return several(lambda this, env: [x for x in many(this, env) if criteria(x, env)], source.type, some)
    one = source.one

    def chosen(this: Any, env: Environment) -> Any:
        item = one(this, env)
        return item if item is not None and criteria(item, env) else None

    return single(chosen, source.type)


def _select(invocation: Invocation) -> Code:
    source, body = invocation.source, invocation.body(0)
    many, project = source.many, body.many
    if invocation.counts(0):
        return several(
            lambda this, env: [found for item in counted(many(this, env), env) for found in project(item, env)],
            body.type,
        )
    if source.single and body.single:
        one, projected = source.one, body.one

        def selected(this: Any, env: Environment) -> Any:
            item = one(this, env)
            return None if item is None else projected(item, env)

        return single(selected, body.type)
    return several(lambda this, env: [found for x in many(this, env) for found in project(x, env)], body.type)


def _repeat(invocation: Invocation) -> Code:
    """What is found is projected again: typed where that finds the same type, else by what the items say themselves."""
    first = invocation.body(0)
    again = replace(invocation, source=first).body(0)
    if again.type == first.type:
        return several(_repeated(invocation.source.many, first.many, again.many), first.type)
    source = tagged(invocation.source, invocation.types)
    project = tagged(replace(invocation, source=source).body(0), invocation.types).many
    return several(_repeated(source.many, project, project), None)


def _repeated(many: Many, first: Many, again: Many) -> Many:
    def repeated(this: Any, env: Environment) -> list[Any]:
        found: dict[Any, Any] = {}
        level, project = many(this, env), first
        while level:
            fresh = []
            for item in (projected for one in level for projected in project(one, env)):
                if found.setdefault(frozen(bare(item)), item) is item:
                    fresh.append(item)
            if len(found) > MOST_REPEATED:
                raise EvaluationFault("repeat() finds no end")
            level, project = fresh, again
        return list(found.values())

    return repeated


def of_type(source: Code, wanted: TypeName, types: KnownTypes) -> Code:
    """The items of a type; of a type that no item is only, they go on saying their own."""
    if source.type is not None and source.type not in ABSTRACT:
        return source if types.matches(source.type, wanted) else NOTHING
    matches = item_test(source, wanted, types)
    result = None if wanted.name in ABSTRACT or wanted.namespace == "System" else _type_after(wanted, types)
    keep: Callable[[Any], Any] = _bare_if_alone if result is not None else _as_it_is
    if source.single:
        one = source.one

        def chosen(this: Any, env: Environment) -> Any:
            item = one(this, env)
            return keep(item) if item is not None and matches(item) else None

        return single(chosen, result)
    many = source.many
    return several(lambda this, env: [keep(item) for item in many(this, env) if matches(item)], result)


def _type_after(wanted: TypeName, types: KnownTypes) -> str | None:
    """Of a System type the items are still FHIR primitives, which say their own."""
    return wanted.name if wanted.name in PRIMITIVES or types.is_known(wanted.name) else None


def _bare_if_alone(item: Any) -> Any:
    """What a piece with a type says need not be said by its items."""
    return item.value if item.__class__ is Element and item.sibling is None else item


def _as_it_is(item: Any) -> Any:
    return item


def item_test(source: Code, wanted: TypeName, types: KnownTypes) -> Callable[[Any], bool]:
    """Whether an item of a piece is of a type."""
    if source.type is not None and source.type not in ABSTRACT:
        answer = types.matches(source.type, wanted)
        return lambda _item: answer
    known: dict[str, bool] = {}

    def matches(item: Any) -> bool:
        name = type_of(item, types)
        if name not in known:
            known[name] = types.matches(name, wanted)
        return known[name]

    return matches


def type_of(item: Any, types: KnownTypes) -> str:
    """The type an item says itself; empty when it is an object that does not."""
    if item.__class__ is Element and item.value.__class__ is not dict:
        return str(item.type)
    node = bare(item)
    if node.__class__ is dict:
        told = node.get("resourceType")
        if told.__class__ is str and types.is_resource(told):
            return str(told)
        return item.type if item.__class__ is Element else ""
    if item.__class__ is Temporal:
        return str(item.type)
    return SYSTEM + _SYSTEM_CLASSES.get(item.__class__.__name__, "Quantity")


_SYSTEM_CLASSES = {"str": "String", "bool": "Boolean", "int": "Integer", "Decimal": "Decimal"}


def is_type(source: Code, wanted: TypeName, types: KnownTypes) -> Code:
    """`is`: empty for nothing."""
    one, matches = source.one, item_test(source, wanted, types)

    def told(this: Any, env: Environment) -> bool | None:
        item = one(this, env)
        return None if item is None else matches(item)

    return single(told, BOOLEAN)


def _of_type(invocation: Invocation) -> Code:
    return of_type(invocation.source, invocation.type_name(0), invocation.types)


def _is(invocation: Invocation) -> Code:
    return is_type(invocation.source, invocation.type_name(0), invocation.types)


def _extension(invocation: Invocation) -> Code:
    """Short for `extension.where(url = …)`."""
    extensions = step(invocation.source, "extension", invocation.types).many
    url = invocation.value(0)

    def with_url(this: Any, env: Environment) -> list[Any]:
        wanted = url(this, env)
        return [item for item in extensions(this, env) if _url_of(item) == wanted is not None]

    return several(with_url, "Extension")


def _url_of(item: Any) -> Any:
    node = bare(item)
    return node.get("url") if node.__class__ is dict else None


def _part(part: Callable[[list[Any], int], list[Any]]) -> Callable[[Invocation], Code]:
    def build(invocation: Invocation) -> Code:
        many, number = invocation.source.many, invocation.value(0)

        def chosen(this: Any, env: Environment) -> list[Any]:
            count = number(this, env)
            return [] if count is None else part(many(this, env), max(whole_of(count), 0))

        return several(chosen, invocation.source.type)

    return build


def _tail(invocation: Invocation) -> Code:
    many = invocation.source.many
    return several(lambda this, env: many(this, env)[1:], invocation.source.type)


def _end(index: int) -> Callable[[Invocation], Code]:
    def build(invocation: Invocation) -> Code:
        source, many = invocation.source, invocation.source.many
        if source.single:
            return source

        def item(this: Any, env: Environment) -> Any:
            items = many(this, env)
            return items[index] if items else None

        return single(item, source.type)

    return build


def _single(invocation: Invocation) -> Code:
    many = invocation.source.many
    return single(lambda this, env: only(many(this, env)), invocation.source.type)


def _union(invocation: Invocation) -> Code:
    return union(invocation.source, invocation.argument(0), invocation.types)


def _combine(invocation: Invocation) -> Code:
    left, right = alike(invocation.source, invocation.argument(0), invocation.types)
    return several(lambda this, env: [*left.many(this, env), *right.many(this, env)], left.type)


def _intersect(invocation: Invocation) -> Code:
    chosen = _compared(invocation, wanted=True)
    return several(lambda this, env: unique(chosen(this, env)), invocation.source.type)


def _exclude(invocation: Invocation) -> Code:
    return several(_compared(invocation, wanted=False), invocation.source.type)


def _compared(invocation: Invocation, *, wanted: bool) -> Callable[[Any, Environment], list[Any]]:
    source, types = invocation.source, invocation.types
    many, convert = source.many, to_system(types, source.type)
    keys = keys_of(invocation.argument(0), types, not follows_focus(invocation.call.arguments[0]))

    def compared(this: Any, env: Environment) -> list[Any]:
        others = keys(this, env)
        return [item for item in many(this, env) if (frozen(convert(item)) in others) is wanted]

    return compared


FUNCTIONS: Table = {
    "where": (1, 1, _where),
    "select": (1, 1, _select),
    "repeat": (1, 1, _repeat),
    "ofType": (1, 1, _of_type),
    "as": (1, 1, _of_type),
    "is": (1, 1, _is),
    "extension": (1, 1, _extension),
    "first": (0, 0, _end(0)),
    "last": (0, 0, _end(-1)),
    "tail": (0, 0, _tail),
    "skip": (1, 1, _part(lambda items, number: items[number:])),
    "take": (1, 1, _part(lambda items, number: items[:number])),
    "single": (0, 0, _single),
    "union": (1, 1, _union),
    "combine": (1, 1, _combine),
    "intersect": (1, 1, _intersect),
    "exclude": (1, 1, _exclude),
}
