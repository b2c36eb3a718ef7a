"""Quantities and the units that can be compared: calendar words and the everyday part of UCUM. Knows no resource.

What is not in the small table below is comparable with its own unit only: the answer is then empty, never a guess.
Source: FHIRPath N1 (2.0.0), Quantity; UCUM 2.1.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

UCUM = "http://unitsofmeasure.org"

CALENDAR = {
    word + plural: word
    for word in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for plural in ("", "s")
}
"""Words for durations, in singular and plural -> the unit."""

_AS_UCUM = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
_PREFIXES = {
    "G": Decimal("1e9"),
    "M": Decimal("1e6"),
    "k": Decimal(1000),
    "d": Decimal("0.1"),
    "c": Decimal("0.01"),
    "m": Decimal("0.001"),
    "u": Decimal("1e-6"),
    "n": Decimal("1e-9"),
    "p": Decimal("1e-12"),
    "f": Decimal("1e-15"),
}
_LITRE = Decimal("0.001")
_UNITS: dict[str, tuple[Decimal, str, int]] = {
    "g": (Decimal(1), "g", 1),
    "m": (Decimal(1), "m", 1),
    "s": (Decimal(1), "s", 1),
    "mol": (Decimal(1), "mol", 1),
    "eq": (Decimal(1), "eq", 1),
    "osm": (Decimal(1), "osm", 1),
    "U": (Decimal(1), "U", 1),
    "[iU]": (Decimal(1), "[iU]", 1),
    "L": (_LITRE, "m", 3),
    "l": (_LITRE, "m", 3),
    "cal": (Decimal(1), "cal", 1),
    "Pa": (Decimal(1), "Pa", 1),
    "min": (Decimal(60), "s", 1),
    "h": (Decimal(3600), "s", 1),
    "d": (Decimal(86400), "s", 1),
    "wk": (Decimal(604800), "s", 1),
    "mo": (Decimal(2629800), "s", 1),
    "a": (Decimal(31557600), "s", 1),
    "year": (Decimal(12), "calendar month", 1),
    "month": (Decimal(1), "calendar month", 1),
    "[in_i]": (Decimal("0.0254"), "m", 1),
    "[ft_i]": (Decimal("0.3048"), "m", 1),
    "[lb_av]": (Decimal("453.59237"), "g", 1),
    "[oz_av]": (Decimal("28.349523125"), "g", 1),
    "%": (Decimal("0.01"), "", 0),
    "1": (Decimal(1), "", 0),
}
_METRIC = ("g", "m", "s", "mol", "eq", "osm", "U", "[iU]", "L", "l", "cal", "Pa")
_FACTOR = re.compile(r"(?P<operator>[./]?)(?:10[*^](?P<power>-?\d)|(?P<unit>[A-Za-z_\[\]%]+|1)(?P<exponent>-?\d)?)")
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_LONGEST_UNIT = 64

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount and its unit: a UCUM code, a calendar word, or for other systems whatever tells units apart."""

    value: Decimal | int
    unit: str

    def __str__(self) -> str:
        unit = self.unit if self.unit in CALENDAR else f"'{self.unit}'"
        return f"{self.value} {unit}"


def quantity_of(element: dict[str, Any]) -> Quantity | None:
    """The quantity a FHIR Quantity says, or None without a value or with a comparator.

    Source: FHIR R4 4.0.1, FHIRPath, "Using FHIR types in expressions".
    """
    value = element.get("value")
    if (value.__class__ is not int and value.__class__ is not Decimal) or "comparator" in element:
        return None
    system, code, unit = element.get("system"), element.get("code"), element.get("unit")
    if system == UCUM and isinstance(code, str):
        return Quantity(value, code)
    if code is None and unit is None:
        return Quantity(value, "1")
    return Quantity(value, f"{system} {code}" if code is not None else f"unit {unit}")


def in_base_units(quantity: Quantity) -> tuple[Decimal, Dimensions]:
    """The amount in base units and their powers; of a unit that is not known the unit itself is the base."""
    unit = _AS_UCUM.get(quantity.unit, quantity.unit)
    factor, dimensions = _read(unit) or (Decimal(1), ((quantity.unit, 1),))
    return Decimal(quantity.value) * factor, dimensions


def compare(left: Quantity, right: Quantity) -> int | None:
    """Negative, 0 or positive; None when the units cannot be compared.

    >>> compare(Quantity(500, "mg"), Quantity(1, "g")), compare(Quantity(1, "mg"), Quantity(1, "mL"))
    (-1, None)
    """
    mine, yours = Decimal(left.value), Decimal(right.value)
    if left.unit != right.unit:
        mine, dimensions = in_base_units(left)
        yours, others = in_base_units(right)
        if dimensions != others:
            return None
    return (mine > yours) - (mine < yours)


def _read(unit: str) -> tuple[Decimal, Dimensions] | None:
    text = _ANNOTATION.sub("", unit) if len(unit) <= _LONGEST_UNIT else ""
    factor, powers, position = Decimal(1), dict[str, int](), 0
    while position < len(text):
        found = _FACTOR.match(text, position)
        read = _factor(found) if found and (position == 0 or found["operator"]) else None
        if found is None or read is None:
            return None
        factor *= read[0]
        powers[read[1]] = powers.get(read[1], 0) + read[2]
        position = found.end()
    if not text and unit == "":
        return None
    return factor, tuple(sorted((base, power) for base, power in powers.items() if power))


def _factor(found: re.Match[str]) -> tuple[Decimal, str, int] | None:
    sign = -1 if found["operator"] == "/" else 1
    if found["power"]:
        return Decimal(10) ** (sign * int(found["power"])), "", 0
    scale, name = _split(found["unit"])
    if name not in _UNITS:
        return None
    factor, base, power = _UNITS[name]
    times = sign * int(found["exponent"] or 1)
    return (scale * factor) ** times, base, power * times


def _split(unit: str) -> tuple[Decimal, str]:
    if unit not in _UNITS and unit[0] in _PREFIXES and unit[1:] in _METRIC:
        return _PREFIXES[unit[0]], unit[1:]
    return Decimal(1), unit
