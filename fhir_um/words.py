"""The small values every room of the house shares: codes, identifiers, periods, amounts.

Must not know FHIR resources, SQL or HTTP. A value here carries exactly what was said; nothing is defaulted.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Code:
    """One code in one code system; `system` is the canonical URL, empty when the sender gave none."""

    system: str
    code: str


def plain_icd(code: str) -> str:
    """An ICD-10-CM code without its dot, so that M5416 is M54.16.

    >>> plain_icd("m54.16")
    'M5416'
    """
    return code.replace(".", "").upper()


@dataclass(frozen=True, slots=True)
class Concept:
    """What one thing is called, in one or more code systems, and in the sender's own words."""

    codes: tuple[Code, ...] = ()
    text: str = ""

    def code_in(self, system: str) -> str:
        """The first code of that system, or an empty string.

        >>> Concept((Code("s", "a"), Code("t", "b"))).code_in("t")
        'b'
        """
        return next((c.code for c in self.codes if c.system == system), "")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier; `type` is its v2-0203 or C4BB type code (for example MB), empty when not given."""

    system: str
    value: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included; an open end is None."""

    start: date | None = None
    end: date | None = None

    def overlaps(self, other: "Period") -> bool:
        """True when the two share at least one day; open ends reach for ever."""
        starts_in_time = self.start is None or other.end is None or self.start <= other.end
        return starts_in_time and (other.start is None or self.end is None or other.start <= self.end)

    def holds(self, other: "Period") -> bool:
        """True when every day of the other lies inside; a single day given as a start alone counts as that day."""
        last = other.end or other.start
        first = other.start or other.end
        return first is not None and last is not None and self.covers(first) and self.covers(last)

    def covers(self, day: date) -> bool:
        """True when `day` lies inside the period."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount and its unit; decimals stay exactly as written (`1.00` is not `1`)."""

    value: Decimal
    unit: str = ""
    system: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money and its ISO 4217 currency."""

    value: Decimal
    currency: str = ""
