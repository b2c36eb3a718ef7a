"""`/um/v1/cases/…/extensions`: more time to decide. Must not know when it may be had."""

from fhir_um.api.acting_in import CREATED, ActingIn, StepIn, acted, read_acting
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import extension_view
from fhir_um.cases.extensions import ExtensionSaid
from fhir_um.cases.model import CaseId
from fhir_um.cases.review import ExtensionGround
from fhir_um.usecases.extend_time import extend_time
from fhir_um.usecases.read_case import read_case


class ExtensionIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many days more, for which lines, on which ground and why."""

    lines: list[int]
    ground: ExtensionGround
    days: int
    text: str


class ExtensionStepIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`grant`, or `refuse` with a note that says why."""

    note: str = ""


def list_extensions(asked: Asked, case_id: str) -> Answer:
    """The extensions of a case."""
    case = read_case(asked.deps, asked.caller, CaseId(case_id))
    told = {"extensions": [extension_view(extension) for extension in case.review.extensions]}
    return plain(told, case=case)


def propose(asked: Asked, case_id: str) -> Answer:
    """Proposes more time; somebody else grants it."""
    given, by = read_acting(asked, ExtensionIn)
    said = ExtensionSaid(tuple(given.lines), given.ground, given.days, given.text)
    case = extend_time(asked.deps, asked.caller, CaseId(case_id), given.version, by, "propose", said)
    return acted(asked, case, CREATED)


def step(asked: Asked, case_id: str, extension_id: str) -> Answer:
    """Grants or refuses more time."""
    given, by = read_acting(asked, ExtensionStepIn)
    said = ExtensionSaid(note=given.note)
    id, version = CaseId(case_id), given.version
    return acted(asked, extend_time(asked.deps, asked.caller, id, version, by, given.step, said, extension_id))
