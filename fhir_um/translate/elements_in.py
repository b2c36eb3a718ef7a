"""Reads the data types of FHIR JSON into house words, tolerantly: what is absent or odd is None or empty.

Must not know any resource. Nothing here raises on a shape that JSON can have, and nothing is defaulted.
"""

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

from fhir_um.words import Code, Concept, Identifier, Money, Period, Quantity
from profiles.canonicals import REVENUE_CODES, REVENUE_CODES_2_0_1

Json = dict[str, Any]
"""One FHIR JSON object as it was read."""

_NOTHING: Json = {}
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T|$)")
_SYSTEM_NOW = {REVENUE_CODES_2_0_1: REVENUE_CODES}
"""Code systems that changed their URL between guide versions; the house keeps the newest."""


def each(node: Json, name: str) -> list[Json]:
    """The objects of a repeating element, in order."""
    found = node.get(name)
    return [x for x in found if isinstance(x, dict)] if isinstance(found, list) else []


def child(node: Json, name: str) -> Json:
    """The object of a single element, empty when absent."""
    found = node.get(name)
    return found if isinstance(found, dict) else _NOTHING


def text(node: Json, name: str) -> str:
    """The text of a primitive element, empty when absent."""
    found = node.get(name)
    return found if isinstance(found, str) else ""


def flag(node: Json, name: str) -> bool | None:
    """The truth value of an element, None when absent."""
    found = node.get(name)
    return found if isinstance(found, bool) else None


def whole(node: Json, name: str) -> int:
    """The whole number of an element, 0 when absent."""
    found = node.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def wholes(node: Json, name: str) -> tuple[int, ...]:
    """The whole numbers of a repeating element."""
    found = node.get(name)
    return tuple(x for x in found if isinstance(x, int)) if isinstance(found, list) else ()


def decimal(node: Json, name: str) -> Decimal | None:
    """The number of an element with every digit as written, None when absent."""
    found = node.get(name)
    if isinstance(found, Decimal):
        return found
    return Decimal(found) if isinstance(found, int) and not isinstance(found, bool) else None


def extensions(node: Json, place: str = "extension") -> dict[str, Json]:
    """The first extension of each URL on a node."""
    found: dict[str, Json] = {}
    for extension in each(node, place):
        found.setdefault(text(extension, "url"), extension)
    return found


def day(written: str) -> date | None:
    """The calendar day of a date or dateTime as the sender wrote it; None unless it names a whole day.

    >>> day("2026-03-01T23:30:00-05:00"), day("2026-03")
    (datetime.date(2026, 3, 1), None)
    """
    match = _DATE.match(written)
    return _bound(match, last=False) if match and match[3] else None


def _bound(match: re.Match[str], last: bool) -> date | None:
    year, month, day_of_month = int(match[1]), int(match[2] or (12 if last else 1)), match[3]
    try:
        end = monthrange(year, month)[1] if last else 1
        return date(year, month, int(day_of_month) if day_of_month else end)
    except ValueError:
        return None


def span(start: str, end: str) -> Period:
    """Whole days from `start` to `end`; a month or a year stands for all its days, as FHIR reads a Period.

    >>> span("2026-02", "2026-02")
    Period(start=datetime.date(2026, 2, 1), end=datetime.date(2026, 2, 28))
    """
    first, last = _DATE.match(start), _DATE.match(end)
    return Period(_bound(first, last=False) if first else None, _bound(last, last=True) if last else None)


def period(node: Json) -> Period:
    """A Period."""
    return span(text(node, "start"), text(node, "end")) if node else Period()


def timed(node: Json, name: str) -> Period:
    """A choice of date, dateTime or Period, for example `serviced`, as a period of whole days."""
    moment = text(node, f"{name}Date") or text(node, f"{name}DateTime")
    return span(moment, moment) if moment else period(child(node, f"{name}Period"))


def codes(node: Json) -> tuple[Code, ...]:
    """Every coding of a CodeableConcept that has a code."""
    return tuple(_code(coding) for coding in each(node, "coding") if text(coding, "code"))


def _code(coding: Json) -> Code:
    system = text(coding, "system")
    return Code(_SYSTEM_NOW.get(system, system), text(coding, "code"))


def coding(node: Json) -> Code | None:
    """A Coding, None without a code."""
    return _code(node) if text(node, "code") else None


def first_code(node: Json) -> Code | None:
    """The first code of a CodeableConcept."""
    return next(iter(codes(node)), None)


def concept(node: Json) -> Concept | None:
    """A CodeableConcept; None when it says nothing."""
    found, words = codes(node), text(node, "text")
    return Concept(found, words) if found or words else None


def concepts(node: Json, name: str) -> tuple[Concept, ...]:
    """The CodeableConcepts of a repeating element."""
    return tuple(found for x in each(node, name) if (found := concept(x)))


def identifier(node: Json) -> Identifier | None:
    """An Identifier; None without a value. Of several type codes MB (member number) is kept."""
    value = text(node, "value")
    if not value:
        return None
    types = [c.code for c in codes(node["type"])] if isinstance(node.get("type"), dict) else []
    kind = "MB" if "MB" in types else next(iter(types), "")
    return Identifier(text(node, "system"), value, kind)


def identifiers(node: Json, name: str = "identifier") -> tuple[Identifier, ...]:
    """The Identifiers of a repeating (or single) element."""
    found = [child(node, name)] if isinstance(node.get(name), dict) else each(node, name)
    return tuple(known for x in found if (known := identifier(x)))


def quantity(node: Json) -> Quantity | None:
    """A Quantity; None without an exact value (a comparator makes it inexact)."""
    value = decimal(node, "value")
    if value is None or "comparator" in node:
        return None
    return Quantity(value, text(node, "unit"), text(node, "system"), text(node, "code"))


def money(node: Json) -> Money | None:
    """An amount of money; None without a value."""
    value = decimal(node, "value")
    return None if value is None else Money(value, text(node, "currency"))
