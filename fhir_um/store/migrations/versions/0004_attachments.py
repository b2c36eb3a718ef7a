"""Documents that came after the request. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_IS_HELD = sa.text("case_id IS NULL")


def upgrade() -> None:
    """Build the tables of attachments and of their contents."""
    op.create_table(
        "attachments",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="attachments_pkey"),
        sa.UniqueConstraint("content_hash", "request_hash", "sender", "payer_id", name="attachments_content_key"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="attachments_case_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index("attachments_by_case", "attachments", ["case_id", "payer_id", "received_at"])
    op.create_index(
        "attachments_held",
        "attachments",
        ["payer_id", "received_at"],
        sqlite_where=_IS_HELD,
        postgresql_where=_IS_HELD,
    )
    op.create_table(
        "attachment_pieces",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("piece", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("content_hash", "payer_id", "place", name="attachment_pieces_pkey"),
    )
