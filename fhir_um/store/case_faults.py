"""What does not fit together in one case: its history, its document, and every row that hangs on it.

The steps are chained by hashes, and the header steps carry the hash of what arrived; all else is compared with the case
that follows from them. Must not repair anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, bindparam, select

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.history import rebuild
from fhir_um.cases.model import OVER, PENDED, Case, Event, EventKind
from fhir_um.store.cases import case_columns, line_rows, provider_rows
from fhir_um.store.documents import case_of, event_of
from fhir_um.store.events import chained
from fhir_um.store.found import as_found
from fhir_um.store.submissions import names_of
from fhir_um.store.tables import (
    case_events,
    case_lines,
    case_providers,
    claim_identifiers,
    clocks,
    issued_numbers,
    submissions,
)

Found = Row[*tuple[Any, ...]]

_TABLES = (case_events, case_lines, case_providers, clocks, issued_numbers, submissions, claim_identifiers)


def _of_case(table: Table) -> Any:
    columns = [column for column in as_found(table) if column.key != "body" or table is not submissions]
    named = (table.c.payer_id == bindparam("payer_id"), table.c.case_id == bindparam("case_id"))
    return select(*columns).where(*named).order_by(*table.primary_key.columns)


_ROWS = {table.name: _of_case(table) for table in _TABLES}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A case as its document says, the steps that can be read, and the rows of each table that belong to it."""

    case: Case
    events: tuple[Event, ...]
    rows: Mapping[str, Sequence[Found]]


