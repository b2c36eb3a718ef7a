"""Invented subscribers for tests, and the shortest way to make decisions they are told of."""

from datetime import datetime, timedelta

from fhir_um.cases.model import Case, ClientId
from fhir_um.settings import SANDBOX_KEY
from fhir_um.store.database import Store
from fhir_um.subscribers.model import (
    Asking,
    Channel,
    Content,
    Delivery,
    Given,
    Lease,
    Sent,
    Standing,
    Subscription,
    SubscriptionId,
    Tried,
)
from fhir_um.vault import Vault
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.stored import EHR, PAYER, opened

SECOND = timedelta(seconds=1)
SECRET = "Authorization: Bearer secret-of-the-subscriber"


def open_store(url: str) -> Store:
    return Store(url, now, vault=Vault((SANDBOX_KEY,)))


def subscription(id: str = "sub-1", endpoint: str = "https://ehr.example.test/told", **changes: object) -> Subscription:
    channel = Channel(
        endpoint,
        "application/fhir+json",
        Content.FULL_RESOURCE,
        headers=changes.pop("headers", (SECRET,)),  # type: ignore[arg-type]  # test data by field name
        heartbeat_seconds=changes.pop("heartbeat_seconds", 0),  # type: ignore[arg-type]  # as above
        timeout_seconds=changes.pop("timeout_seconds", 0),  # type: ignore[arg-type]  # as above
    )
    given = {
        "id": SubscriptionId(id),
        "payer_id": PAYER,
        "sender": EHR,
        "guide": "2.2.1",
        "standing": Standing.REQUESTED,
        "channel": channel,
        "organizations": (),
        "document": "{}",
        "created_at": AT,
        "changed_at": AT,
        **changes,
    }
    return Subscription(**given)  # type: ignore[arg-type]  # test data by field name


def add(store: Store, *new: Subscription) -> None:
    with store.open_work() as work:
        for one in new:
            work.subscribers.add(one, one.created_at)


def add_active(store: Store, *new: Subscription) -> None:
    """Subscriptions whose handshake has arrived."""
    add(store, *new)
    for held in leased(store, AT, most=len(new)):
        settle(store, arrived(held, AT))


def announced(store: Store, case: Case | None = None, at: datetime = AT) -> int:
    with store.open_work() as work:
        return work.subscribers.announce(case or opened().case, at)


def leased(
    store: Store, at: datetime = AT, holder: str = "worker-1", seconds: int = 60, **changes
) -> tuple[Lease, ...]:
    asking = Asking(holder, at + seconds * SECOND, **changes)
    with store.open_work(alone=True) as work:
        return work.subscribers.lease(at, asking)


def settle(store: Store, *given: Given, at: datetime = AT) -> tuple[Lease, ...]:
    with store.open_work(alone=True) as work:
        return work.subscribers.settle(given, at)


def arrived(held: Lease, at: datetime = AT) -> Given:
    return Given(held, tuple(Tried(each, Sent(200), at) for each in held.deliveries))


def failed(held: Lease, again_at: datetime | None, at: datetime = AT, status: int = 500) -> Given:
    return Given(held, (Tried(held.deliveries[0], Sent(status), at, again_at),))


def found(store: Store, id: str = "sub-1", sender: ClientId = EHR) -> Subscription:
    with store.open_reading() as reading:
        kept = reading.subscribers.find(sender, (PAYER,), "2.2.1", id)
    assert kept is not None
    return kept


def owed(store: Store, id: str = "sub-1") -> tuple[Delivery, ...]:
    with store.open_reading() as reading:
        return reading.subscribers.events(found(store, id), 1, 1_000_000, 1_000_000)


def numbers(held: Lease) -> list[int]:
    return [delivery.event_number for delivery in held.deliveries]
