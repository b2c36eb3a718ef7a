"""Somebody breaks the glass: asks for emergency access, and the privacy officer looks at it afterwards.

Must not know which roles may do what.
Source: 45 CFR 164.312(a)(2)(ii); um-domain SEC8 (reason, ticket, one hour, review within two business days).
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId
from fhir_um.cases.people import EMERGENCY_MINUTES, REVIEW_BUSINESS_DAYS, EmergencyAccess, end_of_business_day
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal

_MOST_SHOWN = 500
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Plea:
    """Why somebody needs emergency access: in words, by ticket, and for which case if it is about one.

    `id` is what the access will be called.
    """

    id: str
    reason: str
    ticket: str
    case_id: CaseId | None = None


def ask_emergency(deps: Deps, caller: Caller, token: str, plea: Plea) -> EmergencyAccess:
    """Emergency access for an hour, at once; to be reviewed.

    Raises: Refusal NOT_ALLOWED for a system, and for somebody who did not show a second factor.
    """
    at = deps.clock()
    with deps.open_work() as work:
        session = work.people.session(token, at) if caller.is_person else None
        if session is None or session.person_id != caller.client_id or not session.has_second_factor:
            raise _not_allowed("Emergency access is for people who signed in with a second factor.")
        payer = work.directory().payer(caller.home_payer)
        person = work.people.find(caller.client_id)
        granted = EmergencyAccess(
            id=plea.id,
            person_id=caller.client_id,
            name=person.name if person else "",
            payer_ids=caller.payer_ids,
            reason=plea.reason,
            ticket=plea.ticket,
            case_id=plea.case_id,
            granted_at=at,
            ends_at=at + timedelta(minutes=EMERGENCY_MINUTES),
            review_due_at=end_of_business_day(at, REVIEW_BUSINESS_DAYS, payer.time_zone if payer else _UTC),
        )
        work.people.add_emergency(granted)
        return granted


def see_emergencies(deps: Deps, caller: Caller) -> tuple[EmergencyAccess, ...]:
    """Emergency access at the caller's payers: what was not reviewed yet, then the rest, each the latest first."""
    with deps.open_reading() as work:
        return tuple(each for each in work.people.emergencies(_MOST_SHOWN) if _concerns(each, caller))


def review_emergency(deps: Deps, caller: Caller, id: str, finding: str) -> EmergencyAccess:
    """Emergency access with what somebody else found when they looked at it.

    Raises: Refusal NOT_FOUND, NOT_ALLOWED for a system and for whoever had the access, CONFLICT while it lasts and
    when it was reviewed before.
    """
    at = deps.clock()
    with deps.open_work() as work:
        access = work.people.emergency(id)
        if access is None or not _concerns(access, caller):
            raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such emergency access here.")
        if not caller.is_person or access.person_id == caller.client_id:
            raise _not_allowed("Emergency access is reviewed by a person, and by another one than had it.")
        if at < access.ends_at:
            raise Refusal.of(Kind.CONFLICT, "conflict", "This access still lasts; review it when it is over.")
        if not work.people.close_emergency(id, caller.client_id, at, finding):
            raise Refusal.of(Kind.CONFLICT, "conflict", "This access was reviewed before.")
        return replace(access, reviewed_by=caller.client_id, reviewed_at=at, finding=finding)


def _concerns(access: EmergencyAccess, caller: Caller) -> bool:
    return not set(access.payer_ids).isdisjoint(caller.payer_ids)


def _not_allowed(text: str) -> Refusal:
    return Refusal.of(Kind.NOT_ALLOWED, "forbidden", text)
