"""Subscribers in the words of the business, inside one transaction: what may be read of them, and what may be changed.

Must not open or end the transaction, and holds no SQL.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.model import Case, ClientId, PayerId
from fhir_um.store import deliveries, deliveries_read, leasing, subscriptions
from fhir_um.subscribers.model import (
    Asking,
    Delivery,
    DeliveryState,
    Given,
    Lease,
    Standing,
    Subscription,
    SubscriptionId,
)
from fhir_um.vault import Vault


class SubscribersRead:
    """A transaction that reads about subscribers."""

    def __init__(self, connection: Connection, vault: Vault | None) -> None:
        self._connection = connection
        self._sealing = vault

    @property
    def _vault(self) -> Vault:
        if self._sealing is None:
            raise LookupError("the store was opened without a key for secrets")
        return self._sealing

    def find(self, sender: ClientId, payers: Sequence[PayerId], guide: str, id: str) -> Subscription | None:
        """The sender's subscription with that id at one of those payers; nobody else's, and none that was removed."""
        return subscriptions.find_subscription(self._connection, self._vault, sender, payers, guide, id)

    def of(self, sender: ClientId, payers: Sequence[PayerId], guide: str) -> tuple[Subscription, ...]:
        """All of the sender's at those payers and that base, oldest first, at most 1,000."""
        return subscriptions.subscriptions_of(self._connection, self._vault, sender, payers, guide)

    def how_many(self, sender: ClientId) -> int:
        """How many the sender has."""
        return subscriptions.how_many(self._connection, sender)

    def all(self) -> tuple[Subscription, ...]:
        """All there are, oldest first and without their secrets."""
        return subscriptions.all_subscriptions(self._connection)

    def events(self, subscription: Subscription, first: int, last: int, most: int) -> tuple[Delivery, ...]:
        """Its events number `first` to `last`, delivered or not, at most `most`."""
        return deliveries_read.events_owed(self._connection, subscription.payer_id, subscription.id, first, last, most)

    def deliveries(self, states: frozenset[DeliveryState], id: str, most: int) -> tuple[Delivery, ...]:
        """Deliveries in one of the states, those due first in front; of one subscription when `id` is given."""
        return deliveries_read.deliveries_in(self._connection, states, id, most)

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries each subscription has in each state."""
        return deliveries_read.delivery_counts(self._connection)

    def is_any_due(self, at: datetime, spared: frozenset[str] = frozenset()) -> bool:
        """True when a worker that spares those hosts could lease something."""
        return leasing.is_any_due(self._connection, at, spared)


class Subscribers(SubscribersRead):
    """A transaction that may change what subscribers are and are owed."""

    def __init__(self, connection: Connection, vault: Vault | None, writing: Callable[[], Connection]) -> None:
        super().__init__(connection, vault)
        self._writing = writing

    def add(self, new: Subscription, handshake_at: datetime) -> None:
        """Keep a new subscription, and owe it a handshake."""
        connection = self._writing()
        subscriptions.add_subscription(connection, self._vault, new)
        deliveries.shake_hands(connection, new.payer_id, new.id, new.created_at, handshake_at)

    def change(self, changed: Subscription, expected_version: int, handshake_at: datetime) -> None:
        """Replace what the sender may change. One that is requested again is owed a handshake first.

        What it has not taken yet is written anew when it is to be told more or less than before.

        Raises: VersionConflict.
        """
        connection = self._writing()
        if subscriptions.content_of(connection, changed) is not changed.channel.content:
            deliveries.write_anew(connection, changed.payer_id, changed.id)
        subscriptions.change_subscription(connection, self._vault, changed, expected_version, None)
        if changed.standing is Standing.REQUESTED:
            deliveries.shake_hands(connection, changed.payer_id, changed.id, changed.changed_at, handshake_at)
        else:
            deliveries.hold_back(connection, changed.payer_id, changed.id)

    def remove(self, removed: Subscription, expected_version: int) -> None:
        """Nothing is sent to it any more, and its sender finds it no more. Raises: VersionConflict."""
        connection = self._writing()
        at = removed.changed_at
        subscriptions.change_subscription(connection, self._vault, removed, expected_version, at)
        deliveries.hold_back(connection, removed.payer_id, removed.id)

    def announce(self, case: Case, at: datetime) -> int:
        """Owe the case as it stands to everybody who listens to its sender; how many that are."""
        return deliveries.announce(self._writing(), case, at)

    def go_on(self, payer_id: PayerId, id: SubscriptionId, at: datetime, since: int = 0) -> bool:
        """Send what was held and, from event `since` on, what was delivered already: an operator's order.

        False when nothing is to be sent to it: it is off, or was removed.
        """
        return deliveries.go_on(self._writing(), payer_id, id, at, since)

    def end_those_over(self, at: datetime) -> int:
        """Switch off those whose end has come; how many that are."""
        return deliveries.end_those_over(self._writing(), at)

    def shut_out(self, sender: ClientId, fault: str) -> int:
        """Send nothing more to a sender's subscriptions until each is requested anew; how many that are.

        What they are owed, and will be, is held.
        """
        return deliveries.shut_out(self._writing(), sender, fault)

    def lease(self, at: datetime, asking: Asking) -> tuple[Lease, ...]:
        """Subscriptions with something due, each with its next deliveries, for nobody else until then."""
        return leasing.lease(self._writing(), self._vault, at, asking)

    def freeze(self, frozen: Sequence[Delivery]) -> None:
        """Keep the bytes of deliveries before they are sent for the first time."""
        leasing.freeze(self._writing(), frozen)

    def settle(self, given: Sequence[Given], at: datetime) -> tuple[Lease, ...]:
        """Record what became of the deliveries of leases and give them back; the leases that had been lost."""
        return leasing.settle(self._writing(), given, at)
