"""Where the rows of what waits do not say what their case says. Must not repair anything: `fhir-um work rebuild` does.

Of whom an item is nobody can tell from the case; a lock has an owner and an end, or neither.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from fhir_um.cases.model import Case
from fhir_um.cases.queues import LATE
from fhir_um.cases.work_items import escalated_item
from fhir_um.store.documents import case_of
from fhir_um.store.found import as_found
from fhir_um.store.work_rows import FOLLOWS, row_of, rows_of
from fhir_um.store.work_tables import work_items

Found = Row[*tuple[Any, ...]]

_OF_CASE = (
    select(*as_found(work_items))
    .where(work_items.c.case_id == bindparam("case_id"), work_items.c.payer_id == bindparam("payer_id"))
    .order_by(work_items.c.queue)
)


def work_faults(connection: Connection, row: Found) -> list[str]:
    """Every fault in what waits of the case of that row; none where the case cannot be read, which is told already."""
    try:
        case = case_of(row.document)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []
    named = {"payer_id": row.payer_id, "case_id": row.id}
    found = {each.queue: each for each in connection.execute(_OF_CASE, named)}
    return list(_faults(_expected(case, found), found))


def _expected(case: Case, found: dict[str, Found]) -> dict[str, dict[str, Any]]:
    """What should be there; a case sent to the supervisors waits with them as a whole."""
    expected = {each["queue"]: each for each in rows_of(case)}
    escalated = escalated_item(case)
    if escalated is not None and LATE in found and found[LATE].escalated_by:
        expected[LATE] = row_of(escalated)
    return expected


def _faults(expected: dict[str, dict[str, Any]], found: dict[str, Found]) -> Iterator[str]:
    yield from (f"it waits in {queue} and has no row there" for queue in sorted(expected.keys() - found.keys()))
    yield from (f"it has a row in {queue} and does not wait there" for queue in sorted(found.keys() - expected.keys()))
    for queue in sorted(expected.keys() & found.keys()):
        row, said = found[queue], expected[queue]
        altered = (name for name in FOLLOWS if row._mapping[name] != said[name])
        yield from (f"its row in {queue}: {name} is not what the document says" for name in altered)
        if bool(row.lock_owner) != (row.lock_until is not None):
            yield f"its row in {queue}: a lock without an owner, or without an end"
