"""The order in which changes of cases were committed, and how far each follower has read. Never changed once released."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
