"""A process killed in the middle of writing loses nothing it had finished and leaves nothing half done."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

from fhir_um.cases.model import Course
from fhir_um.store.database import Store
from tests.conftest import now
from tests.fhir_um.store.stored import PAYER, arrived, clocks_for, numbers_of, opened

_ANSWERED = 5


def test_killed_writer_keeps_what_was_answered_and_nothing_of_the_rest(store: Store, database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    writer = context.Process(target=_write_until_killed, args=(database_url, there))
    writer.start()
    answered = [here.recv() for _ in range(_ANSWERED)]
    assert here.recv() == "in the middle"

    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()

    with store.open_work() as work:
        found = work.find_for_inquiry(PAYER, "member-1", frozenset(), 50)
    assert sorted(case.id for case in found) == answered
    assert store.verify().faults == []


def _write_until_killed(url: str, told: Connection) -> None:
    store = Store(url, now)
    for number in range(_ANSWERED + 1):
        journal = opened(f"case-{number}", Course.APPROVE, Course.PEND_REVIEW)
        case = journal.case
        with store.open_work() as work:
            work.add_submission(arrived(case, content_hash=case.id), case.request.claim_identifiers)
            work.new_case(case, tuple(journal.events), numbers_of(case), clocks_for(case))
            if number == _ANSWERED:
                told.send("in the middle")
                signal.pause()
        told.send(case.id)
