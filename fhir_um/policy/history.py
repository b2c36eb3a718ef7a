"""What the payer's records say about earlier use of a service. Pure sums over days; knows no policy."""

from datetime import date, timedelta
from decimal import Decimal

from fhir_um.coverage.model import UsedService
from fhir_um.policy.systems import same_code
from fhir_um.words import Code, Period

NEVER = Decimal("Infinity")
"""Days since a service that never happened: longer than any limit."""


def same_service(used: UsedService, codes: frozenset[Code]) -> bool:
    """True when the two share a code."""
    return any(same_code(c) in codes for c in used.codes)


def _window(on: date, within_days: int | None) -> Period:
    return Period(on - timedelta(days=within_days) if within_days is not None else None, on)


def units_used(history: tuple[UsedService, ...], codes: frozenset[Code], on: date, within_days: int | None) -> Decimal:
    """Units paid or given out in the days up to `on`; the larger of the two, for paid units use up an approval."""
    if not history:
        return Decimal(0)
    window = _window(on, within_days)
    paid = given = Decimal(0)
    for used in history:
        if used.kind == "pended" or not same_service(used, codes) or not window.overlaps(used.period):
            continue
        if used.kind == "service":
            paid += used.units
        else:
            given += used.units
    return max(paid, given)


def units_around(
    history: tuple[UsedService, ...], codes: frozenset[Code], on: date, within_days: int | None
) -> Decimal:
    """Units in the days up to `on`, or given out for as many days from then on, whichever are more.

    So what was given out for later counts too, and a limit does not depend on the order of asking.
    """
    ahead = Period(on, on + timedelta(days=within_days) if within_days is not None else None)
    given = [u for u in history if u.kind not in ("service", "pended") and ahead.overlaps(u.period)]
    later = sum((u.units for u in given if same_service(u, codes)), Decimal(0))
    return max(units_used(history, codes, on, within_days), later)


def overlapping(history: tuple[UsedService, ...], codes: frozenset[Code], days: Period) -> tuple[UsedService, ...]:
    """Authorized or pending lines of other cases for the same service on shared days."""
    return tuple(
        used
        for used in history
        if used.kind in ("approved", "pended") and same_service(used, codes) and used.period.overlaps(days)
    )


def has_active_authorization(history: tuple[UsedService, ...], codes: frozenset[Code], on: date, _: int | None) -> bool:
    """True when another case authorizes the service on that day."""
    return any(u.kind == "approved" for u in overlapping(history, codes, Period(on, on)))


def prior_approvals(
    history: tuple[UsedService, ...], codes: frozenset[Code], on: date, within_days: int | None
) -> Decimal:
    """How many earlier lines were approved in the days up to `on`."""
    window = _window(on, within_days)
    matching = (u for u in history if u.kind == "approved" and same_service(u, codes) and window.overlaps(u.period))
    return Decimal(sum(1 for _ in matching))


def days_since_last(history: tuple[UsedService, ...], codes: frozenset[Code], on: date, _: int | None) -> Decimal:
    """Days since the service was last rendered; `NEVER` when it was not."""
    ends = [u.period.end or u.period.start for u in history if u.kind == "service" and same_service(u, codes)]
    past = [end for end in ends if end is not None and end <= on]
    return Decimal((on - max(past)).days) if past else NEVER
