"""Functions that convert: toInteger, toString and their kin, and whether they could.

Source: FHIRPath N1 (2.0.0), conversion.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from profiles.fhirpath.code import BOOLEAN, DECIMAL, INTEGER, STRING, Code, single, system_one
from profiles.fhirpath.environment import Environment
from profiles.fhirpath.invocation import Function, Invocation, Table
from profiles.fhirpath.quantities import CALENDAR, Quantity
from profiles.fhirpath.temporal import Temporal, parse_temporal
from profiles.fhirpath.values import is_number

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FRACTION = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
_AMOUNT = re.compile(r"(?P<value>[+-]?\d{1,40}(?:\.\d{1,40})?)\s*(?:'(?P<unit>[^']+)'|(?P<word>[a-z]+))?", re.ASCII)
_YES = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_NO = frozenset({"false", "f", "no", "n", "0", "0.0"})
_LARGEST_WHOLE = 2**31 - 1
_LARGEST_EXPONENT = 40
_DAY_FIELDS = 3


def _integer(value: Any) -> int | None:
    if value.__class__ is bool:
        return int(value)
    if value.__class__ is int:
        return int(value)
    if value.__class__ is str and _WHOLE.fullmatch(value):
        number = int(value)
        return number if abs(number) <= _LARGEST_WHOLE else None
    return None


def _decimal(value: Any) -> Decimal | None:
    if is_number(value) or value.__class__ is bool:
        return Decimal(value)
    return Decimal(value) if value.__class__ is str and _FRACTION.fullmatch(value) else None


def _boolean(value: Any) -> bool | None:
    if value.__class__ is bool:
        return bool(value)
    if is_number(value):
        return bool(value) if value in (0, 1) else None
    if value.__class__ is str:
        word = value.lower()
        return True if word in _YES else False if word in _NO else None
    return None


def _text(value: Any) -> str | None:
    if value.__class__ is str:
        return str(value)
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is int:
        return str(value)
    if value.__class__ is Decimal:
        return f"{value:f}" if abs(value.adjusted()) <= _LARGEST_EXPONENT else str(value)
    if value.__class__ is Temporal:
        return str(value.text)
    return str(value) if value.__class__ is Quantity else None


def _moment(value: Any) -> Temporal | None:
    if value.__class__ is Temporal:
        return value
    return parse_temporal(value) if value.__class__ is str else None


def _date(value: Any) -> Temporal | None:
    moment = _moment(value)
    if moment is None or moment.is_time:
        return None
    if moment.type == "System.Date":
        return moment
    return Temporal("System.Date", moment.fields[:_DAY_FIELDS], None, moment.text.partition("T")[0])


def _date_time(value: Any) -> Temporal | None:
    moment = _moment(value)
    if moment is None or moment.is_time:
        return None
    return Temporal("System.DateTime", moment.fields, moment.zone, moment.text)


def _time(value: Any) -> Temporal | None:
    moment = _moment(value)
    return moment if moment is not None and moment.is_time else None


def _quantity(value: Any) -> Quantity | None:
    if value.__class__ is Quantity:
        return value
    if is_number(value) or value.__class__ is bool:
        return Quantity(Decimal(value), "1")
    found = _AMOUNT.fullmatch(value) if value.__class__ is str else None
    if found is None or (found["word"] is not None and found["word"] not in CALENDAR):
        return None
    return Quantity(Decimal(found["value"]), found["unit"] or CALENDAR.get(found["word"] or "", "1"))


def _converted(convert: Callable[[Any], Any], result: str) -> Function:
    def build(invocation: Invocation) -> Code:
        one = system_one(invocation.source, invocation.types)

        def converted(this: Any, env: Environment) -> Any:
            value = one(this, env)
            return None if value is None else convert(value)

        return single(converted, result)

    return build


def _convertible(convert: Callable[[Any], Any]) -> Function:
    def build(invocation: Invocation) -> Code:
        one = system_one(invocation.source, invocation.types)

        def convertible(this: Any, env: Environment) -> bool | None:
            value = one(this, env)
            return None if value is None else convert(value) is not None

        return single(convertible, BOOLEAN)

    return build


_CONVERSIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "Boolean": (_boolean, BOOLEAN),
    "Integer": (_integer, INTEGER),
    "Decimal": (_decimal, DECIMAL),
    "String": (_text, STRING),
    "Date": (_date, "System.Date"),
    "DateTime": (_date_time, "System.DateTime"),
    "Time": (_time, "System.Time"),
    "Quantity": (_quantity, "System.Quantity"),
}

FUNCTIONS: Table = {
    **{f"to{name}": (0, 0, _converted(convert, result)) for name, (convert, result) in _CONVERSIONS.items()},
    **{f"convertsTo{name}": (0, 0, _convertible(convert)) for name, (convert, _) in _CONVERSIONS.items()},
}
