"""What a delivering worker does with the store: take what is due, keep what is to be sent, record what came of it.

Nothing is sent here. Each function is one short transaction, so that whoever decides cases hardly waits.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.deps import Deps
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Asking, Content, Delivery, Given, Lease
from fhir_um.usecases.subscription_events import event_told

EventOf = tuple[PayerId, CaseId | None, int]
"""The payer of the subscription, a case, and the version at which it is told."""


def is_any_due(deps: Deps, spared: frozenset[str]) -> bool:
    """True when there is something to take for a worker that spares those hosts."""
    at = deps.clock()
    with deps.open_reading() as reading:
        return reading.subscribers.is_any_due(at, spared)


def take_turn(deps: Deps, given: Sequence[Given], asking: Asking | None) -> tuple[tuple[Lease, ...], tuple[Lease, ...]]:
    """Give back leases with what became of them, then take new ones; those taken, and those given that were lost."""
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        lost = work.subscribers.settle(given, at)
        taken = work.subscribers.lease(at, asking) if asking else ()
        return taken, lost


def keep_bytes(deps: Deps, frozen: Sequence[Delivery]) -> None:
    """Keep the bytes of deliveries before the first try: every later one sends the same."""
    with deps.open_work(alone=True) as work:
        work.subscribers.freeze(frozen)


def end_those_over(deps: Deps) -> int:
    """Switch off subscriptions whose end has come; how many that are."""
    at = deps.clock()
    with deps.open_work() as work:
        return work.subscribers.end_those_over(at)


def events_told(deps: Deps, wanted: Iterable[Delivery], content: Content) -> dict[EventOf, EventTold]:
    """What the deliveries are about, as much of it as `content` needs. What is missing is left out."""
    found = {}
    with deps.open_reading() as reading:
        for delivery in wanted:
            with suppress(LookupError):
                found[event_of(delivery)] = event_told(reading, delivery, content)
    return found


def event_of(delivery: Delivery) -> EventOf:
    """What names the event of a delivery: the same for everybody who is told of it."""
    return delivery.payer_id, delivery.case_id, delivery.case_version
