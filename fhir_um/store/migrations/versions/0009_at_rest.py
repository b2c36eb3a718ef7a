"""Documents sealed at rest, legal holds, and what was purged. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_HOLDS = sa.text("released_at IS NULL")
_IS_OWED = sa.text("state <> 'delivered'")


def upgrade() -> None:
    """Documents that are there stay readable as they are; `fhir-um secret-key rotate` seals them."""
    _seal()
    _hold()
    _purge()


def _seal() -> None:
    for table in ("attachments", "attachment_pieces"):
        op.add_column(table, sa.Column("sealed_by", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("attachments_by_key", "attachments", ["sealed_by", "id", "payer_id"])
    op.create_index(
        "attachment_pieces_by_key", "attachment_pieces", ["sealed_by", "content_hash", "payer_id", "place"]
    )


def _hold() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_at", _INSTANT, nullable=False),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.Column("released_at", _INSTANT),
        sa.Column("release_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="legal_holds_pkey"),
    )
    op.create_index(
        "legal_holds_active",
        "legal_holds",
        ["payer_id", "member_id", "case_id"],
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    )


def _purge() -> None:
    op.add_column(
        "subscriptions", sa.Column("purged_until", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    op.create_index(
        "deliveries_owed", "deliveries", ["case_id"], sqlite_where=_IS_OWED, postgresql_where=_IS_OWED
    )
    op.create_table(
        "purge_reports",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("purged_by", sa.Text, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("report_id", "payer_id", "kind", "rule_id", name="purge_reports_pkey"),
    )
    op.create_table(
        "purged_cases",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("event_count", sa.Integer, nullable=False),
        sa.Column("last_hash", sa.Text, nullable=False),
        sa.Column("line_of_business", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("purged_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="purged_cases_pkey"),
    )
    op.create_table(
        "purged_numbers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", "payer_id", name="purged_numbers_pkey"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"), ("purged_cases.id", "purged_cases.payer_id"), name="purged_numbers_case_fkey"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("purged_numbers_by_case", "purged_numbers", ["case_id", "payer_id"])
