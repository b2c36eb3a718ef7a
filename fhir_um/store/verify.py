"""Says whether what is kept is whole: it walks every case, step and submission. Must not repair anything.

It reads rows that somebody may have altered with any tool, so it takes nothing for granted about them: an instant that
is none, bytes that are a text, a text that is not UTF-8 are faults to be told, never a reason to stop.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, Table, bindparam, select, text, tuple_

from fhir_um.cases.auditing import Anchor
from fhir_um.store.audit_faults import ChainChecked, Told, check_chain
from fhir_um.store.case_faults import case_faults
from fhir_um.store.feed_faults import feed_faults, follower_faults
from fhir_um.store.found import as_found
from fhir_um.store.hook_faults import KEPT, overdue
from fhir_um.store.pended_faults import pended_checks, sealed_documents
from fhir_um.store.purged_faults import purged_faults
from fhir_um.store.tables import cases, submissions
from fhir_um.store.work_faults import work_faults
from fhir_um.vault import Vault

_BATCH = 200


def _in_turn(table: Table) -> Select[*tuple[Any, ...]]:
    """The next rows of a table, whatever is in them."""
    key = tuple_(table.c.id, table.c.payer_id)
    after = tuple_(bindparam("after_id"), bindparam("after_payer"))
    return select(*as_found(table)).where(key > after).order_by(table.c.id, table.c.payer_id).limit(_BATCH)


_CASES = _in_turn(cases)
_SUBMISSIONS = _in_turn(submissions)


@dataclass(slots=True)
class Checked:
    """What was looked at, and every fault found, in words that name the payer and the case or submission.

    `unopened` counts documents that are sealed and could not be looked into without a key.
    """

    cases: int = 0
    events: int = 0
    submissions: int = 0
    hook_records: int = 0
    pended_records: int = 0
    purged_cases: int = 0
    unopened: int = 0
    audit_rows: int = 0
    faults: list[str] = field(default_factory=list)


def verify(connection: Connection, vault: Vault | None = None) -> Checked:
    """Look at everything there is about cases, documents and subscribers, and at what EHRs were told."""
    checked = Checked()
    with _any_text(connection):
        if connection.dialect.name == "sqlite":
            checked.faults += [f"SQLite: {found}" for found in _sqlite_faults(connection)]
        for row in _all(connection, _CASES):
            events, faults = case_faults(connection, row)
            faults += feed_faults(connection, row.payer_id, row.id, events)
            faults += work_faults(connection, row)
            checked.cases += 1
            checked.events += events
            checked.faults += [f"payer {row.payer_id}, case {row.id}: {fault}" for fault in faults]
        for row in _all(connection, _SUBMISSIONS):
            checked.submissions += 1
            if not isinstance(row.body, bytes) or sha256(row.body).hexdigest() != row.body_hash:
                fault = "the bytes do not have the recorded hash"
                checked.faults.append(f"payer {row.payer_id}, submission {row.id}: {fault}")
        _check_hooks(connection, checked)
        _check_pended(connection, vault, checked)
        _check_audit(connection, checked)
        checked.purged_cases, faults = purged_faults(connection)
        checked.faults += [*faults, *follower_faults(connection)]
    return checked


def verify_audit(connection: Connection, anchor: Anchor | None, told: Told) -> ChainChecked:
    """Look at the audit log alone; see `check_chain`."""
    with _any_text(connection):
        return check_chain(connection, anchor, told)


def _check_audit(connection: Connection, checked: Checked) -> None:
    chain = check_chain(connection)
    checked.audit_rows = chain.end.sequence
    if chain.fault:
        checked.faults.append(f"audit log: {chain.fault}")


def _check_hooks(connection: Connection, checked: Checked) -> None:
    for what, table, faults_of in KEPT:
        checked.faults += [f"{what}s: {fault}" for fault in overdue(connection, table)]
        for row in _all(connection, _in_turn(table)):
            checked.hook_records += 1
            checked.faults += [
                f"payer {row.payer_id}, {what} {row.id}: {fault}" for fault in faults_of(connection, row)
            ]


def _check_pended(connection: Connection, vault: Vault | None, checked: Checked) -> None:
    checked.unopened = 0 if vault else sealed_documents(connection)
    for what, table, faults_of in pended_checks(vault):
        for row in _all(connection, _in_turn(table)):
            checked.pended_records += 1
            checked.faults += [
                f"payer {row.payer_id}, {what} {row.id}: {fault}" for fault in faults_of(connection, row)
            ]


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """On SQLite, which keeps any bytes as text, read what is not UTF-8 with a mark in place of it."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.text_factory = lambda kept: kept.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = str


def _sqlite_faults(connection: Connection) -> Iterator[str]:
    yield from (row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok")
    yield from (f"foreign key of {row[0]}" for row in connection.execute(text("PRAGMA foreign_key_check")))


def _all(connection: Connection, statement: Executable) -> Iterator[Row[*tuple[Any, ...]]]:
    after = {"after_payer": "", "after_id": ""}
    while rows := connection.execute(statement, after).all():
        yield from rows
        after = {"after_payer": rows[-1].payer_id, "after_id": rows[-1].id}
