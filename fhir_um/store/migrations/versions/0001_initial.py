"""The first schema. Never changed once released; what comes later is a migration of its own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_USED = sa.text("used IS NOT NULL")
_PENDED = sa.text("status = 'pended'")


def _of_a_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name=f"{table}_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    )


def upgrade() -> None:
    """Build every table."""
    _build_coverage()
    _build_cases()
    _build_submissions()
    _build_trail()


def _build_coverage() -> None:
    op.create_table(
        "payers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("payer_id", name="payers_pkey"),
    )
    op.create_table(
        "plans",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="plans_pkey"),
    )
    op.create_table(
        "gold_cards",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="gold_cards_pkey"),
    )
    op.create_table(
        "providers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("npi", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("npi", "payer_id", name="providers_pkey"),
    )
    op.create_table(
        "members",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="members_pkey"),
    )
    op.create_table(
        "member_identifiers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("value", "payer_id", "system", "member_id", name="member_identifiers_pkey"),
        sa.ForeignKeyConstraint(
            ("member_id", "payer_id"), ("members.id", "members.payer_id"), name="member_identifiers_member_fkey"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("member_identifiers_by_member", "member_identifiers", ["member_id", "payer_id"])
    op.create_table(
        "service_history",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("used_hash", sa.Text, nullable=False),
        sa.Column("used", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "payer_id", "used_hash", name="service_history_pkey"),
        sqlite_with_rowid=False,
    )


def _build_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("patient_url", sa.Text, nullable=False),
        sa.Column("patient_reference", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="cases_pkey"),
    )
    op.create_index("cases_by_member", "cases", ["member_id", "payer_id", "received_at", "id"])
    op.create_index("cases_by_patient", "cases", ["patient_reference", "sender", "payer_id", "received_at", "id"])
    op.create_index(
        "cases_by_due", "cases", ["payer_id", "due_at", "id"], sqlite_where=_PENDED, postgresql_where=_PENDED
    )
    op.create_table(
        "case_lines",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("used", sa.Text),
        sa.PrimaryKeyConstraint("case_id", "payer_id", "sequence", name="case_lines_pkey"),
        _of_a_case("case_lines"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "case_lines_used", "case_lines", ["member_id", "payer_id"], sqlite_where=_USED, postgresql_where=_USED
    )
    op.create_table(
        "case_events",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "payer_id", "sequence", name="case_events_pkey"),
        _of_a_case("case_events"),
    )
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
        sa.PrimaryKeyConstraint("case_id", "payer_id", "sequence", name="clocks_pkey"),
        _of_a_case("clocks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "issued_numbers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", "payer_id", name="issued_numbers_pkey"),
        _of_a_case("issued_numbers"),
        sqlite_with_rowid=False,
    )


def _build_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("guide", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("claim_url", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", "payer_id", name="submissions_pkey"),
        sa.UniqueConstraint("content_hash", "sender", "payer_id", name="submissions_content_key"),
        _of_a_case("submissions"),
    )
    op.create_table(
        "claim_identifiers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("value", "system", "sender", "payer_id", "case_id", name="claim_identifiers_pkey"),
        _of_a_case("claim_identifiers"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "claim_identifiers_latest",
        "claim_identifiers",
        ["value", "sender", "payer_id", "received_at", "case_id", "system"],
    )


def _build_trail() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("locked_until", _INSTANT),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        _of_a_case("outbox"),
    )
    op.create_index("outbox_by_due", "outbox", ["due_at", "id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("payer_id", sa.Text),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )
    op.create_index("audit_by_time", "audit", ["payer_id", "at"])
