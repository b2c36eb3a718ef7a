"""Whoever follows the feed misses nothing, is told nothing twice, and hears the steps of a case in their order."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text, update

from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, Course, EventKind, LineState, PayerId
from fhir_um.cases.retention import Going, Purge, RecordKind
from fhir_um.cases.review import Opening, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.store.database import Store
from fhir_um.store.feed import FeedRow, FeedSearch
from fhir_um.store.tables import case_events
from tests.builders import AT
from tests.conftest import NOW, now
from tests.fhir_um.store.older import rewound
from tests.fhir_um.store.stored import PAYER, clocks_for, moved, numbers_of, opened, put, put_whole


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    """Where several write at once."""
    with closing(Store(postgresql_url, now)) as opened_there:
        yield opened_there


def _read(store: Store, cursor: str = "", limit: int = 100, payers: tuple[PayerId, ...] | None = None):
    with store.open_reading() as work:
        return work.feed.after(payers, cursor, limit)


def _told(rows: tuple[FeedRow, ...]) -> list[tuple[str, int]]:
    return [(row.case_id, row.event.sequence) for row in rows]


def _save(store: Store, journal: Journal, expected: int) -> Case:
    with store.open_work() as work:
        work.save_case(journal.case, expected, tuple(journal.events), (), ())
    return journal.case


def test_steps_come_in_the_order_they_were_kept(store: Store) -> None:
    one, two = put(store, opened("b", Course.PEND_REVIEW)), put(store, opened("a", Course.PEND_REVIEW))
    _save(store, moved(two), 1)
    _save(store, moved(one), 1)

    rows = _read(store)

    assert _told(rows) == [("b", 1), ("b", 2), ("a", 1), ("a", 2), ("a", 3), ("b", 3)]
    assert [row.event.kind for row in rows[:2]] == [EventKind.OPENED, EventKind.LINE_REQUESTED]
    assert rows[0].payer_id == PAYER


def test_reading_goes_on_after_any_cursor(store: Store) -> None:
    for case_id in ("a", "b", "c"):
        put(store, opened(case_id, Course.APPROVE, Course.APPROVE))
    whole = _read(store)

    assert [_read(store, row.cursor) for row in whole] == [whole[n:] for n in range(1, len(whole) + 1)]
    assert [_read(store, row.cursor, 2) for row in whole] == [whole[n : n + 2] for n in range(1, len(whole) + 1)]


def test_one_row_tells_of_all_a_transaction_did_to_a_case(store: Store) -> None:
    put(store, opened("a", Course.APPROVE, Course.APPROVE))

    with store.engine.connect() as connection:
        rows = connection.execute(text("SELECT first, last FROM event_feed")).all()

    assert [tuple(row) for row in rows] == [(1, 3)]


def test_notes_are_told_too(store: Store) -> None:
    case = put(store, opened("a", Course.PEND_REVIEW))
    journal = Journal(case, AT, ENGINE)
    journal.review(EventKind.EVIDENCE_OPENED, Review(openings=(Opening("1", ENGINE, AT),)))

    _save(store, journal, case.version)

    assert _told(_read(store))[-1] == ("a", 3)


def test_other_payers_are_left_out(store: Store) -> None:
    put(store, opened("a"))
    put(store, opened("b", payer_id=PayerId("payer-2")))

    assert _told(_read(store, payers=(PayerId("payer-2"),))) == [("b", 1), ("b", 2)]
    assert _told(_read(store, payers=())) == []
    assert len(_read(store)) == 4


def test_some_kinds_only_move_the_cursor_past_the_rest(store: Store) -> None:
    case = put(store, opened("a", Course.PEND_REVIEW))
    _save(store, moved(case), 1)
    put(store, opened("b"))
    wanted = frozenset({EventKind.LINE_MOVED.value})

    with store.open_reading() as work:
        page = work.feed.page(FeedSearch(None, limit=1, kinds=wanted))
        rest = work.feed.page(FeedSearch(None, page.cursor, 1, wanted))
        nothing = work.feed.page(FeedSearch(None, rest.cursor, 1, wanted))

    assert (_told(page.rows), rest.rows) == ([("a", 3)], ())
    assert rest.cursor == nothing.cursor == _read(store)[-1].cursor


def test_one_case_only(store: Store) -> None:
    put(store, opened("a"))
    put(store, opened("b"))

    with store.open_reading() as work:
        page = work.feed.page(FeedSearch((PAYER,), case_id=CaseId("b")))

    assert _told(page.rows) == [("b", 1), ("b", 2)]


@pytest.mark.parametrize("cursor", ["x", "1.2", "1.2.3.4", "-1.2.3", "01.2.3", "1.2.3\n", "1.2." + "9" * 30])
def test_a_cursor_of_somebody_else_is_a_fault(store: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        _read(store, cursor)


def test_what_is_undone_is_not_told(store: Store) -> None:
    journal = opened("a")

    with pytest.raises(KeyError), store.open_work() as work:
        work.new_case(journal.case, tuple(journal.events), numbers_of(journal.case), ())
        raise KeyError

    assert _read(store) == ()


def test_a_late_commit_is_not_skipped(postgresql_store: Store) -> None:
    """The transaction that began first ends last; whoever reads in between waits for it."""
    store, late, early = postgresql_store, opened("late"), opened("early")
    put(store, opened("before"))
    with ExitStack() as stack:
        slow = stack.enter_context(store.open_work())
        slow.new_case(late.case, tuple(late.events), numbers_of(late.case), clocks_for(late.case))
        put(store, early)

        between = _read(store)

    assert _told(between) == [("before", 1), ("before", 2)]
    assert _told(_read(store, between[-1].cursor)) == [("late", 1), ("late", 2), ("early", 1), ("early", 2)]


def test_steps_of_a_case_keep_their_order_when_the_later_writer_began_first(postgresql_store: Store) -> None:
    store, other = postgresql_store, opened("other")
    case = put(store, opened("a", Course.PEND_REVIEW))
    with store.open_work() as slow:
        slow.new_case(other.case, tuple(other.events), numbers_of(other.case), ())
        first = _save(store, moved(case, LineState.PHYSICIAN_REVIEW), 1)
        second = moved(first)
        slow.save_case(second.case, 2, tuple(second.events), (), ())

    rows = _read(store)

    assert [sequence for case_id, sequence in _told(rows) if case_id == "a"] == [1, 2, 3, 4]
    assert store.verify().faults == [fault for fault in store.verify().faults if "feed" not in fault]


def test_a_follower_reads_on_from_where_it_stood(store: Store) -> None:
    put(store, opened("a"))
    with store.open_work() as work:
        assert work.feed.place_of("letters") == ""
        work.feed.keep_place("letters", work.feed.after(None, "", 1)[-1].cursor)
    with store.open_work() as work:
        work.feed.keep_place("letters", work.feed.after(None, work.feed.place_of("letters"), 1)[-1].cursor)

    with store.open_reading() as reading:
        assert reading.feed.after(None, reading.feed.place_of("letters"), 10) == ()
        assert reading.feed.place_of("measures") == ""


def test_a_follower_that_fails_stands_where_it_stood(store: Store) -> None:
    put(store, opened("a"))

    with pytest.raises(KeyError), store.open_work() as work:
        work.feed.keep_place("letters", "0.1.2")
        raise KeyError

    with store.open_reading() as reading:
        assert reading.feed.place_of("letters") == ""


def test_a_purged_case_leaves_the_feed(store: Store) -> None:
    put_whole(store, opened("a"))
    put_whole(store, opened("b"))
    last = _read(store)[1].cursor
    with store.open_work() as work:
        found = work.retention.candidates_to_go(RecordKind.CASE, NOW + timedelta(days=9999), (), 1)
        gone = [Going(found[0], "rule", NOW.date())]
        work.retention.purge(RecordKind.CASE, gone, Purge("purge-1", "somebody", NOW))

    assert _told(_read(store)) == [("b", 1), ("b", 2)] == _told(_read(store, last))
    assert store.verify().faults == []


def test_what_was_there_before_the_feed_is_told_in_the_order_of_time(store: Store, older_url: str) -> None:
    """Also where a clock went back between two steps of one case."""
    put_whole(store, opened("a", Course.PEND_REVIEW))
    case = put_whole(store, opened("b", Course.PEND_REVIEW))
    _save(store, moved(case), 1)
    with store.engine.begin() as connection:
        for (case_id, version), hour in {("b", 1): 3, ("b", 2): 2, ("a", 1): 4}.items():
            at = AT + timedelta(hours=hour)
            connection.execute(_SET_TIME, {"of_case": case_id, "of_version": version, "then": at})
    with closing(Store(older_url, now)) as old:
        rewound(old, "0011", store)

        old.migrate()

        assert _told(_read(old)) == [("b", 1), ("b", 2), ("b", 3), ("a", 1), ("a", 2)]
        assert not [fault for fault in old.verify().faults if "feed" in fault]


_SET_TIME = (
    update(case_events)
    .where(case_events.c.case_id == bindparam("of_case"), case_events.c.version == bindparam("of_version"))
    .values(at=bindparam("then"))
)
