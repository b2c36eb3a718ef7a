"""The tables of people: who signed in, their sessions, and emergency access. Must equal what the migrations build.

Of no payer: one person may work for several.
"""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

people = Table(
    "people",
    metadata,
    Column("id", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("signed_in_at", Instant, nullable=False),
    PrimaryKeyConstraint("id", name="people_pkey"),
)
"""`identity` is sealed: issuer, subject and name. `signed_in_at` is the last time."""

sign_ins = Table(
    "people_sign_ins",
    metadata,
    Column("state_hash", Text, nullable=False),
    Column("browser_hash", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    PrimaryKeyConstraint("state_hash", name="people_sign_ins_pkey"),
    Index("people_sign_ins_by_end", "ends_at"),
    sqlite_with_rowid=False,
)
"""Sign-ins on their way to the provider and back; each is good once."""

sessions = Table(
    "people_sessions",
    metadata,
    Column("token_hash", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("payers", Text, nullable=False),
    Column("has_second_factor", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    PrimaryKeyConstraint("token_hash", name="people_sessions_pkey"),
    Index("people_sessions_by_end", "ends_at"),
    sqlite_with_rowid=False,
)
"""`token_hash` is the SHA-256 of what the browser holds; that itself is kept nowhere."""

emergencies = Table(
    "emergency_access",
    metadata,
    Column("id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("payers", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("case_id", Text),
    Column("granted_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("review_due_at", Instant, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", Instant),
    Column("finding", Text, nullable=False),
    PrimaryKeyConstraint("id", name="emergency_access_pkey"),
    Index("emergency_access_by_person", "person_id", "ends_at"),
    Index("emergency_access_by_grant", "granted_at"),
)
"""`statement` (reason and ticket) and `finding` are sealed: people write names into such fields."""
