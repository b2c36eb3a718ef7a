"""Cases as rows: the document, and beside it what queries need. Must not know why a case changes.

A case is written whole. `expected_version` guards against a second writer; the row lock of the update makes what
follows in the same transaction safe.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from fhir_um.cases.model import Case, CaseId, Event, EventKind, PayerId
from fhir_um.errors import VersionConflict
from fhir_um.store.columns import as_key
from fhir_um.store.documents import case_of, document
from fhir_um.store.events import add_events, event_rows, last_hash
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import case_lines, case_providers, cases
from fhir_um.store.usage import used_by
from fhir_um.store.writing import insert_or_replace
from profiles.bundle import relative

NO_DEADLINE = datetime.max.replace(tzinfo=UTC)
"""Sorts after every deadline."""

PENDED_STATUS = "pended"

_INSERT = Prepared(insert(cases))
_PUT_LINE = Prepared(insert_or_replace(case_lines))
_ADD_PROVIDER = Prepared(insert(case_providers))
_FORGET_PROVIDERS = delete(case_providers).where(
    case_providers.c.payer_id == bindparam("of_payer"), case_providers.c.case_id == bindparam("of_case")
)
_UPDATE = Prepared(
    update(cases).where(
        cases.c.payer_id == bindparam("of_payer"),
        cases.c.id == bindparam("of_case"),
        cases.c.version == bindparam("expected_version"),
    )
)
_THIS = (cases.c.payer_id == bindparam("payer_id"), cases.c.id == bindparam("case_id"))
_LOAD = Prepared(select(cases.c.document).where(*_THIS))
_LOAD_LOCKED = Prepared(select(cases.c.document).where(*_THIS).with_for_update())
_VERSION = select(cases.c.version).where(*_THIS)


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case as its rows; made before others are kept from writing, because that takes time."""

    case: dict[str, Any]
    lines: list[dict[str, Any]]
    providers: list[dict[str, Any]]
    events: list[dict[str, Any]]


def new_case(case: Case, events: tuple[Event, ...]) -> NewCase:
    """The rows of a case and of its first steps."""
    columns = {"payer_id": case.payer_id, "id": case.id, **case_columns(case)}
    steps = event_rows(case.payer_id, case.id, events)
    return NewCase(columns, line_rows(case), provider_rows(case), steps)


def insert_case(connection: Connection, new: NewCase) -> None:
    """Write a case for the first time."""
    _INSERT.change(connection, [new.case])
    _PUT_LINE.change(connection, new.lines)
    _ADD_PROVIDER.change(connection, new.providers)
    add_events(connection, new.events)


def update_case(connection: Connection, case: Case, expected_version: int, events: tuple[Event, ...]) -> None:
    """Replace a case. Raises: VersionConflict when it is no longer (or not) at `expected_version`."""
    named = {"of_payer": case.payer_id, "of_case": case.id, "expected_version": expected_version}
    if _UPDATE.change(connection, [{**named, **case_columns(case)}]) != 1:
        found = connection.execute(_VERSION, {"payer_id": case.payer_id, "case_id": case.id}).scalar()
        raise VersionConflict(expected_version, found or 0)
    _PUT_LINE.change(connection, line_rows(case))
    if any(event.kind is EventKind.AMENDED for event in events):
        connection.execute(_FORGET_PROVIDERS, {"of_payer": case.payer_id, "of_case": case.id})
        _ADD_PROVIDER.change(connection, provider_rows(case))
    previous = last_hash(connection, case.payer_id, case.id)
    add_events(connection, event_rows(case.payer_id, case.id, events, previous))


def load_case(connection: Connection, payer_id: PayerId, case_id: CaseId, to_change: bool = False) -> Case | None:
    """The case, or None; `to_change` keeps other writers away until the transaction ends (PostgreSQL)."""
    statement = _LOAD_LOCKED if to_change else _LOAD
    found = statement.scalar(connection, {"payer_id": payer_id, "case_id": as_key(case_id)})
    return None if found is None else case_of(found)


def case_columns(case: Case) -> dict[str, Any]:
    """What a row of `cases` says of the case, beside its key."""
    return {
        "version": case.version,
        "sender": case.sender,
        "received_at": case.received_at,
        "changed_at": case.changed_at,
        "member_id": case.member_id,
        "patient_url": as_key(case.request.member.full_url),
        "patient_reference": as_key(relative(case.request.member.full_url)),
        "status": case.status,
        "due_at": case.due_at or NO_DEADLINE,
        "document": document(case),
        "sensitivity": None if case.sensitivity is None else " ".join(case.sensitivity),
    }


def provider_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of `case_providers` that belong to the case."""
    npis = sorted(set(map(as_key, case.request.provider_npis)))
    return [{"payer_id": case.payer_id, "case_id": case.id, "npi": npi} for npi in npis]


def line_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of `case_lines` that belong to the case, by line."""
    return [
        {
            "payer_id": case.payer_id,
            "case_id": case.id,
            "sequence": line.sequence,
            "member_id": case.member_id,
            "state": line.state,
            "used": document(used) if (used := used_by(case, line)) else None,
            "asked_until": line.documents_due_at,
        }
        for line in case.lines
    ]
