"""Says whether the audit log is whole: it walks the chain from the first row. Must not repair anything.

It stops at the first row that does not fit: from there on nothing is proved.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from fhir_um.cases.auditing import Anchor
from fhir_um.store.anchors import anchors
from fhir_um.store.audit import subjects_in
from fhir_um.store.audit_chain import hash_of
from fhir_um.store.audit_tables import audit_log, audit_subjects
from fhir_um.store.found import as_found

Found = Row[*tuple[Any, ...]]
Told = Callable[[int], None]
"""Is told from time to time how many rows were looked at."""

_BATCH = 1_000
_NEXT = (
    select(*as_found(audit_log))
    .where(audit_log.c.sequence > bindparam("after"))
    .order_by(audit_log.c.sequence)
    .limit(_BATCH)
)
_WHOM = select(
    audit_subjects.c.sequence, audit_subjects.c.payer_id, audit_subjects.c.member_id, audit_subjects.c.case_id
).where(audit_subjects.c.sequence.between(bindparam("first"), bindparam("last")))
_BESIDE = select(func.count()).where((audit_subjects.c.sequence < 1) | (audit_subjects.c.sequence > bindparam("last")))


@dataclass(frozen=True, slots=True)
class ChainChecked:
    """How far the chain holds: the last row that fits, and what is wrong after it, empty when nothing is."""

    end: Anchor
    fault: str = ""


def unheard(rows: int) -> None:
    """For who does not want to be told."""
    del rows


def check_chain(connection: Connection, anchor: Anchor | None = None, told: Told = unheard) -> ChainChecked:
    """Walk the whole log; see that it still holds the rows that `anchor` and the anchors kept beside it name."""
    end = Anchor(0, "")
    anchored = [Anchor(kept.sequence, kept.hash) for kept in anchors(connection)] + ([anchor] if anchor else [])
    while rows := connection.execute(_NEXT, {"after": end.sequence}).all():
        whom = _whom(connection, rows)
        for row in rows:
            fault = _fault_of(row, end, whom.get(row.sequence, set())) or _unanchored(row, anchored)
            if fault:
                return ChainChecked(end, fault)
            end = Anchor(row.sequence, row.hash)
        told(end.sequence)
    last = max((one.sequence for one in anchored), default=0)
    if last > end.sequence:
        lost = f"the log ends at row {end.sequence}, but once had row {last}: its end was cut off"
        return ChainChecked(end, lost)
    if connection.scalar(_BESIDE, {"last": end.sequence}):
        return ChainChecked(end, "members or cases are named of rows that are not there")
    return ChainChecked(end)


def _fault_of(row: Found, end: Anchor, whom: set[tuple[str, str, str]]) -> str:
    here = end.sequence + 1
    if row.sequence != here:
        return f"row {here} is missing; row {row.sequence} comes next"
    if row.prev_hash != end.hash:
        return f"row {here} does not follow the row before it"
    if not isinstance(row.hash, str) or _hash(row) != row.hash:
        return f"row {here} was changed"
    if whom != {(one.payer_id, one.member_id, one.case_id) for one in subjects_in(row.subjects)}:
        return f"row {here} is not found under the members and cases it names"
    return ""


def _hash(row: Found) -> str:
    return hash_of({name: value for name, value in row._mapping.items() if name != audit_log.c.hash.name})


def _unanchored(row: Found, anchored: Iterable[Anchor]) -> str:
    if all(row.sequence != one.sequence or row.hash == one.hash for one in anchored):
        return ""
    return f"row {row.sequence} is not the one that was anchored: the log was written anew"


def _whom(connection: Connection, rows: Sequence[Found]) -> dict[int, set[tuple[str, str, str]]]:
    found: Iterable[Found] = connection.execute(_WHOM, {"first": rows[0].sequence, "last": rows[-1].sequence})
    whom: dict[int, set[tuple[str, str, str]]] = {}
    for sequence, *one in found:
        whom.setdefault(sequence, set()).add((one[0], one[1], one[2]))
    return whom
