"""What happens at the same moment as a purge or a rotation: nobody loses anything, and a hold is never too late."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

from fhir_um.cases.evidence import Evidence
from fhir_um.cases.retention import Candidate, Going, Kept, LegalHold, Purge, RecordKind
from fhir_um.store.database import Store
from fhir_um.store.purging import _of_a_case
from fhir_um.store.sealing import Sealed
from fhir_um.store.tables import metadata
from fhir_um.vault import Vault, new_key
from tests.builders import AT, ON
from tests.conftest import now
from tests.fhir_um.store.stored import PAYER, opened, put_whole
from tests.fhir_um.store.subscribed import open_store
from tests.fhir_um.store.test_attachments import attachment, content

LATER = datetime(2099, 1, 1, tzinfo=UTC)
RUN = Purge("run-1", "somebody", LATER)
BODY = b"a scan" * 100_000
HOLD = LegalHold("hold-1", PAYER, "", "", "a matter", "counsel", AT)


def going(kind: RecordKind, *key: str) -> Going:
    return Going(Candidate(key, Kept(kind, PAYER, ON)), "R01", ON)


def test_every_table_that_names_a_case_goes_with_it_or_says_why_not() -> None:
    """A table that somebody adds must be in one of the two lists."""
    stay = {"deliveries", "legal_holds", "purged_numbers", "audit_subjects", "emergency_access"}
    named = {table.name for table in metadata.sorted_tables if "case_id" in table.c}

    assert {table.name for table in _of_a_case()} == named - stay


def test_a_hold_that_comes_during_a_batch_waits_for_its_end(postgresql_url: str) -> None:
    store, other = open_store(postgresql_url), open_store(postgresql_url)
    put_whole(store, opened())
    with closing(store), closing(other), ThreadPoolExecutor(1) as another:
        with store.open_work(alone=True) as work:
            (found,) = work.retention.candidates_to_go(RecordKind.CASE, LATER, (), 10)
            waits = another.submit(_held, other)
            wait([waits], 0.3)
            assert not waits.done()
            assert work.retention.holds() == ()
            work.retention.purge(RecordKind.CASE, [Going(found, "R01", ON)], RUN)
        waits.result(10)
        assert store.verify().faults == []


def _held(store: Store) -> None:
    with store.open_work(alone=True) as work:
        work.retention.hold(HOLD)


def test_a_content_that_is_shared_at_the_moment_it_goes_is_kept(postgresql_url: str) -> None:
    store, other = open_store(postgresql_url), open_store(postgresql_url)
    with store.open_work() as work:
        work.attachments.add(attachment("a", BODY), Evidence(), content(BODY))
    with closing(store), closing(other), ThreadPoolExecutor(1) as another:
        with store.open_work(alone=True) as work:
            work.retention.purge(RecordKind.DOCUMENT, [going(RecordKind.DOCUMENT, "a", PAYER)], RUN)
            waits = another.submit(_add, other)
            wait([waits], 0.3)
            assert not waits.done()
        waits.result(10)
        assert store.verify().faults == []


def _add(store: Store) -> None:
    with store.open_work() as work:
        assert work.attachments.add(attachment("b", BODY, said_lines=("2",)), Evidence(), content(BODY))


def test_who_reads_while_it_is_sealed_again_reads_the_same(database_url: str) -> None:
    old = new_key()
    row = replace(attachment("a", BODY), case_id=None)
    with closing(Store(database_url, now, vault=Vault((old,)))) as before, before.open_work() as work:
        work.attachments.add(row, Evidence(), content(BODY))
    both = Vault((new_key(), old))
    done, begun = Event(), Event()

    def read() -> int:
        count = 0
        with closing(Store(database_url, now, vault=both)) as reader:
            while not done.is_set() or count == 0:
                with reader.open_reading() as reading:
                    pieces = [reading.attachments.piece(row, place) or b"" for place in range(4)]
                assert b"".join(pieces) == BODY
                count += 1
                begun.set()
        return count

    with closing(Store(database_url, now, vault=both)) as store, ThreadPoolExecutor(1) as another:
        reading = another.submit(read)
        assert begun.wait(20)
        for what in Sealed:
            with store.open_work(alone=True) as work:
                work.sealing.again(what, both.key_ids[1])
        done.set()
        assert reading.result(20) > 0
        with store.open_reading() as look:
            assert set(look.sealing.counts()) == {(what, both.key_ids[0]) for what in (Sealed.PIECES, Sealed.EVIDENCE)}
