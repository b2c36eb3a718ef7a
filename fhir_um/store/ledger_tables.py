"""The tables of used authorizations and of the daily anchors of the audit log. Must equal what the migrations build.

What an authorization allows stands in its case; here is only what was used of it. A use is never changed: what takes
it back is a row beside it.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    event,
)

from fhir_um.store.audit_tables import guards
from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

authorization_uses = Table(
    "authorization_uses",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("use_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("served_on", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("npi", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    PrimaryKeyConstraint("number", "payer_id", "use_id", "kind", name="authorization_uses_pkey"),
    ForeignKeyConstraint(
        ("number", "payer_id"),
        ("issued_numbers.number", "issued_numbers.payer_id"),
        name="authorization_uses_number_fkey",
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    ),
    sqlite_with_rowid=False,
)
"""`kind` is `use`, or `reversal` of the use with the same id. They go with the number, whichever case holds it."""

audit_anchors = Table(
    "audit_anchors",
    metadata,
    Column("day", Text, nullable=False),
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("hash", Text, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("day", name="audit_anchors_pkey"),
)
"""The end of the audit log, once a day (UTC); it stays as the log does."""

for _dialect in ("sqlite", "postgresql"):
    for _statement in guards(audit_anchors.name, _dialect):
        guard = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy says nothing of its types
        event.listen(audit_anchors, "after_create", guard.execute_if(dialect=_dialect))
