"""Take lines entered in error off the books, with two people (T26). Must not know who they may be.

Source: um-domain 2.3 T26.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case, CaseId, EventKind
from fhir_um.cases.review import Review, VoidState
from fhir_um.cases.voidings import THING, VOID_PATH, VoidSaid, next_voiding, voided
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.entries import entry_named


def void_lines(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    version: int,
    by: Decider,
    name: str,
    said: VoidSaid,
    voiding_id: str | None = None,
) -> Case:
    """The case after a step; without a voiding it proposes one.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        voiding = entry_named(change.before.review.voidings, voiding_id, THING)
        used = _used(change, voiding.sequences if voiding else said.lines)
        changed = next_voiding(change.before, voiding, name, said, by, change.at, deps.new_id(), used)
        change.journal.review(EventKind.VOIDING, Review(voidings=(changed,)))
        if changed.state is VoidState.CONFIRMED:
            for line in filter(None, map(change.before.line, changed.sequences)):
                change.move(voided(line, change.at, by), VOID_PATH)
    return change.case


def _used(change: Change, sequences: tuple[int, ...]) -> frozenset[int]:
    """Those of the lines whose authorization was used, and not given back."""
    lines = [line for line in map(change.before.line, sequences) if line is not None and line.authorization_number]
    payer_id, ledger = change.before.payer_id, change.work.ledger
    uses = {line.sequence: ledger.uses_of(payer_id, line.authorization_number) for line in lines}
    return frozenset(sequence for sequence, every in uses.items() if any(use.reversed_at is None for use in every))
