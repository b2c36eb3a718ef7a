"""What already covers an order, and the authorization that an order earns by itself. Runs inside a transaction.

Must not know how either is told. Software may approve; it never denies or reduces here.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import AUTHORIZED, Case, CaseId, Course, Determination, Line, PayerId, SubmissionId
from fhir_um.cases.ordered import OrderAsked
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import UsedService
from fhir_um.deps import Deps, Reading, Work
from fhir_um.policy.systems import same_code
from fhir_um.usecases.adjudicate import Adjudicator
from fhir_um.usecases.open_case import open_case, stored
from fhir_um.words import Period, Quantity


@dataclass(frozen=True, slots=True)
class Granted:
    """An authorization that covers an order: its number, and what it allows."""

    number: str
    period: Period | None
    quantity: Quantity | None


def covering(
    work: Reading, payer_id: PayerId, history: tuple[UsedService, ...], line: LineRequest, on: date
) -> tuple[Granted, UsedService] | None:
    """The member's first authorization for the code, the days and the amount of a line; `on` when it gives no day."""
    codes = frozenset(map(same_code, line.service.codes))
    for used in history:
        if used.kind != "approved" or not used.case_id or codes.isdisjoint(map(same_code, used.codes)):
            continue
        found = _line_behind(work, payer_id, used)
        if found is not None and covers(used, found, line, on):
            authorized = found.decision.authorized
            quantity = (authorized and authorized.quantity) or found.request.quantity or Quantity(used.units)
            return Granted(used.number, found.period or used.period, quantity), used
    return None


def _line_behind(work: Reading, payer_id: PayerId, used: UsedService) -> Line | None:
    case = work.load_case(payer_id, CaseId(used.case_id))
    lines = (line for line in case.lines if line.authorization_number == used.number) if case else iter(())
    return next((line for line in lines if line.state in AUTHORIZED), None)


def covers(used: UsedService, found: Line, line: LineRequest, on: date) -> bool:
    """True when the days, the amount and the modifiers of a line are within an authorization for the same service."""
    first = line.serviced.start or on
    last = line.serviced.end or first
    in_time = used.period.covers(first) and used.period.covers(last)
    return in_time and units_of(line) <= used.units and found.request.modifiers == line.modifiers


def grant(
    deps: Deps,
    work: Work,
    caller: Caller,
    order: OrderAsked,
    adjudicator: Adjudicator,
    evidence: tuple[str, ...],
) -> tuple[Granted, UsedService]:
    """Opens a case for an order whose criteria are met, approved by the rules as if it had been submitted."""
    submission = order.as_submission(evidence)
    submission_id = SubmissionId(deps.new_id())
    case = open_case(deps, work, caller, submission, submission_id, replace(adjudicator, request=submission.request))
    work.add_submission(stored(case, submission_id, caller, submission), submission.request.claim_identifiers)
    line = _approved(case)
    period = line.period or line.request.serviced
    used = UsedService(
        "approved", line.request.service.codes, period, units_of(line.request), line.authorization_number
    )
    return Granted(line.authorization_number, line.period, line.request.quantity), used


def _approved(case: Case) -> Line:
    line = case.lines[0]
    if line.state not in AUTHORIZED:
        raise AssertionError(f"the rules approved line {line.sequence} and then left it in {line.state}")
    return line


def spent(used: UsedService) -> UsedService:
    """An authorization that one order of the call has: it still counts, and covers no other."""
    return replace(used, case_id="")


def taken(line: LineRequest, determination: Determination) -> tuple[UsedService, ...]:
    """What an order takes from the member's benefits while nothing is decided about it: the next order sees it."""
    free = determination.course is Course.NO_AUTHORIZATION
    if determination.course is Course.DENY_BENEFIT or (free and determination.reason != Reason.WITHIN_FREE_VISITS):
        return ()
    return (UsedService("counted" if free else "pended", line.service.codes, line.serviced, units_of(line)),)


def units_of(line: LineRequest) -> Decimal:
    """How much a line asks for; without an amount it asks once."""
    return line.quantity.value if line.quantity else Decimal(1)
