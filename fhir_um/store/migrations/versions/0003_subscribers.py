"""Subscribers and what they are owed; the outbox nobody read makes way. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_IS_DUE = sa.text("due_at IS NOT NULL")
_BEATS = sa.text("heartbeat_at IS NOT NULL")
_WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Build the tables of subscribers. What the outbox held was owed to nobody: there were no subscriptions."""
    op.drop_table("outbox")
    op.create_table(
        "subscriptions",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("guide", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("organizations", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_count", sa.Integer, nullable=False),
        sa.Column("place_count", sa.Integer, nullable=False),
        sa.Column("ends_at", _INSTANT),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("removed_at", _INSTANT),
        sa.Column("due_at", _INSTANT),
        sa.Column("heartbeat_at", _INSTANT),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("held_until", _INSTANT),
        sa.PrimaryKeyConstraint("id", "payer_id", name="subscriptions_pkey"),
    )
    op.create_index("subscriptions_by_sender", "subscriptions", ["sender", "standing"])
    op.create_index("subscriptions_by_due", "subscriptions", ["due_at"], sqlite_where=_IS_DUE, postgresql_where=_IS_DUE)
    op.create_index(
        "subscriptions_by_heartbeat", "subscriptions", ["heartbeat_at"], sqlite_where=_BEATS, postgresql_where=_BEATS
    )
    op.create_table(
        "deliveries",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("event_number", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Text),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("delivered_at", _INSTANT),
        sa.PrimaryKeyConstraint("subscription_id", "payer_id", "place", name="deliveries_pkey"),
        sa.ForeignKeyConstraint(
            ("subscription_id", "payer_id"),
            ("subscriptions.id", "subscriptions.payer_id"),
            name="deliveries_subscription_fkey",
        ),
    )
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["subscription_id", "payer_id", "event_number", "place"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index("deliveries_by_event", "deliveries", ["subscription_id", "payer_id", "event_number"])
