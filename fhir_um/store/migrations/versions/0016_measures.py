"""Facts about determinations, for measures, and the reports that were published. Never changed once released.

The facts of cases that are there already are made by whoever follows the event feed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Build both tables."""
    op.create_table(
        "determination_facts",
        sa.Column("received_day", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("superseded_at", sa.BigInteger),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("first_response_at", sa.BigInteger, nullable=False),
        sa.Column("first_decided_at", sa.BigInteger),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("notified_at", sa.BigInteger),
        sa.Column("pended_at", sa.BigInteger),
        sa.Column("extended_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("intake_at", sa.BigInteger),
        sa.Column("nurse_at", sa.BigInteger),
        sa.Column("referred_at", sa.BigInteger),
        sa.Column("reworked_at", sa.BigInteger),
        sa.Column("peer_opened_at", sa.BigInteger),
        sa.Column("peer_completed_at", sa.BigInteger),
        sa.Column("peer_outcome", sa.Text, nullable=False),
        sa.Column("ended", sa.Text, nullable=False),
        sa.Column("line_of_business", sa.Text, nullable=False),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("review_type", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("provider_npi", sa.Text, nullable=False),
        sa.Column("policy_id", sa.Text, nullable=False),
        sa.Column("is_drug", sa.Integer, nullable=False),
        sa.Column("is_duplicate", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("decider", sa.Text, nullable=False),
        sa.Column("rfis", sa.Text, nullable=False),
        sa.Column("exchanges", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "received_day", "case_id", "payer_id", "sequence", "number", name="determination_facts_pkey"
        ),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="determination_facts_case_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("determination_facts_by_case", "determination_facts", ["case_id", "payer_id"])
    op.create_table(
        "measure_reports",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("year", "payer_id", "basis", name="measure_reports_pkey"),
        sqlite_with_rowid=False,
    )
