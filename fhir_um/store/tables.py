"""The tables, as SQLAlchemy Core sees them. Must equal what the migrations build; must not hold queries.

Every table carries the payer it belongs to, in its key. Keys and indexes begin with the column that tells most rows
apart and name the payer after it: led by the payer, they would look as good to SQLite's planner as any other index,
and a lookup would walk all of the payer's rows. Documents are JSON text of the frozen
dataclasses; the other columns are what queries need. Foreign keys are checked at commit, so that one transaction may
write in any order.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fhir_um.store.columns import Instant

metadata = MetaData()

_Counter = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in a column declared INTEGER."""

_USED = text("used IS NOT NULL")
_ASKED = text("asked_until IS NOT NULL")
_PENDED = text("status = 'pended'")
_ALARMING = text("alarm_at IS NOT NULL")
_RUNNING = text("stopped_at IS NULL")


def _of_a_case(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name=f"{table}_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    )


# --- coverage: what the payer knows beforehand ------------------------------------------------------------------

payers = Table(
    "payers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("payer_id", name="payers_pkey"),
)

plans = Table(
    "plans",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="plans_pkey"),
)

gold_cards = Table(
    "gold_cards",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="gold_cards_pkey"),
)

providers = Table(
    "providers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("npi", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("npi", "payer_id", name="providers_pkey"),
)

members = Table(
    "members",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="members_pkey"),
)

member_identifiers = Table(
    "member_identifiers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    PrimaryKeyConstraint("value", "payer_id", "system", "member_id", name="member_identifiers_pkey"),
    ForeignKeyConstraint(
        ("member_id", "payer_id"), ("members.id", "members.payer_id"), name="member_identifiers_member_fkey"
    ),
    Index("member_identifiers_by_member", "member_id", "payer_id"),
    sqlite_with_rowid=False,
)

service_history = Table(
    "service_history",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("used_hash", Text, nullable=False),
    Column("used", Text, nullable=False),
    PrimaryKeyConstraint("member_id", "payer_id", "used_hash", name="service_history_pkey"),
    sqlite_with_rowid=False,
)

# --- cases: what was asked and what became of it ----------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sender", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("patient_url", Text, nullable=False),
    Column("patient_reference", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    Column("sensitivity", Text),
    PrimaryKeyConstraint("id", "payer_id", name="cases_pkey"),
    Index("cases_by_member", "member_id", "payer_id", "received_at", "id"),
    Index("cases_by_patient", "patient_reference", "sender", "payer_id", "received_at", "id"),
    Index("cases_by_due", "payer_id", "due_at", "id", sqlite_where=_PENDED, postgresql_where=_PENDED),
)

case_providers = Table(
    "case_providers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("npi", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "payer_id", "npi", name="case_providers_pkey"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="case_providers_case_fkey",
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    ),
    sqlite_with_rowid=False,
)
"""Who requests, orders or renders: others than the sender find a case by them only."""

case_lines = Table(
    "case_lines",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("used", Text),
    Column("asked_until", Instant),
    PrimaryKeyConstraint("case_id", "payer_id", "sequence", name="case_lines_pkey"),
    _of_a_case("case_lines"),
    Index("case_lines_used", "member_id", "payer_id", sqlite_where=_USED, postgresql_where=_USED),
    Index("case_lines_asked", "asked_until", sqlite_where=_ASKED, postgresql_where=_ASKED),
    sqlite_with_rowid=False,
)

case_events = Table(
    "case_events",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "payer_id", "sequence", name="case_events_pkey"),
    _of_a_case("case_events"),
)

clocks = Table(
    "clocks",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("considered", Text, nullable=False),
    Column("stopped_at", Instant),
    Column("kind", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("day_method", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("tolls", Text, nullable=False),
    Column("extension_days", Integer, nullable=False),
    Column("alarm", Integer, nullable=False),
    Column("alarm_at", Instant),
    Column("outcome", Text),
    Column("notice", Text, nullable=False),
    Column("told", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "payer_id", "sequence", "kind", name="clocks_pkey"),
    _of_a_case("clocks"),
    Index("clocks_alarming", "alarm_at", sqlite_where=_ALARMING, postgresql_where=_ALARMING),
    Index("clocks_running", "payer_id", "due_at", "case_id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    sqlite_with_rowid=False,
)

issued_numbers = Table(
    "issued_numbers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("issued_at", Instant, nullable=False),
    PrimaryKeyConstraint("number", "payer_id", name="issued_numbers_pkey"),
    _of_a_case("issued_numbers"),
    sqlite_with_rowid=False,
)

# --- submissions: what arrived, byte for byte -------------------------------------------------------------------

submissions = Table(
    "submissions",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("case_version", Integer, nullable=False),
    Column("sender", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("claim_url", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="submissions_pkey"),
    UniqueConstraint("content_hash", "sender", "payer_id", name="submissions_content_key"),
    _of_a_case("submissions"),
)

claim_identifiers = Table(
    "claim_identifiers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    PrimaryKeyConstraint("value", "system", "sender", "payer_id", "case_id", name="claim_identifiers_pkey"),
    _of_a_case("claim_identifiers"),
    Index("claim_identifiers_latest", "value", "sender", "payer_id", "received_at", "case_id", "system"),
    sqlite_with_rowid=False,
)

# --- what EHRs were told when they asked about coverage ------------------------------------------------------------

hook_invocations = Table(
    "hook_invocations",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("status", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("keep_until", Instant, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="hook_invocations_pkey"),
    Index("hook_invocations_by_instance", "instance", "payer_id", "received_at"),
    Index("hook_invocations_by_end", "keep_until"),
)

coverage_assertions = Table(
    "coverage_assertions",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("order_ref", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("coverage_ref", Text, nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_hash", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("on_day", Text, nullable=False),
    Column("expires", Text),
    Column("content_hash", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("keep_until", Instant, nullable=False),
    Column("used_by", Text),
    PrimaryKeyConstraint("id", "payer_id", name="coverage_assertions_pkey"),
    Index("coverage_assertions_by_instance", "instance", "payer_id"),
    Index("coverage_assertions_by_end", "keep_until"),
)

hook_cards = Table(
    "hook_cards",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("invocation_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("keep_until", Instant, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="hook_cards_pkey"),
    Index("hook_cards_by_invocation", "invocation_id", "payer_id"),
    Index("hook_cards_by_end", "keep_until"),
    sqlite_with_rowid=False,
)

hook_feedback = Table(
    "hook_feedback",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("card_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    Column("keep_until", Instant, nullable=False),
    PrimaryKeyConstraint("id", "payer_id", name="hook_feedback_pkey"),
    Index("hook_feedback_by_card", "card_id", "payer_id"),
    Index("hook_feedback_by_end", "keep_until"),
)

hook_tokens = Table(
    "hook_tokens",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("jti", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("jti", "issuer", name="hook_tokens_pkey"),
    Index("hook_tokens_by_end", "expires_at"),
    sqlite_with_rowid=False,
)
"""Tokens of hook calls that were used. Of no payer: a token opens the door before it is known which payer is asked."""
