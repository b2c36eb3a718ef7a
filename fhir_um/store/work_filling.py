"""Makes the rows of what waits anew from the cases: those missing after a migration, or all. Must not run by itself."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, exists, literal_column, select, tuple_

from fhir_um.store.cases import PENDED_STATUS
from fhir_um.store.documents import case_of
from fhir_um.store.tables import cases
from fhir_um.store.work_rows import follow
from fhir_um.store.work_tables import work_items

_BATCH = 500
_MOST: BindParameter[int] = bindparam("most")
_WAITS = cases.c.status == literal_column(f"'{PENDED_STATUS}'")
_OF_CASE = and_(work_items.c.case_id == cases.c.id, work_items.c.payer_id == cases.c.payer_id)
_NEXT = (
    select(cases.c.document)
    .where(tuple_(cases.c.id, cases.c.payer_id) > tuple_(bindparam("after_id"), bindparam("after_payer")), _WAITS)
    .order_by(cases.c.id, cases.c.payer_id)
    .limit(_MOST)
    .with_for_update()
)
_NEXT_WITHOUT = _NEXT.where(~exists().where(_OF_CASE))
_FORGET_DECIDED = delete(work_items).where(~exists().where(_OF_CASE, _WAITS))


@dataclass(frozen=True, slots=True)
class Filled:
    """How many cases were looked at, and the key of the last of them; nothing is left when there was none."""

    cases: int
    last: tuple[str, str]


def fill_missing(connection: Connection) -> int:
    """Make the rows of cases that wait and have none, 500 at a time; how many cases that were."""
    filled = Filled(0, ("", ""))
    count = 0
    while (filled := _fill(connection, _NEXT_WITHOUT, filled.last, _BATCH)).cases:
        count += filled.cases
    return count


def fill(connection: Connection, after: tuple[str, str], most: int) -> Filled:
    """Have the rows of the next cases that wait, by id and payer, say what these say.

    From the beginning (`after` empty) it also removes rows of cases that wait no more.
    """
    if after == ("", ""):
        connection.execute(_FORGET_DECIDED)
    return _fill(connection, _NEXT, after, most)


def _fill(connection: Connection, statement: Any, after: tuple[str, str], most: int) -> Filled:
    named = {"after_id": after[0], "after_payer": after[1], "most": most}
    found = [case_of(document) for document in connection.execute(statement, named).scalars()]
    for case in found:
        follow(connection, case)
    return Filled(len(found), (found[-1].id, found[-1].payer_id) if found else after)
