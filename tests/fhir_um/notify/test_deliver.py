"""The delivering loop against a real endpoint, one store of each kind, and clocks that tests hold still."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fhir_um.cases.deadlines import ClockRule
from fhir_um.deps import Deps
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.logs import HOUSE
from fhir_um.notify.building import Builder
from fhir_um.notify.deliver import Deliverer, Pace
from fhir_um.notify.send import Post, Sender
from fhir_um.policy.load import shipped_policies
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import (
    Channel,
    Content,
    Delivery,
    DeliveryState,
    Lease,
    Met,
    Sent,
    Standing,
    Subscription,
)
from tests.builders import AT
from tests.fhir_um.notify import receiver as receivers
from tests.fhir_um.notify.receiver import Receiver, receiving, says
from tests.fhir_um.store.subscribed import SECOND, add, announced, found, open_store, owed, subscription

BASES = {"2.2.1": "https://payer.example.test/fhir", "2.0.1": "https://payer.example.test/2.0.1/fhir"}
NO_RULES: tuple[ClockRule, ...] = ()


class Time:
    """Both clocks of a worker; they go on when told to."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - AT).total_seconds()

    def passes(self, seconds: float) -> None:
        self.now += seconds * SECOND


class House:
    """One store, and workers over it."""

    def __init__(self, url: str) -> None:
        self.time = Time()
        self.store = open_store(url)
        self.deps = Deps(self.store, self.time, str, str, shipped_policies(), NO_RULES)
        self.sender = Sender(Endpoints(frozenset(), is_sandbox=True), self.time, self.monotonic)
        self.workers: list[Deliverer] = []

    def monotonic(self) -> float:
        """Tries of a test end by what the endpoint does, not by time."""
        return 0.0

    def worker(self, name: str = "worker", post: Post | None = None, pace: Pace | None = None) -> Deliverer:
        builder = Builder(self.deps, BASES)
        made = Deliverer(self.deps, builder, post or self.sender, name, self.time.monotonic, lambda: 0.5, pace)
        self.workers.append(made)
        return made

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
        self.sender.close()
        self.store.close()


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    made = House(database_url)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def told(url: str, id: str = "sub-1", **changes: object) -> Subscription:
    """A subscription that wants ids only: nothing of the case is needed for it."""
    asked = subscription(id, **changes)
    return replace(asked, channel=replace(asked.channel, endpoint=url, content=Content.ID_ONLY))


def test_handshake_then_events_in_order(house: House, receiver: Receiver) -> None:
    add(house.store, told(f"{receiver.url}/told"))
    for _ in range(12):
        announced(house.store)
    worker = house.worker()

    while worker.step():
        pass

    assert [came.kind for came in receiver.came] == ["handshake", *["event-notification"] * 12]
    assert receiver.numbers == [0, *range(1, 13)]
    assert receiver.came[0].parameters["status"] == "requested"
    assert receiver.came[1].parameters["status"] == "active"
    assert found(house.store).standing is Standing.ACTIVE
    assert {(each.state, each.body, each.attempts) for each in owed(house.store)} == {
        (DeliveryState.DELIVERED, None, 1)
    }


FAULTS = [
    (says(500), "500"),
    (says(401), "401"),
    (says(307, Location="/elsewhere"), "307"),
    (receivers.speaks_no_http, "garbage"),
    (receivers.breaks_off_in_the_head, "garbage"),
]


@pytest.mark.parametrize(("answer", "outcome"), FAULTS, ids=["500", "401", "307", "no-http", "half-a-head"])
def test_what_did_not_arrive_is_sent_again_with_the_same_number_and_bytes_before_anything_else(
    house: House, receiver: Receiver, answer: receivers.Answer, outcome: str
) -> None:
    add(house.store, told(receiver.url))
    worker = house.worker()
    worker.step()
    announced(house.store)
    announced(house.store)
    receiver.answers.extend([answer, answer])

    worker.step()
    assert [each.outcome for each in owed(house.store)] == [outcome, ""]
    assert worker.step() == 0
    house.time.passes(1)
    worker.step()
    house.time.passes(2)
    worker.step()

    assert receiver.numbers == [0, 1, 1, 1, 2]
    assert len({came.body for came in receiver.came[1:4]}) == 1
    assert [each.attempts for each in owed(house.store)] == [3, 1]


def test_an_endpoint_that_asks_for_time_gets_it(house: House, receiver: Receiver) -> None:
    add(house.store, told(receiver.url))
    receiver.answers.append(says(429, Retry_After="120"))
    worker = house.worker()
    worker.step()

    house.time.passes(119)
    assert worker.step() == 0
    house.time.passes(1)
    assert worker.step() == 1
    assert found(house.store).standing is Standing.ACTIVE


def test_an_endpoint_that_is_gone_is_not_asked_again(house: House, receiver: Receiver) -> None:
    add(house.store, told(receiver.url))
    receiver.answers.append(says(410))
    worker = house.worker()

    worker.step()
    announced(house.store)
    house.time.passes(100_000)

    assert worker.step() == 0
    assert (found(house.store).standing, found(house.store).fault) == (Standing.ERROR, "handshake: 410")


