"""How fast a case is to be decided: asked for, granted, refused, or taken back. Must not know any rule of a clock.

What a physician asks for or supports is granted at once; without one a clinician finds whether waiting could harm the
member, and says why it could not. Source: um-domain 2.3 T31, I16; 42 CFR 422.570(c)(2), 438.210(d)(2); 29 CFR
2560.503-1(m)(1)(iii).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.deadlines import documents_due
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import PENDED, Case, Line, LineState, Priority
from fhir_um.cases.review import PriorityRequest
from fhir_um.cases.roles import CLINICIANS, PHYSICIANS, Role
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, Step, demand, is_reason, legal_step

THING = "a request for a faster decision"
PRIORITY_PATH = ("T31",)

_STANDARD = frozenset({Priority.STANDARD})
_JUDGES = CLINICIANS | {Role.OPERATIONS_MANAGER}
"""They may find by themselves that a case is urgent; a manager only so, and never the other way."""

STEPS: tuple[Step[Priority], ...] = (
    Step("expedite", _STANDARD, Priority.EXPEDITED, _JUDGES, frozenset({"waiting", "to come", "asked by", "text"})),
    Step(
        "expedite",
        _STANDARD,
        Priority.EXPEDITED,
        frozenset({Role.INTAKE}),
        frozenset({"waiting", "to come", "asked by", "text", "supported"}),
    ),
    Step("refuse", _STANDARD, Priority.STANDARD, CLINICIANS, frozenset({"asked by", "text", "unsupported"})),
    Step(
        "lower",
        frozenset({Priority.EXPEDITED}),
        Priority.STANDARD,
        PHYSICIANS | {Role.NURSE},
        frozenset({"waiting", "text"}),
    ),
)
"""From the priority a case has to the one it gets."""

_TOLD = {
    "waiting": ("", "No line of the case waits for a decision any more."),
    "to come": ("", "All that waits was given before it was asked for: no faster decision can help the member."),
    "asked by": ("askedBy", "Say who asked for it."),
    "text": ("text", f"Say why, in at least {SHORTEST_REASON_CHARACTERS} characters of plain words."),
    "supported": (
        "supportedByPhysician",
        "Without a physician's support a nurse or physician finds whether the case is urgent: leave it to them.",
    ),
    "unsupported": ("supportedByPhysician", "What a physician asks for or supports is granted: expedite it."),
}


@dataclass(frozen=True, slots=True)
class PrioritySaid:
    """What somebody said with a step."""

    asked_by: str = ""
    supported_by_physician: bool = False
    text: str = ""


def next_priority(
    case: Case, name: str, said: PrioritySaid, by: Decider, at: datetime, new_id: str, is_over: bool = False
) -> tuple[PriorityRequest, Priority]:
    """The request as it was answered, named `new_id`, and the priority of the case from then on.

    `is_over`: what waits is retrospective, all of it.
    Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, case.priority, by.role, THING)
    given = {
        "waiting": any(line.state in PENDED for line in case.lines),
        "to come": not is_over,
        "asked by": bool(said.asked_by.strip()),
        "text": is_reason(said.text),
        "supported": said.supported_by_physician,
        "unsupported": not said.supported_by_physician,
    }
    demand(step, given, _TOLD)
    is_lowered = case.priority is Priority.EXPEDITED
    asked_by = said.asked_by.strip() or by.id
    granted = step.to is Priority.EXPEDITED
    supported = said.supported_by_physician
    return PriorityRequest(new_id, asked_by, at, supported, granted, said.text.strip(), by, is_lowered), step.to


def hastened(line: Line, due_at: datetime, at: datetime) -> Line | None:
    """The line due by then, if that is sooner; None when it stays. What it waits for is due sooner, too.

    Nothing is due later because a case is no longer urgent: the member was told the earlier day, or may count on it,
    and a due date moves later by an extension alone.
    """
    if line.state not in PENDED or line.due_at is None or line.due_at <= due_at:
        return None
    until = line.documents_due_at
    if line.state is LineState.PENDED_INFO and until is not None:
        until = min(until, documents_due(at, due_at))
    return replace(line, due_at=due_at, documents_due_at=until)
