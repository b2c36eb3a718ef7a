"""What waits for people, inside one transaction: pages of it, how much there is, and who takes it.

Must not know which role may do what. A page is read from one stretch of an index for each payer, whatever waits in all.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from fhir_um.cases.model import Case, CaseId, PayerId
from fhir_um.cases.queues import LATE
from fhir_um.cases.work_items import After, Held, QueueCount, Waiting, Wanted, WorkItem, escalated_item, place_of
from fhir_um.store.cases import NO_DEADLINE
from fhir_um.store.columns import as_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.work_filling import Filled, fill
from fhir_um.store.work_rows import NOBODY, follow, row_of, waiting_of
from fhir_um.store.work_tables import work_items

_row = work_items.c
_IN_ORDER = (_row.due_at, _row.priority, _row.case_id)
_TIME = _row.due_at.type
_COUNTS = (
    select(
        _row.queue,
        func.count().label("waiting"),
        func.count().filter(_row.assignee == "").label("unassigned"),
        func.min(_row.due_at, type_=_TIME).label("first"),
    )
    .where(_row.payer_id.in_(bindparam("payers", expanding=True)))
    .group_by(_row.queue)
)
_OF_CASE = (_row.case_id == bindparam("case_id"), _row.payer_id.in_(bindparam("payers", expanding=True)))
_ITEMS = select(work_items).where(*_OF_CASE).order_by(_row.payer_id, _row.queue)
_ITEM = select(work_items).where(*_OF_CASE, _row.queue == bindparam("queue")).order_by(_row.payer_id)
_THIS = (
    _row.case_id == bindparam("of_case"),
    _row.payer_id == bindparam("of_payer"),
    _row.queue == bindparam("of_queue"),
)
_FREE_OF_LOCKS = or_(_row.lock_owner.in_(("", bindparam("person"))), _row.lock_until <= bindparam("at", type_=_TIME))
_NEXT = (
    select(work_items)
    .where(
        _row.queue == bindparam("queue"),
        _row.payer_id == bindparam("payer"),
        _row.assignee == bindparam("whose"),
        _FREE_OF_LOCKS,
    )
    .order_by(*_IN_ORDER)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(work_items)
    .where(*_THIS, _row.assignee == "", _FREE_OF_LOCKS)
    .values(assignee=bindparam("person"), assigned_at=bindparam("at", type_=_TIME))
)
_HOLD = Prepared(
    update(work_items).where(*_THIS).values({name: bindparam(f"new_{name}", type_=_row[name].type) for name in NOBODY})
)


class WaitingRead:
    """What waits, in a transaction that reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: Wanted, after: After | None, limit: int) -> tuple[Waiting, ...]:
        """The next items in the order of every list, behind that place."""
        statements = (_page(wanted, payer, after).limit(limit) for payer in sorted(wanted.payer_ids))
        found = [waiting_of(row) for each in statements for row in self._connection.execute(each)]
        return tuple(sorted(found, key=lambda each: sorting(place_of(each.item)))[:limit])

    def counts(self, payer_ids: Sequence[PayerId]) -> tuple[QueueCount, ...]:
        """What waits in each queue in which something does, by name."""
        rows = self._connection.execute(_COUNTS, {"payers": list(payer_ids)})
        return tuple(sorted((_count(row) for row in rows), key=lambda each: each.queue))

    def items(self, payer_ids: Sequence[PayerId], case_id: CaseId) -> tuple[Waiting, ...]:
        """Everything that waits of a case, by queue."""
        rows = self._connection.execute(_ITEMS, {"case_id": as_key(case_id), "payers": list(payer_ids)})
        return tuple(map(waiting_of, rows))


