"""Whoever alters the audit log past its guards is found, and the first row that does not fit is named."""

import pytest
from sqlalchemy import text

from fhir_um.cases.auditing import Act, Anchor, AuditEntry, Subject
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.store.database import Store
from tests.builders import AT
from tests.fhir_um.store.stored import PAYER

SWAPPED = """
    UPDATE audit_log SET sequence = 103 WHERE sequence = 3;
    UPDATE audit_log SET sequence = 3 WHERE sequence = 4;
    UPDATE audit_log SET sequence = 4 WHERE sequence = 103
"""
CHANGES = {
    "status": "status + 1",
    "at": "'2026-03-02T15:00:00.000001+00:00'",
    "payer_id": "'another'",
    "sequence": "99",
    **dict.fromkeys(("client_id", "person", "role", "on_behalf_of", "action", "act", "outcome", "detail"), "'x'"),
    **dict.fromkeys(("request_id", "remote", "purpose", "emergency", "body_hash"), "'x'"),
    "subjects": "'[]'",
    "prev_hash": "'x'",
    "hash": "'x'",
}


@pytest.fixture
def filled(store: Store) -> Store:
    """Six rows, and no guard any more."""
    for number in range(1, 7):
        about = Subject(PAYER, MemberId("m-1"), CaseId(f"case-{number}"), 1)
        with store.open_work() as work:
            work.audit.add(AuditEntry(AT, "GET /x", Act.READ, request_id=f"r-{number}", subjects=(about,)))
    is_sqlite = store.engine.dialect.name == "sqlite"
    for table in ("audit_log", "audit_subjects"):
        guards = [f"{table}_no_update", f"{table}_no_delete"] if is_sqlite else [f"{table}_stays ON {table}"]
        alter(store, "; ".join(f"DROP TRIGGER {guard}" for guard in guards))
    return store


def alter(store: Store, changes: str) -> None:
    with store.engine.begin() as connection:
        for change in changes.split(";"):
            connection.execute(text(change))


def test_a_log_left_alone_holds(filled: Store) -> None:
    end = filled.verify_audit().end

    assert (filled.verify_audit(end).fault, end.sequence) == ("", 6)
    assert filled.verify().audit_rows == 6
    assert filled.verify().faults == []


def test_whatever_is_changed_in_a_row_is_found(filled: Store) -> None:
    with filled.engine.connect() as connection:
        kept = connection.execute(text("SELECT * FROM audit_log WHERE sequence = 3")).mappings().one()
    assert set(kept) == set(CHANGES)
    as_before = ", ".join(f"{column} = :{column}" for column in kept)

    for column, value in CHANGES.items():
        alter(filled, f"UPDATE audit_log SET {column} = {value} WHERE sequence = 3")

        checked = filled.verify_audit()

        assert checked.fault.startswith("row 3 "), column
        assert checked.end.sequence == 2
        with filled.engine.begin() as connection:
            connection.execute(text(f"UPDATE audit_log SET {as_before} WHERE sequence IN (3, 99)"), dict(kept))
        assert filled.verify_audit().fault == ""


def test_the_store_is_not_sound_while_its_log_is_not(filled: Store) -> None:
    alter(filled, "UPDATE audit_log SET status = 1 WHERE sequence = 3")

    assert filled.verify().faults == ["audit log: row 3 was changed"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("DELETE FROM audit_log WHERE sequence = 3", "row 3 is missing; row 4 comes next"),
        ("DELETE FROM audit_log WHERE sequence = 1", "row 1 is missing"),
        (SWAPPED, "row 3 does not follow the row before it"),
        ("DELETE FROM audit_subjects WHERE sequence = 5", "row 5 is not found under the members"),
        ("UPDATE audit_subjects SET member_id = 'm-2' WHERE sequence = 5", "row 5 is not found under the members"),
        ("INSERT INTO audit_subjects VALUES (2, 'payer-1', 'm-9', '')", "row 2 is not found under the members"),
        ("INSERT INTO audit_subjects VALUES (9, 'payer-1', 'm-9', '')", "members or cases are named of rows"),
    ],
    ids=["removed", "first removed", "swapped", "subject removed", "subject changed", "subject added", "of no row"],
)
def test_rows_that_are_lost_moved_or_put_in_are_found(filled: Store, changes: str, told: str) -> None:
    alter(filled, changes)

    assert filled.verify_audit().fault.startswith(told)


def test_an_end_that_was_cut_off_is_found_with_an_anchor_alone(filled: Store) -> None:
    end = filled.verify_audit().end
    alter(filled, "DELETE FROM audit_log WHERE sequence > 4; DELETE FROM audit_subjects WHERE sequence > 4")

    assert filled.verify_audit().fault == ""
    assert filled.verify_audit(end).fault == "the log ends at row 4, but once had row 6: its end was cut off"


def test_a_log_written_anew_is_found_with_an_anchor_alone(filled: Store) -> None:
    anchor = filled.verify_audit().end
    alter(filled, "DELETE FROM audit_log; DELETE FROM audit_subjects")
    for number in range(8):
        with filled.open_work() as work:
            work.audit.add(AuditEntry(AT, "GET /x", Act.READ, request_id=f"r-{number}"))

    assert filled.verify_audit().fault == ""
    assert filled.verify_audit(anchor).fault == "row 6 is not the one that was anchored: the log was written anew"


def test_an_anchor_in_the_middle_holds_and_progress_is_told(filled: Store) -> None:
    with filled.engine.connect() as connection:
        third = connection.execute(text("SELECT hash FROM audit_log WHERE sequence = 3")).scalar_one()
    told: list[int] = []

    assert filled.verify_audit(Anchor(3, third), told.append).fault == ""
    assert told == [6]


def test_what_is_no_text_is_a_fault_and_no_reason_to_stop(sqlite_url: str, filled: Store) -> None:
    if filled.engine.dialect.name != "sqlite":
        return
    alter(filled, "UPDATE audit_log SET action = CAST(x'ff' AS TEXT) WHERE sequence = 2")

    assert filled.verify_audit().fault == "row 2 was changed"
