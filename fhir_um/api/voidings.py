"""`/um/v1/cases/…/voidings`: lines entered in error, taken off the books by two people.

Must not know who they may be.
"""

from fhir_um.api.acting_in import CREATED, ActingIn, StepIn, acted, read_acting
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import voiding_view
from fhir_um.cases.model import CaseId
from fhir_um.cases.voidings import VoidSaid
from fhir_um.usecases.read_case import read_case
from fhir_um.usecases.void_lines import void_lines


class VoidingIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which lines were entered in error, and how."""

    lines: list[int]
    reason: str


class VoidingStepIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`confirm`, or `refuse` with a note that says why."""

    note: str = ""


def list_voidings(asked: Asked, case_id: str) -> Answer:
    """The voidings of a case."""
    case = read_case(asked.deps, asked.caller, CaseId(case_id))
    told = {"voidings": [voiding_view(voiding) for voiding in case.review.voidings]}
    return plain(told, case=case)


def propose(asked: Asked, case_id: str) -> Answer:
    """Proposes to void lines; somebody else confirms it."""
    given, by = read_acting(asked, VoidingIn)
    said = VoidSaid(tuple(given.lines), given.reason)
    case = void_lines(asked.deps, asked.caller, CaseId(case_id), given.version, by, "propose", said)
    return acted(asked, case, CREATED)


def step(asked: Asked, case_id: str, voiding_id: str) -> Answer:
    """Confirms or refuses a voiding."""
    given, by = read_acting(asked, VoidingStepIn)
    said = VoidSaid(note=given.note)
    id, version = CaseId(case_id), given.version
    return acted(asked, void_lines(asked.deps, asked.caller, id, version, by, given.step, said, voiding_id))
