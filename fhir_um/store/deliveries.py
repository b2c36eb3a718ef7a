"""What subscribers are owed, as rows: announced with the decision, held, and set going again.

Must not know the network, what a notification says, or who sends it.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, insert, or_, select, update

from fhir_um.cases.model import Case, PayerId
from fhir_um.store.leasing import first_due
from fhir_um.store.prepared import Prepared
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.subscribers.matching import is_about, organizations_of
from fhir_um.subscribers.model import OWED, DeliveryKind, DeliveryState, Standing, SubscriptionId

_texts_of = msgspec.json.Decoder(tuple[str, ...]).decode
_AT = bindparam("at", type_=subscriptions.c.due_at.type)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_OF = (deliveries.c.subscription_id == bindparam("of_id"), deliveries.c.payer_id == bindparam("of_payer"))
_SUBSCRIPTION = (subscriptions.c.id == bindparam("of_id"), subscriptions.c.payer_id == bindparam("of_payer"))
_WAITS = deliveries.c.state == DeliveryState.WAITING.value

# --- announcing -----------------------------------------------------------------------------------------------------

_LISTENING = Prepared(
    select(subscriptions.c.id, subscriptions.c.organizations, subscriptions.c.payers)
    .where(
        subscriptions.c.sender == bindparam("sender"),
        subscriptions.c.standing.in_([standing.value for standing in sorted(OWED)]),
        subscriptions.c.removed_at.is_(None),
        or_(subscriptions.c.ends_at.is_(None), subscriptions.c.ends_at > _AT),
    )
    .order_by(subscriptions.c.id)
    .with_for_update()
)
"""Locked in one order, so that two decisions at once do not wait for each other."""

_COUNT_EVENT = (
    update(subscriptions)
    .where(subscriptions.c.id.in_(_IDS))
    .values(event_count=subscriptions.c.event_count + 1, place_count=subscriptions.c.place_count + 1)
    .returning(
        subscriptions.c.id,
        subscriptions.c.payer_id,
        subscriptions.c.event_count,
        subscriptions.c.place_count,
        subscriptions.c.standing,
        subscriptions.c.due_at,
    )
)
_ADD = Prepared(insert(deliveries))
_WAKE = update(subscriptions).where(subscriptions.c.id.in_(_IDS), subscriptions.c.due_at.is_(None)).values(due_at=_AT)


def announce(connection: Connection, case: Case, at: datetime) -> int:
    """Owe the case as it stands now to everybody who listens to its sender; how many that are.

    Their event numbers go up in the same transaction, so none is lost, doubled or left out.
    """
    organizations = organizations_of(case.request)
    rows = _LISTENING.rows(connection, {"sender": case.sender, "at": at})
    listening = [
        id
        for id, wanted, payers in rows
        if is_about(_texts_of(wanted), organizations) and case.payer_id in (_texts_of(payers) or (case.payer_id,))
    ]
    if not listening:
        return 0
    counted = connection.execute(_COUNT_EVENT, {"ids": listening}).all()
    _ADD.change(connection, [_event(row, case, at) for row in counted])
    woken = [row.id for row in counted if row.standing != Standing.ERROR and row.due_at is None]
    if woken:
        connection.execute(_WAKE, {"ids": woken, "at": at})
    return len(counted)


def _event(row: Any, case: Case, at: datetime) -> dict[str, Any]:
    state = DeliveryState.HELD if row.standing == Standing.ERROR else DeliveryState.WAITING
    told = {"event_number": row.event_count, "case_id": case.id, "case_version": case.version, "state": state.value}
    return _new(row.payer_id, row.id, row.place_count, DeliveryKind.EVENT, at, at) | told


def _new(
    payer_id: PayerId, id: SubscriptionId, place: int, kind: DeliveryKind, at: datetime, due_at: datetime
) -> dict[str, Any]:
    return {
        "payer_id": payer_id,
        "subscription_id": id,
        "place": place,
        "kind": kind.value,
        "event_number": 0,
        "case_id": None,
        "case_version": 0,
        "created_at": at,
        "due_at": due_at,
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "body": None,
        "body_hash": "",
        "outcome": "",
        "delivered_at": None,
    }


# --- shaking hands, holding and going on ----------------------------------------------------------------------------

_COUNT_PLACE = (
    update(subscriptions)
    .where(*_SUBSCRIPTION)
    .values(place_count=subscriptions.c.place_count + 1, due_at=bindparam("due", type_=subscriptions.c.due_at.type))
    .returning(subscriptions.c.place_count)
)
_DROP_HANDSHAKES = (
    update(deliveries).where(*_OF, _WAITS, deliveries.c.event_number == 0).values(state=DeliveryState.HELD.value)
)
_HOLD = update(deliveries).where(*_OF, _WAITS).values(state=DeliveryState.HELD.value)
_GO_ON = (
    update(deliveries)
    .where(*_OF, deliveries.c.state != DeliveryState.DELIVERED.value, deliveries.c.event_number > 0)
    .values(state=DeliveryState.WAITING.value, attempts=0, due_at=_AT)
)
_FORGET_BYTES = (
    update(deliveries).where(*_OF, deliveries.c.state != DeliveryState.DELIVERED.value).values(body=None, body_hash="")
)
_AGAIN = (
    update(deliveries)
    .where(*_OF, deliveries.c.event_number >= bindparam("since"), deliveries.c.event_number > 0)
    .values(state=DeliveryState.WAITING.value, attempts=0, due_at=_AT, delivered_at=None)
)
_STAND = update(subscriptions).where(*_SUBSCRIPTION)
_ACTIVE = {"standing": Standing.ACTIVE.value, "fault": "", "held_by": "", "held_until": None}
_LAST_HANDSHAKE = (
    select(deliveries.c.state).where(*_OF, deliveries.c.event_number == 0).order_by(deliveries.c.place.desc()).limit(1)
)
_OWED_ONE = select(subscriptions.c.id).where(
    *_SUBSCRIPTION,
    subscriptions.c.removed_at.is_(None),
    subscriptions.c.standing.in_([standing.value for standing in sorted(OWED)]),
)


def shake_hands(connection: Connection, payer_id: PayerId, id: SubscriptionId, at: datetime, due_at: datetime) -> None:
    """Owe a handshake before anything else; one that still waited is dropped.

    Whatever was held follows it, and so does what waited for its next try: that was the try of another endpoint.
    """
    named = {"of_payer": payer_id, "of_id": id}
    connection.execute(_DROP_HANDSHAKES, named)
    connection.execute(_GO_ON, named | {"at": due_at})
    place = connection.execute(_COUNT_PLACE, named | {"due": due_at}).scalar_one()
    _ADD.change(connection, [_new(payer_id, id, place, DeliveryKind.HANDSHAKE, at, due_at)])


def write_anew(connection: Connection, payer_id: PayerId, id: SubscriptionId) -> None:
    """Forget the bytes of what did not arrive; the next try writes them as the subscription then wants them."""
    connection.execute(_FORGET_BYTES, {"of_payer": payer_id, "of_id": id})


def hold_back(connection: Connection, payer_id: PayerId, id: SubscriptionId) -> None:
    """Nothing more is sent to it; what it is owed is kept."""
    named = {"of_payer": payer_id, "of_id": id}
    connection.execute(_HOLD, named)
    connection.execute(_STAND.values(due_at=None, heartbeat_at=None), named)


def go_on(connection: Connection, payer_id: PayerId, id: SubscriptionId, at: datetime, since: int = 0) -> bool:
    """Send what did not arrive, at once, and from event `since` on (0: none) also what did: an operator's order.

    One whose handshake never arrived shakes hands first. False, and nothing done, when nothing is to be sent to it.
    """
    named = {"of_payer": payer_id, "of_id": id}
    if connection.execute(_OWED_ONE.with_for_update(), named).first() is None:
        return False
    if since:
        connection.execute(_AGAIN, named | {"at": at, "since": since})
    if connection.execute(_LAST_HANDSHAKE, named).scalar() != DeliveryState.DELIVERED:
        requested = _ACTIVE | {"standing": Standing.REQUESTED.value}
        connection.execute(_STAND.values(**requested), named)
        shake_hands(connection, payer_id, id, at, at)
        return True
    connection.execute(_GO_ON, named | {"at": at})
    connection.execute(_STAND.values(**_ACTIVE), named)
    connection.execute(_STAND.values(due_at=first_due(subscriptions.c.standing)), named)
    return True


# --- ending ---------------------------------------------------------------------------------------------------------

_ENDED = (
    select(subscriptions.c.payer_id, subscriptions.c.id)
    .where(subscriptions.c.ends_at <= _AT, subscriptions.c.standing.in_([s.value for s in sorted(OWED)]))
    .order_by(subscriptions.c.id)
    .with_for_update()
)


def end_those_over(connection: Connection, at: datetime) -> int:
    """Switch off subscriptions whose end has come and hold what they are owed; how many that are."""
    over = connection.execute(_ENDED, {"at": at}).all()
    for payer_id, id in over:
        hold_back(connection, payer_id, id)
        connection.execute(_STAND.values(standing=Standing.OFF.value), {"of_payer": payer_id, "of_id": id})
    return len(over)


_TOLD = (
    select(subscriptions.c.payer_id, subscriptions.c.id)
    .where(
        subscriptions.c.sender == bindparam("sender"),
        subscriptions.c.removed_at.is_(None),
        subscriptions.c.standing.in_([standing.value for standing in sorted(OWED)]),
    )
    .order_by(subscriptions.c.id)
    .with_for_update()
)
_SHUT_OUT = {"standing": Standing.ERROR.value, "held_by": "", "held_until": None}
"""Whoever is sending to it at the moment has lost it, and records nothing."""


def shut_out(connection: Connection, sender: str, fault: str) -> int:
    """Send nothing more to a sender's subscriptions until each is requested anew, and hold what they are owed."""
    told = connection.execute(_TOLD, {"sender": sender}).all()
    for payer_id, id in told:
        hold_back(connection, payer_id, id)
        connection.execute(_STAND.values(fault=fault, **_SHUT_OUT), {"of_payer": payer_id, "of_id": id})
    return len(told)
