"""The tables of letters and of what became of them. Must equal what the migrations build."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

notices = Table(
    "notices",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("case_version", Integer, nullable=False),
    Column("event_sequence", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("sequences", Text, nullable=False),
    Column("line_of_business", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("template_version", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("why_held", Text, nullable=False),
    Column("grade", Float, nullable=False),
    Column("flags", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("pdf_hash", Text, nullable=False),
    Column("sealed_by", Text, nullable=False),
    Column("letter", LargeBinary, nullable=False),
    Column("pdf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="notices_pkey"),
    UniqueConstraint("case_id", "payer_id", "event_sequence", "kind", "recipient", name="notices_once_key"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="notices_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("notices_in_turn", "payer_id", "created_at", "id"),
    Index("notices_by_status", "payer_id", "status", "created_at", "id"),
    Index("notices_by_key", "sealed_by", "id", "payer_id"),
)
"""`sequences` and `flags` are JSON. `letter`, what it says as JSON, and `pdf` are sealed by the key `sealed_by` names,
for that row alone. Their hashes are those of the clear text: `content_hash` is empty for a letter that was not made,
`pdf_hash` until somebody needed the PDF; what has no hash has no bytes.
"""

notice_deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("notice_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
    PrimaryKeyConstraint("notice_id", "payer_id", "sequence", name="notice_deliveries_pkey"),
    ForeignKeyConstraint(
        ("notice_id", "payer_id"),
        ("notices.id", "notices.payer_id"),
        name="notice_deliveries_notice_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="notice_deliveries_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("notice_deliveries_by_case", "case_id", "payer_id"),
)
"""One row per try to give notice; rows are added and never changed."""