def test_after_the_last_try_it_stands_in_error_and_goes_on_when_told(house: House) -> None:
    add(house.store, told("http://127.0.0.1:9/"))
    answers: list[Sent] = [Sent(200), *[Sent(503)] * 20]
    worker = house.worker(post=lambda _channel, _body: answers.pop(0) if answers else Sent(200))
    worker.step()
    announced(house.store)

    tries = 0
    while found(house.store).standing is Standing.ACTIVE:
        house.time.passes(5_000)
        tries += worker.step()

    assert tries == 20
    assert found(house.store).fault == "event-notification: 503"
    with house.store.open_work() as work:
        assert work.subscribers.go_on(found(house.store).payer_id, found(house.store).id, house.time.now)
    house.time.passes(5_000)
    worker.step()
    assert [each.state for each in owed(house.store)] == [DeliveryState.DELIVERED]


class Crash(BaseException):
    """As if the process had been killed."""


def test_a_crash_between_sending_and_recording_sends_the_same_again(house: House, receiver: Receiver) -> None:
    add(house.store, told(receiver.url))
    house.worker("first").step()
    announced(house.store)
    killed = house.worker("killed")
    killed._give_back = crash  # type: ignore[method-assign]  # the moment in question
    with pytest.raises(Crash):
        killed.step()
    announced(house.store)
    survivor = house.worker("survivor")

    assert survivor.step() == 0
    house.time.passes(30)
    survivor.step()

    assert receiver.numbers == [0, 1, 1, 2]
    assert receiver.came[1].body == receiver.came[2].body
    assert {each.state for each in owed(house.store)} == {DeliveryState.DELIVERED}


def crash() -> None:
    raise Crash


def test_an_answer_after_the_lease_ended_changes_nothing(house: House, receiver: Receiver) -> None:
    """The clock jumps ahead while the endpoint thinks; another worker sends again, and its word counts."""
    add(house.store, told(receiver.url))
    slow, quick = house.worker("slow"), house.worker("quick")
    may_go_on = threading.Event()

    def thinks(handler: receivers.Handler) -> None:
        may_go_on.wait(30)
        says(500)(handler)

    receiver.answers.append(thinks)
    running = threading.Thread(target=slow.step)
    running.start()
    assert receiver.arrived.wait(30)
    house.time.passes(31)
    assert quick.step() == 1
    may_go_on.set()
    running.join(30)

    assert [came.kind for came in receiver.came] == ["handshake", "handshake"]
    assert found(house.store).standing is Standing.ACTIVE
    assert slow.step() == 0


def test_two_workers_share_the_work_and_keep_the_order(house: House, receiver: Receiver) -> None:
    for n in range(8):
        add(house.store, told(f"{receiver.url}/{n}", f"sub-{n}"))
    one, other = house.worker("one"), house.worker("other", pace=Pace(leases=3, deliveries_each=2))
    for _ in range(9):
        announced(house.store)

    def work(worker: Deliverer) -> None:
        for _ in range(30):
            worker.step()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    for n in range(8):
        assert [came.number for came in receiver.came if came.path == f"/{n}"] == list(range(10))


def test_a_host_that_does_not_answer_holds_up_nobody_else(house: House, receiver: Receiver) -> None:
    for n in range(100):
        add(house.store, told(f"http://127.0.0.1:1/{n}", f"dead-{n}"))
    add(house.store, told(receiver.url, "sub-1"))
    began: list[str] = []

    def post(channel: Channel, body: bytes) -> Sent:
        began.append(channel.host)
        return house.sender(channel, body)

    worker = house.worker(post=post)
    worker.step()

    assert [came.kind for came in receiver.came] == ["handshake"]
    assert 5 <= began.count("127.0.0.1:1") <= 8
    worker.step()
    assert 5 <= began.count("127.0.0.1:1") <= 8, "the host is left alone, and no try is counted"
    house.time.passes(30)
    worker.step()
    assert 6 <= began.count("127.0.0.1:1") <= 9, "asked once"


def test_signs_of_life_are_sent_and_not_kept(house: House, receiver: Receiver) -> None:
    add(house.store, told(receiver.url, heartbeat_seconds=30))
    worker = house.worker()
    worker.step()
    receiver.answers.append(says(500))

    assert worker.step() == 0
    for _ in range(2):
        house.time.passes(30)
        assert worker.step() == 1

    assert [came.kind for came in receiver.came] == ["handshake", "heartbeat", "heartbeat"]
    assert found(house.store).standing is Standing.ACTIVE
    assert owed(house.store) == ()


def test_after_its_end_nothing_is_sent(house: House, receiver: Receiver) -> None:
    add(house.store, told(receiver.url, ends_at=AT + timedelta(minutes=1)))
    worker = house.worker()
    worker.step()
    announced(house.store)

    house.time.passes(60)
    worker.step()

    assert receiver.numbers == [0]
    assert found(house.store).standing is Standing.OFF


