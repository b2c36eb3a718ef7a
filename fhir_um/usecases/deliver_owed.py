"""What a delivering worker does with the store: take what is due, keep what is to be sent, record what came of it.

Nothing is sent here. Each function is one short transaction, so that whoever decides cases hardly waits.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, Subject
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.deps import Deps, Work
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Asking, Content, Delivery, Given, Lease, Subscription, SubscriptionId
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


def keep_bytes(deps: Deps, frozen: Sequence[tuple[Subscription, Delivery]]) -> None:
    """Keep the bytes of deliveries before the first try: every later one sends the same.

    What is about to be told to whom is noted with them, one row for each subscription.
    """
    at = deps.clock()
    told: dict[SubscriptionId, list[tuple[Subscription, Delivery]]] = {}
    for subscription, delivery in frozen:
        if delivery.case_id is not None:
            told.setdefault(subscription.id, []).append((subscription, delivery))
    with deps.open_work(alone=True) as work:
        work.subscribers.freeze([delivery for _, delivery in frozen])
        for several in told.values():
            work.audit.add(_disclosure(work, several, at))


def _disclosure(work: Work, told: Sequence[tuple[Subscription, Delivery]], at: datetime) -> AuditEntry:
    subscription = told[0][0]
    cases = [
        Subject(delivery.payer_id, MemberId(""), delivery.case_id, delivery.case_version)
        for _, delivery in told
        if delivery.case_id is not None
    ]
    return AuditEntry(
        at=at,
        action="notify",
        act=Act.READ,
        payer_id=subscription.payer_id,
        client_id=subscription.sender,
        on_behalf_of=subscription.sender,
        detail=f"subscription {subscription.id}",
        purpose=Purpose.AUTHORIZATION.value,
        subjects=tuple(work.audit.with_member(one) for one in cases),
    )


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
