"""Find the authorizations an inquiry describes, as far as the asker may see them. Changes nothing.

Source: PAS 2.2.1 spec-42 to spec-53.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.inquiry import Inquiry, matches
from fhir_um.cases.model import Case, PayerId
from fhir_um.coverage.model import Member, Payer
from fhir_um.deps import Deps, Reading
from fhir_um.usecases.eligibility import choose_payer
from fhir_um.usecases.read_case import body_of

_MOST_MATCHES = 50


def inquire(deps: Deps, caller: Caller, inquiry: Inquiry) -> tuple[tuple[Case, bytes], ...]:
    """Each match, most recent first, with the submission bytes its answer echoes from.

    An unknown payer or member, or a case the asker may not see, is simply no match: the answer never tells which.
    """
    with deps.open_reading() as work:
        payer, named = choose_payer(work.directory(), inquiry.payer, caller)
        member = _member(work, payer, inquiry) if named else None
        if member is None:
            return ()
        numbers = inquiry.numbers
        found = work.find_for_inquiry(PayerId(payer.id), member.id, numbers, _MOST_MATCHES)
        return tuple(
            (case, body_of(work, case))
            for case in found
            if _may_see(case, caller, inquiry) and matches(case, inquiry, on_numbers=bool(numbers))
        )


def _member(work: Reading, payer: Payer, inquiry: Inquiry) -> Member | None:
    claimed = inquiry.member
    identifiers = claimed.identifiers + (inquiry.coverage.identifiers if inquiry.coverage else ())
    found = work.find_members(PayerId(payer.id), identifiers)
    if len(found) != 1:
        return None
    member = found[0]
    same_birth = claimed.birth_date is None or claimed.birth_date == member.birth_date
    same_name = not claimed.family or claimed.family.casefold() == member.family.casefold()
    return member if same_birth and same_name else None


def _may_see(case: Case, caller: Caller, inquiry: Inquiry) -> bool:
    """The submitter sees its own; anybody else must name a provider of the case (spec-52, spec-53)."""
    return case.sender == caller.client_id or bool(case.request.provider_npis & inquiry.npis)
