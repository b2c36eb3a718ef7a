"""Which hosts are spared, and how many at once: a clock that tests hold still."""

import pytest

from fhir_um.notify.circuits import Circuits
from fhir_um.subscribers.model import Met, Sent

LATE = Sent(met=Met.LATE)
HOST = "ehr.example.test"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuits(clock: Clock) -> Circuits:
    return Circuits(clock)


def tries(circuits: Circuits, *sent: Sent, seconds: float = 0.1) -> None:
    for each in sent:
        circuits.begin(HOST)
        circuits.note(HOST, each, seconds)
        circuits.end(HOST)


@pytest.mark.parametrize("fault", [LATE, Sent(met=Met.UNREACHABLE), Sent(met=Met.GARBAGE), Sent(500), Sent(429)])
def test_after_five_failures_a_host_is_left_alone(circuits: Circuits, fault: Sent) -> None:
    tries(circuits, *[fault] * 4)
    assert circuits.left_alone() == frozenset()

    tries(circuits, fault)

    assert circuits.left_alone() == {HOST}
    assert circuits.room(HOST) == 0
    assert circuits.room("another.example.test") == 2


@pytest.mark.parametrize("answer", [Sent(200), Sent(401), Sent(410), Sent(307), Sent(met=Met.NOT_ALLOWED)])
def test_what_is_not_the_hosts_fault_leaves_it_as_it_is(circuits: Circuits, answer: Sent) -> None:
    tries(circuits, *[LATE] * 4, answer, *[LATE] * 4)

    assert circuits.left_alone() == frozenset()


def test_the_pause_doubles_up_to_ten_minutes_and_one_good_answer_ends_it(circuits: Circuits, clock: Clock) -> None:
    tries(circuits, *[LATE] * 5)
    for pause in (30, 60, 120, 240, 480, 600, 600):
        clock.now += pause - 1
        assert circuits.left_alone() == {HOST}
        clock.now += 1
        assert circuits.left_alone() == frozenset()
        assert circuits.room(HOST) == 1
        tries(circuits, LATE)

    clock.now += 600
    tries(circuits, Sent(200))
    assert circuits.room(HOST) > 1
    tries(circuits, *[LATE] * 5)
    clock.now += 30
    assert circuits.left_alone() == frozenset()


def test_those_that_fail_together_open_it_once(circuits: Circuits, clock: Clock) -> None:
    tries(circuits, *[LATE] * 8)
    clock.now += 30

    assert circuits.left_alone() == frozenset()


def test_a_host_that_answers_soon_is_asked_more_at_once_and_a_slow_one_less(circuits: Circuits) -> None:
    tries(circuits, *[Sent(200)] * 20)
    assert circuits.room(HOST) == 8

    circuits.begin(HOST)
    assert circuits.room(HOST) == 7
    circuits.end(HOST)
    tries(circuits, *[Sent(200)] * 20, seconds=2)

    assert circuits.room(HOST) == 1


def test_hosts_without_a_past_are_forgotten(circuits: Circuits) -> None:
    for n in range(1000):
        circuits.begin(f"{n}.example.test")
        circuits.end(f"{n}.example.test")

    assert circuits._hosts == {}


def test_a_host_that_lets_all_wait_is_left_alone_until_it_answers_one(circuits: Circuits, clock: Clock) -> None:
    circuits.begin(HOST)
    clock.now += 5
    assert circuits.left_alone() == frozenset(), "it may be asked one more at once"

    circuits.begin(HOST)
    clock.now += 0.5
    assert circuits.left_alone() == frozenset()
    clock.now += 1
    assert circuits.left_alone() == {HOST}

    circuits.note(HOST, Sent(200), 6.5)
    circuits.end(HOST)
    assert circuits.left_alone() == frozenset()
