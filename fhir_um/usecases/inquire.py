"""Find the authorizations an inquiry describes, as far as the asker may see them. Changes nothing.

Source: PAS 2.2.1 spec-42 to spec-53.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.inquiry import Inquiry, matches
from fhir_um.cases.model import Case, PayerId
from fhir_um.coverage.model import Member
from fhir_um.deps import Deps
from fhir_um.usecases.eligibility import choose_payer
from fhir_um.usecases.members import find_member
from fhir_um.usecases.read_case import body_of

_MOST_MATCHES = 50


def inquire(deps: Deps, caller: Caller, inquiry: Inquiry) -> tuple[tuple[Case, bytes], ...]:
    """Each match, most recent first, with the submission bytes its answer echoes from.

    An unknown payer or member, or a case the asker may not see, is simply no match: the answer never tells which.
    """
    with deps.open_reading() as work:
        payer, named = choose_payer(work.directory(), inquiry.payer, caller)
        member = find_member(work, PayerId(payer.id), inquiry.member, inquiry.coverage) if named else None
        if not isinstance(member, Member):
            return ()
        numbers = inquiry.numbers
        found = work.find_for_inquiry(PayerId(payer.id), member.id, numbers, _MOST_MATCHES)
        return tuple(
            (case, body_of(work, case))
            for case in found
            if _may_see(case, caller, inquiry) and matches(case, inquiry, on_numbers=bool(numbers))
        )


def _may_see(case: Case, caller: Caller, inquiry: Inquiry) -> bool:
    """The submitter sees its own; anybody else must name a provider of the case (spec-52, spec-53)."""
    return case.sender == caller.client_id or bool(case.request.provider_npis & inquiry.npis)
