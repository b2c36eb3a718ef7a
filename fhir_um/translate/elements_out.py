"""Writes house words as FHIR data types. Must not know resources; writes nothing that was not said."""

from datetime import UTC, date, datetime
from typing import Any

from fhir_um.cases.asked import Party
from fhir_um.words import Code, Concept, Identifier, Money, Period, Quantity
from profiles.canonicals import EXT_DATA_ABSENT_REASON, X12_UNIT

Json = dict[str, Any]
"""One FHIR JSON object to be written."""


def coded(system: str, code: str) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def coding(code: Code) -> Json:
    """A Coding."""
    return {"system": code.system, "code": code.code} if code.system else {"code": code.code}


def concept(words: Concept) -> Json:
    """A CodeableConcept with every code, without display."""
    written: Json = {}
    if words.codes:
        written["coding"] = [coding(code) for code in words.codes]
    if words.text:
        written["text"] = words.text
    return written


def absent() -> Json:
    """What stands for an element the guide demands and nobody told."""
    return {"extension": [{"url": EXT_DATA_ABSENT_REASON, "valueCode": "unknown"}]}


def needed_concept(words: Concept) -> Json:
    """A CodeableConcept the guide demands: what was said, else that it is absent."""
    return concept(words) or absent()


def identifier(known: Identifier) -> Json:
    """An Identifier: system and value only."""
    return {"system": known.system, "value": known.value} if known.system else {"value": known.value}


def day(on: date) -> str:
    """A date."""
    return on.isoformat()


def instant(at: datetime) -> str:
    """An instant, UTC, to the millisecond.

    >>> instant(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T12:00:00.000Z'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def period(days: Period) -> Json:
    """A Period; an open end is left out."""
    written = {"start": days.start, "end": days.end}
    return {name: day(on) for name, on in written.items() if on}


def is_one_day(days: Period) -> bool:
    """True when it starts and ends on the same day."""
    return days.start is not None and days.start == days.end


def timed(name: str, days: Period | None, moment: str = "Date") -> Json:
    """A choice of date or Period, for example `servicedDate`; empty when nothing is known."""
    if days is None or days == Period():
        return {}
    if days.start and is_one_day(days):
        return {f"{name}{moment}": day(days.start)}
    return {f"{name}Period": period(days)}


def quantity(amount: Quantity | None) -> Json:
    """A PAS Quantity: value with an X12 673 code or a unit; empty when the sender gave neither.

    A code of another system (UCUM) is written as the unit, since only X12 673 may stand as code.
    Source: PAS 2.2.1 prof-2, prof-3.
    """
    if amount is None:
        return {}
    if amount.code and amount.system == X12_UNIT:
        written: Json = {"value": amount.value, "system": X12_UNIT, "code": amount.code}
        return written | ({"unit": amount.unit} if amount.unit else {})
    unit = amount.unit or amount.code
    return {"value": amount.value, "unit": unit} if unit else {}


def money(amount: Money) -> Json:
    """An amount of money."""
    return {"value": amount.value, "currency": amount.currency} if amount.currency else {"value": amount.value}


def logical_reference(party: Party) -> Json:
    """A reference by business identifier and name, for a party whose entry does not come along."""
    written: Json = {}
    if party.identifiers:
        written["identifier"] = identifier(party.identifiers[0])
    if party.name:
        written["display"] = party.name
    return written or absent()


def concept_extension(url: str, words: Concept | None) -> list[Json]:
    """An extension holding a CodeableConcept, or none."""
    return [{"url": url, "valueCodeableConcept": concept(words)}] if words else []


def code_extension(url: str, code: Code | None) -> list[Json]:
    """An extension holding a CodeableConcept of one code, or none."""
    return [{"url": url, "valueCodeableConcept": {"coding": [coding(code)]}}] if code else []


def string_extension(url: str, written: str) -> list[Json]:
    """An extension holding a string, or none."""
    return [{"url": url, "valueString": written}] if written else []
