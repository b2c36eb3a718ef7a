"""Where a decided line stands after its decision: told, in force, used up, over. Nothing of it is kept: it follows.

Must not know how letters or the ledger are kept. Source: um-domain 2.3 T19-T21.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from fhir_um.cases.model import AUTHORIZED, OVER, PENDED, Case, Line
from fhir_um.cases.notices import GIVEN, Recipient
from fhir_um.cases.noticing import recipients_of, steps_for, why_none


class Standing(StrEnum):
    """Where a line stands, with what comes after a decision."""

    PENDED = "pended"
    DECIDED = "decided"
    NOTIFYING = "notifying"
    NOTIFIED = "notified"
    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    OVER = "over"


def standing_of(case: Case, line: Line, on: date, used: Decimal | None = None) -> Standing:
    """Where the line stands that day; `used` is how much of it was used, None when nobody counted.

    An authorization that ran out or was used up stays so, whoever was told of it.
    """
    if line.state in PENDED:
        return Standing.PENDED
    if line.state in OVER:
        return Standing.OVER
    if line.state in AUTHORIZED and line.period and line.period.end and line.period.end < on:
        return Standing.EXPIRED
    if line.state in AUTHORIZED and used is not None and _is_used_up(line, used):
        return Standing.EXHAUSTED
    told = _told(case, line)
    return Standing.ACTIVE if told is Standing.NOTIFIED and line.state in AUTHORIZED else told


def is_notified(case: Case, line: Line) -> bool:
    """True when everybody who must be told of the line's decision was."""
    return _told(case, line) is Standing.NOTIFIED


def _told(case: Case, line: Line) -> Standing:
    if why_none(line):
        return Standing.NOTIFIED
    steps = steps_for(line, case.review.notices)
    given = {Recipient(step.recipient) for step in steps if step.status in GIVEN}
    if given.issuperset(recipients_of(case)):
        return Standing.NOTIFIED
    return Standing.NOTIFYING if steps else Standing.DECIDED


def _is_used_up(line: Line, used: Decimal) -> bool:
    granted = line.decision.authorized
    amount = (granted.quantity if granted else None) or line.request.quantity
    return amount is not None and used >= amount.value
