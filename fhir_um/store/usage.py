"""What a line takes from the member's benefits, as the payer's records count it. Must not know tables."""

from decimal import Decimal

from fhir_um.cases.model import AUTHORIZED, PENDED, Case, Line, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import UsedService


def used_by(case: Case, line: Line) -> UsedService | None:
    """What the line takes from the member's benefits; None when it takes nothing or the member is not established.

    Visits that are free up to a number need no authorization and still count towards that number.
    """
    kind = _kind(line)
    if not case.member_id or not kind:
        return None
    authorized = line.decision.authorized
    service = (authorized and authorized.service) or line.request.service
    quantity = (authorized and authorized.quantity) or line.request.quantity
    return UsedService(
        kind=kind,
        codes=service.codes,
        period=(authorized and authorized.period) or line.period or line.request.serviced,
        units=quantity.value if quantity else Decimal(1),  # a line without a quantity asks for the service once
        number=line.authorization_number or line.administrative_reference,
        case_id=case.id,
        provider_npis=tuple(sorted(case.request.provider_npis)),
    )


def _kind(line: Line) -> str:
    if line.state in AUTHORIZED:
        return "approved"
    if line.state in PENDED:
        return "pended"
    free = line.state is LineState.NO_ACTION and line.decision.reason == Reason.WITHIN_FREE_VISITS
    return "counted" if free else ""
