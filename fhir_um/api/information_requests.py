"""`/um/v1/cases/…/information-requests`: what a sender is asked for, from draft to answer.

Must not know who may ask.
"""

from fhir_um.api.acting_in import CREATED, ActingIn, StepIn, acted, documents_of, read_acting
from fhir_um.api.decision_in import DocumentIn
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import draft_view, information_view
from fhir_um.cases.information_drafts import DraftSaid
from fhir_um.cases.model import CaseId
from fhir_um.usecases.request_information import request_information, see_information


class InformationDraftIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be asked, about which lines; nothing is sent before a clinician releases it."""

    lines: list[int]
    text: str
    documents: list[DocumentIn] = []


class InformationStepIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`change` (the whole of `text` and `documents` anew), `release` or `discard`."""

    text: str = ""
    documents: list[DocumentIn] = []


def list_requests(asked: Asked, case_id: str) -> Answer:
    """What the sender was asked for and what became of it, and the drafts beside it."""
    case, sent = see_information(asked.deps, asked.caller, CaseId(case_id))
    told = {
        "informationRequests": [information_view(each) for each in sent],
        "drafts": [draft_view(each) for each in case.review.drafts],
    }
    return plain(told, case=case)


def draft(asked: Asked, case_id: str) -> Answer:
    """Drafts a request for information."""
    given, by = read_acting(asked, InformationDraftIn)
    said = DraftSaid(tuple(given.lines), documents_of(given.documents), given.text)
    case = request_information(asked.deps, asked.caller, CaseId(case_id), given.version, by, "draft", said)
    return acted(asked, case, CREATED)


def step(asked: Asked, case_id: str, draft_id: str) -> Answer:
    """Changes, releases or discards a draft."""
    given, by = read_acting(asked, InformationStepIn)
    said = DraftSaid((), documents_of(given.documents), given.text)
    id, version = CaseId(case_id), given.version
    return acted(asked, request_information(asked.deps, asked.caller, id, version, by, given.step, said, draft_id))
