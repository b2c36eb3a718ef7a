"""Sessions of people, their sign-ins and emergency access. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Nobody could sign in before; there is nothing to carry over."""
    op.create_table(
        "people",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("signed_in_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="people_pkey"),
    )
    _short_lived()
    op.create_table(
        "emergency_access",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("payers", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text),
        sa.Column("granted_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("review_due_at", _INSTANT, nullable=False),
        sa.Column("reviewed_by", sa.Text),
        sa.Column("reviewed_at", _INSTANT),
        sa.Column("finding", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="emergency_access_pkey"),
    )
    op.create_index("emergency_access_by_person", "emergency_access", ["person_id", "ends_at"])
    op.create_index("emergency_access_by_grant", "emergency_access", ["granted_at"])


def _short_lived() -> None:
    op.create_table(
        "people_sign_ins",
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("browser_hash", sa.Text, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="people_sign_ins_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("people_sign_ins_by_end", "people_sign_ins", ["ends_at"])
    op.create_table(
        "people_sessions",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("payers", sa.Text, nullable=False),
        sa.Column("has_second_factor", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="people_sessions_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("people_sessions_by_end", "people_sessions", ["ends_at"])
