"""One hash-chained log of every access. Never changed once released.

What the table before it held are the first rows, in the order of time. The canonical form and the guards are written
out once more, as they were when this migration was made.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ACTS = {"GET": "R", "PUT": "U", "DELETE": "D"}
_KEPT = ("payer_id", "client_id", "action", "outcome", "status", "detail", "request_id", "body_hash")
_NOT_KNOWN_THEN = dict.fromkeys(("person", "role", "on_behalf_of", "remote", "purpose", "emergency"), "")
_BATCH = 500

_SQLITE_GUARD = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'rows of the audit log stay as they are'); END"
)
_SQLITE_NO_REPLACING = (
    "CREATE TRIGGER audit_log_no_replacing BEFORE INSERT ON audit_log "
    "WHEN EXISTS (SELECT 1 FROM audit_log WHERE sequence >= NEW.sequence) "
    "BEGIN SELECT RAISE(ABORT, 'rows of the audit log stay as they are'); END"
)
_POSTGRESQL_END = (
    "CREATE OR REPLACE FUNCTION audit_end(OUT last bigint, OUT last_hash text) LANGUAGE plpgsql AS "
    "'BEGIN SET CONSTRAINTS ALL IMMEDIATE; PERFORM pg_advisory_xact_lock(hashtextextended(''audit_log'', 0)); "
    "SELECT sequence, hash INTO last, last_hash FROM audit_log ORDER BY sequence DESC LIMIT 1; END'"
)
_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''rows of the audit log stay as they are''; END'"
)
_POSTGRESQL_GUARD = (
    "CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()"
)


def upgrade() -> None:
    """Build the log, move the old rows into it, and close it."""
    log = _build_log()
    _build_subjects()
    _move(op.get_bind(), log)
    op.drop_index("audit_by_time", "audit")
    op.drop_table("audit")
    _close("audit_log", "audit_subjects")


def _build_log() -> sa.Table:
    log = op.create_table(
        "audit_log",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("payer_id", sa.Text),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("on_behalf_of", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("remote", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("emergency", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("subjects", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="audit_log_pkey"),
    )
    op.create_index("audit_log_by_time", "audit_log", ["at", "sequence"])
    op.create_index("audit_log_by_client", "audit_log", ["client_id", "sequence"])
    op.create_index("audit_log_by_request", "audit_log", ["request_id"])
    return log


def _build_subjects() -> None:
    op.create_table(
        "audit_subjects",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=False),
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", "payer_id", "member_id", "case_id", name="audit_subjects_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_subjects_by_member", "audit_subjects", ["member_id", "payer_id", "sequence"])
    op.create_index("audit_subjects_by_case", "audit_subjects", ["case_id", "payer_id", "sequence"])


def _move(connection: sa.Connection, log: sa.Table) -> None:
    previous = ""
    for sequence, old in enumerate(_old_rows(connection), 1):
        row = {name: old[name] for name in _KEPT} | _NOT_KNOWN_THEN
        act = _ACTS.get(old["action"].partition(" ")[0], "E")
        row |= {"sequence": sequence, "at": _instant(old["at"]), "act": act, "subjects": "[]", "prev_hash": previous}
        previous = _hash(row)
        written = row["at"].isoformat(timespec="microseconds") if connection.dialect.name == "sqlite" else row["at"]
        connection.execute(log.insert(), row | {"at": written, "hash": previous})


def _old_rows(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    first = sa.text("SELECT * FROM audit ORDER BY at, id LIMIT :most")
    later = sa.text("SELECT * FROM audit WHERE (at, id) > (:at, :id) ORDER BY at, id LIMIT :most")
    rows = connection.execute(first, {"most": _BATCH}).mappings().all()
    while rows:
        yield from map(dict, rows)
        after = {"at": rows[-1]["at"], "id": rows[-1]["id"], "most": _BATCH}
        rows = connection.execute(later, after).mappings().all()


def _instant(kept: str | datetime) -> datetime:
    return (datetime.fromisoformat(kept) if isinstance(kept, str) else kept).astimezone(UTC)


def _hash(row: Mapping[str, Any]) -> str:
    said = {**row, "at": row["at"].isoformat(timespec="microseconds"), "form": 1}
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _close(*tables: str) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        op.execute(_SQLITE_NO_REPLACING)
    else:
        op.execute(_POSTGRESQL_END)
        op.execute(_POSTGRESQL_FUNCTION)
    for table in tables:
        for verb in ("UPDATE", "DELETE") if is_sqlite else ():
            op.execute(_SQLITE_GUARD.format(table=table, verb=verb.lower(), VERB=verb))
        if not is_sqlite:
            op.execute(_POSTGRESQL_GUARD.format(table=table))
