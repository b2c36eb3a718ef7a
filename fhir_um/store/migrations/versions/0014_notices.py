"""Letters that were made, their bytes and their delivery. Never changed once released."""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
