"""What waits for whom: queues, assignments and locks. Never changed once released."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
