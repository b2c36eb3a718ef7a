"""The report of each purge as rows, counted up in the transaction of each batch. Must not know how anything goes."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from fhir_um.cases.retention import Going, Purge, Purged, RecordKind
from fhir_um.store.columns import as_key
from fhir_um.store.retention_tables import purge_reports, purged_cases

_r = purge_reports.c
_ALL = select(purge_reports).order_by(_r.began_at, _r.report_id, _r.kind, _r.rule_id, _r.payer_id)
_COUNT_UP = (
    update(purge_reports)
    .where(
        _r.report_id == bindparam("of_report"),
        _r.payer_id == bindparam("of_payer"),
        _r.kind == bindparam("of_kind"),
        _r.rule_id == bindparam("of_rule"),
    )
    .values(count=_r.count + bindparam("more"), ended_at=bindparam("at", type_=_r.ended_at.type))
)
_IS_PURGED = select(purged_cases.c.id).where(purged_cases.c.id == bindparam("of_id")).limit(1)


def count(connection: Connection, gone: Sequence[Going], purge: Purge) -> None:
    """Add what went to the rows of the report."""
    counts = Counter((one.candidate.record.payer_id, one.candidate.record.kind, one.rule_id) for one in gone)
    for (payer_id, kind, rule_id), more in counts.items():
        named = {"of_report": purge.report_id, "of_payer": payer_id, "of_kind": kind.value, "of_rule": rule_id}
        if connection.execute(_COUNT_UP, named | {"more": more, "at": purge.at}).rowcount == 0:
            connection.execute(insert(purge_reports), _row(purge, payer_id, kind, rule_id, more))


def _row(purge: Purge, payer_id: str, kind: RecordKind, rule_id: str, first: int) -> dict[str, object]:
    return {
        "payer_id": payer_id,
        "report_id": purge.report_id,
        "kind": kind.value,
        "rule_id": rule_id,
        "count": first,
        "purged_by": purge.by,
        "began_at": purge.at,
        "ended_at": purge.at,
    }


def all_reports(connection: Connection) -> tuple[Purged, ...]:
    """Every row of every report, oldest first."""
    rows = (dict(row._mapping) for row in connection.execute(_ALL))
    return tuple(Purged(**{**row, "kind": RecordKind(row["kind"])}) for row in rows)


def is_purged(connection: Connection, case_id: str) -> bool:
    """True when a case with that id has left a tombstone."""
    return connection.scalar(_IS_PURGED, {"of_id": as_key(case_id)}) is not None
