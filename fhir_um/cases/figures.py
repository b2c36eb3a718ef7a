"""What measures say: a figure with its formula and both its numbers, and the arithmetic that all of them share.

Must not know which measures there are. Source: um-domain 4.4 (a median of an even count averages the middle two).
"""

from array import array
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

_DIGITS = 2
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure: `value` is None when there is nothing to divide by, when it is not kept, or when it is hidden.

    `unit` is `%`, `days`, `hours`, `count`, `ratio` or `list`; `level` says what is counted (`request`, `line`, `call`,
    `clock`). `basis` tells apart figures of one id, `note` why there is no value, or what must be known of it.
    """

    id: str
    name: str
    formula: str
    unit: str
    level: str
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    basis: str = ""
    note: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a measure before it is counted."""

    id: str
    name: str
    formula: str
    level: str = "line"

    def share(self, numerator: int, denominator: int, basis: str = "", note: str = "") -> Figure:
        """In per cent."""
        value = round(_HUNDRED * numerator / denominator, _DIGITS) if denominator else None
        return self._figure("%", numerator, denominator, value, basis, note)

    def count(self, number: int, basis: str = "", note: str = "") -> Figure:
        """A plain number."""
        return self._figure("count", number, None, float(number), basis, note)

    def ratio(self, numerator: int, denominator: float, unit: str, basis: str = "", note: str = "") -> Figure:
        """One number by another."""
        value = round(numerator / denominator, _DIGITS) if denominator else None
        return self._figure(unit, numerator, None, value, basis, note)

    def amount(self, value: float | None, number: int, unit: str, basis: str) -> Figure:
        """A mean or the like, of that many."""
        rounded = None if value is None else round(value, _DIGITS)
        return self._figure(unit, None, number, rounded, basis, "")

    def not_kept(self, why: str, basis: str = "") -> Figure:
        """Nothing, and why."""
        return self._figure("%", None, None, None, basis, why)

    def _figure(
        self, unit: str, numerator: int | None, denominator: int | None, value: float | None, basis: str, note: str
    ) -> Figure:
        return Figure(self.id, self.name, self.formula, unit, self.level, numerator, denominator, value, basis, note)


def without_numbers(figure: Figure) -> Figure:
    """The figure with what it says hidden."""
    return replace(figure, numerator=None, denominator=None, value=None, hidden=True)


def mean(values: "array[float]") -> float | None:
    """The mean, None of nothing."""
    return fmean(values) if values else None


def median(values: "array[float]") -> float | None:
    """The middle one in order; of an even count the mean of the middle two; None of nothing.

    >>> median(array("d", [4, 1, 3, 2]))
    2.5
    """
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values: "array[float]", percent: int) -> float | None:
    """The smallest value that at least so many of 100 do not exceed (nearest rank); None of nothing.

    >>> percentile(array("d", range(1, 11)), 90)
    9.0
    """
    if not values:
        return None
    return sorted(values)[max(ceil(len(values) * percent / _HUNDRED), 1) - 1]
