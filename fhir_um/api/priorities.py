"""`/um/v1/cases/…/priority-requests`: how fast a case is to be decided. Must not know who finds it urgent."""

import msgspec

from fhir_um.api.acting_in import CREATED, ActingIn, acted, read_acting
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import priority_view
from fhir_um.cases.model import CaseId
from fhir_um.cases.priorities import PrioritySaid
from fhir_um.usecases.change_priority import change_priority
from fhir_um.usecases.read_case import read_case


class PriorityIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`expedite` or `refuse` what somebody asked for, or `lower` what is urgent no more; `text` says why."""

    text: str
    step: str = "expedite"
    asked_by: str = msgspec.field(name="askedBy", default="")
    supported_by_physician: bool = msgspec.field(name="supportedByPhysician", default=False)


def list_requests(asked: Asked, case_id: str) -> Answer:
    """Who asked for a faster decision, and what they were told."""
    case = read_case(asked.deps, asked.caller, CaseId(case_id))
    told = {"priorityRequests": [priority_view(request) for request in case.review.priorities]}
    return plain(told, case=case)


def answer(asked: Asked, case_id: str) -> Answer:
    """Grants or refuses a faster decision, or takes one back."""
    given, by = read_acting(asked, PriorityIn)
    said = PrioritySaid(given.asked_by, given.supported_by_physician, given.text)
    case = change_priority(asked.deps, asked.caller, CaseId(case_id), given.version, by, given.step, said)
    return acted(asked, case, CREATED)
