"""The audit log: gapless and chained whoever writes, and closed to everybody who would change it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fhir_um.cases.auditing import Act, Anchor, AuditEntry, Subject
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.store.audit_tables import audit_log
from fhir_um.store.database import Store
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.stored import PAYER, arrived, opened, put

WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
NORA = Subject(PAYER, MemberId("m-nora"), CaseId("case-1"), 1)


def entry(number: int = 1, *subjects: Subject) -> AuditEntry:
    return AuditEntry(
        AT, "GET /fhir/Claim/<case_id>", Act.READ, status=200, request_id=f"r-{number}", subjects=subjects
    )


def add(store: Store, *entries: AuditEntry) -> None:
    for one in entries:
        with store.open_work() as work:
            work.audit.add(one)


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_rows_are_counted_and_chained(store: Store) -> None:
    add(store, entry(1, NORA), entry(2), entry(3, NORA))

    chain = rows(store, "SELECT sequence, prev_hash, hash FROM audit_log ORDER BY sequence")
    assert [row[0] for row in chain] == [1, 2, 3]
    assert [row[1] for row in chain] == ["", chain[0][2], chain[1][2]]
    assert rows(store, "SELECT sequence, member_id FROM audit_subjects ORDER BY sequence") == [
        (1, "m-nora"),
        (3, "m-nora"),
    ]
    with store.open_reading() as work:
        assert work.audit.end() == Anchor(3, str(chain[2][2]))
    assert store.verify_audit().end == Anchor(3, str(chain[2][2]))


def test_one_transaction_may_add_several_rows_and_is_undone_whole(store: Store) -> None:
    with store.open_work() as work:
        assert (work.audit.add(entry(1, NORA, NORA)), work.audit.add(entry(2))) == (1, 2)
    with pytest.raises(RuntimeError), store.open_work() as work:
        work.audit.add(entry(3))
        raise RuntimeError
    add(store, entry(4))

    assert rows(store, "SELECT request_id FROM audit_log ORDER BY sequence") == [("r-1",), ("r-2",), ("r-4",)]
    assert store.verify_audit().fault == ""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET outcome = 'answered'",
        "DELETE FROM audit_log WHERE sequence = 1",
        "UPDATE audit_subjects SET member_id = 'm-2'",
        "DELETE FROM audit_subjects",
    ],
)
def test_rows_are_neither_changed_nor_removed(store: Store, change: str) -> None:
    add(store, entry(1, NORA))

    with pytest.raises(DBAPIError, match="stay as they are"), store.engine.begin() as connection:
        connection.execute(text(change))

    assert store.verify_audit().fault == ""


@pytest.mark.parametrize("place", [1, 2])
def test_no_row_takes_the_place_of_another(sqlite_url: str, place: int) -> None:
    """On SQLite a row that is replaced goes without a `DELETE`."""
    with opened_store(sqlite_url) as store:
        add(store, entry(1, NORA), entry(2))
        columns = ", ".join(each.name for each in audit_log.c if each.name != "outcome")
        forged = f"INSERT OR REPLACE INTO audit_log ({columns}, outcome) SELECT {columns}, 'forged' FROM audit_log"
        with pytest.raises(DBAPIError, match="stay as they are"), store.engine.begin() as connection:
            connection.execute(text(f"{forged} WHERE sequence = {place}"))

        assert store.verify_audit().fault == ""


@pytest.mark.parametrize("table", ["audit_log", "audit_subjects"])
def test_the_log_is_not_emptied(postgresql_url: str, table: str) -> None:
    with opened_store(postgresql_url) as store:
        add(store, entry(1, NORA))
        with pytest.raises(DBAPIError, match="stay as they are"), store.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table}"))


def test_writers_at_once_make_one_chain(database_url: str) -> None:
    """Each with connections of its own, as processes have them."""
    writers, each = 4, 8
    start = Barrier(writers)

    def write(number: int) -> None:
        with opened_store(database_url) as store:
            start.wait()
            add(store, *(entry(number * each + place, NORA) for place in range(each)))

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with opened_store(database_url) as store:
        checked = store.verify_audit()
        assert (checked.fault, checked.end.sequence) == ("", writers * each)
        assert rows(store, "SELECT count(DISTINCT request_id) FROM audit_log") == [(writers * each,)]


def test_a_row_that_is_waited_for_at_commit_is_waited_for_before_the_log(postgresql_url: str) -> None:
    """One writer holds a case and wants the log; the other's foreign key wants the case and must not hold the log."""
    with opened_store(postgresql_url) as store, opened_store(postgresql_url) as other:
        case = put(store, opened())

        def name_the_case() -> None:
            with other.open_work() as work:
                work.add_submission(arrived(case), ())
                work.audit.add(entry(2))

        second = Thread(target=name_the_case)
        with store.open_work() as work:
            work.load_case_for_change(PAYER, case.id)
            second.start()
            while second.is_alive() and not rows(store, WAITING):
                pass
            work.audit.add(entry(1))
        second.join()

        assert rows(store, "SELECT request_id FROM audit_log ORDER BY sequence") == [("r-1",), ("r-2",)]


@contextmanager
def opened_store(url: str) -> Iterator[Store]:
    made = Store(url, now)
    yield made
    made.close()


def test_a_row_is_of_no_payer_until_one_is_known(store: Store) -> None:
    add(store, entry(1))

    with store.open_reading() as work:
        (row,) = work.audit.since((PayerId("another"),), AT)
    assert (row.entry.payer_id, row.entry) == (None, entry(1))
