"""Operators that calculate. Must not know the tree of an expression, nor functions.

Source: FHIRPath N1 (2.0.0), math operators, date/time arithmetic.
"""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

from profiles.fhirpath.code import DECIMAL, INTEGER, STRING, Code, Operator, single, system_one
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.quantities import Quantity
from profiles.fhirpath.temporal import Temporal, shifted
from profiles.fhirpath.types import KnownTypes
from profiles.fhirpath.values import is_number, number


def _arithmetic(calculate: Callable[[Any, Any], Any], result: str | None) -> Operator:
    def calculation(left: Code, right: Code, types: KnownTypes) -> Code:
        one, other = system_one(left, types), system_one(right, types)

        def calculated(this: Any, env: Environment) -> Any:
            mine = one(this, env)
            if mine is None:
                return None
            yours = other(this, env)
            return None if yours is None else calculate(mine, yours)

        same = left.type if left.type == right.type and left.type in (INTEGER, DECIMAL, STRING) else None
        return single(calculated, result or same)

    return calculation


def _plus(left: Any, right: Any) -> Any:
    if left.__class__ is str and right.__class__ is str:
        return left + right
    if left.__class__ is Temporal and right.__class__ is Quantity:
        return shifted(left, right.value, right.unit)
    if left.__class__ is Quantity and right.__class__ is Quantity:
        return _same_unit(left, right, left.value + right.value)
    return _calculated(left, right, lambda: left + right)


def _minus(left: Any, right: Any) -> Any:
    if left.__class__ is Temporal and right.__class__ is Quantity:
        return shifted(left, -right.value, right.unit)
    if left.__class__ is Quantity and right.__class__ is Quantity:
        return _same_unit(left, right, left.value - right.value)
    return _calculated(left, right, lambda: left - right)


def _same_unit(left: Quantity, right: Quantity, value: Decimal | int) -> Quantity | None:
    return Quantity(value, left.unit) if left.unit == right.unit else None


def _times(left: Any, right: Any) -> Any:
    if left.__class__ is Quantity and is_number(right):
        return Quantity(left.value * right, left.unit)
    if right.__class__ is Quantity and is_number(left):
        return Quantity(left * right.value, right.unit)
    return _calculated(left, right, lambda: left * right)


def _divided(left: Any, right: Any) -> Any:
    return None if right == 0 else _calculated(left, right, lambda: Decimal(left) / Decimal(right))


def _div(left: Any, right: Any) -> Any:
    return None if right == 0 else _calculated(left, right, lambda: _truncated(left, right))


def _mod(left: Any, right: Any) -> Any:
    return None if right == 0 else _calculated(left, right, lambda: left - right * _truncated(left, right))


def _truncated(left: Decimal | int, right: Decimal | int) -> int:
    return int((Decimal(left) / Decimal(right)).to_integral_value(ROUND_DOWN))


def _calculated(left: Any, right: Any, calculation: Callable[[], Any]) -> Decimal | int:
    if not is_number(left) or not is_number(right):
        raise EvaluationFault("Numbers were expected")
    return number(calculation)


ARITHMETIC: dict[str, Operator] = {
    "+": _arithmetic(_plus, None),
    "-": _arithmetic(_minus, None),
    "*": _arithmetic(_times, None),
    "/": _arithmetic(_divided, None),
    "div": _arithmetic(_div, INTEGER),
    "mod": _arithmetic(_mod, None),
}


def negative(code: Code, types: KnownTypes) -> Code:
    """`-` before an expression."""
    one = system_one(code, types)

    def opposite(this: Any, env: Environment) -> Any:
        value = one(this, env)
        if value is None or is_number(value):
            return None if value is None else -value
        if value.__class__ is Quantity:
            return Quantity(-value.value, value.unit)
        raise EvaluationFault("- needs a number")

    return single(opposite, code.type)
