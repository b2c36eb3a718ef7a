"""Draft, change, release or discard a request for information; to release it is a ruling on its lines (T9).

Must not know what may be asked. Source: um-domain 2.8 (RFI).
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.information_drafts import THING, DraftSaid, next_draft, rulings_of
from fhir_um.cases.information_requests import InformationRequest, information_requests
from fhir_um.cases.lifecycle import move_for
from fhir_um.cases.model import Case, CaseId, EventKind
from fhir_um.cases.placing import rule
from fhir_um.cases.review import DraftState, InformationDraft, Review
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.entries import entry_named
from fhir_um.usecases.locks import demand_unlocked
from fhir_um.usecases.read_case import case_of_payers


def request_information(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    version: int,
    by: Decider,
    name: str,
    said: DraftSaid,
    draft_id: str | None = None,
) -> Case:
    """The case after a step; without a draft it begins one.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        draft = entry_named(change.before.review.drafts, draft_id, THING)
        changed = next_draft(change.before, draft, name, said, by, change.at, deps.new_id())
        change.journal.review(EventKind.INFORMATION_DRAFTED, Review(drafts=(changed,)))
        if changed.state is DraftState.ISSUED:
            demand_unlocked(change.work, change.before, by, change.at, frozenset(changed.sequences))
            _release(change, changed)
    return change.case


def _release(change: Change, draft: InformationDraft) -> None:
    for ruling in rulings_of(change.case, draft):
        line = change.case.line(ruling.sequence)
        if line is None:
            raise LookupError(f"line {ruling.sequence} of case {change.before.id} is missing")
        move = move_for(line, ruling, change.by, "lines")
        ruled = rule(line, ruling, move, change.by, change.numbers, change.at, change.today, due_at=line.due_at)
        change.move(ruled, (move.name,))


def see_information(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Case, tuple[InformationRequest, ...]]:
    """A case and every request for information that was sent about it. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as reading:
        case = case_of_payers(reading, caller, case_id)
        return case, information_requests(reading.events_of(case.payer_id, case_id))
