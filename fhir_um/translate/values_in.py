"""Reads what an observation or an answer holds. Must not know which resource it stands in."""

from decimal import Decimal

from fhir_um.cases.evidence import EvidenceValue
from fhir_um.translate.elements_in import Json, child, coding, day, decimal, first_code, flag, quantity, text
from profiles.canonicals import UCUM

_DAYS = {
    "d": Decimal(1),
    "day": Decimal(1),
    "days": Decimal(1),
    "wk": Decimal(7),
    "week": Decimal(7),
    "weeks": Decimal(7),
}
"""Units of supply that are a whole number of days; a month is not."""

Held = tuple[EvidenceValue | None, str]
"""A value and, for a quantity, its unit (the UCUM code where there is one)."""


def observed_value(node: Json) -> Held:
    """The value of an Observation or of one of its components.

    An inexact quantity (`<5`) is text, never a number.
    """
    written = child(node, "valueQuantity")
    if written:
        return _amount(written)
    described = child(node, "valueCodeableConcept")
    if described:
        return first_code(described) or text(described, "text") or None, ""
    return _simple(node)


def answer_value(node: Json) -> Held:
    """The value of one answer; attachments and references hold none."""
    written = child(node, "valueQuantity")
    if written:
        return _amount(written)
    chosen = child(node, "valueCoding")
    if chosen:
        return coding(chosen) or text(chosen, "display") or None, ""
    return _simple(node)


def _amount(written: Json) -> Held:
    amount = quantity(written)
    if amount is None:
        value = decimal(written, "value")
        return (None if value is None else f"{text(written, 'comparator')}{value}"), ""
    return amount.value, amount.code if amount.system in (UCUM, "") and amount.code else amount.unit


def _simple(node: Json) -> Held:
    truth = flag(node, "valueBoolean")
    if truth is not None:
        return truth, ""
    for name in ("valueDecimal", "valueInteger"):
        number = decimal(node, name)
        if number is not None:
            return number, ""
    on = day(text(node, "valueDate") or text(node, "valueDateTime"))
    return on or text(node, "valueString") or text(node, "valueUri") or None, ""


def days_of(node: Json) -> Decimal | None:
    """A supply in days; None when the sender gave no unit that is a whole number of days."""
    amount = quantity(node)
    if amount is None:
        return None
    each_is = _DAYS.get(amount.code or amount.unit.lower())
    return None if each_is is None else amount.value * each_is
