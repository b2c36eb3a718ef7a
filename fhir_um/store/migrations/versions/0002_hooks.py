"""What EHRs were told when they asked about coverage. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Build the tables of the hooks."""
    op.create_table(
        "hook_invocations",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("instance", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("answered_at", _INSTANT, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("keep_until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="hook_invocations_pkey"),
    )
    op.create_index("hook_invocations_by_instance", "hook_invocations", ["instance", "payer_id", "received_at"])
    op.create_index("hook_invocations_by_end", "hook_invocations", ["keep_until"])
    op.create_table(
        "coverage_assertions",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("instance", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("order_ref", sa.Text, nullable=False),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("coverage_ref", sa.Text, nullable=False),
        sa.Column("policy_id", sa.Text, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("policy_hash", sa.Text, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=False),
        sa.Column("on_day", sa.Text, nullable=False),
        sa.Column("expires", sa.Text),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("keep_until", _INSTANT, nullable=False),
        sa.Column("used_by", sa.Text),
        sa.PrimaryKeyConstraint("id", "payer_id", name="coverage_assertions_pkey"),
    )
    op.create_index("coverage_assertions_by_instance", "coverage_assertions", ["instance", "payer_id"])
    op.create_index("coverage_assertions_by_end", "coverage_assertions", ["keep_until"])
    op.create_table(
        "hook_cards",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("invocation_id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("policy_id", sa.Text, nullable=False),
        sa.Column("keep_until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="hook_cards_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("hook_cards_by_invocation", "hook_cards", ["invocation_id", "payer_id"])
    op.create_index("hook_cards_by_end", "hook_cards", ["keep_until"])
    op.create_table(
        "hook_feedback",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("card_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("keep_until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="hook_feedback_pkey"),
    )
    op.create_index("hook_feedback_by_card", "hook_feedback", ["card_id", "payer_id"])
    op.create_index("hook_feedback_by_end", "hook_feedback", ["keep_until"])
    op.create_table(
        "hook_tokens",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("jti", "issuer", name="hook_tokens_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("hook_tokens_by_end", "hook_tokens", ["expires_at"])
