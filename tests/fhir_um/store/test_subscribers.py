"""Subscribers and what they are owed, as the store keeps it: on SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text

from fhir_um.cases.model import ClientId
from fhir_um.errors import VersionConflict
from fhir_um.store.database import Store
from fhir_um.subscribers.model import Content, Delivery, DeliveryKind, DeliveryState, Given, Standing
from fhir_um.vault import Vault, new_key
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.stored import EHR, PAYER, opened
from tests.fhir_um.store.subscribed import (
    SECOND,
    SECRET,
    add,
    add_active,
    announced,
    arrived,
    failed,
    found,
    leased,
    numbers,
    open_store,
    owed,
    settle,
    subscription,
)

HELD = frozenset({DeliveryState.HELD})


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store with a key for secrets."""
    opened_store = open_store(database_url)
    yield opened_store
    opened_store.close()


def go_on(store: Store, since: int = 0, at=AT) -> bool:
    with store.open_work() as work:
        return work.subscribers.go_on(PAYER, found(store).id, at, since)


def change(store: Store, expected: int = 1, **changes) -> None:
    changed = replace(found(store), version=expected + 1, **changes)
    with store.open_work() as work:
        work.subscribers.change(changed, expected, AT)


# --- keeping --------------------------------------------------------------------------------------------------------


def test_headers_are_kept_sealed_and_shown_to_the_sender_alone(store: Store) -> None:
    add(store, subscription())

    assert found(store) == subscription()
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM subscriptions")).one()
    assert "secret" not in repr(row)
    with store.open_reading() as reading:
        assert reading.subscribers.find(ClientId("another"), (PAYER,), "2.2.1", "sub-1") is None
        assert reading.subscribers.all()[0].channel.headers == ()
        assert reading.subscribers.of(EHR, (PAYER,), "2.2.1")[0].channel.headers == (SECRET,)


def test_a_change_of_an_older_version_is_refused(store: Store) -> None:
    add(store, subscription())
    change(store, 1)

    with pytest.raises(VersionConflict):
        change(store, 1)


def test_a_removed_one_is_not_found_not_told_and_not_set_going(store: Store) -> None:
    add_active(store, subscription())
    announced(store)

    with store.open_work() as work:
        work.subscribers.remove(replace(found(store), version=2), 1)
        assert work.subscribers.find(EHR, (PAYER,), "2.2.1", "sub-1") is None
        assert not work.subscribers.go_on(PAYER, subscription().id, AT)
    assert announced(store) == 0
    assert leased(store) == ()


# --- announcing -----------------------------------------------------------------------------------------------------


def test_each_who_listens_is_owed_the_event_under_a_number_of_its_own(store: Store) -> None:
    add_active(store, subscription("sub-1"), subscription("sub-2"))
    announced(store, opened("case-1").case)
    add_active(store, subscription("sub-3"))

    assert announced(store, opened("case-2").case) == 3

    assert [each.event_number for each in owed(store, "sub-1")] == [1, 2]
    assert [(each.event_number, each.case_id) for each in owed(store, "sub-3")] == [(1, "case-2")]
    assert found(store, "sub-2").event_count == 2


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"organizations": ("1999999992",)}, True),
        ({"organizations": ("another", "http://hl7.org/fhir/sid/us-npi|1999999992")}, True),
        ({"organizations": ("another",)}, False),
        ({"sender": ClientId("another")}, False),
        ({"ends_at": AT}, False),
        ({"ends_at": AT + SECOND}, True),
        ({"standing": Standing.OFF}, False),
    ],
)
def test_only_those_who_listen_are_owed(store: Store, changes: dict[str, object], is_told: bool) -> None:
    add(store, subscription(**changes))

    assert announced(store) == int(is_told)


def test_an_announcement_undone_leaves_no_number_out(store: Store) -> None:
    add_active(store, subscription())
    with pytest.raises(ZeroDivisionError), store.open_work() as work:
        work.subscribers.announce(opened().case, AT)
        raise ZeroDivisionError

    announced(store)

    assert [each.event_number for each in owed(store)] == [1]


def test_numbers_have_no_gap_and_no_double_when_decisions_come_at_once(store: Store) -> None:
    add_active(store, *(subscription(f"sub-{n}") for n in range(1, 6)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: announced(store), range(40)))

    for n in range(1, 6):
        assert [each.event_number for each in owed(store, f"sub-{n}")] == list(range(1, 41))


# --- leasing --------------------------------------------------------------------------------------------------------


def test_the_handshake_comes_first_and_alone(store: Store) -> None:
    add(store, subscription())
    announced(store)

    (held,) = leased(store)
    assert [each.kind for each in held.deliveries] == [DeliveryKind.HANDSHAKE]
    settle(store, arrived(held))

    assert found(store).standing is Standing.ACTIVE
    (held,) = leased(store)
    assert numbers(held) == [1]


