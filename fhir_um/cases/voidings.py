"""Taking an entry made in error off the books: one person proposes it, another confirms. Must not know SQL or HTTP.

Never a way to undo a right approval: a line whose authorization was used stays. Source: um-domain 2.3 T26.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.deciders import Decider, is_same_person
from fhir_um.cases.model import OVER, Case, Decision, Line, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Voiding, VoidState
from fhir_um.cases.roles import Role
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, Step, demand, is_reason, legal_step

THING = "a voiding"
VOID_PATH = ("T26",)

_PROPOSED = frozenset({VoidState.PROPOSED})
_PROPOSERS = frozenset({Role.OPERATIONS_MANAGER})
_CONFIRMERS = frozenset({Role.COMPLIANCE_PRIVACY})

STEPS: tuple[Step[VoidState], ...] = (
    Step("propose", frozenset(), VoidState.PROPOSED, _PROPOSERS, frozenset({"lines", "free", "reason", "unused"})),
    Step("confirm", _PROPOSED, VoidState.CONFIRMED, _CONFIRMERS, frozenset({"another", "still", "unused"})),
    Step("refuse", _PROPOSED, VoidState.REFUSED, _CONFIRMERS, frozenset({"note"})),
)

_TOLD = {
    "lines": (
        "lines",
        f"Name the lines it is about, each once; they are those of this case that are not {', '.join(sorted(OVER))}.",
    ),
    "still": ("lines", "One of the lines was cancelled or withdrawn meanwhile; refuse this, and propose the others."),
    "free": ("lines", "To void one of the lines is proposed already."),
    "reason": ("reason", f"Say what was entered in error, in at least {SHORTEST_REASON_CHARACTERS} characters."),
    "unused": ("lines", "An authorization that was used is not voided: the approval stands, whatever led to it."),
    "another": ("reviewer", "It takes two people: somebody other than the one who proposed it confirms."),
    "note": ("note", f"Say why not, in at least {SHORTEST_REASON_CHARACTERS} characters."),
}


@dataclass(frozen=True, slots=True)
class VoidSaid:
    """What somebody said with a step."""

    lines: tuple[int, ...] = ()
    reason: str = ""
    note: str = ""


def next_voiding(
    case: Case,
    voiding: Voiding | None,
    name: str,
    said: VoidSaid,
    by: Decider,
    at: datetime,
    new_id: str,
    used: Collection[int] = (),
) -> Voiding:
    """The voiding after a step; `new_id` is its name when the step begins it, `used` are lines with counted use.

    Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, voiding.state if voiding else None, by.role, THING)
    demand(step, _given(case, voiding, said, by, used), _TOLD)
    if voiding is None:
        return Voiding(new_id, said.lines, step.to, said.reason.strip(), by, at)
    return replace(voiding, state=step.to, decided_by=by, decided_at=at, note=said.note.strip())


def _given(case: Case, voiding: Voiding | None, said: VoidSaid, by: Decider, used: Collection[int]) -> dict[str, bool]:
    sequences = voiding.sequences if voiding else said.lines
    lines = [line for line in map(case.line, sequences) if line is not None and line.state not in OVER]
    proposed = {n for one in case.review.voidings if one.state is VoidState.PROPOSED for n in one.sequences}
    return {
        "lines": len(lines) == len(sequences) == len(set(sequences)) > 0,
        "still": len(lines) == len(sequences),
        "free": proposed.isdisjoint(said.lines),
        "reason": is_reason(said.reason),
        "unused": not set(sequences) & set(used),
        "another": voiding is not None and not is_same_person(voiding.proposed_by, by),
        "note": is_reason(said.note),
    }


def voided(line: Line, at: datetime, by: Decider) -> Line:
    """The line off the books; its numbers stay on it, so that they still find it."""
    text = "Voided: it was entered in error by the payer."
    return replace(
        line,
        state=LineState.VOIDED,
        decision=Decision(at, by, Reason.VOIDED, text),
        due_at=None,
        documents_due_at=None,
        documents=(),
    )
