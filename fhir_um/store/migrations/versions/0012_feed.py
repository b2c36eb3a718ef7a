"""The order in which changes of cases were committed, and how far each follower has read. Never changed once released.

What happened before is put in the order of its time; the steps of one version of a case were one transaction.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_BEFORE = """
    INSERT INTO event_feed (txid, payer_id, case_id, first, last, at)
    SELECT 0, payer_id, case_id, first, last, at FROM (
      SELECT payer_id, case_id, version, min(sequence) AS first, max(sequence) AS last, max(at) AS at,
             max(max(at)) OVER (PARTITION BY case_id, payer_id ORDER BY version) AS reached
        FROM case_events GROUP BY case_id, payer_id, version) AS steps
    ORDER BY reached, case_id, payer_id, version
"""
"""`reached` never goes back within a case, whatever a clock did."""


def upgrade() -> None:
    """Build both tables, and put in line what is there."""
    op.create_table(
        "event_feed",
        sa.Column("position", _COUNTER, nullable=False, autoincrement=True),
        sa.Column("txid", sa.BigInteger, nullable=False),
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("position", name="event_feed_pkey"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="event_feed_case_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feed_followers",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="feed_followers_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("event_feed_in_order", "event_feed", ["txid", "position"])
    op.create_index("event_feed_by_case", "event_feed", ["case_id", "payer_id", "first"])
    op.execute(_BEFORE)
    if op.get_bind().dialect.name == "postgresql":
        for when in ("IMMEDIATE", "DEFERRED"):  # or no later migration could change these tables
            op.execute(f"SET CONSTRAINTS ALL {when}")
