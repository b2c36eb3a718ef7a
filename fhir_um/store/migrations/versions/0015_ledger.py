"""Use of authorizations, credentials of reviewers, daily anchors of the audit log. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SQLITE_GUARD = (
    "CREATE TRIGGER audit_anchors_no_{verb} BEFORE {VERB} ON audit_anchors "
    "BEGIN SELECT RAISE(ABORT, 'rows of the audit log stay as they are'); END"
)
_POSTGRESQL_GUARD = (
    "CREATE TRIGGER audit_anchors_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchors "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()"
)


def upgrade() -> None:
    """Nobody counted uses before, and no credentials were on file; there is nothing to carry over."""
    op.create_table(
        "reviewers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("npi", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("npi", "payer_id", name="reviewers_pkey"),
    )
    op.create_table(
        "authorization_uses",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("use_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("served_on", sa.Text, nullable=False),
        sa.Column("units", sa.Text, nullable=False),
        sa.Column("npi", sa.Text, nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", "payer_id", "use_id", "kind", name="authorization_uses_pkey"),
        sa.ForeignKeyConstraint(
            ("number", "payer_id"),
            ("issued_numbers.number", "issued_numbers.payer_id"),
            name="authorization_uses_number_fkey",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    _anchors()


def _anchors() -> None:
    op.create_table(
        "audit_anchors",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("sequence", _SEQUENCE, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="audit_anchors_pkey"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL_GUARD)
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(_SQLITE_GUARD.format(verb=verb.lower(), VERB=verb))
