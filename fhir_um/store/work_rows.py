"""What waits, as rows: made anew whenever its case is written, in the same transaction. Must not know who may take it.

Who has an item stays with its row as long as the case waits in that queue. An item that somebody sent to the
supervisors stays until nothing of the case waits any more.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from fhir_um.cases.model import Case, CaseId, LineState, MemberId, PayerId, Priority, ReviewType
from fhir_um.cases.queues import LATE
from fhir_um.cases.routing import Flag
from fhir_um.cases.work_items import Held, Waiting, WorkItem, escalated_item, items_of
from fhir_um.store.cases import NO_DEADLINE
from fhir_um.store.columns import as_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.routed import shipped_routing
from fhir_um.store.work_tables import work_items
from fhir_um.store.writing import ByDatabase

_KEY = tuple(column.name for column in work_items.primary_key)
NOBODY: dict[str, Any] = {
    "assignee": "",
    "assigned_at": None,
    "lock_owner": "",
    "lock_until": None,
    "lock_note": "",
    "escalated_by": "",
    "escalated_at": None,
    "escalation": "",
}
FOLLOWS = tuple(column.name for column in work_items.columns if column.name not in (*_KEY, *NOBODY))
"""The columns that follow from the case."""


def _keeping_holders(statement: sqlite.Insert | postgresql.Insert) -> Insert:
    renewed = {name: statement.excluded[name] for name in FOLLOWS}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=renewed)


_PUT = Prepared(
    ByDatabase(_keeping_holders(sqlite.insert(work_items)), _keeping_holders(postgresql.insert(work_items)))
)
_OF_CASE = (work_items.c.case_id == bindparam("of_case"), work_items.c.payer_id == bindparam("of_payer"))
_FORGET = Prepared(delete(work_items).where(*_OF_CASE))
_FORGET_OTHERS = delete(work_items).where(
    *_OF_CASE,
    work_items.c.queue.not_in(bindparam("queues", expanding=True)),
    work_items.c.escalated_by == "",
)
_RENEW_ESCALATED = Prepared(
    update(work_items)
    .where(*_OF_CASE, work_items.c.queue == bindparam("of_queue"), work_items.c.escalated_by != "")
    .values({name: bindparam(f"new_{name}", type_=work_items.c[name].type) for name in FOLLOWS})
)


def rows_of(case: Case) -> list[dict[str, Any]]:
    """The rows of a case that is new to its queues; none when no line is pended."""
    return [{**row_of(item), **NOBODY} for item in items_of(case, shipped_routing())]


def add_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows of a new case."""
    _PUT.change(connection, rows)


def follow(connection: Connection, case: Case) -> None:
    """Have the rows of a case say what it says now."""
    named = {"of_payer": case.payer_id, "of_case": case.id}
    rows = rows_of(case)
    if not rows:
        _FORGET.change(connection, [named])
        return
    connection.execute(_FORGET_OTHERS, {**named, "queues": [row["queue"] for row in rows]})
    _PUT.change(connection, rows)
    escalated = escalated_item(case)
    if escalated is not None:
        now = {f"new_{name}": value for name, value in row_of(escalated).items() if name in FOLLOWS}
        _RENEW_ESCALATED.change(connection, [{**named, "of_queue": LATE, **now}])


def row_of(item: WorkItem) -> dict[str, Any]:
    """What a row says that follows from the case, with its key."""
    return {
        "payer_id": item.payer_id,
        "case_id": item.case_id,
        "queue": item.queue,
        "version": item.version,
        "member_id": item.member_id,
        "lines": " ".join(map(str, item.lines)),
        "state": item.state,
        "priority": item.priority,
        "due_at": item.due_at or NO_DEADLINE,
        "received_at": item.received_at,
        "since": item.since,
        "review_type": item.review_type,
        "line_of_business": item.line_of_business,
        "specialty": item.specialty,
        "code": as_key(item.code),
        "policy_id": item.policy_id,
        "flags": "".join(f" {flag} " for flag in item.flags),
    }


def waiting_of(row: Row[Any]) -> Waiting:
    """A row as the house knows it."""
    item = WorkItem(
        payer_id=PayerId(row.payer_id),
        case_id=CaseId(row.case_id),
        queue=row.queue,
        version=row.version,
        member_id=MemberId(row.member_id),
        lines=tuple(map(int, row.lines.split())),
        state=LineState(row.state),
        priority=Priority(row.priority),
        due_at=None if row.due_at == NO_DEADLINE else row.due_at,
        received_at=row.received_at,
        since=row.since,
        review_type=ReviewType(row.review_type),
        line_of_business=row.line_of_business,
        specialty=row.specialty,
        code=row.code,
        policy_id=row.policy_id,
        flags=tuple(map(Flag, row.flags.split())),
    )
    return Waiting(item, Held(**{name: row._mapping[name] for name in NOBODY}))
