"""Cases as rows: the document, and beside it what queries need. Must not know why a case changes.

A case is written whole. `expected_version` guards against a second writer; the row lock of the update makes what
follows in the same transaction safe.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from fhir_um.cases.model import AUTHORIZED, PENDED, Case, CaseId, Event, Line, LineState, PayerId
from fhir_um.coverage.model import UsedService
from fhir_um.errors import VersionConflict
from fhir_um.store.columns import as_key
from fhir_um.store.documents import case_of, document
from fhir_um.store.events import add_events, last_hash
from fhir_um.store.tables import case_lines, cases
from fhir_um.store.writing import insert_or_replace

NO_DEADLINE = datetime.max.replace(tzinfo=UTC)
"""Sorts after every deadline."""

PENDED_STATUS = "pended"

_INSERT = insert(cases)
_PUT_LINE = insert_or_replace(case_lines)
_UPDATE = update(cases).where(
    cases.c.payer_id == bindparam("of_payer"),
    cases.c.id == bindparam("of_case"),
    cases.c.version == bindparam("expected_version"),
)
_THIS = (cases.c.payer_id == bindparam("payer_id"), cases.c.id == bindparam("case_id"))
_LOAD = select(cases.c.document).where(*_THIS)
_LOAD_LOCKED = _LOAD.with_for_update()
_VERSION = select(cases.c.version).where(*_THIS)


def insert_case(connection: Connection, case: Case, events: tuple[Event, ...]) -> None:
    """Write a case for the first time."""
    connection.execute(_INSERT, {"payer_id": case.payer_id, "id": case.id, **_columns(case)})
    _put_lines(connection, case)
    add_events(connection, case.payer_id, case.id, events)


def update_case(connection: Connection, case: Case, expected_version: int, events: tuple[Event, ...]) -> None:
    """Replace a case. Raises: VersionConflict when it is no longer (or not) at `expected_version`."""
    named = {"of_payer": case.payer_id, "of_case": case.id, "expected_version": expected_version}
    if connection.execute(_UPDATE, {**named, **_columns(case)}).rowcount != 1:
        found = connection.execute(_VERSION, {"payer_id": case.payer_id, "case_id": case.id}).scalar()
        raise VersionConflict(expected_version, found or 0)
    _put_lines(connection, case)
    add_events(connection, case.payer_id, case.id, events, last_hash(connection, case.payer_id, case.id))


def load_case(connection: Connection, payer_id: PayerId, case_id: CaseId, to_change: bool = False) -> Case | None:
    """The case, or None; `to_change` keeps other writers away until the transaction ends (PostgreSQL)."""
    statement = _LOAD_LOCKED if to_change else _LOAD
    found = connection.execute(statement, {"payer_id": payer_id, "case_id": as_key(case_id)}).scalar()
    return None if found is None else case_of(found)


def _columns(case: Case) -> dict[str, Any]:
    return {
        "version": case.version,
        "sender": case.sender,
        "received_at": case.received_at,
        "changed_at": case.changed_at,
        "member_id": case.member_id,
        "patient_url": as_key(case.request.member.full_url),
        "status": _status(case),
        "due_at": _due_at(case),
        "document": document(case),
    }


def _status(case: Case) -> str:
    states = {line.state for line in case.lines}
    if states & PENDED:
        return PENDED_STATUS
    return "cancelled" if states == {LineState.CANCELLED} else "decided"


def _due_at(case: Case) -> datetime:
    due = (line.due_at for line in case.lines if line.state in PENDED and line.due_at is not None)
    return min(due, default=NO_DEADLINE)


def _put_lines(connection: Connection, case: Case) -> None:
    rows = [
        {
            "payer_id": case.payer_id,
            "case_id": case.id,
            "sequence": line.sequence,
            "member_id": case.member_id,
            "state": line.state,
            "used": document(used) if (used := _used(case, line)) else None,
        }
        for line in case.lines
    ]
    if rows:
        connection.execute(_PUT_LINE.of(connection), rows)


def _used(case: Case, line: Line) -> UsedService | None:
    """What the line takes from the member's benefits; None when it takes nothing or the member is not established."""
    if not case.member_id or line.state not in AUTHORIZED | PENDED:
        return None
    authorized = line.decision.authorized
    service = (authorized and authorized.service) or line.request.service
    quantity = (authorized and authorized.quantity) or line.request.quantity
    return UsedService(
        kind="approved" if line.state in AUTHORIZED else "pended",
        codes=service.codes,
        period=(authorized and authorized.period) or line.period or line.request.serviced,
        units=quantity.value if quantity else Decimal(1),  # a line without a quantity asks for the service once
        number=line.authorization_number or line.administrative_reference,
        case_id=case.id,
        provider_npis=tuple(sorted(case.request.provider_npis)),
    )