def case_faults(connection: Connection, row: Found) -> tuple[int, list[str]]:
    """How many steps the case of that row has, and every fault found in it."""
    key = {"payer_id": row.payer_id, "case_id": row.id}
    rows = {name: connection.execute(statement, key).all() for name, statement in _ROWS.items()}
    steps = rows[case_events.name]
    events = [_event(step) for step in steps]
    faults = [*_chain_faults(steps), *_step_faults(steps, events)]
    read = tuple(event for event in events if event is not None)
    try:
        case = case_of(row.document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return len(steps), [*faults, f"the document cannot be read: {error}"]
    kept = _Kept(case, read, rows)
    faults += _fold_faults(case, events)
    faults += _row_faults(case, row)
    for check in (_line_faults, _provider_faults, _clock_faults, _number_faults, _submission_faults, _name_faults):
        faults += check(kept)
    return len(steps), faults


def _event(step: Found) -> Event | None:
    try:
        return event_of(step.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _chain_faults(steps: Sequence[Found]) -> Iterator[str]:
    previous = ""
    for step in steps:
        expected = chained(previous, step.payer_id, step.case_id, step.sequence, str(step.body))
        if step.prev_hash != previous or step.hash != expected:
            yield f"event {step.sequence} does not follow from the one before, or was altered"
        previous = str(step.hash)


def _step_faults(steps: Sequence[Found], events: Sequence[Event | None]) -> Iterator[str]:
    for step, event in zip(steps, events, strict=True):
        if event is not None:
            said = {
                "sequence": event.sequence,
                "version": event.version,
                "at": event.at,
                "kind": event.kind,
                "actor": event.actor.id,
            }
            yield from (f"event {step.sequence}, its row: {name} was altered" for name in _differing(step, said))


def _fold_faults(case: Case, events: Sequence[Event | None]) -> Iterator[str]:
    try:
        rebuilt = rebuild(_readable(events))
    except ValueError as error:
        yield f"the history cannot be replayed: {error}"
        return
    if rebuilt != case:
        yield "the case does not equal the fold of its events"


def _readable(events: Sequence[Event | None]) -> Iterator[Event]:
    for place, event in enumerate(events, start=1):
        if event is None:
            raise ValueError(f"event {place} cannot be read")
        yield event


def _row_faults(case: Case, row: Found) -> Iterator[str]:
    if case.version != row.version:
        yield f"the document is at version {case.version}, the row at {row.version}"
    said = {"payer_id": case.payer_id, "id": case.id, **case_columns(case)}
    del said["version"], said["document"]
    yield from (f"its row: {name} is not what the document says" for name in _differing(row, said))


def _line_faults(kept: _Kept) -> Iterator[str]:
    found = {row.sequence: row for row in kept.rows[case_lines.name]}
    expected = {row["sequence"]: row for row in line_rows(kept.case)}
    yield from (f"line {sequence} has no row" for sequence in expected.keys() - found.keys())
    yield from (f"line {sequence} has a row and is not in the case" for sequence in found.keys() - expected.keys())
    for sequence in expected.keys() & found.keys():
        for name in _differing(found[sequence], expected[sequence]):
            yield f"line {sequence}, its row: {name} is not what the document says"


def _provider_faults(kept: _Kept) -> Iterator[str]:
    found = {row.npi for row in kept.rows[case_providers.name]}
    said = {row["npi"] for row in provider_rows(kept.case)}
    if found != said:
        yield f"{len(found ^ said)} providers it may be found by are not those of its request"


def _clock_faults(kept: _Kept) -> Iterator[str]:
    """What waits has a decision clock that runs to its date; that of a decided line runs until somebody was told."""
    rows = kept.rows[clocks.name]
    found = {row.sequence: row for row in rows if row.kind == ClockKind.DECISION}
    due = {line.sequence: line.due_at for line in kept.case.lines if line.state in PENDED and line.due_at}
    over = {line.sequence for line in kept.case.lines if line.state in OVER}
    lines = {line.sequence for line in kept.case.lines} | {0}
    yield from (f"line {sequence} waits and has no clock" for sequence in due.keys() - found.keys())
    still = (row.sequence for row in rows if _runs(row) and row.sequence in over)
    yield from (f"line {sequence} is over, and its clock runs" for sequence in still)
    yield from (f"line {row.sequence} has a clock and is not in the case" for row in rows if row.sequence not in lines)
    for sequence in found.keys() & due.keys():
        clock = found[sequence]
        if not _runs(clock):
            yield f"line {sequence} waits, and its clock is stopped"
        elif clock.due_at != due[sequence]:
            yield f"line {sequence} and its clock are due at different times"


def _runs(clock: Any) -> bool:
    return clock.stopped_at is None


def _number_faults(kept: _Kept) -> Iterator[str]:
    found = {(row.number, row.sequence) for row in kept.rows[issued_numbers.name]}
    handed_on = {line.authorization_number for line in kept.case.lines if line.taken_over_by}
    lines = [*kept.case.lines, *(event.line for event in kept.events if event.line)]
    carried = {
        (number, line.sequence)
        for line in lines
        for number in (line.authorization_number, line.administrative_reference)
        if number and number not in handed_on
    }
    for number, sequence in sorted(carried - found):
        yield f"line {sequence} carries {number}, which was never handed out"


def _submission_faults(kept: _Kept) -> Iterator[str]:
    """Each version that began with a header came with a submission; no other submission belongs to the case."""
    found = {row.case_version: row for row in kept.rows[submissions.name]}
    made = (event for event in kept.events if event.kind is not EventKind.PRIORITY_CHANGED)
    headers = {event.version: event.case for event in made if event.case is not None}
    for row in kept.rows[submissions.name]:
        if row.case_version not in headers or found[row.case_version] is not row:
            yield f"submission {row.id} belongs to no version of the case"
    for version, header in headers.items():
        arrived = found.get(version)
        if arrived is None:
            yield f"the submission that made version {version} is missing"
            continue
        said = {
            "id": header.submission_id,
            "sender": header.sender,
            "body_hash": header.submission_hash,
            "claim_url": header.request.claim_url,
            "received_at": header.changed_at,
        }
        for name in _differing(arrived, said):
            yield f"submission {arrived.id}: {name} is not what the history says of version {version}"


def _name_faults(kept: _Kept) -> Iterator[str]:
    found = {(row.sender, row.system, row.value) for row in kept.rows[claim_identifiers.name]}
    headers = [event.case for event in kept.events if event.case is not None]
    named = {
        (header.sender, *name)
        for header in headers
        for name in names_of(header.request.claim_url, header.request.claim_identifiers)
    }
    if missing := named - found:
        yield f"{len(missing)} names of its claim no longer lead to it"


def _differing(row: Found, said: Mapping[str, Any]) -> Iterator[str]:
    return (name for name, value in said.items() if row._mapping[name] != value)
