"""The tables of documents that came after the request. Must equal what the migrations build."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_IS_HELD = text("case_id IS NULL")
_CLEAR = text("''")

attachments = Table(
    "attachments",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("case_id", Text),
    Column("case_version", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("place", Integer, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("sealed_by", Text, nullable=False, server_default=_CLEAR),
    PrimaryKeyConstraint("id", "payer_id", name="attachments_pkey"),
    UniqueConstraint("content_hash", "request_hash", "sender", "payer_id", name="attachments_content_key"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="attachments_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("attachments_by_case", "case_id", "payer_id", "received_at"),
    Index("attachments_held", "payer_id", "received_at", sqlite_where=_IS_HELD, postgresql_where=_IS_HELD),
    Index("attachments_by_key", "sealed_by", "id", "payer_id"),
)
"""`document` is the attachment as the house knows it, `evidence` what policies may weigh of it.

`sealed_by` names the key that sealed `evidence`, or the `piece` of the other table; it is empty for what was kept in
the clear before there was one.
"""

attachment_pieces = Table(
    "attachment_pieces",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("piece", LargeBinary, nullable=False),
    Column("sealed_by", Text, nullable=False, server_default=_CLEAR),
    PrimaryKeyConstraint("content_hash", "payer_id", "place", name="attachment_pieces_pkey"),
    Index("attachment_pieces_by_key", "sealed_by", "content_hash", "payer_id", "place"),
)
"""Contents by their SHA-256, each once however often it was sent, in pieces from 0 that are read one at a time."""
