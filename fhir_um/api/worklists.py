"""`/um/v1/worklists` and who does what waits: queues, pages, pull next, assign, lock, send to supervisors.

A page tells ids, codes and times: no names, no diagnosis. Must not know who may do what.
"""

from fhir_um.api.bodies import read_shape
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.paging import PAGE, cursor_of, paged, read_page
from fhir_um.api.query import demand_known
from fhir_um.api.trail import current_trail
from fhir_um.api.work_bodies import (
    Act,
    AssignmentIn,
    EscalationIn,
    LockIn,
    NextIn,
    ReassignmentIn,
    who_acts,
    who_stops,
    whom,
)
from fhir_um.api.work_views import item_view, queue_view
from fhir_um.api.work_wanted import FILTERS, Place, after_of, place_in, read_wanted
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import CaseId
from fhir_um.cases.work_items import Waiting
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.locks import about_item, lock, unlock
from fhir_um.usecases.see_worklist import demand_queue, see_queues, see_worklist
from fhir_um.usecases.take_work import Reassigning, assign, escalate, reassign, take_next


def list_queues(asked: Asked) -> Answer:
    """Every queue: how much waits in it, how much of that is nobody's, and when the first of it is due."""
    demand_known(asked.http.args, ())
    queues = asked.deps.queues.by_name
    counts = see_queues(asked.deps, asked.caller)
    return plain({"queues": [queue_view(queues[count.queue], count) for count in counts]})


def show(asked: Asked, queue: str) -> Answer:
    """One queue in pages, least time left first; `mine` is what somebody has taken, in whatever queue."""
    demand_known(asked.http.args, (*FILTERS, *PAGE))
    wanted = read_wanted(asked.http.args, asked.caller, demand_queue(asked.deps, queue))
    page = read_page(asked.http.args, f"worklist {queue}", Place)
    after = after_of(page.after) if page.after else None
    found, following = see_worklist(asked.deps, wanted, after, page.limit)
    cursor = cursor_of(f"worklist {queue}", place_in(following)) if following else None
    at = asked.deps.clock()
    items = (item_view(each, at) for each in found)
    return plain(paged("items", items, cursor), about=(about_item(each.item) for each in found))


def pull_next(asked: Asked, queue: str) -> Answer:
    """The item of a queue with the least time left, theirs from now on who asked; null when nothing is left."""
    by = _who(asked, read_shape(asked, NextIn))
    found = take_next(asked.deps, asked.caller, _one(asked, queue), by)
    if found is None:
        return plain({"item": None})
    return _told(asked, found)


def assign_one(asked: Asked, case_id: str) -> Answer:
    """What waits of a case in one queue is somebody's from now on, or nobody's."""
    given = read_shape(asked, AssignmentIn)
    by, to = _who(asked, given), whom(given.assignee, "assignee")
    return _told(asked, assign(asked.deps, asked.caller, CaseId(case_id), _one(asked, given.queue), to, by))


def assign_many(asked: Asked) -> Answer:
    """Somebody's work, or nobody's in a queue, is somebody else's from now on: at most 200 items at once."""
    given = read_shape(asked, ReassignmentIn)
    queue = _one(asked, given.queue) if given.queue else ""
    wanted = Reassigning(whom(given.whose, "from"), queue, whom(given.to, "to"))
    done = reassign(asked.deps, asked.caller, wanted, _who(asked, given))
    at = asked.deps.clock()
    told = {"items": [item_view(each, at) for each in done.moved], "locked": done.locked, "more": done.more}
    return plain(told, about=(about_item(each.item) for each in done.moved))


def lock_one(asked: Asked, case_id: str) -> Answer:
    """Somebody works on what waits of a case in one queue, for 15 minutes from now."""
    given = read_shape(asked, LockIn)
    by = _who(asked, given)
    return _told(asked, lock(asked.deps, asked.caller, CaseId(case_id), _one(asked, given.queue), by, given.reason))


def unlock_one(asked: Asked, case_id: str, queue: str) -> Answer:
    """Somebody stops working on it: whoever signed in, or (`reviewer`) whom a system names."""
    demand_known(asked.http.args, ("reviewer",))
    whose = who_stops(asked.http.args.get("reviewer", ""), signed_in(asked.caller))
    return _told(asked, unlock(asked.deps, asked.caller, CaseId(case_id), _one(asked, queue), whose))


def send_to_supervisors(asked: Asked, case_id: str) -> Answer:
    """Supervisors are to look at a case; it goes on waiting where it does."""
    given = read_shape(asked, EscalationIn)
    return _told(asked, escalate(asked.deps, asked.caller, CaseId(case_id), given.reason, _who(asked, given)))


def _one(asked: Asked, name: str) -> str:
    """A queue something waits in. Raises: Refusal NOT_FOUND."""
    found = demand_queue(asked.deps, name)
    if not found:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "That is a list of several queues; name one of them.", "queue")
    return found


def _who(asked: Asked, act: Act) -> Decider:
    by = who_acts(act, signed_in(asked.caller))
    current_trail().role = by.role
    return by


def _told(asked: Asked, found: Waiting) -> Answer:
    return plain({"item": item_view(found, asked.deps.clock())}, about=(about_item(found.item),))
