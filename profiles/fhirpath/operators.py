"""Operators: two compiled pieces become one. Must not know the tree of an expression, nor functions.

Source: FHIRPath N1 (2.0.0), operations.
"""

from collections.abc import Callable, Hashable
from typing import Any

from profiles.fhirpath.code import (
    BOOLEAN,
    STRING,
    Code,
    Many,
    One,
    Operator,
    comparand,
    constant,
    several,
    single,
    system_many,
    system_one,
    tagged,
    truth,
)
from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.temporal import quick_order
from profiles.fhirpath.types import TEMPORAL, KnownTypes
from profiles.fhirpath.values import (
    all_equal,
    all_equivalent,
    compare,
    equal,
    frozen,
    moment_of,
)


def _and(left: Code, right: Code, _types: KnownTypes) -> Code:
    one, other = truth(left), truth(right)

    def both(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        if mine is False:
            return False
        yours = other(this, env)
        return yours if mine or yours is False else None

    return single(both, BOOLEAN)


def _or(left: Code, right: Code, _types: KnownTypes) -> Code:
    one, other = truth(left), truth(right)

    def either(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        if mine:
            return True
        yours = other(this, env)
        return yours if mine is False or yours else None

    return single(either, BOOLEAN)


def _xor(left: Code, right: Code, _types: KnownTypes) -> Code:
    one, other = truth(left), truth(right)

    def just_one(this: Any, env: Environment) -> bool | None:
        mine, yours = one(this, env), other(this, env)
        return None if mine is None or yours is None else mine is not yours

    return single(just_one, BOOLEAN)


def _implies(left: Code, right: Code, _types: KnownTypes) -> Code:
    one, other = truth(left), truth(right)

    def implied(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        if mine is False:
            return True
        yours = other(this, env)
        return yours if mine or yours else None

    return single(implied, BOOLEAN)


def _equals(left: Code, right: Code, types: KnownTypes) -> Code:
    if not (left.single and right.single):
        return single(_collections_equal(left, right, types), BOOLEAN)
    one = comparand(left, types)
    if right.constant is not None and len(right.constant) == 1 and right.constant[0].__class__ is str:
        return single(_equals_text(one, right.constant[0]), BOOLEAN)
    other = comparand(right, types)

    def same(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        if mine is None:
            return None
        yours = other(this, env)
        return None if yours is None else equal(mine, yours)

    return single(same, BOOLEAN)


def _equals_text(one: One, text: str) -> Callable[[Any, Environment], bool | None]:
    def same(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        return None if mine is None else mine.__class__ is str and mine == text

    return same


def _collections_equal(left: Code, right: Code, types: KnownTypes) -> Callable[[Any, Environment], bool | None]:
    one, other = system_many(left, types), system_many(right, types)
    return lambda this, env: all_equal(one(this, env), other(this, env))


def _equivalent(left: Code, right: Code, types: KnownTypes) -> Code:
    one, other = system_many(left, types), system_many(right, types)
    return single(lambda this, env: all_equivalent(one(this, env), other(this, env)), BOOLEAN)


def _negated(operator: Operator) -> Operator:
    def negation(left: Code, right: Code, types: KnownTypes) -> Code:
        one = operator(left, right, types).one

        def opposite(this: Any, env: Environment) -> bool | None:
            answer = one(this, env)
            return None if answer is None else not answer

        return single(opposite, BOOLEAN)

    return negation


def _ordered(holds: Callable[[int], bool]) -> Operator:
    def comparison(left: Code, right: Code, types: KnownTypes) -> Code:
        one, other = system_one(left, types), system_one(right, types)
        if left.type in TEMPORAL and right.type in TEMPORAL:
            return single(_ordered_moments(left.one, right.one, holds), BOOLEAN)

        def ordered(this: Any, env: Environment) -> bool | None:
            mine = one(this, env)
            if mine is None:
                return None
            yours = other(this, env)
            order = None if yours is None else compare(mine, yours)
            return None if order is None else holds(order)

        return single(ordered, BOOLEAN)

    return comparison


def _ordered_moments(one: One, other: One, holds: Callable[[int], bool]) -> Callable[[Any, Environment], bool | None]:
    def ordered(this: Any, env: Environment) -> bool | None:
        mine = one(this, env)
        if mine is None:
            return None
        yours = other(this, env)
        if yours is None:
            return None
        order = quick_order(mine, yours) if mine.__class__ is str and yours.__class__ is str else None
        if order is None:
            mine, yours = moment_of(mine), moment_of(yours)
            order = None if mine is None or yours is None else compare(mine, yours)
        return None if order is None else holds(order)

    return ordered


def contained_in(left: Code, right: Code, types: KnownTypes, remember: bool) -> Code:
    """`left in right`; `remember` when the right side is the same for every focus of one evaluation."""
    one, keys = comparand(left, types), keys_of(right, types, remember)

    def among(this: Any, env: Environment) -> bool | None:
        item = one(this, env)
        if item is None:
            return None
        return frozen(item) in keys(this, env)

    return single(among, BOOLEAN)


def keys_of(code: Code, types: KnownTypes, remember: bool) -> Callable[[Any, Environment], frozenset[Any]]:
    """The items of a piece as keys that can be looked up."""
    many = system_many(code, types)
    if code.constant is not None:
        known = frozenset(frozen(item) for item in code.constant)
        return lambda _this, _env: known
    return _remembered(many) if remember else lambda this, env: frozenset(map(frozen, many(this, env)))


def _remembered(many: Many) -> Callable[[Any, Environment], frozenset[Any]]:
    def keys(this: Any, env: Environment) -> frozenset[Any]:
        known = env.memo.get(id(many))
        if known is None:
            known = env.memo[id(many)] = frozenset(map(frozen, many(this, env)))
        return known

    return keys


def lasting(code: Code) -> Code:
    """A piece that is evaluated once in one evaluation, because it is the same for every focus."""
    many = code.many

    def remembered(this: Any, env: Environment) -> list[Any]:
        known: list[Any] | None = env.memo.get(id(many))
        if known is None:
            known = env.memo[id(many)] = many(this, env)
        return known

    return several(remembered, code.type)


def union(left: Code, right: Code, types: KnownTypes) -> Code:
    """`left | right`: all items, those that are equal once."""
    if left.constant is not None and right.constant is not None:
        return constant(
            tuple(unique([*left.constant, *right.constant])), left.type if left.type == right.type else None
        )
    left, right = alike(left, right, types)
    one, other = left.many, right.many
    return several(
        lambda this, env: unique([*one(this, env), *other(this, env)]),
        left.type,
        lambda this, env: bool(one(this, env) or other(this, env)),
    )


def alike(left: Code, right: Code, types: KnownTypes) -> tuple[Code, Code]:
    """Both pieces with one type, or with items that each say their own."""
    if left.type == right.type:
        return left, right
    return tagged(left, types), tagged(right, types)


def unique(items: list[Any]) -> list[Any]:
    """Items without those that are equal to an earlier one."""
    found: dict[Hashable, Any] = {}
    for item in items:
        plain = item.value if item.__class__ is Element and item.value is not None else item
        found.setdefault(frozen(plain), item)
    return list(found.values())


def _concatenated(left: Code, right: Code, types: KnownTypes) -> Code:
    one, other = system_one(left, types), system_one(right, types)

    def text(this: Any, env: Environment) -> str:
        mine, yours = one(this, env), other(this, env)
        return ("" if mine is None else _text(mine)) + ("" if yours is None else _text(yours))

    return single(text, STRING)


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise EvaluationFault("& joins texts")
    return value


BINARY: dict[str, Operator] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
    "=": _equals,
    "!=": _negated(_equals),
    "~": _equivalent,
    "!~": _negated(_equivalent),
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "|": union,
    "&": _concatenated,
}


def at_index(code: Code, index: Code, types: KnownTypes) -> Code:
    """`code[index]`."""
    many, position = code.many, system_one(index, types)

    def item(this: Any, env: Environment) -> Any:
        items, at = many(this, env), position(this, env)
        if at is not None and at.__class__ is not int:
            raise EvaluationFault("An index is a whole number")
        return items[at] if at is not None and 0 <= at < len(items) else None

    return single(item, code.type)
