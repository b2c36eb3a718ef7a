"""Functions about whether and how many: exists, all, count, distinct and their kin.

Source: FHIRPath N1 (2.0.0), existence; FHIR R4 4.0.1, FHIRPath, hasValue.
"""

from collections.abc import Callable
from itertools import repeat
from typing import Any

from profiles.fhirpath.code import BOOLEAN, INTEGER, Code, several, single, system_many, truth
from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.invocation import Invocation, Table, counted
from profiles.fhirpath.operators import keys_of, unique
from profiles.fhirpath.values import frozen


def _exists(invocation: Invocation) -> Code:
    if not invocation.call.arguments:
        return single(invocation.source.some, BOOLEAN)
    return single(_any(invocation), BOOLEAN)


def _any(invocation: Invocation) -> Callable[[Any, Environment], bool]:
    many, criteria = invocation.source.many, invocation.criteria(0)
    if invocation.counts(0):
        return lambda this, env: any([criteria(item, env) for item in counted(many(this, env), env)])

    def found(this: Any, env: Environment) -> bool:
        return any(map(criteria, many(this, env), repeat(env)))

    return found


def _empty(invocation: Invocation) -> Code:
    some = invocation.source.some
    return single(lambda this, env: not some(this, env), BOOLEAN)


def _not(invocation: Invocation) -> Code:
    one = truth(invocation.source)

    def opposite(this: Any, env: Environment) -> bool | None:
        answer = one(this, env)
        return None if answer is None else not answer

    return single(opposite, BOOLEAN)


def _all(invocation: Invocation) -> Code:
    many, criteria = invocation.source.many, invocation.criteria(0)
    if invocation.counts(0):
        return single(
            lambda this, env: all([criteria(item, env) for item in counted(many(this, env), env)]),
            BOOLEAN,
        )

    def everywhere(this: Any, env: Environment) -> bool:
        return all(map(criteria, many(this, env), repeat(env)))

    return single(everywhere, BOOLEAN)


def _booleans(decide: Callable[[list[bool]], bool]) -> Callable[[Invocation], Code]:
    def build(invocation: Invocation) -> Code:
        many = system_many(invocation.source, invocation.types)

        def decided(this: Any, env: Environment) -> bool:
            items = many(this, env)
            if any(item.__class__ is not bool for item in items):
                raise EvaluationFault("Only booleans were expected")
            return decide(items)

        return single(decided, BOOLEAN)

    return build


def _count(invocation: Invocation) -> Code:
    source = invocation.source
    many, some = source.many, source.some
    if source.single:
        return single(lambda this, env: 1 if some(this, env) else 0, INTEGER)
    return single(lambda this, env: len(many(this, env)), INTEGER)


def _distinct(invocation: Invocation) -> Code:
    many = invocation.source.many
    return several(lambda this, env: unique(many(this, env)), invocation.source.type, invocation.source.some)


def _is_distinct(invocation: Invocation) -> Code:
    many = system_many(invocation.source, invocation.types)

    def distinct(this: Any, env: Environment) -> bool:
        items = many(this, env)
        return len({frozen(item) for item in items}) == len(items)

    return single(distinct, BOOLEAN)


def _subset_of(invocation: Invocation) -> Code:
    mine, others = _both_keys(invocation)
    return single(lambda this, env: mine(this, env) <= others(this, env), BOOLEAN)


def _superset_of(invocation: Invocation) -> Code:
    mine, others = _both_keys(invocation)
    return single(lambda this, env: mine(this, env) >= others(this, env), BOOLEAN)


_Keys = Callable[[Any, Environment], frozenset[Any]]


def _both_keys(invocation: Invocation) -> tuple[_Keys, _Keys]:
    types = invocation.types
    return keys_of(invocation.source, types, False), keys_of(invocation.argument(0), types, False)


def has_value(item: Any) -> bool:
    """Whether an item is a primitive with a value."""
    value = item.value if item.__class__ is Element else item
    return value is not None and value.__class__ is not dict and value.__class__ is not list


def _has_value(invocation: Invocation) -> Code:
    source = invocation.source
    if source.single:
        one = source.one
        return single(lambda this, env: has_value(one(this, env)), BOOLEAN)
    many = source.many

    def valued(this: Any, env: Environment) -> bool:
        items = many(this, env)
        return len(items) == 1 and has_value(items[0])

    return single(valued, BOOLEAN)


def _get_value(invocation: Invocation) -> Code:
    many = invocation.source.many

    def value(this: Any, env: Environment) -> Any:
        items = many(this, env)
        if len(items) != 1 or not has_value(items[0]):
            return None
        return items[0].value if items[0].__class__ is Element else items[0]

    return single(value, None)


FUNCTIONS: Table = {
    "exists": (0, 1, _exists),
    "empty": (0, 0, _empty),
    "not": (0, 0, _not),
    "all": (1, 1, _all),
    "allTrue": (0, 0, _booleans(all)),
    "anyTrue": (0, 0, _booleans(any)),
    "allFalse": (0, 0, _booleans(lambda items: not any(items))),
    "anyFalse": (0, 0, _booleans(lambda items: not all(items))),
    "count": (0, 0, _count),
    "distinct": (0, 0, _distinct),
    "isDistinct": (0, 0, _is_distinct),
    "subsetOf": (1, 1, _subset_of),
    "supersetOf": (1, 1, _superset_of),
    "hasValue": (0, 0, _has_value),
    "getValue": (0, 0, _get_value),
}
