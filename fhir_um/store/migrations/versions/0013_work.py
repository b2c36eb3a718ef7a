"""What waits for whom: queues, assignments and locks. Never changed once released.

The rows of cases that wait already are made after the migration (`fhir_um.store.work_filling`): by which queue each
line waits in is a table of the program, and a migration must not read what changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_IN_ORDER = ("due_at", "priority", "case_id")


def upgrade() -> None:
    """One table, with an index for each way to list it."""
    texts = ("lines", "state", "priority", "review_type", "line_of_business", "specialty", "code", "policy_id", "flags")
    op.create_table(
        "work_items",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("payer_id", "case_id", "queue")),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("member_id", *texts[:3])),
        *(sa.Column(name, _INSTANT, nullable=False) for name in ("due_at", "received_at", "since")),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*texts[3:], "assignee")),
        sa.Column("assigned_at", _INSTANT),
        sa.Column("lock_owner", sa.Text, nullable=False),
        sa.Column("lock_until", _INSTANT),
        sa.Column("lock_note", sa.Text, nullable=False),
        sa.Column("escalated_by", sa.Text, nullable=False),
        sa.Column("escalated_at", _INSTANT),
        sa.Column("escalation", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "payer_id", "queue", name="work_items_pkey"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="work_items_case_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    taken = sa.text("assignee <> ''")
    op.create_index("work_items_of_queue", "work_items", ["queue", "payer_id", *_IN_ORDER])
    op.create_index("work_items_to_take", "work_items", ["queue", "payer_id", "assignee", *_IN_ORDER])
    op.create_index(
        "work_items_of_person",
        "work_items",
        ["assignee", "payer_id", *_IN_ORDER, "queue"],
        sqlite_where=taken,
        postgresql_where=taken,
    )