def test_what_cannot_be_written_holds_up_nobody_else(house: House, receiver: Receiver) -> None:
    add(house.store, told(f"{receiver.url}/good", "sub-1"))
    whole = subscription("sub-2")
    add(house.store, replace(whole, channel=replace(whole.channel, endpoint=f"{receiver.url}/whole")))
    worker = house.worker()
    worker.step()
    announced(house.store)  # of a case that is not in the store

    worker.step()

    assert [came.path for came in receiver.came if came.number] == ["/good"]
    assert [(each.outcome, each.attempts) for each in owed(house.store, "sub-2")] == [(Met.BROKEN, 1)]


def test_what_is_due_at_once_is_written_in_parts(house: House, receiver: Receiver) -> None:
    for n in range(5):
        add(house.store, told(f"{receiver.url}/{n}", f"sub-{n}"))
    worker = house.worker(pace=Pace(written_at_once=2))
    assert worker.step() == 5
    for _ in range(3):
        announced(house.store)

    assert worker.step() == 5

    for n in range(5):
        assert [came.number for came in receiver.came if came.path == f"/{n}"] == [0, 1, 2, 3]


def test_a_part_that_cannot_be_kept_is_given_back_and_sent_later(house: House, receiver: Receiver) -> None:
    class BusyOnce(Builder):
        calls = 0

        def build(self, leases: Iterable[Lease]) -> dict[tuple[str, int], Delivery]:
            self.calls += 1
            if self.calls == 2:
                raise Refusal(Kind.BUSY, (Issue("transient", "busy"),))
            return super().build(leases)

    for n in range(3):
        add(house.store, told(f"{receiver.url}/{n}", f"sub-{n}"))
    builder = BusyOnce(house.deps, BASES)
    worker = Deliverer(
        house.deps, builder, house.sender, "w", house.time.monotonic, lambda: 0.5, Pace(written_at_once=1)
    )
    house.workers.append(worker)

    with pytest.raises(Refusal):
        worker.step()
    assert worker.step() == 2

    assert sorted(came.path for came in receiver.came) == ["/0", "/1", "/2"]
    assert {found(house.store, f"sub-{n}").standing for n in range(3)} == {Standing.ACTIVE}


def test_running_it_records_what_several_threads_have_done(house: House, receiver: Receiver) -> None:
    for n in range(6):
        add(house.store, told(f"{receiver.url}/{n}", f"sub-{n}"))
    stop, worker = threading.Event(), house.worker(pace=Pace(poll_seconds=0.001, leases=4, deliveries_each=2))
    running = threading.Thread(target=worker.run, args=(stop,))
    for _ in range(5):
        announced(house.store)
    running.start()
    while len(receiver.came) < 36 and receiver.arrived.wait(30):
        receiver.arrived.clear()
    stop.set()
    running.join(30)

    for n in range(6):
        assert [came.number for came in receiver.came if came.path == f"/{n}"] == [0, 1, 2, 3, 4, 5]
        assert {each.state for each in owed(house.store, f"sub-{n}")} == {"delivered"}


def test_a_fault_of_ours_while_sending_is_a_try_that_failed(house: House) -> None:
    add(house.store, told("http://127.0.0.1:9/"))

    def post(channel: Channel, body: bytes) -> Sent:
        raise ZeroDivisionError("secret")

    worker = house.worker(post=post)
    worker.step()

    assert worker.step() == 0
    house.time.passes(1)
    assert worker.step() == 1


def test_told_to_stop_it_ends_the_try_and_gives_the_rest_back(house: House) -> None:
    add(house.store, told("http://127.0.0.1:9/"))
    stop, sending, may_go_on = threading.Event(), threading.Event(), threading.Event()
    bodies: list[bytes] = []

    def post(channel: Channel, body: bytes) -> Sent:
        bodies.append(body)
        if len(bodies) == 2:
            sending.set()
            may_go_on.wait(30)
        return Sent(200)

    worker = house.worker(post=post, pace=Pace(poll_seconds=0.001))
    for _ in range(3):
        announced(house.store)
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    assert sending.wait(30)
    stop.set()
    may_go_on.set()
    running.join(30)

    assert len(bodies) == 2
    assert [each.state for each in owed(house.store)] == ["delivered", "waiting", "waiting"]
    assert house.worker("next").step() == 1


def test_the_log_says_what_became_of_it_and_no_secret(house: House, receiver: Receiver, caplog) -> None:
    add(house.store, told(f"{receiver.url}/secret-path"))
    HOUSE.propagate = True
    with caplog.at_level("INFO", logger="fhir_um"):
        house.worker().step()

    (row,) = [record for record in caplog.records if record.msg == "delivery"]
    assert row.given["outcome"] == "200"
    assert row.given["attempt"] == 1
    assert "secret" not in repr(row.__dict__)
