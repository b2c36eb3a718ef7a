"""The tables of the event feed: in which order changes of cases became final, and how far each follower has read.

Must equal what the migrations build; must not hold queries.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_Counter = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in a column declared INTEGER."""

event_feed = Table(
    "event_feed",
    metadata,
    Column("position", _Counter, nullable=False, autoincrement=True),
    Column("txid", BigInteger, nullable=False),
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("position", name="event_feed_pkey"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="event_feed_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("event_feed_in_order", "txid", "position"),
    Index("event_feed_by_case", "case_id", "payer_id", "first"),
    sqlite_autoincrement=True,
)
"""One row for the steps `first` to `last` that one transaction added to one case.

`txid` is 0 on SQLite, where one writes at a time, and for all that was there before the feed. On PostgreSQL it is not
less than the transaction's own number and than that of any row it could see: so rows stand in an order in which the
steps of a case follow each other, and a row is final once every transaction up to that number has ended. A position is
never given twice, or a cursor could point past a row: hence SQLite's AUTOINCREMENT.
"""

feed_followers = Table(
    "feed_followers",
    metadata,
    Column("name", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    PrimaryKeyConstraint("name", name="feed_followers_pkey"),
    sqlite_with_rowid=False,
)
"""How far our own followers have read; other systems keep their cursor themselves. Of no payer: they follow all."""
