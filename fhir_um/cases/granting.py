"""What is granted, held against what was asked: the same, less, or something else.

Must not know who grants it, states of lines, or how it is told.
"""

from dataclasses import replace

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.model import Authorized
from fhir_um.words import Code, Concept, Period, Quantity


def in_full(asked: LineRequest, granted: Authorized | None, team: frozenset[str] = frozenset()) -> bool:
    """True when what is granted is what was asked; what the sender left open may be filled in.

    `team` holds the NPIs of those who are to do it, as far as the sender said so: somebody else is something else.
    Anything else is a modification, however it is called, and a reduction takes a physician.
    """
    if granted is None:
        return True
    days, wanted = granted.period, asked.serviced
    return (
        _is_same_service(asked, granted)
        and (granted.quantity is None or asked.quantity is None or _is_same_amount(asked.quantity, granted.quantity))
        and (days is None or wanted == Period() or days.holds(wanted))
        and (granted.provider is None or not team or granted.provider.npi in team)
    )


def as_asked(asked: LineRequest, granted: Authorized) -> bool:
    """True when nothing of what is granted differs from what was asked; a provider named is a difference."""
    return (
        _is_same_service(asked, granted)
        and granted.provider is None
        and (granted.quantity is None or _is_same_amount(asked.quantity, granted.quantity))
        and (granted.period is None or granted.period == asked.serviced)
    )


def in_units(authorized: Authorized | None, asked: LineRequest) -> Authorized | None:
    """An amount given without a unit counts in the unit that was asked; without one it is lost on the way.

    Source: PAS 2.2.1 prof-2.
    """
    if authorized is None or authorized.quantity is None or asked.quantity is None or has_unit(authorized.quantity):
        return authorized
    return replace(authorized, quantity=replace(asked.quantity, value=authorized.quantity.value))


def is_less(asked: Quantity | None, granted: Quantity | None) -> bool:
    """True for less than was asked, and for any amount where the sender left it open."""
    return granted is not None and (asked is None or (_is_comparable(asked, granted) and granted.value < asked.value))


def has_unit(quantity: Quantity | None) -> bool:
    """True when the amount says what it counts."""
    return bool(_unit(quantity))


def _is_same_service(asked: LineRequest, granted: Authorized) -> bool:
    """Compared by code; a code the sender gave beside others is enough, and words do not count."""
    is_same = granted.service is None or not set(granted.service.codes).isdisjoint(asked.service.codes)
    return is_same and (granted.modifiers is None or _codes(granted.modifiers) == _codes(asked.modifiers))


def _codes(concepts: tuple[Concept, ...]) -> list[frozenset[Code]]:
    return [frozenset(concept.codes) for concept in concepts]


def _is_same_amount(asked: Quantity | None, granted: Quantity) -> bool:
    return asked is not None and _is_comparable(asked, granted) and granted.value == asked.value


def _is_comparable(one: Quantity, other: Quantity) -> bool:
    """True in the same unit; an amount without a unit is in the unit of the other, and of two codes both count."""
    if one.code and other.code and one.code.lower() != other.code.lower():
        return False
    units = _unit(one), _unit(other)
    return not all(units) or not units[0].isdisjoint(units[1])


def _unit(quantity: Quantity | None) -> frozenset[str]:
    """Every word the unit goes by; none when the amount has no unit."""
    return frozenset(filter(None, (quantity.unit.lower(), quantity.code.lower()))) if quantity else frozenset()