class WaitingWork(WaitingRead):
    """What waits, in a transaction that may write."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def item(self, payer_ids: Sequence[PayerId], case_id: CaseId, queue: str) -> Waiting | None:
        """What waits of a case in that queue, kept from others until the transaction ends; or None."""
        named = {"case_id": as_key(case_id), "payers": list(payer_ids), "queue": queue}
        row = self._writing().execute(_ITEM.with_for_update(), named).first()
        return None if row is None else waiting_of(row)

    def page_for_change(self, wanted: Wanted, limit: int) -> tuple[Waiting, ...]:
        """As `page` from the beginning, kept from others until the transaction ends; what others keep is left out."""
        connection = self._writing()
        statements = (_page(wanted, payer, None).limit(limit) for payer in sorted(wanted.payer_ids))
        locking = (each.with_for_update(skip_locked=True) for each in statements)
        return tuple(waiting_of(row) for each in locking for row in connection.execute(each))[:limit]

    def take_next(self, payer_ids: Sequence[PayerId], queue: str, person: str, at: datetime) -> Waiting | None:
        """The person's most urgent item of that queue, one that is nobody's made theirs; or None.

        What others are taking at this moment, or have locked, is passed over.
        """
        while found := self._first(payer_ids, queue, person, at):
            named = _named(found.item) | {"person": person, "at": at}
            if found.held.assignee == person:
                return found
            if self._writing().execute(_TAKE, named).rowcount == 1:
                return self.item((found.item.payer_id,), found.item.case_id, queue)
        return None

    def _first(self, payer_ids: Sequence[PayerId], queue: str, person: str, at: datetime) -> Waiting | None:
        """Of theirs and nobody's, the one with the least time left."""
        connection = self._writing()
        found = [
            waiting_of(row)
            for payer in sorted(payer_ids)
            for whose in (person, "")
            for row in connection.execute(
                _NEXT, {"queue": queue, "payer": payer, "whose": whose, "person": person, "at": at}
            )
        ]
        return min(found, key=lambda each: sorting(place_of(each.item)), default=None)

    def hold(self, item: WorkItem, held: Held) -> None:
        """Set who has an item that was read to be changed."""
        now = {f"new_{name}": getattr(held, name) for name in NOBODY}
        _HOLD.change(self._writing(), [{**_named(item), **now}])

    def escalate(self, case: Case, held: Held) -> Waiting | None:
        """Put everything that waits of the case before the supervisors; None when nothing does."""
        item = escalated_item(case)
        if item is None:
            return None
        known = self.item((case.payer_id,), case.id, LATE)
        if known is None:
            values = {name: getattr(held, name) for name in NOBODY}
            self._writing().execute(insert(work_items), [{**row_of(item), **values}])
            return Waiting(item, held)
        self.hold(item, held)
        follow(self._writing(), case)
        return Waiting(item, held)

    def fill(self, after: tuple[str, str], most: int) -> Filled:
        """Have the rows of the next cases that wait say what these say; see `work_filling.fill`."""
        return fill(self._writing(), after, most)


def sorting(place: After) -> tuple[datetime, str, str, str, str]:
    """The order of every list, as something to sort by."""
    return place.due_at or NO_DEADLINE, place.priority, place.case_id, place.payer_id, place.queue


def _page(wanted: Wanted, payer: PayerId, after: After | None) -> Select[Any]:
    statement = select(work_items).where(_row.payer_id == payer, *_conditions(wanted))
    if after is not None:
        statement = statement.where(_behind(after, payer, wanted))
    order = _IN_ORDER if wanted.queue else (*_IN_ORDER, _row.queue)
    return statement.order_by(*order)


def _behind(after: After, payer: PayerId, wanted: Wanted) -> ColumnElement[bool]:
    """Of another payer the same place may still come, or be gone by; of the same payer the next queue may."""
    columns: list[Any] = list(_IN_ORDER)
    values: list[Any] = [after.due_at or NO_DEADLINE, after.priority.value, as_key(after.case_id)]
    if not wanted.queue and payer == after.payer_id:
        columns, values = [*columns, _row.queue], [*values, after.queue]
    place = tuple_(*columns)
    there = tuple_(*(bindparam(None, value, type_=column.type) for column, value in zip(columns, values, strict=True)))
    return place >= there if payer > after.payer_id else place > there


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.queue:
        found.append(_row.queue == wanted.queue)
    if wanted.unassigned:
        found.append(_row.assignee == "")
    elif wanted.assignee:
        found.append(_row.assignee == as_key(wanted.assignee))
        found += [] if wanted.queue else [_row.assignee != literal_column("''")]
    if wanted.line_of_business:
        found.append(_row.line_of_business == wanted.line_of_business)
    if wanted.priority is not None:
        found.append(_row.priority == wanted.priority.value)
    if wanted.due_before is not None:
        found.append(_row.due_at < wanted.due_before)
    if wanted.state is not None:
        found.append(_row.state == wanted.state.value)
    if wanted.specialty:
        found.append(_row.specialty == wanted.specialty)
    if wanted.flag is not None:
        found.append(_row.flags.contains(f" {wanted.flag} "))
    return found


def _named(item: WorkItem) -> dict[str, Any]:
    return {"of_payer": item.payer_id, "of_case": item.case_id, "of_queue": item.queue}


def _count(row: Any) -> QueueCount:
    first = None if row.first == NO_DEADLINE else row.first
    return QueueCount(row.queue, row.waiting, row.unassigned, first)
