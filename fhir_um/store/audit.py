"""The audit log: one row after the other, chained by hashes, never changed. Must not know what an action means.

Only one writer at a time can add a row. On SQLite it is alone with the file anyway; on PostgreSQL it takes a lock
that every writer takes last, after all other locks, so that none waits for the other in a circle.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec
from sqlalchemy import Connection, Text, bindparam, cast, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from fhir_um.cases.auditing import Act, Anchor, AuditEntry, AuditRow, Subject
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.store.audit_chain import Record, hash_of, record_of
from fhir_um.store.audit_tables import audit_log, audit_subjects
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import cases

_ADD = Prepared(insert(audit_log))
_ADD_SUBJECT = Prepared(insert(audit_subjects))
_END = Prepared(
    select(audit_log.c.sequence, audit_log.c.hash).order_by(audit_log.c.sequence.desc()).limit(bindparam("one"))
)
_MEMBER_OF = Prepared(
    select(cases.c.member_id).where(cases.c.payer_id == bindparam("payer_id"), cases.c.id == bindparam("case_id"))
)
_TAKE_END = text("SELECT last, last_hash FROM audit_end()")
_SUBJECT = func.jsonb_array_elements(cast(bindparam("subjects", type_=Text), JSONB)).column_valued("subject")
_ADD_WITH_SUBJECTS = (
    insert(audit_subjects)
    .from_select(
        ["sequence", "payer_id", "member_id", "case_id"],
        select(
            bindparam("sequence", type_=audit_log.c.sequence.type),
            *(cast(_SUBJECT, JSONB)[place].astext for place in range(3)),
        ).distinct(),
    )
    .add_cte(insert(audit_log).values({each.name: bindparam(f"of_{each.name}") for each in audit_log.c}).cte("added"))
)
"""On PostgreSQL all in one journey to the server, for everybody else waits meanwhile."""

_subjects = msgspec.json.Decoder(list[tuple[str, str, str, int]])


def add_row(connection: Connection, entry: AuditEntry) -> int:
    """Put the entry at the end of the log; its place."""
    is_alone = connection.dialect.name == "sqlite"
    end = end_of(connection) if is_alone else _taken_end(connection)
    record = record_of(entry, end.sequence + 1, end.hash)
    record["hash"] = hash_of(record)
    if is_alone:
        _ADD.change(connection, [record])
        _ADD_SUBJECT.change(connection, _subject_rows(record["sequence"], entry.subjects))
    else:
        named = {f"of_{name}": value for name, value in record.items()}
        connection.execute(_ADD_WITH_SUBJECTS, named | {name: record[name] for name in ("sequence", "subjects")})
    return end.sequence + 1


def end_of(connection: Connection) -> Anchor:
    """The last row; 0 and an empty hash when there is none."""
    rows = _END.rows(connection, {"one": 1})
    return Anchor(*rows[0]) if rows else Anchor(0, "")


def _taken_end(connection: Connection) -> Anchor:
    """The last row, once this transaction is the only one that may add the next."""
    last, last_hash = connection.execute(_TAKE_END).one()
    return Anchor(last or 0, last_hash or "")


def with_member(connection: Connection, subject: Subject) -> Subject:
    """The subject with the member of its case, where it names none and the case is known."""
    if subject.member_id or not subject.case_id:
        return subject
    found = _MEMBER_OF.scalar(connection, {"payer_id": subject.payer_id, "case_id": subject.case_id})
    return replace(subject, member_id=MemberId(found or ""))


def entry_of(record: Record) -> AuditEntry:
    """The entry a row was made of."""
    return AuditEntry(
        at=record["at"],
        action=record["action"],
        act=Act(record["act"]),
        outcome=record["outcome"],
        status=record["status"],
        payer_id=PayerId(record["payer_id"]) if record["payer_id"] is not None else None,
        client_id=record["client_id"],
        person=record["person"],
        role=record["role"],
        on_behalf_of=record["on_behalf_of"],
        detail=record["detail"],
        request_id=record["request_id"],
        remote=record["remote"],
        purpose=record["purpose"],
        emergency=record["emergency"],
        body_hash=record["body_hash"],
        subjects=subjects_in(record["subjects"]),
    )


def row_of(record: Record) -> AuditRow:
    """The row of the log as the house knows it."""
    return AuditRow(record["sequence"], entry_of(record), record["prev_hash"], record["hash"])


def subjects_in(written: str) -> tuple[Subject, ...]:
    """The subjects a row names. Raises: msgspec.DecodeError when it is not a list of them."""
    return tuple(
        Subject(PayerId(payer), MemberId(member), CaseId(case), version)
        for payer, member, case, version in _subjects.decode(written)
    )


def _subject_rows(sequence: int, subjects: Iterable[Subject]) -> list[Record]:
    found = {(one.payer_id, one.member_id, one.case_id) for one in subjects}
    return [
        {"sequence": sequence, "payer_id": payer, "member_id": member, "case_id": case}
        for payer, member, case in sorted(found)
    ]
