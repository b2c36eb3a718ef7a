"""`/um/v1/cases/…/opinions`: questions to specialists about lines. Must not know who may answer them."""

import msgspec

from fhir_um.api.acting_in import CREATED, ActingIn, StepIn, acted, read_acting
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import opinion_view
from fhir_um.cases.model import CaseId
from fhir_um.cases.opinions import OpinionSaid, Recommendation
from fhir_um.usecases.ask_specialist import ask_specialist
from fhir_um.usecases.read_case import read_case


class OpinionIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a physician asks a specialist about a line."""

    line: int
    specialty: str
    question: str


class OpinionStepIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`accept` with `noConflict`, `recuse`, `give` with opinion and recommendation, or `withdraw`."""

    no_conflict: bool = msgspec.field(name="noConflict", default=False)
    opinion: str = ""
    recommends: Recommendation | None = None


def list_opinions(asked: Asked, case_id: str) -> Answer:
    """The questions to specialists about a case, and what they answered."""
    case = read_case(asked.deps, asked.caller, CaseId(case_id))
    told = {"opinions": [opinion_view(opinion) for opinion in case.review.opinions]}
    return plain(told, case=case)


def ask(asked: Asked, case_id: str) -> Answer:
    """Asks a specialist about a line, which waits with them meanwhile."""
    given, by = read_acting(asked, OpinionIn)
    said = OpinionSaid(given.line, given.specialty, given.question)
    case = ask_specialist(asked.deps, asked.caller, CaseId(case_id), given.version, by, "ask", said)
    return acted(asked, case, CREATED)


def step(asked: Asked, case_id: str, opinion_id: str) -> Answer:
    """Takes a question one step on."""
    given, by = read_acting(asked, OpinionStepIn)
    said = OpinionSaid(no_conflict=given.no_conflict, opinion=given.opinion, recommends=given.recommends)
    id, version = CaseId(case_id), given.version
    return acted(asked, ask_specialist(asked.deps, asked.caller, id, version, by, given.step, said, opinion_id))
