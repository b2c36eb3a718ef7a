"""What waits, as rows: kept with the case, paged by an index, taken by one person."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text, update

from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, Course, EventKind, LineState, PayerId, Priority
from fhir_um.cases.review import Alarm, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.routing import Flag
from fhir_um.cases.work_items import Held, Waiting, Wanted, place_of
from fhir_um.store.database import Store
from fhir_um.store.waiting import sorting
from fhir_um.store.work_tables import work_items
from tests.builders import AT, DEADLINE
from tests.conftest import now
from tests.fhir_um.store.older import rewound
from tests.fhir_um.store.stored import PAYER, moved, opened, put, put_whole
from tests.fhir_um.store.test_plans import plan_of

GENERAL = "nurse-general"
OTHER = PayerId("payer-2")


def waiting(case_id: str, *courses: Course, hours: int = 0, **header: object) -> Journal:
    """A case whose lines are due that much later than others."""
    journal = opened(case_id, *(courses or (Course.PEND_REVIEW,)), **header)
    for line in journal.case.lines:
        if line.due_at:
            later = replace(line, due_at=line.due_at + timedelta(hours=hours))
            journal.line(EventKind.LINE_CHANGED, later, ())
    return journal


def found(store: Store, queue: str = GENERAL, **wanted: object) -> list[str]:
    return [each.item.case_id for each in page(store, Wanted((PAYER,), queue, **wanted))]  # type: ignore[arg-type]  # test data by field name


def page(store: Store, wanted: Wanted) -> tuple[Waiting, ...]:
    with store.open_reading() as work:
        return work.waiting.page(wanted, None, 50)


def items(store: Store, case: Case) -> dict[str, Waiting]:
    with store.open_reading() as work:
        return {each.item.queue: each for each in work.waiting.items((case.payer_id,), case.id)}


def save(store: Store, journal: Journal, before: Case) -> Case:
    with store.open_work() as work:
        work.save_case(journal.case, before.version, tuple(journal.events), (), ())
    return journal.case


def hold(store: Store, case: Case, queue: str, **held: object) -> None:
    with store.open_work() as work:
        item = work.waiting.item((case.payer_id,), case.id, queue)
        assert item is not None
        work.waiting.hold(item.item, replace(item.held, **held))  # type: ignore[arg-type]  # test data by field name


# --- rows and cases ---------------------------------------------------------------------------------------------------


def test_rows_say_what_the_case_says_and_go_with_it(store: Store) -> None:
    case = put_whole(store, opened("case-1", Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.APPROVE))

    assert {queue: each.item.lines for queue, each in items(store, case).items()} == {GENERAL: (1,), "physician": (2,)}
    decided = save(store, moved(case, LineState.DENIED_CLINICAL), case)
    assert set(items(store, decided)) == {"physician"}
    assert items(store, decided)["physician"].item.version == 2
    done = save(store, moved(decided, LineState.DENIED_CLINICAL, 2), decided)
    assert items(store, done) == {}
    assert store.verify().faults == []


def test_nothing_is_written_of_what_nobody_must_look_at(sqlite_url: str) -> None:
    with closing(Store(sqlite_url, now)) as store:
        store.ping()
        said: list[str] = []
        event.listen(store.engine, "checkout", lambda driver, *_: driver.set_trace_callback(said.append))
        put(store, opened("case-1", Course.APPROVE))

        assert [sql for sql in said if "work_items" in sql] == []


def test_who_has_an_item_stays_while_the_case_waits_in_that_queue(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW, Course.PEND_REVIEW))
    hold(store, case, GENERAL, assignee="rn-1", assigned_at=AT, lock_owner="rn-1", lock_until=AT)

    decided = save(store, moved(case, LineState.DENIED_CLINICAL, 2), case)

    kept = items(store, decided)[GENERAL]
    assert (kept.item.lines, kept.item.version) == ((1,), 2)
    assert kept.held == Held("rn-1", AT, "rn-1", AT)


def test_a_note_that_raises_an_alarm_shows_at_once(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW))
    journal = Journal(case, AT, ENGINE)
    alarm = Alarm("1/decision/D01/100", 1, "decision", "D01", 100, DEADLINE.due_at, AT)
    journal.review(EventKind.CLOCK_ALARM, Review(alarms=(alarm,)))

    late = save(store, journal, case)

    assert set(items(store, late)) == {GENERAL, "late"}
    assert items(store, late)["late"].item.flags == (Flag.LATE,)


def test_what_was_sent_to_supervisors_stays_with_them_until_nothing_waits(store: Store) -> None:
    case = put_whole(store, opened("case-1", Course.PEND_REVIEW, Course.PEND_PHYSICIAN))
    with store.open_work() as work:
        sent = work.waiting.escalate(case, Held(escalated_by="rn-1", escalated_at=AT, escalation="Call them."))
    assert sent is not None

    decided = save(store, moved(case, LineState.DENIED_CLINICAL), case)

    kept = items(store, decided)["late"]
    assert (kept.item.lines, kept.item.version, kept.item.priority) == ((2,), 2, Priority.EXPEDITED)
    assert kept.held.escalation == "Call them."
    assert store.verify().faults == []
    assert items(store, save(store, moved(decided, LineState.DENIED_CLINICAL, 2), decided)) == {}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM work_items", "it waits in nurse-general and has no row there"),
        ("UPDATE work_items SET queue = 'late'", "it has a row in late and does not wait there"),
        ("UPDATE work_items SET code = 'X'", "its row in nurse-general: code is not what the document says"),
        ("UPDATE work_items SET lock_owner = 'rn-1'", "a lock without an owner, or without an end"),
    ],
)
def test_verify_tells_what_the_case_does_not_say(store: Store, statement: str, told: str) -> None:
    put_whole(store, opened("case-1", Course.PEND_REVIEW))
    with store.engine.begin() as connection:
        connection.execute(text(statement))

    faults = store.verify().faults

    assert any(told in fault for fault in faults), faults


def test_rows_are_made_anew_from_the_cases(store: Store) -> None:
    waits = put_whole(store, opened("case-1", Course.PEND_REVIEW))
    put_whole(store, opened("case-2", Course.APPROVE))
    hold(store, waits, GENERAL, assignee="rn-1", assigned_at=AT)
    with store.engine.begin() as connection:
        connection.execute(update(work_items).values(code="X"))
        connection.execute(text("INSERT INTO work_items SELECT payer_id, 'case-2', 'late', " + _OTHERS))
    assert len(store.verify().faults) == 2

    with store.open_work(alone=True) as work:
        filled = work.waiting.fill(("", ""), 10)

    assert (filled.cases, filled.last) == (1, ("case-1", "payer-1"))
    assert store.verify().faults == []
    assert items(store, waits)[GENERAL].held.assignee == "rn-1"


_OTHERS = ", ".join(column.name for column in list(work_items.columns)[3:]) + " FROM work_items"


def test_cases_from_before_wait_where_they_should(store: Store, older_url: str) -> None:
    put_whole(store, opened("case-1", Course.PEND_REVIEW))
    put_whole(store, opened("case-2", Course.APPROVE))
    with closing(Store(older_url, now)) as old:
        rewound(old, "0012", store)

        old.migrate()

        assert found(old) == ["case-1"]
        assert old.verify().faults == []


# --- pages ------------------------------------------------------------------------------------------------------------


def test_least_time_left_comes_first_and_then_urgency(store: Store) -> None:
    put(store, waiting("case-4", hours=1))
    put(store, waiting("case-3", priority=Priority.EXPEDITED))
    put(store, waiting("case-1"))
    put(store, waiting("case-2", hours=-1))

    assert found(store) == ["case-2", "case-3", "case-1", "case-4"]


def test_filters_narrow_down(store: Store) -> None:
    mine = put(store, waiting("case-1", line_of_business="MA", priority=Priority.EXPEDITED))
    put(store, waiting("case-2", hours=5))
    hold(store, mine, GENERAL, assignee="rn-1", assigned_at=AT)

    assert found(store, line_of_business="MA") == ["case-1"]
    assert found(store, priority=Priority.STANDARD) == ["case-2"]
    assert found(store, due_before=DEADLINE.due_at + timedelta(hours=1)) == ["case-1"]
    assert found(store, assignee="rn-1") == ["case-1"]
    assert found(store, queue="", assignee="rn-1") == ["case-1"]
    assert found(store, unassigned=True) == ["case-2"]
    assert found(store, flag=Flag.EXPEDITED) == ["case-1"]
    assert found(store, state=LineState.PHYSICIAN_REVIEW) == []
    assert found(store, specialty="imaging") == []
    assert found(store, queue="physician") == []


def test_queues_are_counted_for_those_payers_alone(store: Store) -> None:
    put(store, waiting("case-1", hours=3))
    mine = put(store, waiting("case-2"))
    put(store, waiting("case-3", payer_id=OTHER))
    hold(store, mine, GENERAL, assignee="rn-1", assigned_at=AT)

    with store.open_reading() as work:
        (count,) = work.waiting.counts((PAYER,))

    assert (count.queue, count.waiting, count.unassigned, count.due_at) == (GENERAL, 2, 1, DEADLINE.due_at)


@pytest.fixture(scope="module")
def crowded(sqlite_template, tmp_path_factory) -> Iterator[Store]:
    """Forty cases of two payers, many due at the same moment, of which one person has half."""
    file = tmp_path_factory.mktemp("crowded") / "um.db"
    file.write_bytes(sqlite_template.read_bytes())
    with closing(Store(f"sqlite:///{file}", now)) as store:
        for n in range(40):
            payer = OTHER if n % 3 == 0 else PAYER
            urgent = Priority.EXPEDITED if n % 4 == 0 else Priority.STANDARD
            case = put(store, waiting(f"case-{n:02d}", hours=n % 5, payer_id=payer, priority=urgent))
            if n % 2:
                hold(store, case, GENERAL, assignee="rn-1", assigned_at=AT)
        yield store


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.sampled_from(["", GENERAL]), st.sampled_from([(PAYER,), (PAYER, OTHER), (OTHER,)]))
def test_pages_one_after_the_other_are_the_whole_list_in_order(crowded, size, queue, payers) -> None:
    wanted = Wanted(payers, queue, assignee="" if queue else "rn-1")
    with crowded.open_reading() as work:
        whole = work.waiting.page(wanted, None, 100)
        seen: list[Waiting] = []
        while part := work.waiting.page(wanted, place_of(seen[-1].item) if seen else None, size):
            seen += part

    assert tuple(seen) == whole
    assert whole == tuple(sorted(whole, key=lambda each: sorting(place_of(each.item))))
    assert {each.item.payer_id for each in whole} == set(payers)


QUEUE = Wanted((PAYER,), GENERAL)
LISTS = [
    (QUEUE, "work_items_of_queue (queue=? AND payer_id=?"),
    (replace(QUEUE, unassigned=True), "work_items_to_take (queue=? AND payer_id=? AND assignee=?"),
    (replace(QUEUE, assignee="rn-1"), "work_items_to_take (queue=? AND payer_id=? AND assignee=?"),
    (Wanted((PAYER,), assignee="rn-1"), "work_items_of_person (assignee=? AND payer_id=?"),
]


@pytest.mark.parametrize(("wanted", "index"), LISTS)
@pytest.mark.parametrize("later", [False, True])
def test_a_page_is_a_stretch_of_an_index(crowded: Store, wanted: Wanted, index: str, later: bool) -> None:
    with crowded.open_reading() as work:
        (first, *_) = work.waiting.page(wanted, None, 1)
    after = place_of(first.item) if later else None

    plan = plan_of(crowded, lambda work: work.waiting.page(wanted, after, 50))  # type: ignore[attr-defined]  # a reading

    assert any(index in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN")]


def test_a_page_is_a_stretch_of_an_index_of_postgresql(postgresql_url: str) -> None:
    with closing(Store(postgresql_url, now)) as store:
        said: list[tuple[str, object]] = []
        event.listen(store.engine, "before_cursor_execute", lambda c, k, sql, named, *_: said.append((sql, named)))
        for wanted, _ in LISTS:
            page(store, wanted)
        pages = [(sql, named) for sql, named in said if "work_items" in sql and "LIMIT" in sql]
        assert len(pages) == len(LISTS)
        with store.engine.connect() as connection:
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_bitmapscan = off"))
            for sql, named in pages:
                plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", named)]
                assert any("Index Scan using work_items_" in step for step in plan), plan
                assert not [step for step in plan if "Sort" in step], plan


# --- pull next --------------------------------------------------------------------------------------------------------


def take(store: Store, person: str) -> str:
    with store.open_work(alone=True) as work:
        taken = work.waiting.take_next((PAYER,), GENERAL, person, AT)
    return taken.item.case_id if taken else ""


def test_pulling_gives_what_is_due_first_of_ones_own_and_nobodys(store: Store) -> None:
    put(store, waiting("case-1", hours=2))
    theirs = put(store, waiting("case-2", hours=1))
    put(store, waiting("case-3", hours=3))
    hold(store, theirs, GENERAL, assignee="rn-2", assigned_at=AT)

    assert take(store, "rn-1") == "case-1"
    assert take(store, "rn-1") == "case-1"
    assert take(store, "rn-2") == "case-2"
    assert take(store, "rn-3") == "case-3"
    assert take(store, "rn-4") == ""


@pytest.mark.parametrize(("until", "taken"), [(timedelta(minutes=1), ""), (timedelta(0), "case-1")])
def test_what_somebody_has_locked_is_passed_over_until_the_lock_ends(store: Store, until, taken) -> None:
    case = put(store, waiting("case-1"))
    hold(store, case, GENERAL, lock_owner="rn-2", lock_until=AT + until)

    assert take(store, "rn-1") == taken


def test_many_who_pull_at_once_never_get_the_same(store: Store) -> None:
    for n in range(12):
        put(store, waiting(f"case-{n:02d}", hours=n))
    people = [f"rn-{n}" for n in range(15)]

    with ThreadPoolExecutor(5) as pool:
        taken = list(pool.map(lambda person: take(store, person), people))

    assert sorted(each for each in taken if each) == [f"case-{n:02d}" for n in range(12)]
    assert taken.count("") == 3
    rows = page(store, Wanted((PAYER,), GENERAL))
    assert {each.item.case_id: each.held.assignee for each in rows} == {
        CaseId(case): person for case, person in zip(taken, people, strict=True) if case
    }


def test_a_case_that_is_decided_while_it_is_pulled_is_nobodys(store: Store) -> None:
    case = put(store, waiting("case-1"))
    save(store, moved(case, LineState.DENIED_CLINICAL), case)

    assert take(store, "rn-1") == ""
