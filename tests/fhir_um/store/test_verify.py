"""Whatever is altered by hand, behind the program's back, is told; nothing altered can stop the telling."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import text

from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, Course, EventKind, SubmissionId
from fhir_um.cases.roles import ENGINE
from fhir_um.store.database import Store
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.stored import arrived, moved, opened, put_whole

_ALTERED = {
    "event body": ("UPDATE case_events SET body = replace(body, 'E1390', 'E1391')", "event 2 does not follow"),
    "last event deleted": ("DELETE FROM case_events WHERE sequence = 3", "does not equal the fold"),
    "event deleted": ("DELETE FROM case_events WHERE sequence = 2", "cannot be replayed"),
    "all events deleted": ("DELETE FROM case_events", "cannot be replayed"),
    "event emptied": ("UPDATE case_events SET body = '{}' WHERE sequence = 1", "cannot be replayed"),
    "event at": ("UPDATE case_events SET at = '2020-01-01T00:00:00.000000+00:00'", "event 1, its row: at"),
    "event kind": ("UPDATE case_events SET kind = 'amended' WHERE sequence = 2", "event 2, its row: kind"),
    "event version": ("UPDATE case_events SET version = 2 WHERE sequence = 2", "event 2, its row: version"),
    "event actor": ("UPDATE case_events SET actor = 'somebody'", "event 1, its row: actor"),
    "event moved": ("UPDATE case_events SET sequence = 9 WHERE sequence = 3", "event 9, its row: sequence"),
    "document": ("UPDATE cases SET document = replace(document, 'E1390', 'E1391')", "does not equal the fold"),
    "document lost": ("UPDATE cases SET document = 'lost'", "the document cannot be read"),
    "version": ("UPDATE cases SET version = 7", "the document is at version 1, the row at 7"),
    "member": ("UPDATE cases SET member_id = 'another'", "its row: member_id"),
    "sender": ("UPDATE cases SET sender = 'another'", "its row: sender"),
    "status": ("UPDATE cases SET status = 'decided'", "its row: status"),
    "patient": ("UPDATE cases SET patient_url = 'another'", "its row: patient_url"),
    "due": ("UPDATE cases SET due_at = '2030-01-01T00:00:00.000000+00:00'", "its row: due_at"),
    "received": ("UPDATE cases SET received_at = '2020-01-01T00:00:00.000000+00:00'", "its row: received_at"),
    "changed": ("UPDATE cases SET changed_at = '2020-01-01T00:00:00.000000+00:00'", "its row: changed_at"),
    "line state": ("UPDATE case_lines SET state = 'approved'", "line 2, its row: state"),
    "line member": ("UPDATE case_lines SET member_id = 'another'", "line 1, its row: member_id"),
    "line use": ("UPDATE case_lines SET used = NULL", "line 1, its row: used"),
    "line deleted": ("DELETE FROM case_lines WHERE sequence = 2", "line 2 has no row"),
    "line added": (
        "INSERT INTO case_lines (payer_id, case_id, sequence, member_id, state, used) "
        "SELECT payer_id, case_id, 9, member_id, state, used FROM case_lines WHERE sequence = 1",
        "line 9 has a row",
    ),
    "provider deleted": ("DELETE FROM case_providers", "providers it may be found by are not those"),
    "provider altered": ("UPDATE case_providers SET npi = '1999999984'", "providers it may be found by are not those"),
    "sensitivity": ("UPDATE cases SET sensitivity = 'hiv'", "its row: sensitivity"),
    "clock deleted": ("DELETE FROM clocks", "line 2 waits and has no clock"),
    "clock altered": ("UPDATE clocks SET due_at = '2030-01-01T00:00:00.000000+00:00'", "due at different times"),
    "clock stopped": ("UPDATE clocks SET stopped_at = due_at", "its clock is stopped"),
    "clock of no line": ("UPDATE clocks SET sequence = 9", "line 9 has a clock and is not in the case"),
    "number": ("DELETE FROM issued_numbers", "which was never handed out"),
    "number of another line": ("UPDATE issued_numbers SET sequence = 9", "which was never handed out"),
    "submission body": ("UPDATE submissions SET body = substr(body, 2)", "do not have the recorded hash"),
    "submission hash": ("UPDATE submissions SET body_hash = 'x'", "body_hash is not what the history says"),
    "submission sender": ("UPDATE submissions SET sender = 'x'", "sender is not what the history says"),
    "submission renamed": ("UPDATE submissions SET id = 'x'", "submission x: id is not what the history says"),
    "submission claim": ("UPDATE submissions SET claim_url = 'x'", "claim_url is not what the history says"),
    "submission time": (
        "UPDATE submissions SET received_at = '2020-01-01T00:00:00.000000+00:00'",
        "received_at is not what the history says",
    ),
    "submission deleted": ("DELETE FROM submissions", "the submission that made version 1 is missing"),
    "submission of another version": ("UPDATE submissions SET case_version = 4", "belongs to no version"),
    "claim names": ("DELETE FROM claim_identifiers", "2 names of its claim"),
    "claim name altered": ("UPDATE claim_identifiers SET value = 'x' WHERE value = 'C1'", "1 names of its claim"),
}
_UNREADABLE = {
    "body a text": ("UPDATE submissions SET body = 'a text'", "do not have the recorded hash"),
    "body a number": ("UPDATE submissions SET body = 7", "do not have the recorded hash"),
    "document no UTF-8": ("UPDATE cases SET document = CAST(x'ff' AS TEXT)", "the document cannot be read"),
    "document bytes": ("UPDATE cases SET document = x'ff'", "the document cannot be read"),
    "event no UTF-8": ("UPDATE case_events SET body = CAST(x'ff' AS TEXT)", "event 1 does not follow"),
    "event bytes": ("UPDATE case_events SET body = x'7b7d'", "event 1 does not follow"),
    "event hash bytes": ("UPDATE case_events SET hash = x'ff'", "event 1 does not follow"),
    "no instant": ("UPDATE cases SET due_at = 'soon'", "its row: due_at"),
    "instant a number": ("UPDATE cases SET received_at = 7", "its row: received_at"),
    "instant bytes": ("UPDATE case_events SET at = x'00'", "its row: at"),
    "clock no instant": ("UPDATE clocks SET stopped_at = 'soon'", "its clock is stopped"),
    "version a text": ("UPDATE cases SET version = 'x'", "the row at x"),
}


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite, which keeps any value in any column."""
    store = Store(sqlite_url, now)
    yield store
    store.close()


