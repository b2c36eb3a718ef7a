"""Functions on numbers. Source: FHIRPath N1 (2.0.0), math."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from profiles.fhirpath.code import DECIMAL, INTEGER, Code, single, system_one
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.invocation import Function, Invocation, Table, whole_of
from profiles.fhirpath.quantities import Quantity
from profiles.fhirpath.values import is_number, number

_LARGEST_EXPONENT = 40
"""Powers of ten a number may have that becomes a whole one or is rounded."""

Amount = Decimal | int


def _of_number(calculate: Callable[[Amount], Amount | None], result: str | None) -> Function:
    def build(invocation: Invocation) -> Code:
        one = system_one(invocation.source, invocation.types)

        def calculated(this: Any, env: Environment) -> Any:
            value = one(this, env)
            if value is None:
                return None
            if value.__class__ is Quantity:
                changed = _calculated(calculate, value.value)
                return None if changed is None else Quantity(changed, value.unit)
            return _calculated(calculate, value)

        return single(calculated, result)

    return build


def _calculated(calculate: Callable[[Amount], Amount | None], value: Any) -> Amount | None:
    if not is_number(value):
        raise EvaluationFault("A number was expected")
    try:
        return calculate(value)
    except (ArithmeticError, ValueError) as fault:
        raise EvaluationFault("No number comes out") from fault


def _whole(rounding: str) -> Callable[[Amount], int]:
    def rounded(value: Amount) -> int:
        if Decimal(value).adjusted() > _LARGEST_EXPONENT:
            raise ValueError(value)
        return int(Decimal(value).to_integral_value(rounding))

    return rounded


def _positive(calculate: Callable[[Decimal], Decimal]) -> Callable[[Amount], Decimal | None]:
    return lambda value: calculate(Decimal(value)) if value > 0 else None


def _magnitude(value: Amount) -> Amount:
    return -value if value < 0 else value


def _root(value: Amount) -> Decimal | None:
    return Decimal(value).sqrt() if value >= 0 else None


def _round(invocation: Invocation) -> Code:
    one = system_one(invocation.source, invocation.types)
    places = invocation.value(0) if invocation.call.arguments else None

    def rounded(this: Any, env: Environment) -> Any:
        value = one(this, env)
        if value is None:
            return None
        count = whole_of(places(this, env)) if places is not None else 0
        if count < 0 or count > _LARGEST_EXPONENT:
            raise EvaluationFault("The number of places makes no sense")
        return _calculated(lambda amount: Decimal(amount).quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP), value)

    return single(rounded, DECIMAL)


def _with_number(calculate: Callable[[Decimal, Decimal], Amount | None], result: str | None) -> Function:
    def build(invocation: Invocation) -> Code:
        one, argument = system_one(invocation.source, invocation.types), invocation.value(0)

        def calculated(this: Any, env: Environment) -> Any:
            value, other = one(this, env), argument(this, env)
            if value is None or other is None:
                return None
            if not is_number(other):
                raise EvaluationFault("A number was expected")
            return _calculated(lambda amount: calculate(Decimal(amount), Decimal(other)), value)

        return single(calculated, result)

    return build


def _power(base: Decimal, exponent: Decimal) -> Amount | None:
    if base < 0 and exponent != exponent.to_integral_value():
        return None
    return number(lambda: base**exponent)


def _logarithm(value: Decimal, base: Decimal) -> Amount | None:
    return value.ln() / base.ln() if value > 0 and base > 0 and base != 1 else None


FUNCTIONS: Table = {
    "abs": (0, 0, _of_number(_magnitude, None)),
    "ceiling": (0, 0, _of_number(_whole(ROUND_CEILING), INTEGER)),
    "floor": (0, 0, _of_number(_whole(ROUND_FLOOR), INTEGER)),
    "truncate": (0, 0, _of_number(_whole(ROUND_DOWN), INTEGER)),
    "exp": (0, 0, _of_number(lambda value: Decimal(value).exp(), DECIMAL)),
    "ln": (0, 0, _of_number(_positive(Decimal.ln), DECIMAL)),
    "sqrt": (0, 0, _of_number(_root, DECIMAL)),
    "round": (0, 1, _round),
    "power": (1, 1, _with_number(_power, None)),
    "log": (1, 1, _with_number(_logarithm, DECIMAL)),
}
