"""Clients, their keys and their access tokens. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_IS_NAMED = sa.text("uri <> ''")


def upgrade() -> None:
    """Build the tables of clients."""
    op.create_table(
        "clients",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="clients_pkey"),
    )
    op.create_index(
        "clients_by_uri", "clients", ["uri", "kind"], unique=True, sqlite_where=_IS_NAMED, postgresql_where=_IS_NAMED
    )
    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("client_version", sa.Integer, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="access_tokens_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("access_tokens_by_end", "access_tokens", ["expires_at"])