def test_what_one_worker_leased_no_other_gets_until_it_is_over(store: Store) -> None:
    add(store, subscription("sub-1"), subscription("sub-2"))

    assert [held.subscription.id for held in leased(store, most=1)] == ["sub-1"]
    assert [held.subscription.id for held in leased(store, holder="worker-2")] == ["sub-2"]
    assert leased(store, AT + 59 * SECOND, holder="worker-3") == ()
    assert len(leased(store, AT + 60 * SECOND, holder="worker-3")) == 2


def test_a_lease_from_a_future_that_never_was_is_over(store: Store) -> None:
    add(store, subscription())
    leased(store, AT + 3600 * SECOND)

    assert len(leased(store, AT + SECOND, holder="worker-2")) == 1


def test_a_lease_another_one_is_just_taking_is_skipped(postgresql_url: str) -> None:
    with closing(open_store(postgresql_url)) as store:
        add(store, subscription("sub-1"), subscription("sub-2"))

        with store.engine.begin() as other:
            other.execute(text("SELECT 1 FROM subscriptions WHERE id = 'sub-1' FOR UPDATE"))
            assert [held.subscription.id for held in leased(store)] == ["sub-2"]


def test_deliveries_come_in_order_and_no_more_than_asked(store: Store) -> None:
    add_active(store, subscription("sub-1"), subscription("sub-2"))
    for _ in range(5):
        announced(store)

    held = leased(store, deliveries_each=3)

    assert [numbers(each) for each in held] == [[1, 2, 3], [1, 2, 3]]


def test_spared_hosts_are_left_out_and_no_host_takes_all(store: Store) -> None:
    add(store, *(subscription(f"sub-{n}", "https://big.example.test/") for n in range(1, 5)))
    add(store, subscription("sub-9", "https://small.example.test/"))

    assert {held.subscription.id for held in leased(store, most=3, each_host=2)} == {"sub-1", "sub-2", "sub-9"}
    spared = frozenset({"big.example.test"})
    assert leased(store, spared=spared) == ()
    with store.open_reading() as reading:
        assert not reading.subscribers.is_any_due(AT, spared)
        assert reading.subscribers.is_any_due(AT)


def test_a_heartbeat_is_due_when_nothing_else_was_sent(store: Store) -> None:
    add_active(store, subscription(heartbeat_seconds=30))

    assert leased(store, AT + 29 * SECOND) == ()
    (held,) = leased(store, AT + 30 * SECOND)
    assert held.is_heartbeat_due
    settle(store, Given(held), at=AT + 30 * SECOND)

    assert leased(store, AT + 59 * SECOND) == ()
    announced(store, at=AT + 60 * SECOND)
    (held,) = leased(store, AT + 60 * SECOND)
    assert not held.is_heartbeat_due
    settle(store, arrived(held), at=AT + 60 * SECOND)
    assert leased(store, AT + 89 * SECOND) == ()


# --- freezing and settling ------------------------------------------------------------------------------------------


def freeze(store: Store, delivery: Delivery, body: bytes) -> None:
    with store.open_work() as work:
        work.subscribers.freeze([replace(delivery, body=body, body_hash=str(len(body)))])


def test_the_bytes_of_the_first_try_stay_until_they_arrived(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    freeze(store, held.deliveries[0], b"first")
    freeze(store, held.deliveries[0], b"another")
    settle(store, failed(held, AT + SECOND))

    (held,) = leased(store, AT + SECOND)
    assert (held.deliveries[0].body, held.deliveries[0].body_hash, held.deliveries[0].attempts) == (b"first", "5", 1)
    settle(store, arrived(held))
    (told,) = owed(store)

    assert (told.state, told.body, told.body_hash, told.outcome) == (DeliveryState.DELIVERED, None, "5", "200")


def test_what_did_not_arrive_holds_up_what_comes_after_it(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, AT + 5 * SECOND))
    announced(store)

    assert leased(store, AT + 4 * SECOND) == ()
    (held,) = leased(store, AT + 5 * SECOND)
    assert numbers(held) == [1, 2, 3]


def test_who_lost_the_lease_changes_nothing(store: Store) -> None:
    add(store, subscription())
    (slow,) = leased(store)
    (quick,) = leased(store, AT + 60 * SECOND, holder="worker-2")

    assert settle(store, failed(slow, None)) == (slow,)
    assert settle(store, arrived(quick)) == ()
    assert found(store).standing is Standing.ACTIVE


def test_after_the_last_try_it_stands_in_error_and_all_is_held(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, None, status=410))
    announced(store)

    assert (found(store).standing, found(store).fault) == (Standing.ERROR, "event-notification: 410")
    assert leased(store, AT + 3600 * SECOND) == ()
    with store.open_reading() as reading:
        assert len(reading.subscribers.deliveries(HELD, "sub-1", 10)) == 3
        assert reading.subscribers.counts() == {
            ("sub-1", DeliveryState.DELIVERED): 1,
            ("sub-1", DeliveryState.HELD): 3,
        }


