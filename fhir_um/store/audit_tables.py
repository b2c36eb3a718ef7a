"""The tables of the audit log, which nobody changes and nothing leaves. Must equal what the migrations build.

Rows of the log are of no payer in their key: it is one chain, and some are written before a payer is known.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    event,
)

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_Sequence = BigInteger().with_variant(Integer, "sqlite")

audit_log = Table(
    "audit_log",
    metadata,
    Column("sequence", _Sequence, nullable=False, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("payer_id", Text),
    Column("client_id", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("on_behalf_of", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("remote", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("emergency", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("subjects", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("sequence", name="audit_log_pkey"),
    Index("audit_log_by_time", "at", "sequence"),
    Index("audit_log_by_client", "client_id", "sequence"),
    Index("audit_log_by_request", "request_id"),
)

audit_subjects = Table(
    "audit_subjects",
    metadata,
    Column("sequence", _Sequence, nullable=False, autoincrement=False),
    Column("payer_id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    PrimaryKeyConstraint("sequence", "payer_id", "member_id", "case_id", name="audit_subjects_pkey"),
    Index("audit_subjects_by_member", "member_id", "payer_id", "sequence"),
    Index("audit_subjects_by_case", "case_id", "payer_id", "sequence"),
    sqlite_with_rowid=False,
)
"""Finds rows of the log by member and by case. Says nothing the rows do not say."""

_SQLITE_TRIGGER = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'rows of the audit log stay as they are'); END"
)
_SQLITE_NO_REPLACING = (
    "CREATE TRIGGER audit_log_no_replacing BEFORE INSERT ON audit_log "
    "WHEN EXISTS (SELECT 1 FROM audit_log WHERE sequence >= NEW.sequence) "
    "BEGIN SELECT RAISE(ABORT, 'rows of the audit log stay as they are'); END"
)
"""`INSERT OR REPLACE` removes a row, and no trigger for `DELETE` hears of it. Source: SQLite, ON CONFLICT clause."""

_POSTGRESQL_END = (
    "CREATE OR REPLACE FUNCTION audit_end(OUT last bigint, OUT last_hash text) LANGUAGE plpgsql AS "
    "'BEGIN SET CONSTRAINTS ALL IMMEDIATE; PERFORM pg_advisory_xact_lock(hashtextextended(''audit_log'', 0)); "
    "SELECT sequence, hash INTO last, last_hash FROM audit_log ORDER BY sequence DESC LIMIT 1; END'"
)
_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''rows of the audit log stay as they are''; END'"
)
_POSTGRESQL_TRIGGER = (
    "CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()"
)


def guards(table: str, dialect: str) -> tuple[str, ...]:
    """What keeps rows of that table from being changed or removed, as statements of that database.

    On PostgreSQL also the function that gives one transaction after the other the end of the log. It checks foreign
    keys before it waits: at commit they would wait for rows whose writer may be waiting for the end of the log.
    """
    if dialect == "postgresql":
        return _POSTGRESQL_END, _POSTGRESQL_FUNCTION, _POSTGRESQL_TRIGGER.format(table=table)
    stay = [_SQLITE_TRIGGER.format(table=table, verb=verb.lower(), VERB=verb) for verb in ("UPDATE", "DELETE")]
    return (*stay, _SQLITE_NO_REPLACING) if table == audit_log.name else tuple(stay)


for _table in (audit_log, audit_subjects):
    for _dialect in ("sqlite", "postgresql"):
        for _statement in guards(_table.name, _dialect):
            guard = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy says nothing of its types
            event.listen(_table, "after_create", guard.execute_if(dialect=_dialect))
