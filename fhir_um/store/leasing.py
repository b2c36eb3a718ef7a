"""Who may send what now, as rows: a subscription leased to one worker at a time, and what became of its deliveries.

Must not know the network, or what a notification says. A lease is on the subscription and not on the delivery: that
keeps the order. Whoever gives one back proves that it is still its own, so a worker that was too slow changes nothing.
Everything is done for many leases at once, because the way to the database costs more than what is done there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)

from fhir_um.store.deliveries_read import KEPT, delivery_of
from fhir_um.store.prepared import Prepared
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.store.subscriptions import subscriptions_named
from fhir_um.subscribers.model import (
    Asking,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Given,
    Lease,
    Standing,
    Subscription,
    Tried,
)
from fhir_um.vault import Vault

LONGEST_LEASE = timedelta(minutes=10)
"""A lease that seems to last longer was given while a clock was wrong, and counts as over."""

LONGEST_WAIT = timedelta(hours=7)
"""No try is put off so long; what seems to be due later was owed while a clock was wrong, and is due now."""

_INSTANT = subscriptions.c.due_at.type
_AT = bindparam("at", type_=_INSTANT)
_TOO_FAR = bindparam("too_far", type_=_INSTANT)
_TOO_LATE = bindparam("too_late", type_=_INSTANT)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_SPARED: BindParameter[str] = bindparam("spared", expanding=True)
_WAITS = deliveries.c.state == DeliveryState.WAITING.value
_IN_ORDER = (deliveries.c.event_number, deliveries.c.place)
_OF = (deliveries.c.subscription_id == bindparam("of_id"), deliveries.c.payer_id == bindparam("of_payer"))
_THIS_DELIVERY = (*_OF, deliveries.c.place == bindparam("of_place"))
_THIS = (subscriptions.c.id == bindparam("of_id"), subscriptions.c.payer_id == bindparam("of_payer"))
_MOST_SPARED = 1000

# --- leasing --------------------------------------------------------------------------------------------------------

_WHEN = func.coalesce(subscriptions.c.due_at, subscriptions.c.heartbeat_at)
_IS_DUE = (
    or_(subscriptions.c.due_at <= _AT, subscriptions.c.heartbeat_at <= _AT, subscriptions.c.due_at > _TOO_LATE),
    subscriptions.c.standing.in_((Standing.REQUESTED.value, Standing.ACTIVE.value)),
    or_(
        subscriptions.c.held_until.is_(None),
        subscriptions.c.held_until <= _AT,
        subscriptions.c.held_until > _TOO_FAR,
    ),
    subscriptions.c.host.not_in(_SPARED),
)
_ANY_DUE = select(subscriptions.c.id).where(*_IS_DUE).limit(1)


def _due_now() -> Select[Any]:
    """Those waiting longest, of each host only the first few; locked, and those locked by others left out."""
    rank = func.row_number().over(partition_by=subscriptions.c.host, order_by=(_WHEN, subscriptions.c.id))
    ranked = select(subscriptions.c.id, subscriptions.c.payer_id, rank.label("rank")).where(*_IS_DUE).subquery()
    same = (ranked.c.id == subscriptions.c.id, ranked.c.payer_id == subscriptions.c.payer_id)
    return (
        select(subscriptions.c.id, subscriptions.c.payer_id)
        .join(ranked, same[0] & same[1])
        .where(ranked.c.rank <= bindparam("each_host"), *_IS_DUE)
        .order_by(_WHEN, subscriptions.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=subscriptions)
    )


_DUE = _due_now()
_TAKE = Prepared(update(subscriptions).where(*_THIS).values(held_by=bindparam("holder"), held_until=bindparam("until")))
_WAITING = select(*KEPT).where(*_OF, _WAITS).order_by(*_IN_ORDER).limit(bindparam("each"))
_WAITING_OF_ONE = Prepared(_WAITING)


def _waiting_of_all() -> Select[Any]:
    """The next deliveries of several subscriptions in one question, which SQLite cannot be asked."""
    of_each = (
        select(*KEPT)
        .where(
            deliveries.c.subscription_id == subscriptions.c.id,
            deliveries.c.payer_id == subscriptions.c.payer_id,
            _WAITS,
        )
        .order_by(*_IN_ORDER)
        .limit(bindparam("each"))
        .lateral()
    )
    return select(*of_each.c).select_from(subscriptions.join(of_each, true())).where(subscriptions.c.id.in_(_IDS))


_WAITING_OF_ALL = _waiting_of_all()


def is_any_due(connection: Connection, at: datetime, spared: frozenset[str]) -> bool:
    """True when a worker that spares those hosts could lease something."""
    return connection.execute(_ANY_DUE, _moment(at, spared)).first() is not None


def lease(connection: Connection, vault: Vault, at: datetime, asking: Asking) -> tuple[Lease, ...]:
    """Take subscriptions with something due, those waiting longest first, each with its next deliveries.

    Until the handshake has arrived nothing else is in the lease. One whose headers cannot be opened is taken and not
    given to anybody, so that it is looked at again when the lease is over.
    """
    named = _moment(at, asking.spared) | {"each_host": asking.each_host, "most": asking.most}
    taken = [(id, payer_id) for id, payer_id in connection.execute(_DUE, named)]
    if not taken:
        return ()
    held = {"holder": asking.holder, "until": asking.until}
    _TAKE.change(connection, [{"of_id": id, "of_payer": payer_id, **held} for id, payer_id in taken])
    ids = [id for id, _ in taken]
    known = subscriptions_named(connection, vault, ids)
    waiting = _waiting(connection, taken, asking.deliveries_each)
    return tuple(_leased(known[id], asking, waiting.get(id, ()), at) for id in ids if id in known)


def _moment(at: datetime, spared: frozenset[str]) -> dict[str, Any]:
    wrong = {"too_far": at + LONGEST_LEASE, "too_late": at + LONGEST_WAIT}
    return {"at": at, **wrong, "spared": sorted(spared)[:_MOST_SPARED] or [""]}


def _waiting(connection: Connection, taken: Sequence[tuple[Any, Any]], each: int) -> dict[str, list[Delivery]]:
    if connection.dialect.name == "postgresql":
        rows: Iterable[Sequence[Any]] = connection.execute(
            _WAITING_OF_ALL, {"ids": [id for id, _ in taken], "each": each}
        )
    else:
        named = ({"of_id": id, "of_payer": payer_id, "each": each} for id, payer_id in taken)
        rows = (row for one in named for row in _WAITING_OF_ONE.rows(connection, one))
    found: dict[str, list[Delivery]] = {}
    for delivery in map(delivery_of, rows):
        found.setdefault(delivery.subscription_id, []).append(delivery)
    for several in found.values():
        several.sort(key=lambda delivery: (delivery.event_number, delivery.place))
    return found


def _leased(subscription: Subscription, asking: Asking, waiting: Sequence[Delivery], at: datetime) -> Lease:
    due = _due(waiting, subscription.standing, at)
    beats = subscription.channel.heartbeat_seconds > 0 and subscription.standing is Standing.ACTIVE
    return Lease(subscription, asking.holder, asking.until, due, is_heartbeat_due=beats and not due)


def _due(waiting: Sequence[Delivery], standing: Standing, at: datetime) -> tuple[Delivery, ...]:
    """The first and those behind it, when the first is due; the handshake alone."""
    if not waiting or at < waiting[0].due_at <= at + LONGEST_WAIT:
        return ()
    if waiting[0].kind is DeliveryKind.HANDSHAKE:
        return (waiting[0],)
    return () if standing is Standing.REQUESTED else tuple(waiting)


_FREEZE = Prepared(
    update(deliveries)
    .where(*_THIS_DELIVERY, deliveries.c.body.is_(None))
    .values(body=bindparam("bytes"), body_hash=bindparam("hash"))
)


def freeze(connection: Connection, frozen: Sequence[Delivery]) -> None:
    """Keep the bytes of deliveries before they are sent for the first time."""
    rows = [_named(each) | {"bytes": each.body, "hash": each.body_hash} for each in frozen]
    _FREEZE.change(connection, rows)


def _named(delivery: Delivery) -> dict[str, Any]:
    return {"of_payer": delivery.payer_id, "of_id": delivery.subscription_id, "of_place": delivery.place}


# --- giving back ----------------------------------------------------------------------------------------------------

_OWNED = (
    select(
        subscriptions.c.id,
        subscriptions.c.payer_id,
        subscriptions.c.held_by,
        subscriptions.c.held_until,
        subscriptions.c.standing,
    )
    .where(subscriptions.c.id.in_(_IDS))
    .order_by(subscriptions.c.id)
    .with_for_update()
)
"""Locked in the order in which a decision locks them, so that neither waits for the other for ever."""

_ARRIVED = Prepared(
    update(deliveries)
    .where(*_THIS_DELIVERY)
    .values(
        state=DeliveryState.DELIVERED.value,
        attempts=deliveries.c.attempts + 1,
        outcome=bindparam("met"),
        delivered_at=bindparam("arrived_at"),
        body=None,
    )
)
_FAILED = Prepared(
    update(deliveries)
    .where(*_THIS_DELIVERY)
    .values(
        state=bindparam("now_state"),
        attempts=deliveries.c.attempts + 1,
        outcome=bindparam("met"),
        due_at=bindparam("again_at"),
    )
)
_HOLD = Prepared(update(deliveries).where(*_OF, _WAITS).values(state=DeliveryState.HELD.value))
_FIRST_DUE = (
    select(deliveries.c.due_at)
    .where(
        deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.payer_id == subscriptions.c.payer_id, _WAITS
    )
    .order_by(*_IN_ORDER)
    .limit(1)
    .scalar_subquery()
)


def first_due(standing: ColumnElement[str]) -> ColumnElement[datetime | None]:
    """When the first delivery that waits is due, of a subscription that will stand so; none when nothing is sent."""
    is_sent_to = or_(standing == Standing.REQUESTED.value, standing == Standing.ACTIVE.value)
    return case((is_sent_to, _FIRST_DUE), else_=None)


_STANDING: BindParameter[str] = bindparam("now_standing", type_=subscriptions.c.standing.type)
_RELEASE = Prepared(
    update(subscriptions)
    .where(*_THIS)
    .values(
        standing=_STANDING,
        fault=bindparam("now_fault"),
        heartbeat_at=bindparam("next_heartbeat"),
        due_at=first_due(_STANDING),
        held_by="",
        held_until=None,
    )
)


def settle(connection: Connection, given: Sequence[Given], at: datetime) -> tuple[Lease, ...]:
    """Record what became of the deliveries of leases and give them back; those that had been lost, left as they are.

    A delivery that will not be tried again puts the subscription into error; what it is owed is held.
    """
    ids = sorted({each.lease.subscription.id for each in given})
    if not ids:
        return ()
    owned = {
        (row.id, row.payer_id, row.held_by, row.held_until): Standing(row.standing)
        for row in connection.execute(_OWNED, {"ids": ids})
    }
    own = [(each, owned[_key(each.lease)]) for each in given if _key(each.lease) in owned]
    tried = [(tried, standing) for each, standing in own for tried in each.tried]
    _ARRIVED.change(connection, [_arrived(each) for each, _ in tried if each.sent.is_delivered])
    _FAILED.change(connection, [_failed(each, standing) for each, standing in tried if not each.sent.is_delivered])
    _HOLD.change(connection, [_of(each.lease) for each, _ in own if _given_up(each)])
    _RELEASE.change(connection, [_released(each, standing, at) for each, standing in own])
    return tuple(each.lease for each in given if _key(each.lease) not in owned)


def _key(lease: Lease) -> tuple[str, str, str, datetime]:
    return lease.subscription.id, lease.subscription.payer_id, lease.holder, lease.until


def _of(lease: Lease) -> dict[str, Any]:
    return {"of_payer": lease.subscription.payer_id, "of_id": lease.subscription.id}


def _arrived(tried: Tried) -> dict[str, Any]:
    return _named(tried.delivery) | {"met": tried.sent.outcome, "arrived_at": tried.at}


def _failed(tried: Tried, standing: Standing) -> dict[str, Any]:
    goes_on = tried.again_at is not None and standing is not Standing.OFF
    state = DeliveryState.WAITING if goes_on else DeliveryState.HELD
    again_at = tried.again_at or tried.delivery.due_at
    return _named(tried.delivery) | {"now_state": state.value, "met": tried.sent.outcome, "again_at": again_at}


def _given_up(given: Given) -> Tried | None:
    return next((each for each in given.tried if not each.sent.is_delivered and each.again_at is None), None)


def _released(given: Given, before: Standing, at: datetime) -> dict[str, Any]:
    standing, given_up = _standing(given, before), _given_up(given)
    seconds = given.lease.subscription.channel.heartbeat_seconds
    return _of(given.lease) | {
        "now_standing": standing.value,
        "now_fault": f"{given_up.delivery.kind}: {given_up.sent.outcome}" if given_up else "",
        "next_heartbeat": at + timedelta(seconds=seconds) if seconds and standing is Standing.ACTIVE else None,
    }


def _standing(given: Given, before: Standing) -> Standing:
    """One that was switched off meanwhile stays so."""
    if before is Standing.OFF:
        return before
    if _given_up(given):
        return Standing.ERROR
    shaken = any(each.sent.is_delivered and each.delivery.kind is DeliveryKind.HANDSHAKE for each in given.tried)
    return Standing.ACTIVE if shaken else before