def test_an_operator_sets_it_going_and_has_old_events_sent_again(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    settle(store, arrived(held))
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, None))

    assert go_on(store)
    assert (found(store).standing, found(store).fault) == (Standing.ACTIVE, "")
    (held,) = leased(store)
    assert numbers(held) == [2]
    settle(store, arrived(held))
    assert go_on(store, since=1)
    (held,) = leased(store)
    assert numbers(held) == [1, 2]


def test_one_that_never_shook_hands_does_so_before_it_goes_on(store: Store) -> None:
    add(store, subscription())
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, None))

    assert go_on(store)

    assert found(store).standing is Standing.REQUESTED
    (held,) = leased(store)
    assert [each.kind for each in held.deliveries] == [DeliveryKind.HANDSHAKE]


def test_a_sender_who_asks_again_shakes_hands_and_gets_what_was_held(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, None))
    announced(store)

    change(store, standing=Standing.REQUESTED, fault="")

    (held,) = leased(store)
    assert [each.kind for each in held.deliveries] == [DeliveryKind.HANDSHAKE]
    settle(store, arrived(held))
    (held,) = leased(store)
    assert numbers(held) == [1, 2]


def test_a_change_takes_the_subscription_from_who_delivers_to_it(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)

    change(store, standing=Standing.OFF)

    assert settle(store, arrived(held)) == (held,)
    assert found(store).standing is Standing.OFF
    assert leased(store, AT + 3600 * SECOND) == ()


def test_one_that_ends_while_it_is_told_stays_off(store: Store) -> None:
    add_active(store, subscription(ends_at=AT + 10 * SECOND))
    announced(store)
    (held,) = leased(store)

    with store.open_work() as work:
        assert work.subscribers.end_those_over(AT + 10 * SECOND) == 1
        assert work.subscribers.end_those_over(AT + 10 * SECOND) == 0
    assert settle(store, failed(held, AT + 11 * SECOND)) == ()

    assert found(store).standing is Standing.OFF
    assert leased(store, AT + 3600 * SECOND) == ()
    assert [each.state for each in owed(store)] == [DeliveryState.HELD]


def test_a_decision_and_many_given_back_at_once_do_not_wait_for_each_other_for_ever(store: Store) -> None:
    add_active(store, *(subscription(f"sub-{n:02d}") for n in range(30)))

    def deliver(worker: int) -> None:
        for _ in range(10):
            held = leased(store, holder=f"worker-{worker}", most=20)
            settle(store, *map(arrived, reversed(held)))

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(deliver, worker) for worker in range(2)]
        running += [pool.submit(lambda: [announced(store) for _ in range(10)]) for _ in range(2)]
        for each in running:
            each.result(60)
    while held := leased(store):
        settle(store, *map(arrived, held))

    assert {each.state for each in owed(store, "sub-07")} == {DeliveryState.DELIVERED}
    assert len(owed(store, "sub-07")) == 20


def test_a_sender_who_asks_again_does_not_wait_for_the_next_try_of_before(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, AT + 3600 * SECOND))

    change(store, standing=Standing.REQUESTED)

    (held,) = leased(store)
    settle(store, arrived(held))
    (held,) = leased(store)
    assert [(each.event_number, each.attempts) for each in held.deliveries] == [(1, 0)]


def test_an_operator_does_not_wait_for_the_next_try(store: Store) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    settle(store, failed(held, AT + 3600 * SECOND))

    assert go_on(store)

    (held,) = leased(store)
    assert numbers(held) == [1]


@pytest.mark.parametrize("content", [Content.FULL_RESOURCE, Content.ID_ONLY])
def test_who_wants_to_be_told_less_is_not_sent_what_was_written_before(store: Store, content: Content) -> None:
    add_active(store, subscription())
    announced(store)
    (held,) = leased(store)
    with store.open_work() as work:
        work.subscribers.freeze([replace(held.deliveries[0], body=b"whole", body_hash="1")])

    change(store, standing=Standing.REQUESTED, channel=replace(found(store).channel, content=content))

    assert [each.body for each in owed(store)] == [b"whole" if content is Content.FULL_RESOURCE else None]


def test_what_was_owed_while_the_clock_was_a_day_ahead_is_due_now(store: Store) -> None:
    add_active(store, subscription())
    announced(store, at=AT + 86_400 * SECOND)

    (held,) = leased(store)

    assert numbers(held) == [1]


def test_headers_whose_key_is_gone_hold_up_nobody_else_and_can_be_sent_again(database_url: str, store: Store) -> None:
    add(store, subscription("sub-1"), subscription("sub-2", headers=()))
    with closing(Store(database_url, now, vault=Vault((new_key(),)))) as other:
        assert [each.subscription.id for each in leased(other)] == ["sub-2"]
        assert leased(other) == ()
        with other.open_reading() as reading:
            assert reading.subscribers.is_any_due(AT + 61 * SECOND), "it is looked at again"
            assert [one.channel.headers for one in reading.subscribers.of(EHR, (PAYER,), "2.2.1")] == [(), ()]
        change(other, channel=replace(found(other).channel, headers=(SECRET,)), standing=Standing.REQUESTED)
        assert [each.subscription.channel.headers for each in leased(other)] == [(SECRET,)]
