"""The history of each case: steps that are only ever added, chained by SHA-256. Must not know what a step means.

The hash of a step covers its case, its place and the hash before it, so a changed, lost or moved step shows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from fhir_um.cases.model import CaseId, Event, PayerId
from fhir_um.store.documents import document, event_of
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import case_events

_INSERT = Prepared(insert(case_events))
_OF_CASE = Prepared(
    select(case_events.c.at, case_events.c.body)
    .where(case_events.c.payer_id == bindparam("payer_id"), case_events.c.case_id == bindparam("case_id"))
    .order_by(case_events.c.sequence)
)
_LAST_HASH = Prepared(
    select(case_events.c.hash)
    .where(case_events.c.payer_id == bindparam("payer_id"), case_events.c.case_id == bindparam("case_id"))
    .order_by(case_events.c.sequence.desc())
    .limit(bindparam("one"))
)


def chained(previous: str, payer_id: str, case_id: str, sequence: int, body: str) -> str:
    """The hash of a step; `previous` is the hash of the step before, empty for the first."""
    return sha256("\n".join((previous, payer_id, case_id, str(sequence), body)).encode()).hexdigest()


def event_rows(payer_id: PayerId, case_id: CaseId, events: Iterable[Event], previous: str = "") -> list[dict[str, Any]]:
    """The steps as rows, in order, after the one whose hash is `previous`."""
    rows: list[dict[str, Any]] = []
    for step in events:
        body = document(step)
        row_hash = chained(previous, payer_id, case_id, step.sequence, body)
        rows.append(
            {
                "payer_id": payer_id,
                "case_id": case_id,
                "sequence": step.sequence,
                "version": step.version,
                "at": step.at,
                "kind": step.kind,
                "actor": step.actor.id,
                "prev_hash": previous,
                "hash": row_hash,
                "body": body,
            }
        )
        previous = row_hash
    return rows


def add_events(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append steps made by `event_rows`."""
    _INSERT.change(connection, rows)


def last_hash(connection: Connection, payer_id: PayerId, case_id: CaseId) -> str:
    """The hash of the latest step, empty when there is none."""
    return _LAST_HASH.scalar(connection, {"payer_id": payer_id, "case_id": case_id, "one": 1}) or ""


def events_of(
    connection: Connection, payer_id: PayerId, case_id: CaseId, until: datetime | None = None
) -> tuple[Event, ...]:
    """Every step up to and including `until`, oldest first."""
    rows = _OF_CASE.rows(connection, {"payer_id": payer_id, "case_id": case_id})
    return tuple(event_of(body) for at, body in rows if until is None or at <= until)
