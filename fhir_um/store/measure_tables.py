"""The tables of measures: facts about lines, and reports as they were published. Must equal what the migrations build.

Facts are made of events and can be made again; a report cannot once its cases have gone. Instants of facts are whole
microseconds since 1970 UTC. Their key begins with the day of receipt, so that a period is one stretch of it and the
lines of a request stand together.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

determination_facts = Table(
    "determination_facts",
    metadata,
    Column("received_day", Integer, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("payer_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("first_response_at", BigInteger, nullable=False),
    Column("first_decided_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("notified_at", BigInteger),
    Column("pended_at", BigInteger),
    Column("extended_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("intake_at", BigInteger),
    Column("nurse_at", BigInteger),
    Column("referred_at", BigInteger),
    Column("reworked_at", BigInteger),
    Column("peer_opened_at", BigInteger),
    Column("peer_completed_at", BigInteger),
    Column("peer_outcome", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("line_of_business", Text, nullable=False),
    Column("plan_id", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("review_type", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("provider_npi", Text, nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("is_drug", Integer, nullable=False),
    Column("is_duplicate", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("decider", Text, nullable=False),
    Column("rfis", Text, nullable=False),
    Column("exchanges", Text, nullable=False),
    PrimaryKeyConstraint("received_day", "case_id", "payer_id", "sequence", "number", name="determination_facts_pkey"),
    ForeignKeyConstraint(
        ("case_id", "payer_id"),
        ("cases.id", "cases.payer_id"),
        name="determination_facts_case_fkey",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("determination_facts_by_case", "case_id", "payer_id"),
    sqlite_with_rowid=False,
)
"""The columns of a fact, in its order (`fhir_um.cases.line_facts.Fact`)."""

measure_reports = Table(
    "measure_reports",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("basis", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("year", "payer_id", "basis", name="measure_reports_pkey"),
    sqlite_with_rowid=False,
)
"""What was published last about a year, with its small cells hidden. It stays when the cases it counted are gone."""
