"""Which work somebody wants to see, read from the query; every fault is told. Must not know how it is found."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import PENDED, CaseId, LineState, PayerId, Priority
from fhir_um.cases.routing import Flag
from fhir_um.cases.work_items import After, Wanted
from fhir_um.errors import Issue, Kind, Refusal

FILTERS = ("assignee", "lineOfBusiness", "priority", "dueBefore", "state", "flag", "specialty")
"""The parameters that narrow a worklist down."""

ME, NOBODY = "me", "unassigned"
_NO_DEADLINE = datetime.max.replace(tzinfo=UTC)

_WORDS: Mapping[str, tuple[str, ...]] = {
    "priority": tuple(sorted(Priority)),
    "state": tuple(sorted(PENDED)),
    "flag": tuple(sorted(Flag)),
}


class Place(NamedTuple):
    """What the rows of a worklist are in order by, as a cursor holds it."""

    due_at: datetime
    priority: str
    case_id: str
    payer_id: str
    queue: str


def read_wanted(query: MultiDict[str, str], caller: Caller, queue: str) -> Wanted:
    """What the query asks for, in that queue; in all queues (empty) what somebody has taken, themselves unless named.

    Raises: Refusal INVALID with every fault.
    """
    given = {name: query.get(name, "") for name in FILTERS}
    faults = tuple(_faults(given, caller, queue))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    whose = given["assignee"] or ("" if queue else ME)
    return Wanted(
        payer_ids=caller.payer_ids,
        queue=queue,
        assignee=signed_in(caller) if whose == ME else "" if whose == NOBODY else whose,
        unassigned=whose == NOBODY,
        line_of_business=given["lineOfBusiness"],
        priority=Priority(given["priority"]) if given["priority"] else None,
        due_before=_instant(given["dueBefore"]),
        state=LineState(given["state"]) if given["state"] else None,
        specialty=given["specialty"],
        flag=Flag(given["flag"]) if given["flag"] else None,
    )


def _faults(given: Mapping[str, str], caller: Caller, queue: str) -> Iterator[Issue]:
    for name, words in _WORDS.items():
        if given[name] and given[name] not in words:
            yield Issue("value", f"{name} must be one of {', '.join(words)}.", name)
    if given["dueBefore"] and _instant(given["dueBefore"]) is None:
        yield Issue("value", "dueBefore must be an instant such as 2026-03-01T12:00:00Z.", "dueBefore")
    whose = given["assignee"] or ("" if queue else ME)
    if whose == ME and not signed_in(caller):
        yield Issue("value", "A system says whose work it wants: assignee with an id.", "assignee")
    if whose == NOBODY and not queue:
        yield Issue("value", "What is nobody's is listed by queue.", "assignee")


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo else None


def place_in(after: After) -> Place:
    """A place as a cursor holds it."""
    return Place(after.due_at or _NO_DEADLINE, after.priority.value, after.case_id, after.payer_id, after.queue)


def after_of(place: Place) -> After:
    """The place a cursor holds. Raises: Refusal INVALID when it holds none."""
    if place.priority not in _WORDS["priority"] or place.due_at.tzinfo is None:
        raise Refusal.of(Kind.INVALID, "value", "after must be the `next` of an answer of this list.", "after")
    known = None if place.due_at == _NO_DEADLINE else place.due_at
    return After(known, Priority(place.priority), CaseId(place.case_id), PayerId(place.payer_id), place.queue)