def _alter(store: Store, change: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(change))


def _amended(case: Case, body: bytes) -> Journal:
    journal = Journal(case, AT, ENGINE)
    update = replace(case, submission_id=SubmissionId("update"), submission_hash=sha256(body).hexdigest())
    journal.header(EventKind.AMENDED, update)
    return journal


def _whole(store: Store, case_id: str = "case-1") -> Case:
    return put_whole(store, opened(case_id, Course.APPROVE, Course.PEND_REVIEW))


@pytest.mark.parametrize(("change", "fault"), _ALTERED.values(), ids=_ALTERED)
def test_what_was_altered_is_found(store: Store, change: str, fault: str) -> None:
    _whole(store)
    assert store.verify().faults == []

    _alter(store, change)

    assert any(fault in found and "payer payer-1" in found for found in store.verify().faults)


@pytest.mark.parametrize(("change", "fault"), _UNREADABLE.values(), ids=_UNREADABLE)
def test_what_cannot_be_read_is_told_and_stops_nothing(lite: Store, change: str, fault: str) -> None:
    _whole(lite)

    _alter(lite, change)

    checked = lite.verify()
    assert any(fault in found for found in checked.faults)
    assert (checked.cases, checked.submissions) == (1, 1)


def test_bytes_and_hash_replaced_together_are_found(lite: Store) -> None:
    _whole(lite)

    _alter(
        lite,
        "UPDATE submissions SET body = x'7b7d', content_hash = 'x', body_hash = "
        "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'",
    )

    assert [found for found in lite.verify().faults if "body_hash is not what the history says" in found]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE submissions SET case_id = 'case-2' WHERE case_id = 'case-1'",
        "UPDATE issued_numbers SET case_id = 'case-2' WHERE case_id = 'case-1'",
        "UPDATE clocks SET case_id = 'case-2' WHERE case_id = 'case-1'",
        "UPDATE case_lines SET case_id = 'case-2', sequence = 5 WHERE case_id = 'case-1' AND sequence = 1",
        "UPDATE case_events SET case_id = 'case-2', sequence = 5 WHERE case_id = 'case-1' AND sequence = 3",
    ],
)
def test_what_was_moved_to_another_case_is_found(store: Store, change: str) -> None:
    _whole(store)
    put_whole(store, opened("case-2"))

    _alter(store, change)

    assert any("case case-1" in found for found in store.verify().faults)


def test_every_case_is_looked_at_and_counted(store: Store) -> None:
    for number in range(3):
        _whole(store, f"case-{number}")
    checked = store.verify()
    assert (checked.cases, checked.events, checked.submissions, checked.faults) == (3, 9, 3, [])

    _alter(store, "UPDATE cases SET version = 7")

    assert len(store.verify().faults) == 3


def test_update_with_its_submission_and_a_decision_without_one_are_sound(store: Store) -> None:
    case = _whole(store)
    update = b'{"resourceType": "Bundle", "id": "2"}'
    amended = _amended(case, update)
    with store.open_work() as work:
        work.save_case(amended.case, 1, tuple(amended.events), (), ())
        later = arrived(amended.case, update, id=SubmissionId("update"))
        work.add_submission(later, amended.case.request.claim_identifiers)
    decided = moved(amended.case, sequence=2)
    with store.open_work() as work:
        work.save_case(decided.case, 2, tuple(decided.events), (), ())
    assert store.verify().faults == []

    _alter(store, "DELETE FROM submissions WHERE id = 'update'")

    assert any("the submission that made version 2 is missing" in found for found in store.verify().faults)
