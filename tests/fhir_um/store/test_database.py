import os
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import event, text

from fhir_um.cases.auditing import Act, AuditEntry
from fhir_um.cases.model import CaseId, Course, LineState, MemberId, SubmissionId
from fhir_um.errors import DuplicateSubmission, Kind, Overtaken, Refusal, VersionConflict
from fhir_um.store.database import Store
from fhir_um.store.tables import metadata
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.stored import (
    EHR,
    PAYER,
    add_arrived,
    arrived,
    clocks_for,
    moved,
    numbers_of,
    opened,
    payer,
    put,
    put_whole,
)

AUDIT = AuditEntry(AT, "POST /fhir/Claim/$submit", Act.EXECUTE, "invalid", 422, PAYER, EHR, request_id="r-1")


def _rows(store: Store) -> int:
    with store.engine.connect() as connection:
        counts = [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in metadata.tables]
    return sum(counts)


def test_block_that_raises_leaves_nothing(store: Store) -> None:
    journal = opened("case-1", Course.APPROVE, Course.PEND_REVIEW)
    case = journal.case

    with pytest.raises(RuntimeError), store.open_work() as work:
        work.save_payers((payer(),))
        work.add_submission(arrived(case), ())
        work.new_case(case, tuple(journal.events), numbers_of(case), clocks_for(case))
        work.audit.add(AUDIT)
        raise RuntimeError

    assert _rows(store) == 0


def test_block_that_ends_well_keeps_everything(store: Store) -> None:
    journal = opened("case-1", Course.APPROVE, Course.PEND_REVIEW)
    case = journal.case

    with store.open_work() as work:
        work.add_submission(arrived(case), case.request.claim_identifiers)
        work.new_case(case, tuple(journal.events), numbers_of(case), clocks_for(case))
        work.audit.add(AUDIT)

    in_the_feed, waiting = 1, 1
    beside = len(numbers_of(case)) + len(case.request.provider_npis) + in_the_feed + waiting
    assert _rows(store) == 1 + 2 + 3 + 1 + 1 + 2 + 1 + beside
    assert store.verify().faults == []


def test_submission_of_a_case_that_was_never_written_is_not_kept(store: Store) -> None:
    with pytest.raises(Exception, match="(?i)foreign key"), store.open_work() as work:
        work.add_submission(arrived(opened().case), ())

    assert _rows(store) == 0


def test_work_is_one_transaction(store: Store) -> None:
    store.ping()
    begun: list[object] = []
    event.listen(store.engine, "begin", begun.append)

    put(store, opened())

    assert len(begun) == 1


def test_two_decisions_on_one_version_at_once_leave_one_conflict(store: Store) -> None:
    case = put_whole(store, opened("case-1", Course.PEND_REVIEW))
    outcomes: list[str] = []
    start = Barrier(4)

    def decide(state: LineState) -> None:
        later = moved(case, state)
        start.wait()
        try:
            with store.open_work() as work:
                work.save_case(later.case, 1, tuple(later.events), (), ())
            outcomes.append("kept")
        except VersionConflict:
            outcomes.append("conflict")

    _at_once([(decide, state) for state in (LineState.APPROVED, LineState.DENIED_CLINICAL) * 2])

    assert sorted(outcomes) == ["conflict"] * 3 + ["kept"]
    assert store.verify().faults == []


def test_same_submission_at_once_opens_one_case(store: Store) -> None:
    outcomes: list[str] = []
    start = Barrier(4)

    def submit(number: int) -> None:
        journal = opened(f"case-{number}")
        case = journal.case
        start.wait()
        try:
            with store.open_work() as work:
                work.new_case(case, tuple(journal.events), numbers_of(case), clocks_for(case))
                work.add_submission(arrived(case, b"the same", id=SubmissionId(f"submission-{number}")), ())
            outcomes.append("opened")
        except DuplicateSubmission:
            outcomes.append("duplicate")

    _at_once([(submit, number) for number in range(4)])

    assert sorted(outcomes) == ["duplicate"] * 3 + ["opened"]
    with store.open_reading() as reading:
        assert len(reading.find_for_inquiry(PAYER, "member-1", frozenset(), 50)) == 1


@pytest.mark.parametrize("alone", [False, True])
def test_history_that_changed_before_the_turn_came_is_not_relied_on(store: Store, alone: bool) -> None:
    first, second = opened("case-1", Course.APPROVE), opened("case-2", Course.APPROVE)
    member = MemberId(first.case.member_id)

    with pytest.raises(Overtaken), store.open_work() as slow:
        assert slow.member_history(PAYER, member) == ()
        put(store, first)
        slow.new_case(second.case, tuple(second.events), numbers_of(second.case), ())

    with store.open_work(alone) as again:
        assert len(again.member_history(PAYER, member)) == 1
        again.new_case(second.case, tuple(second.events), numbers_of(second.case), ())
    with store.open_reading() as reading:
        assert len(reading.member_history(PAYER, member)) == 2
    for kept in (first.case, second.case):
        add_arrived(store, kept)
    assert store.verify().faults == []


def test_reader_sees_the_last_committed_case_and_does_not_wait_for_a_writer(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    later = moved(case)

    with store.open_work() as work:
        work.save_case(later.case, 1, tuple(later.events), (), ())
        with store.open_reading() as reading:
            assert reading.load_case(PAYER, case.id) == case


def test_writer_that_waits_too_long_is_told_to_try_again(sqlite_url: str) -> None:
    store, impatient = Store(sqlite_url, now), Store(sqlite_url, now)
    event.listen(impatient.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 0"))

    with store.open_work(alone=True), pytest.raises(Refusal) as refused, impatient.open_work() as work:
        work.audit.add(AUDIT)

    assert refused.value.kind is Kind.BUSY
    store.close()
    impatient.close()


def test_server_that_is_not_there_is_told_as_busy(tmp_path: Path) -> None:
    store = Store(f"postgresql://nobody@/nowhere?host={tmp_path}", now)

    assert "out of reach" in store.fault()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/um"])
def test_database_that_cannot_keep_cases_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="FHIR_UM_DATABASE_URL"):
        Store(url, now)


def test_unknown_synchronous_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FULL"):
        Store(f"sqlite:///{tmp_path}/x.db", now, synchronous="OFF")


def test_sqlite_keeps_answered_submissions_through_a_power_cut(sqlite_url: str) -> None:
    store = Store(sqlite_url, now)

    with store.engine.connect() as connection:
        kept = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert kept == ["wal", 2]
    store.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # newer Pythons warn when the test runner has threads
def test_forked_child_opens_connections_of_its_own(store: Store) -> None:
    put(store, opened())

    child = os.fork()
    if child == 0:
        try:
            with store.open_work() as work:
                found = work.load_case(PAYER, CaseId("case-1")) is not None
            os._exit(0 if found else 1)
        finally:
            os._exit(2)

    assert os.waitpid(child, 0)[1] == 0
    with store.open_reading() as reading:
        assert reading.load_case(PAYER, CaseId("case-1")) is not None


def _at_once(calls) -> None:
    threads = [Thread(target=call, args=(argument,)) for call, argument in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
