"""Finds rows of the audit log. Must not know who asks, or what an action means."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, or_, select

from fhir_um.cases.auditing import AuditRow, AuditSearch
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.store.audit import row_of
from fhir_um.store.audit_chain import written
from fhir_um.store.audit_tables import audit_log, audit_subjects
from fhir_um.store.columns import as_key
from fhir_um.store.tables import cases

_BATCH = 1_000
_NOBODY = written(())
_Rows = Select[*tuple[Any, ...]]


def search(connection: Connection, payer_ids: tuple[PayerId, ...], wanted: AuditSearch) -> tuple[AuditRow, ...]:
    """Rows of those payers, or of none, latest first."""
    query = select(audit_log).where(*_conditions(payer_ids, wanted))
    found = connection.execute(query.order_by(audit_log.c.sequence.desc()).limit(wanted.limit))
    return tuple(row_of(dict(row)) for row in found.mappings())


def about_member(connection: Connection, payer_id: PayerId, member_id: MemberId) -> tuple[AuditRow, ...]:
    """Every row that names the member or one of their cases, oldest first."""
    subject, member = audit_subjects.c, as_key(member_id)
    own_cases = select(cases.c.id).where(cases.c.member_id == member, cases.c.payer_id == payer_id)
    named = select(subject.sequence).where(subject.member_id == member, subject.payer_id == payer_id)
    meant = select(subject.sequence).where(
        subject.case_id.in_(own_cases), subject.payer_id == payer_id, subject.member_id == ""
    )
    query = select(audit_log).where(audit_log.c.sequence.in_(named.union(meant))).order_by(audit_log.c.sequence)
    return tuple(row_of(dict(row)) for row in connection.execute(query).mappings())


def rows_since(connection: Connection, payer_ids: tuple[PayerId, ...], since: datetime) -> Iterator[AuditRow]:
    """Rows of those payers, or of none, from then on, oldest first, read little by little."""
    after = 0
    while True:
        query = select(audit_log).where(audit_log.c.at >= since, audit_log.c.sequence > after, _of_payers(payer_ids))
        rows = connection.execute(query.order_by(audit_log.c.sequence).limit(_BATCH)).mappings().all()
        if not rows:
            return
        yield from (row_of(dict(row)) for row in rows)
        after = rows[-1]["sequence"]


def emergencies_since(connection: Connection, since: datetime) -> frozenset[str]:
    """The emergency grants that were used from then on."""
    used = select(audit_log.c.emergency).where(audit_log.c.at >= since, audit_log.c.emergency != "").distinct()
    return frozenset(connection.scalars(used))


def _conditions(payer_ids: tuple[PayerId, ...], wanted: AuditSearch) -> Iterator[Any]:
    row = audit_log.c
    yield _of_payers(payer_ids)
    if wanted.since is not None:
        yield row.at >= wanted.since
    if wanted.until is not None:
        yield row.at < wanted.until
    if wanted.before is not None:
        yield row.sequence < wanted.before
    same = ("client_id", "person", "action", "outcome", "request_id")
    yield from (row[name] == as_key(getattr(wanted, name)) for name in same if getattr(wanted, name))
    subject = audit_subjects.c
    names = ("case_id", "member_id")
    about = [subject[name] == as_key(getattr(wanted, name)) for name in names if getattr(wanted, name)]
    if about:
        yield exists().where(and_(subject.sequence == row.sequence, subject.payer_id.in_(payer_ids), *about))


def _of_payers(payer_ids: tuple[PayerId, ...]) -> Any:
    """A row of no payer was written before one was known, or is about several; then it is also of each of these."""
    row, subject = audit_log.c, audit_subjects.c
    is_about_them = exists().where(subject.sequence == row.sequence, subject.payer_id.in_(payer_ids))
    return or_(row.payer_id.in_(payer_ids), row.payer_id.is_(None) & or_(row.subjects == _NOBODY, is_about_them))
