"""Documents sealed at rest, legal holds, and what was purged. Never changed once released."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
