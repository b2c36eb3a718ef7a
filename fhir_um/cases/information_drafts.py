"""A request for information before it is sent: intake or a clinician writes it, a clinician releases it.

Must not know how it is sent: to release it is a ruling like any other. Software releases no draft; it asks by itself
for nothing but the documents a policy requires. Source: um-domain 2.3 T9, 2.8 (one consolidated request).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.lifecycle import Ruling
from fhir_um.cases.model import Case, LineState
from fhir_um.cases.moves import RulingAction, rows_of
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import DraftState, InformationDraft
from fhir_um.cases.roles import CLINICIANS, Role
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, Step, demand, is_reason, legal_step

THING = "a request for information"

_DRAFT = frozenset({DraftState.DRAFT})
_WRITERS = CLINICIANS | {Role.INTAKE}

STEPS: tuple[Step[DraftState], ...] = (
    Step("draft", frozenset(), DraftState.DRAFT, _WRITERS, frozenset({"lines", "waiting", "free", "text"})),
    Step("change", _DRAFT, DraftState.DRAFT, _WRITERS, frozenset({"text"})),
    Step("release", _DRAFT, DraftState.ISSUED, CLINICIANS, frozenset({"waiting"})),
    Step("discard", _DRAFT, DraftState.DISCARDED, _WRITERS),
)

_ASKABLE = frozenset().union(*(row.origin for row in rows_of(RulingAction.REQUEST_INFORMATION)))

_TOLD = {
    "lines": ("lines", "Name the lines it is about, each once; they are those of this case."),
    "waiting": ("lines", f"Information is asked for while a line is in: {', '.join(sorted(_ASKABLE))}."),
    "free": ("lines", "There is a draft about one of the lines already; change it, so that the sender is asked once."),
    "text": ("text", f"Ask in at least {SHORTEST_REASON_CHARACTERS} characters of plain words."),
}


@dataclass(frozen=True, slots=True)
class DraftSaid:
    """What somebody said with a step."""

    lines: tuple[int, ...] = ()
    documents: tuple[DocumentNeeded, ...] = ()
    text: str = ""


def next_draft(
    case: Case, draft: InformationDraft | None, name: str, said: DraftSaid, by: Decider, at: datetime, new_id: str
) -> InformationDraft:
    """The draft after a step; `new_id` is its name when the step begins it.

    Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, draft.state if draft else None, by.role, THING)
    sequences = draft.sequences if draft else said.lines
    demand(step, _given(case, sequences, said), _TOLD)
    if draft is None:
        return InformationDraft(new_id, sequences, step.to, said.documents, said.text.strip(), by, at)
    if step.to is DraftState.DRAFT:
        return replace(draft, documents=said.documents, text=said.text.strip(), by=by, at=at)
    return replace(draft, state=step.to, released_by=by if step.to is DraftState.ISSUED else None)


def rulings_of(case: Case, draft: InformationDraft) -> tuple[Ruling, ...]:
    """What releasing it rules, line by line: a line that waits already is asked for both, in one request."""
    return tuple(
        Ruling(
            sequence,
            RulingAction.REQUEST_INFORMATION,
            Reason.INFORMATION_NEEDED,
            draft.text,
            documents=_consolidated(case, sequence, draft.documents),
        )
        for sequence in draft.sequences
    )


def _consolidated(case: Case, sequence: int, documents: tuple[DocumentNeeded, ...]) -> tuple[DocumentNeeded, ...]:
    line = case.line(sequence)
    waited_for = line.documents if line and line.state is LineState.PENDED_INFO else ()
    known = {needed.loinc for needed in documents}
    return (*(needed for needed in waited_for if needed.loinc not in known), *documents)


def _given(case: Case, sequences: tuple[int, ...], said: DraftSaid) -> dict[str, bool]:
    lines = [case.line(sequence) for sequence in sequences]
    drafted = {n for each in case.review.drafts if each.state is DraftState.DRAFT for n in each.sequences}
    return {
        "lines": None not in lines and len(lines) == len(set(sequences)) > 0,
        "waiting": all(line.state in _ASKABLE for line in lines if line),
        "free": drafted.isdisjoint(sequences),
        "text": is_reason(said.text),
    }
