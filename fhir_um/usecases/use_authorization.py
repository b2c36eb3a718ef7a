"""Count what was used of an authorization, take a use back, and show where it stands.

Two claims at once never use more than there is: whoever counts holds the case. A use has the id its claims system gave
it, so that the same one sent again counts once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from fhir_um.cases.caller import Caller
from fhir_um.cases.ledger import Authorization, Use, authorization_of
from fhir_um.cases.model import Case, CaseId, Line, PayerId
from fhir_um.cases.retention import day_in
from fhir_um.cases.standing import Standing, standing_of
from fhir_um.deps import Deps, Reading, Work
from fhir_um.errors import Issue, Kind, Refusal

_NOT_THERE = "There is no such authorization here."
_MOVED = "The authorization was handed on to another request just now; send this again."
_TAKEN_BACK = "This use was taken back before; a corrected claim has a use with an id of its own."
_DIFFERENT = "A use with this id was recorded before with another day, provider or number of units."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A use as a claims system tells it."""

    use_id: str
    served_on: date
    units: Decimal
    npi: str


def read_authorization(deps: Deps, caller: Caller, number: str) -> tuple[Authorization, Standing]:
    """The line behind a number, with all that was used of it, and where it stands today at the payer.

    Its own number is the one in force now.

    Raises: Refusal NOT_FOUND when no payer of the caller handed it out, or it went with its case.
    """
    with deps.open_reading() as reading:
        payer_id, case_id, sequence = _place(reading, caller, number)
        case, line = _line_of(reading.load_case(payer_id, case_id), sequence)
        found = authorization_of(case, line, _uses(reading, case, sequence))
        payer = reading.directory().payer(payer_id)
        today = day_in(deps.clock(), payer.time_zone if payer else "UTC")
        return found, standing_of(case, line, today, found.used)


def record_use(deps: Deps, caller: Caller, number: str, claimed: Claimed) -> tuple[Authorization, bool]:
    """The authorization with that use, and whether it is new; one that was recorded before counts once.

    Raises: Refusal NOT_FOUND; INVALID with all that keeps anything from being used that day; CONFLICT for a use with
    other content under an id that was used, one that was taken back, and for more units than remain.
    """
    with deps.open_work(alone=True) as work:
        found = _held(work, caller, number)
        known = found.use(claimed.use_id)
        if known is not None:
            _demand_same(known, claimed)
            return found, False
        _demand_usable(found, number, claimed)
        use = Use(claimed.use_id, number, claimed.served_on, claimed.units, claimed.npi, deps.clock(), caller.client_id)
        work.ledger.add(found.payer_id, use)
        return replace(found, uses=(*found.uses, use)), True


def reverse_use(deps: Deps, caller: Caller, number: str, use_id: str) -> tuple[Authorization, bool]:
    """The authorization without that use, and whether that is new; one that was taken back before stays so.

    Raises: Refusal NOT_FOUND when there is no such authorization, or no such use of it.
    """
    with deps.open_work(alone=True) as work:
        found = _held(work, caller, number)
        known = found.use(use_id)
        if known is None:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such use of this authorization.")
        if known.reversed_at is not None:
            return found, False
        back = replace(known, reversed_at=deps.clock(), reversed_by=caller.client_id)
        work.ledger.reverse(found.payer_id, back)
        return replace(found, uses=tuple(back if use is known else use for use in found.uses)), True


def _place(reading: Reading, caller: Caller, number: str) -> tuple[PayerId, CaseId, int]:
    place = reading.ledger.place_of(caller.payer_ids, number)
    if place is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", _NOT_THERE)
    return place


def _held(work: Work, caller: Caller, number: str) -> Authorization:
    """The authorization, kept from everybody else who would count until the transaction ends."""
    place = _place(work, caller, number)
    case = work.load_case_for_change(place[0], place[1])
    if work.ledger.place_of(caller.payer_ids, number) != place:
        raise Refusal.of(Kind.BUSY, "transient", _MOVED)
    held, line = _line_of(case, place[2])
    return authorization_of(held, line, _uses(work, held, place[2]))


def _line_of(case: Case | None, sequence: int) -> tuple[Case, Line]:
    line = case.line(sequence) if case is not None else None
    if case is None or line is None or not line.authorization_number:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", _NOT_THERE)
    return case, line


def _uses(reading: Reading, case: Case, sequence: int) -> tuple[Use, ...]:
    return reading.ledger.uses_by_line(case.payer_id, (case.id,)).get((case.id, sequence), ())


def _demand_same(known: Use, claimed: Claimed) -> None:
    if known.reversed_at is not None:
        raise Refusal.of(Kind.CONFLICT, "conflict", _TAKEN_BACK, "useId")
    if (known.served_on, known.units, known.npi) != (claimed.served_on, claimed.units, claimed.npi):
        raise Refusal.of(Kind.CONFLICT, "conflict", _DIFFERENT, "useId")


def _demand_usable(found: Authorization, number: str, claimed: Claimed) -> None:
    faults = tuple(_faults(found, number, claimed))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    if claimed.units > found.remaining:
        told = f"{found.remaining:f} of {found.opening.value:f} units remain; nothing was recorded."
        raise Refusal.of(Kind.CONFLICT, "business-rule", told, "units")


def _faults(found: Authorization, number: str, claimed: Claimed) -> Iterator[Issue]:
    if not found.is_authorized:
        yield Issue("business-rule", f"Nothing can be used of this authorization: its line is {found.state}.")
    elif found.number != number:
        yield Issue("business-rule", f"This number was replaced by {found.number}; use that one.")
    if not found.period.covers(claimed.served_on):
        days = f"{found.period.start or 'any day'} to {found.period.end or 'any day'}"
        yield Issue("business-rule", f"The authorization is for {days}.", "dateOfService")
