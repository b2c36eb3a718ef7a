"""The tables of what must not go, and of what went. Must equal what the migrations build; must not hold queries."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_HOLDS = text("released_at IS NULL")

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("released_at", Instant),
    Column("release_reason", Text, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="legal_holds_pkey"),
    Index("legal_holds_active", "payer_id", "member_id", "case_id", sqlite_where=_HOLDS, postgresql_where=_HOLDS),
)
"""Of a member or of a case; of all the payer's records when both are empty. Released ones stay."""

purge_reports = Table(
    "purge_reports",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("report_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("purged_by", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    PrimaryKeyConstraint("report_id", "payer_id", "kind", "rule_id", name="purge_reports_pkey"),
)
"""One purge is the rows of one `report_id`; `ended_at` is the instant of its latest batch."""

purged_cases = Table(
    "purged_cases",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("line_of_business", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("report_id", Text, nullable=False),
    Column("purged_at", Instant, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="purged_cases_pkey"),
)
"""What is left of a case: that it was, how its history ended, and by which rule it went. Nothing of its content."""

purged_numbers = Table(
    "purged_numbers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    PrimaryKeyConstraint("number", "payer_id", name="purged_numbers_pkey"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"), ("purged_cases.id", "purged_cases.payer_id"), name="purged_numbers_case_fkey"
    ),
    Index("purged_numbers_by_case", "case_id", "payer_id"),
    sqlite_with_rowid=False,
)
"""Numbers handed out for cases that went: never handed out again."""
