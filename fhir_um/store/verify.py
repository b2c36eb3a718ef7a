"""Says whether what is kept is whole: every case follows from its steps, nothing was altered. Must not repair."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Executable, Row, bindparam, select, text, tuple_

from fhir_um.cases.history import rebuild
from fhir_um.cases.model import Case
from fhir_um.store.documents import case_of, event_of
from fhir_um.store.events import chained
from fhir_um.store.tables import case_events, cases, issued_numbers, submissions

_BATCH = 200

_CASES = (
    select(cases.c.payer_id, cases.c.id, cases.c.version, cases.c.document)
    .where(tuple_(cases.c.id, cases.c.payer_id) > tuple_(bindparam("after_id"), bindparam("after_payer")))
    .order_by(cases.c.id, cases.c.payer_id)
    .limit(_BATCH)
)
_SUBMISSIONS = (
    select(submissions.c.payer_id, submissions.c.id, submissions.c.content_hash, submissions.c.body)
    .where(tuple_(submissions.c.id, submissions.c.payer_id) > tuple_(bindparam("after_id"), bindparam("after_payer")))
    .order_by(submissions.c.id, submissions.c.payer_id)
    .limit(_BATCH)
)
_EVENTS = (
    select(case_events)
    .where(case_events.c.payer_id == bindparam("payer_id"), case_events.c.case_id == bindparam("case_id"))
    .order_by(case_events.c.sequence)
)
_NUMBERS = select(issued_numbers.c.number).where(
    issued_numbers.c.payer_id == bindparam("payer_id"), issued_numbers.c.case_id == bindparam("case_id")
)


def verify(connection: Connection) -> Iterator[str]:
    """Every fault found, in words that name the payer and the case or submission."""
    if connection.dialect.name == "sqlite":
        yield from (f"SQLite: {found}" for found in _sqlite_faults(connection))
    for row in _all(connection, _CASES):
        yield from (f"payer {row.payer_id}, case {row.id}: {fault}" for fault in _case_faults(connection, row))
    for row in _all(connection, _SUBMISSIONS):
        if sha256(row.body).hexdigest() != row.content_hash:
            yield f"payer {row.payer_id}, submission {row.id}: the bytes do not have the recorded hash"


def _sqlite_faults(connection: Connection) -> Iterator[str]:
    yield from (row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok")
    yield from (f"foreign key of {row[0]}" for row in connection.execute(text("PRAGMA foreign_key_check")))


def _all(connection: Connection, statement: Executable) -> Iterator[Row[*tuple[Any, ...]]]:
    after = {"after_payer": "", "after_id": ""}
    while rows := connection.execute(statement, after).all():
        yield from rows
        after = {"after_payer": rows[-1].payer_id, "after_id": rows[-1].id}


def _case_faults(connection: Connection, row: Row[*tuple[Any, ...]]) -> Iterator[str]:
    try:
        case = case_of(row.document)
    except msgspec.MsgspecError as error:
        yield f"the document cannot be read: {error}"
        return
    steps = connection.execute(_EVENTS, {"payer_id": row.payer_id, "case_id": row.id}).all()
    yield from _chain_faults(steps)
    yield from _fold_faults(case, steps)
    if case.version != row.version:
        yield f"the document is at version {case.version}, the row at {row.version}"
    numbers = set(connection.execute(_NUMBERS, {"payer_id": row.payer_id, "case_id": row.id}).scalars())
    for line in case.lines:
        given = {line.authorization_number, line.administrative_reference} - {""}
        yield from (f"line {line.sequence} carries {each}, which was never handed out" for each in given - numbers)


def _chain_faults(steps: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[str]:
    previous = ""
    for step in steps:
        expected = chained(previous, step.payer_id, step.case_id, step.sequence, step.body)
        if step.prev_hash != previous or step.hash != expected:
            yield f"event {step.sequence} does not follow from the one before, or was altered"
        previous = step.hash


def _fold_faults(case: Case, steps: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[str]:
    try:
        rebuilt = rebuild(event_of(step.body) for step in steps)
    except (ValueError, msgspec.MsgspecError) as error:
        yield f"the history cannot be replayed: {error}"
        return
    if rebuilt != case:
        yield "the case does not equal the fold of its events"
