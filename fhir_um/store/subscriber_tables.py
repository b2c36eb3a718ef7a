"""The tables of those who are told and of what they are owed. Must equal what the migrations build."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_IS_DUE = text("due_at IS NOT NULL")
_BEATS = text("heartbeat_at IS NOT NULL")
_WAITS = text("state = 'waiting'")
_NONE_YET = text("0")
_IS_OWED = text("state <> 'delivered'")

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("organizations", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("place_count", Integer, nullable=False),
    Column("ends_at", Instant),
    Column("fault", Text, nullable=False),
    Column("removed_at", Instant),
    Column("due_at", Instant),
    Column("heartbeat_at", Instant),
    Column("held_by", Text, nullable=False),
    Column("held_until", Instant),
    Column("purged_until", Integer, nullable=False, server_default=_NONE_YET),
    Column("payers", Text, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("id", "payer_id", name="subscriptions_pkey"),
    Index("subscriptions_by_sender", "sender", "standing"),
    Index("subscriptions_by_due", "due_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
    Index("subscriptions_by_heartbeat", "heartbeat_at", sqlite_where=_BEATS, postgresql_where=_BEATS),
)
"""`headers` is sealed. `host` is that of the channel's endpoint. `payers` are those whose news it may be told.

`due_at` is when the first waiting delivery is to be tried, none when nothing waits. Events up to number `purged_until`
were kept as long as they had to be and are no longer on file.
"""

deliveries = Table(
    "deliveries",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("subscription_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event_number", Integer, nullable=False),
    Column("case_id", Text),
    Column("case_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("body_hash", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("delivered_at", Instant),
    PrimaryKeyConstraint("subscription_id", "payer_id", "place", name="deliveries_pkey"),
    ForeignKeyConstraint(
        ("subscription_id", "payer_id"),
        ("subscriptions.id", "subscriptions.payer_id"),
        name="deliveries_subscription_fkey",
    ),
    Index(
        "deliveries_waiting",
        "subscription_id",
        "payer_id",
        "event_number",
        "place",
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    ),
    Index("deliveries_by_event", "subscription_id", "payer_id", "event_number"),
    Index("deliveries_owed", "case_id", sqlite_where=_IS_OWED, postgresql_where=_IS_OWED),
)
"""A handshake has the event number 0, so that it comes before all events whenever it was asked for."""
