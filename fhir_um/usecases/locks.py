"""No two editors: somebody locks an item while they work on it, for 15 minutes unless they renew it.

A lock is a courtesy with an end: whoever forgets it stands in nobody's way for long. Must not know what is decided.
"""

from dataclasses import replace
from datetime import datetime

from fhir_um.cases.auditing import Subject
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.model import Case, CaseId
from fhir_um.cases.queues import SUPERVISOR
from fhir_um.cases.work_items import LOCK_TIME, Held, Waiting, WorkItem
from fhir_um.deps import Deps, Work
from fhir_um.errors import IllegalMove, Issue, Kind, Refusal, RoleNotAllowed
from fhir_um.usecases.read_case import case_of_payers

SHORTEST_REASON = 10
LONGEST_REASON = 500
"""Characters."""


def lock(deps: Deps, caller: Caller, case_id: CaseId, queue: str, by: Decider, reason: str = "") -> Waiting:
    """The item, locked by them from now on; their own lock begins anew.

    A supervisor takes over a lock that runs, and says why.
    Raises: RoleNotAllowed; Refusal NOT_FOUND, CONFLICT while somebody else's lock runs, INVALID without a reason.
    """
    demand_decider(caller, by)
    demand_worker(deps, by, queue)
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        found = item_of(work, caller, case_id, queue)
        taken_over = found.held.locked_for(by.id, at)
        if taken_over:
            _demand_supervisor(found.held, by)
            demand_reason(reason)
        note = reason.strip() if taken_over else ""
        return _set(work, found, replace(found.held, lock_owner=by.id, lock_until=at + LOCK_TIME, lock_note=note))


def unlock(deps: Deps, caller: Caller, case_id: CaseId, queue: str, person: str) -> Waiting:
    """The item without the lock of that person; a supervisor takes somebody else's over first.

    Raises: Refusal NOT_FOUND, CONFLICT while somebody else's lock runs; IllegalMove for a lock of another person.
    """
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        found = item_of(work, caller, case_id, queue)
        if caller.is_person and person != caller.client_id:
            raise IllegalMove("You lift your own lock; a supervisor takes another one over first.", "reviewer")
        if found.held.locked_for(person, at):
            raise _locked(found.held)
        return _set(work, found, replace(found.held, lock_owner="", lock_until=None, lock_note=""))


def demand_unlocked(
    work: Work, case: Case, decider: Decider, at: datetime, sequences: frozenset[int] | None = None
) -> None:
    """Passes when nobody else's lock runs on an item with any of those lines, or (None) with any line of the case.

    Raises: Refusal CONFLICT, which says until when.
    """
    for each in work.waiting.items((case.payer_id,), case.id):
        concerned = sequences is None or not sequences.isdisjoint(each.item.lines)
        if concerned and each.held.locked_for(decider.id, at):
            raise _locked(each.held)


def item_of(work: Work, caller: Caller, case_id: CaseId, queue: str) -> Waiting:
    """What waits of a case in that queue, kept from others until the transaction ends. Raises: Refusal NOT_FOUND."""
    found = work.waiting.item(caller.payer_ids, case_id, queue)
    if found is None:
        case_of_payers(work, caller, case_id)
        text = "The case does not wait in that queue; it may have been decided or sent on meanwhile. Read the case."
        raise Refusal.of(Kind.NOT_FOUND, "not-found", text, "queue")
    return found


def demand_worker(deps: Deps, by: Decider, queue: str) -> None:
    """Passes when that role works in that queue, or supervises them all. Raises: RoleNotAllowed."""
    if by.role != SUPERVISOR and not deps.queues.may_work(by.role, queue):
        where = ", ".join(deps.queues.of_role(by.role)) or "none"
        raise RoleNotAllowed(f"The role {by.role} does not work in that queue; the queues it works in: {where}.")


def demand_reason(reason: str) -> None:
    """Passes when something is said that others can follow. Raises: Refusal INVALID."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        text = f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters."
        raise Refusal(Kind.INVALID, (Issue("required", text, "reason"),))


def about_item(item: WorkItem) -> Subject:
    """Of whom an item tells, as the audit log names them."""
    return Subject(item.payer_id, item.member_id, item.case_id, item.version)


def _set(work: Work, found: Waiting, held: Held) -> Waiting:
    work.waiting.hold(found.item, held)
    work.concern((about_item(found.item),))
    return Waiting(found.item, held)


def _demand_supervisor(held: Held, by: Decider) -> None:
    if by.role != SUPERVISOR:
        raise _locked(held)


def _locked(held: Held) -> Refusal:
    until = f"{held.lock_until:%Y-%m-%d %H:%M:%S}Z" if held.lock_until else "now"
    text = (
        f"Somebody else works on this until {until}. Ask them to unlock it, wait until then, or have an operations "
        "manager take the lock over."
    )
    return Refusal(Kind.CONFLICT, (Issue("conflict", text),))
