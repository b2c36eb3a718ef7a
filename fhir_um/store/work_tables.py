"""The table of what waits for people. Must equal what the migrations build; must not hold queries.

Everything a page of a worklist shows stands in its row, so that no case is read for it. The indexes are in the order of
every list: least time left, then urgency (`expedited` sorts before `standard`), then the case.
"""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_IN_ORDER = ("due_at", "priority", "case_id")
_TAKEN = text("assignee <> ''")

work_items = Table(
    "work_items",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("review_type", Text, nullable=False),
    Column("line_of_business", Text, nullable=False),
    Column("specialty", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("flags", Text, nullable=False),
    Column("assignee", Text, nullable=False),
    Column("assigned_at", Instant),
    Column("lock_owner", Text, nullable=False),
    Column("lock_until", Instant),
    Column("lock_note", Text, nullable=False),
    Column("escalated_by", Text, nullable=False),
    Column("escalated_at", Instant),
    Column("escalation", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "payer_id", "queue", name="work_items_pkey"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="work_items_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("work_items_of_queue", "queue", "payer_id", *_IN_ORDER),
    Index("work_items_to_take", "queue", "payer_id", "assignee", *_IN_ORDER),
    Index(
        "work_items_of_person",
        "assignee",
        "payer_id",
        *_IN_ORDER,
        "queue",
        sqlite_where=_TAKEN,
        postgresql_where=_TAKEN,
    ),
    sqlite_with_rowid=False,
)
"""What follows from the case comes first; from `assignee` on it is what people did about the item."""
