"""Until when a line waits for the documents it asked for. Never changed once released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_ASKED = sa.text("asked_until IS NOT NULL")


def upgrade() -> None:
    """Lines that wait since before wait on until somebody rules: nobody was told a day."""
    op.add_column("case_lines", sa.Column("asked_until", _INSTANT))
    op.create_index("case_lines_asked", "case_lines", ["asked_until"], sqlite_where=_ASKED, postgresql_where=_ASKED)
