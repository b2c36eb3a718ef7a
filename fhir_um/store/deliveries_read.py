"""Reads what subscribers are owed and what they were told: for `$events`, for operators, for the check of the store."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from fhir_um.cases.model import PayerId
from fhir_um.store.prepared import Prepared
from fhir_um.store.subscriber_tables import deliveries
from fhir_um.subscribers.model import Delivery, DeliveryKind, DeliveryState, SubscriptionId

KEPT = [column for column in deliveries.c if column.name in Delivery.__annotations__]
"""The columns of a delivery, in the order `delivery_of` takes them."""

_OF = (deliveries.c.subscription_id == bindparam("of_id"), deliveries.c.payer_id == bindparam("of_payer"))
_EVENTS = Prepared(
    select(*KEPT)
    .where(
        *_OF, deliveries.c.event_number.between(bindparam("first"), bindparam("last")), deliveries.c.event_number > 0
    )
    .order_by(deliveries.c.event_number)
    .limit(bindparam("most"))
)
_LISTED = select(*KEPT).order_by(deliveries.c.due_at, deliveries.c.subscription_id, deliveries.c.place)
_COUNTED = select(deliveries.c.subscription_id, deliveries.c.state, func.count()).group_by(
    deliveries.c.subscription_id, deliveries.c.state
)


def delivery_of(row: Sequence[Any]) -> Delivery:
    """The delivery in a row of `KEPT`."""
    kept = {column.name: value for column, value in zip(KEPT, row, strict=True)}
    return Delivery(**{**kept, "kind": DeliveryKind(kept["kind"]), "state": DeliveryState(kept["state"])})


def events_owed(
    connection: Connection, payer_id: PayerId, id: SubscriptionId, first: int, last: int, most: int
) -> tuple[Delivery, ...]:
    """Events number `first` to `last` of a subscription, delivered or not, at most `most`."""
    named = {"of_payer": payer_id, "of_id": id, "first": first, "last": last, "most": most}
    return tuple(map(delivery_of, _EVENTS.rows(connection, named)))


def deliveries_in(connection: Connection, states: frozenset[DeliveryState], id: str, most: int) -> tuple[Delivery, ...]:
    """Deliveries in one of the states, those due first in front; of one subscription when `id` is given."""
    query = _LISTED.where(deliveries.c.state.in_([state.value for state in sorted(states)]))
    if id:
        query = query.where(deliveries.c.subscription_id == id)
    return tuple(map(delivery_of, connection.execute(query.limit(most))))


def delivery_counts(connection: Connection) -> dict[tuple[str, DeliveryState], int]:
    """How many deliveries a subscription has in each state."""
    return {(id, DeliveryState(state)): count for id, state, count in connection.execute(_COUNTED)}
