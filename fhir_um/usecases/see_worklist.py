"""What waits for people: each queue with how much, and a page of one. Changes nothing; no case is read for it."""

from fhir_um.cases.caller import Caller
from fhir_um.cases.queues import MINE
from fhir_um.cases.work_items import After, QueueCount, Waiting, Wanted, place_of
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal


def see_queues(deps: Deps, caller: Caller) -> tuple[QueueCount, ...]:
    """Every queue in the order they are listed, with what waits in it for the caller's payers."""
    with deps.open_reading() as work:
        counts = {count.queue: count for count in work.waiting.counts(caller.payer_ids)}
    return tuple(counts.get(name, QueueCount(name, 0, 0, None)) for name in deps.queues.by_name)


def see_worklist(
    deps: Deps, wanted: Wanted, after: After | None, limit: int
) -> tuple[tuple[Waiting, ...], After | None]:
    """The next items behind that place, least time left first, and the place to go on from; None on the last page."""
    with deps.open_reading() as work:
        found = work.waiting.page(wanted, after, limit + 1)
    page = found[:limit]
    return page, place_of(page[-1].item) if len(found) > limit else None


def demand_queue(deps: Deps, name: str) -> str:
    """The queue of that name; empty for `mine`, which stands for all of them. Raises: Refusal NOT_FOUND."""
    if name == MINE:
        return ""
    if name not in deps.queues.by_name:
        names = ", ".join((MINE, *deps.queues.by_name))
        raise Refusal.of(Kind.NOT_FOUND, "not-found", f"There is no such queue; there are: {names}.", "queue")
    return name
