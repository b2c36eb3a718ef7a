"""Ask a specialist about a line, and what they answer (T13): the line waits with them meanwhile.

Must not know who may answer. Source: um-domain 2.3 T13.
"""

from dataclasses import replace

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case, CaseId, EventKind
from fhir_um.cases.opinions import SPECIALIST_PATH, THING, OpinionSaid, moved_by, next_opinion
from fhir_um.cases.review import Review
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.entries import entry_named
from fhir_um.usecases.locks import demand_unlocked


def ask_specialist(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    version: int,
    by: Decider,
    name: str,
    said: OpinionSaid,
    opinion_id: str | None = None,
) -> Case:
    """The case after a step; without a question it begins one.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        opinion = entry_named(change.before.review.opinions, opinion_id, THING)
        known = replace(said, specialties=_on_file(change, by))
        entries = next_opinion(change.before, opinion, name, known, by, change.at, deps.new_id())
        change.journal.review(EventKind.SPECIALIST_OPINION, Review(opinions=entries))
        line = change.before.line(entries[-1].sequence)
        moved = moved_by(line, entries[-1], change.at, by) if line else None
        if moved is not None:
            demand_unlocked(change.work, change.before, by, change.at, frozenset({moved.sequence}))
            change.move(moved, SPECIALIST_PATH)
    return change.case


def _on_file(change: Change, by: Decider) -> tuple[str, ...] | None:
    """The specialties of their credential; None when nothing is on file about them."""
    credential = change.work.reviewers.by_npi(change.before.payer_id, by.npi) if by.npi else None
    return credential.specialties if credential else None
