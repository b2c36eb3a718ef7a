"""Who does what waits: pull the next item, assign, assign many, send to the supervisors. One transaction each.

Nothing is decided here, and nothing is decided for many at once anywhere. Pulling gives the item with the least time
left, so that nobody picks. Source: um-domain 7.1.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.model import CaseId
from fhir_um.cases.queues import LATE, SUPERVISOR
from fhir_um.cases.work_items import Held, Waiting, Wanted
from fhir_um.deps import Deps
from fhir_um.errors import IllegalMove, Issue, Kind, Refusal, RoleNotAllowed
from fhir_um.usecases.changing_case import case_for_change
from fhir_um.usecases.locks import about_item, demand_reason, demand_worker, item_of

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Reassigning:
    """Whose work goes to whom: all of a person's, in one queue or in every one; nobody's in one queue.

    `to` empty leaves it to whoever pulls it.
    """

    whose: str
    queue: str
    to: str


@dataclass(frozen=True, slots=True)
class Reassigned:
    """What changed hands, how much did not because somebody works on it just now, and whether there is more."""

    moved: tuple[Waiting, ...]
    locked: int
    more: bool


def take_next(deps: Deps, caller: Caller, queue: str, by: Decider) -> Waiting | None:
    """The item of that queue with the least time left, of theirs and of nobody's, theirs from now on; None when empty.

    Raises: RoleNotAllowed.
    """
    demand_decider(caller, by)
    demand_worker(deps, by, queue)
    with deps.open_work(alone=True) as work:
        found = work.waiting.take_next(caller.payer_ids, queue, by.id, deps.clock())
        if found is not None:
            work.concern((about_item(found.item),))
        return found


def assign(deps: Deps, caller: Caller, case_id: CaseId, queue: str, to: str, by: Decider) -> Waiting:
    """The item, theirs to whom it was given; nobody's when `to` is empty.

    People take what is nobody's and give back what is theirs; a supervisor gives anything to anybody.
    Raises: RoleNotAllowed; Refusal NOT_FOUND, CONFLICT when it is somebody else's.
    """
    demand_decider(caller, by)
    demand_worker(deps, by, queue)
    if by.role != SUPERVISOR and to not in ("", by.id):
        raise RoleNotAllowed("You assign to yourself or give back; an operations manager assigns to others.")
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        found = item_of(work, caller, case_id, queue)
        if by.role != SUPERVISOR and found.held.assignee not in ("", by.id):
            text = "It is somebody else's. Pull the next one, or have an operations manager assign it."
            raise Refusal(Kind.CONFLICT, (Issue("conflict", text),))
        held = _given(found.held, to, at)
        work.waiting.hold(found.item, held)
        work.concern((about_item(found.item),))
        return Waiting(found.item, held)


def reassign(deps: Deps, caller: Caller, wanted: Reassigning, by: Decider) -> Reassigned:
    """Gives work of somebody, or nobody's in a queue, to somebody else: at most 200 items at once, first due first.

    Raises: RoleNotAllowed, unless a supervisor does so; IllegalMove when it is not said whose, or where.
    """
    demand_decider(caller, by)
    if by.role != SUPERVISOR:
        raise RoleNotAllowed("An operations manager gives somebody's work to somebody else.")
    if not wanted.whose and not (wanted.queue and wanted.to):
        raise IllegalMove("Say whose work it is (from), or in which queue nobody's is, and whose it is to be.", "from")
    if wanted.whose == wanted.to:
        raise IllegalMove("It is theirs already.", "to")
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        rows = Wanted(caller.payer_ids, wanted.queue, wanted.whose, unassigned=not wanted.whose)
        found = work.waiting.page_for_change(rows, MOST_AT_ONCE)
        free = [each for each in found if not each.held.locked_for(wanted.to, at)]
        moved = tuple(Waiting(each.item, _given(each.held, wanted.to, at)) for each in free)
        for each in moved:
            work.waiting.hold(each.item, each.held)
        work.concern(map(about_item, (each.item for each in moved)))
        return Reassigned(moved, len(found) - len(moved), len(found) == MOST_AT_ONCE)


def escalate(deps: Deps, caller: Caller, case_id: CaseId, reason: str, by: Decider) -> Waiting:
    """What supervisors see of the case from now on: all of it that waits, as urgent, with the reason.

    It goes on waiting where it did. Urgency only goes up, and no clock changes.
    Raises: RoleNotAllowed; Refusal NOT_FOUND; INVALID without a reason; IllegalMove when nothing of it waits.
    """
    demand_decider(caller, by)
    demand_reason(reason)
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        case = case_for_change(work, caller, case_id)
        waiting = {each.item.queue: each.held for each in work.waiting.items((case.payer_id,), case.id)}
        if by.role != SUPERVISOR and not waiting.keys() & set(deps.queues.of_role(by.role)):
            raise RoleNotAllowed(f"The role {by.role} works in none of the queues in which this case waits.")
        before = waiting.get(LATE, Held())
        held = replace(before, escalated_by=by.id, escalated_at=at, escalation=reason.strip())
        found = work.waiting.escalate(case, held)
        if found is None:
            raise IllegalMove("Nothing of this case waits for anybody.")
        return found


def _given(held: Held, to: str, at: datetime) -> Held:
    return held if held.assignee == to else replace(held, assignee=to, assigned_at=at if to else None)
