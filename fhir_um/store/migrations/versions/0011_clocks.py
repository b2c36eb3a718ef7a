"""Clocks of several kinds, with alarms, tolls and outcomes. Never changed once released.

Clocks that are there are those of decisions, and nobody was told by an alarm yet: their alarms begin at 75 of 100 of
their time. Those that were stopped are met or late.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_ALARMING = sa.text("alarm_at IS NOT NULL")
_RUNNING = sa.text("stopped_at IS NULL")

_NEW = (
    ("kind", sa.Text(), "decision"),
    ("basis", sa.Text(), "receipt"),
    ("day_method", sa.Text(), ""),
    ("zone", sa.Text(), ""),
    ("tolls", sa.Text(), "[]"),
    ("extension_days", sa.Integer(), "0"),
    ("alarm", sa.Integer(), "0"),
    ("notice", sa.Text(), "member provider"),
    ("told", sa.Text(), ""),
)
_OUTCOME = "CASE WHEN stopped_at > due_at THEN 'late' WHEN stopped_at IS NOT NULL THEN 'met' END"
_COPY = """
    INSERT INTO clocks (payer_id, case_id, sequence, rule_id, source, start_at, due_at, considered, stopped_at, kind,
                        basis, day_method, zone, tolls, extension_days, alarm, alarm_at, outcome, notice, told)
    SELECT payer_id, case_id, sequence, rule_id, source, start_at, due_at, considered, stopped_at, 'decision',
           'receipt', '', '', '[]', 0, 0,
           CASE WHEN stopped_at IS NULL THEN strftime(
               '%Y-%m-%dT%H:%M:%S', julianday(start_at) + 0.75 * (julianday(due_at) - julianday(start_at))
           ) || '.000000+00:00' END,
           {outcome},
           'member provider', ''
      FROM clocks_before
"""
_ALTER = """
    UPDATE clocks SET outcome = {outcome},
                      alarm_at = CASE WHEN stopped_at IS NULL THEN start_at + 0.75 * (due_at - start_at) END
"""


def upgrade() -> None:
    """The kind belongs to the key: SQLite takes that only of a new table, which the rows move into."""
    if op.get_bind().dialect.name == "postgresql":
        _alter()
    else:
        _move()
    op.create_index("clocks_alarming", "clocks", ["alarm_at"], sqlite_where=_ALARMING, postgresql_where=_ALARMING)
    op.create_index(
        "clocks_running",
        "clocks",
        ["payer_id", "due_at", "case_id"],
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )


def _alter() -> None:
    for name, kind, value in _NEW:
        op.add_column("clocks", sa.Column(name, kind, nullable=False, server_default=sa.text(f"'{value}'")))
        op.alter_column("clocks", name, server_default=None)
    op.add_column("clocks", sa.Column("alarm_at", _INSTANT))
    op.add_column("clocks", sa.Column("outcome", sa.Text))
    op.execute(_ALTER.format(outcome=_OUTCOME))
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.drop_constraint("clocks_pkey", "clocks", type_="primary")
    op.create_primary_key("clocks_pkey", "clocks", ["case_id", "payer_id", "sequence", "kind"])


def _move() -> None:
    op.rename_table("clocks", "clocks_before")
    op.create_table(
        "clocks",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("start_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("considered", sa.Text, nullable=False),
        sa.Column("stopped_at", _INSTANT),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("day_method", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("tolls", sa.Text, nullable=False),
        sa.Column("extension_days", sa.Integer, nullable=False),
        sa.Column("alarm", sa.Integer, nullable=False),
        sa.Column("alarm_at", _INSTANT),
        sa.Column("outcome", sa.Text),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "payer_id", "sequence", "kind", name="clocks_pkey"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="clocks_case_fkey",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    op.execute(_COPY.format(outcome=_OUTCOME))
    op.drop_table("clocks_before")
