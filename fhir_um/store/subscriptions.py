"""Who is told, as rows. Must not know what is told, or how.

Secret headers are sealed before they are written. A sender finds its own subscriptions only: it is part of the query.
Headers sealed with a key that is gone are shown to nobody, and nothing is sent without them.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.errors import VersionConflict
from fhir_um.logs import say
from fhir_um.store.columns import as_key
from fhir_um.store.documents import document
from fhir_um.store.prepared import Prepared
from fhir_um.store.subscriber_tables import subscriptions
from fhir_um.subscribers.model import Channel, Content, Standing, Subscription, SubscriptionId
from fhir_um.vault import CannotOpen, Vault

_channel_of = msgspec.json.Decoder(Channel).decode
_texts_of = msgspec.json.Decoder(tuple[str, ...]).decode

_MOST_SHOWN = 1000
_HERE = subscriptions.c.removed_at.is_(None)
_THIS = (subscriptions.c.payer_id == bindparam("of_payer"), subscriptions.c.id == bindparam("of_id"))
_KEPT = [column for column in subscriptions.c if column.name in {*Subscription.__annotations__, "headers"}]

_HEADERS = next(place for place, column in enumerate(_KEPT) if column.name == "headers")

_INSERT = insert(subscriptions)
_OF_PAYERS = subscriptions.c.payer_id.in_(bindparam("payers", expanding=True))
_FIND = Prepared(
    select(*_KEPT).where(
        _HERE,
        subscriptions.c.id == bindparam("of_id"),
        subscriptions.c.sender == bindparam("of_sender"),
        subscriptions.c.guide == bindparam("of_guide"),
        _OF_PAYERS,
    )
)
_CHANNEL = Prepared(select(subscriptions.c.channel).where(*_THIS))
_NAMED = select(*_KEPT).where(subscriptions.c.id.in_(bindparam("ids", expanding=True)))
_OF_SENDER = Prepared(
    select(*_KEPT)
    .where(
        _HERE,
        subscriptions.c.sender == bindparam("of_sender"),
        subscriptions.c.guide == bindparam("of_guide"),
        _OF_PAYERS,
    )
    .order_by(subscriptions.c.created_at, subscriptions.c.id)
    .limit(_MOST_SHOWN)
)
_HOW_MANY = Prepared(
    select(func.count()).select_from(subscriptions).where(_HERE, subscriptions.c.sender == bindparam("of_sender"))
)
_ALL = select(*_KEPT).where(_HERE).order_by(subscriptions.c.created_at, subscriptions.c.id)
_CHANGE = update(subscriptions).where(
    _HERE,
    *_THIS,
    subscriptions.c.version == bindparam("expected_version"),
    subscriptions.c.sender == bindparam("of_sender"),
)


def add_subscription(connection: Connection, vault: Vault, new: Subscription) -> None:
    """Keep a new subscription; nothing is owed to it yet."""
    row = _columns(new, vault) | {
        "payer_id": new.payer_id,
        "id": new.id,
        "sender": new.sender,
        "created_at": new.created_at,
        "event_count": 0,
        "place_count": 0,
        "held_by": "",
    }
    connection.execute(_INSERT, row)


def change_subscription(
    connection: Connection, vault: Vault, changed: Subscription, expected_version: int, removed_at: datetime | None
) -> None:
    """Replace what its sender may change; whoever delivers to it right now loses it.

    Raises: VersionConflict when it is not at `expected_version` any more, or gone.
    """
    named = {
        "of_payer": changed.payer_id,
        "of_id": changed.id,
        "of_sender": changed.sender,
        "expected_version": expected_version,
    }
    row = _columns(changed, vault) | {"removed_at": removed_at, "held_by": "", "held_until": None}
    beats = changed.channel.heartbeat_seconds and changed.standing is Standing.ACTIVE
    row |= {} if beats else {"heartbeat_at": None}
    if connection.execute(_CHANGE.values(**row), named).rowcount != 1:
        raise VersionConflict(expected_version, changed.version)


def _columns(row: Subscription, vault: Vault) -> dict[str, Any]:
    return {
        "guide": row.guide,
        "standing": row.standing.value,
        "channel": document(replace(row.channel, headers=())),
        "host": row.channel.host,
        "headers": vault.seal(document(row.channel.headers)) if row.channel.headers else "",
        "organizations": document(row.organizations),
        "document": row.document,
        "changed_at": row.changed_at,
        "version": row.version,
        "ends_at": row.ends_at,
        "fault": row.fault,
        "payers": document(row.payers),
    }


def find_subscription(
    connection: Connection, vault: Vault, sender: ClientId, payers: Sequence[PayerId], guide: str, id: str
) -> Subscription | None:
    """The sender's subscription with that id at the base of that version; one that was removed is not found."""
    named = {"of_id": as_key(id), "of_sender": sender, "of_guide": guide, "payers": list(payers)}
    return next((_shown(row, vault) for row in _FIND.rows(connection, named)), None)


def subscriptions_named(
    connection: Connection, vault: Vault, ids: Sequence[SubscriptionId]
) -> dict[SubscriptionId, Subscription]:
    """Those with the ids, whoever made them, removed or not; without those whose headers cannot be opened."""
    found = {}
    for row in connection.execute(_NAMED, {"ids": list(ids)}):
        try:
            found[SubscriptionId(row.id)] = _subscription(row, _headers(row, vault))
        except CannotOpen:
            say(logging.ERROR, "headers-not-opened", subscription_id=row.id)
    return found


def subscriptions_of(
    connection: Connection, vault: Vault, sender: ClientId, payers: Sequence[PayerId], guide: str
) -> tuple[Subscription, ...]:
    """All of one sender at the base of that version, oldest first, at most 1,000."""
    named = {"of_sender": sender, "of_guide": guide, "payers": list(payers)}
    return tuple(_shown(row, vault) for row in _OF_SENDER.rows(connection, named))


def content_of(connection: Connection, row: Subscription) -> Content:
    """How much of an event it is kept to be told, whatever `row` says now."""
    found: str = _CHANNEL.scalar(connection, {"of_payer": row.payer_id, "of_id": row.id})
    return _channel_of(found).content


def how_many(connection: Connection, sender: ClientId) -> int:
    """How many one sender has."""
    found: int = _HOW_MANY.scalar(connection, {"of_sender": sender})
    return found


def all_subscriptions(connection: Connection) -> tuple[Subscription, ...]:
    """All there are, oldest first and without their secrets: for operators."""
    return tuple(_subscription(row) for row in connection.execute(_ALL))


def _shown(row: Sequence[Any], vault: Vault) -> Subscription:
    """For its sender, who can send the headers again when they are gone."""
    try:
        return _subscription(row, _headers(row, vault))
    except CannotOpen:
        return _subscription(row)


def _headers(row: Sequence[Any], vault: Vault) -> tuple[str, ...]:
    sealed = row[_HEADERS]
    return _texts_of(vault.open(sealed)) if sealed else ()


def _subscription(row: Sequence[Any], headers: tuple[str, ...] = ()) -> Subscription:
    kept = {column.name: value for column, value in zip(_KEPT, row, strict=True)}
    del kept["headers"]
    return Subscription(
        **{
            **kept,
            "standing": Standing(kept["standing"]),
            "channel": replace(_channel_of(kept["channel"]), headers=headers),
            "organizations": _texts_of(kept["organizations"]),
            "payers": tuple(map(PayerId, _texts_of(kept["payers"]))),
        }
    )
