"""What does not hold of what purged cases left: tombstones, numbers and reports. Must not repair anything."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, exists, func, select

from fhir_um.cases.retention import RecordKind
from fhir_um.store.retention_tables import purge_reports, purged_cases, purged_numbers
from fhir_um.store.tables import cases, issued_numbers

_COUNT = select(func.count()).select_from(purged_cases)
_STILL_THERE = select(purged_cases.c.payer_id, purged_cases.c.id).where(
    exists().where(and_(cases.c.id == purged_cases.c.id, cases.c.payer_id == purged_cases.c.payer_id))
)
_HANDED_OUT_AGAIN = select(purged_numbers.c.payer_id, purged_numbers.c.number).where(
    exists().where(
        and_(issued_numbers.c.number == purged_numbers.c.number, issued_numbers.c.payer_id == purged_numbers.c.payer_id)
    )
)
_BY_REPORT = select(purged_cases.c.report_id, purged_cases.c.payer_id, func.count()).group_by(
    purged_cases.c.report_id, purged_cases.c.payer_id
)
_REPORTED = (
    select(purge_reports.c.report_id, purge_reports.c.payer_id, func.sum(purge_reports.c.count))
    .where(purge_reports.c.kind == RecordKind.CASE.value)
    .group_by(purge_reports.c.report_id, purge_reports.c.payer_id)
)


def purged_faults(connection: Connection) -> tuple[int, list[str]]:
    """How many purged cases have a tombstone, and every fault found."""
    return connection.execute(_COUNT).scalar_one(), list(_faults(connection))


def _faults(connection: Connection) -> Iterator[str]:
    for payer_id, case_id in connection.execute(_STILL_THERE):
        yield f"payer {payer_id}, case {case_id}: it was purged and is there"
    for payer_id, number in connection.execute(_HANDED_OUT_AGAIN):
        yield f"payer {payer_id}, number {number}: it was handed out again after its case was purged"
    found = {(report, payer): count for report, payer, count in connection.execute(_BY_REPORT)}
    told = {(report, payer): int(count) for report, payer, count in connection.execute(_REPORTED)}
    for report, payer in sorted(found.keys() | told.keys()):
        left, said = found.get((report, payer), 0), told.get((report, payer), 0)
        if left != said:
            yield f"payer {payer}, purge {report}: {said} cases are reported, {left} have left their mark"
