"""Letters that were made, their bytes and their delivery. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Build the tables of letters and of their delivery."""
    op.create_table(
        "notices",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("event_sequence", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("sequences", sa.Text, nullable=False),
        sa.Column("line_of_business", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("template_version", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("why_held", sa.Text, nullable=False),
        sa.Column("grade", sa.Float, nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("pdf_hash", sa.Text, nullable=False),
        sa.Column("sealed_by", sa.Text, nullable=False),
        sa.Column("letter", sa.LargeBinary, nullable=False),
        sa.Column("pdf", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="notices_pkey"),
        sa.UniqueConstraint("case_id", "payer_id", "event_sequence", "kind", "recipient", name="notices_once_key"),
        _of_case("notices_case_fkey"),
    )
    op.create_index("notices_in_turn", "notices", ["payer_id", "created_at", "id"])
    op.create_index("notices_by_status", "notices", ["payer_id", "status", "created_at", "id"])
    op.create_index("notices_by_key", "notices", ["sealed_by", "id", "payer_id"])
    op.create_table(
        "notice_deliveries",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("notice_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("noted_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "payer_id", "sequence", name="notice_deliveries_pkey"),
        sa.ForeignKeyConstraint(
            ("notice_id", "payer_id"),
            ("notices.id", "notices.payer_id"),
            name="notice_deliveries_notice_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        _of_case("notice_deliveries_case_fkey"),
    )
    op.create_index("notice_deliveries_by_case", "notice_deliveries", ["case_id", "payer_id"])


def _of_case(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ("case_id", "payer_id"), ("cases.id", "cases.payer_id"), name=name, deferrable=True, initially="DEFERRED"
    )
