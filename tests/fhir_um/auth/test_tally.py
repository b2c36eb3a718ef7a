"""What several real processes count together, and what becomes of it when one of them dies."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from select import select

import pytest

from fhir_um.auth.pace import Pace
from fhir_um.auth.tally import Tally

SECOND_NS = 1_000_000_000
KEY = b"chance of this start"
NOW_NS = 10**15


def tally(pace: Pace, rows: int = 64, now_ns: Callable[[], int] = lambda: NOW_NS) -> Tally:
    return Tally(pace, now_ns, KEY, rows)


def in_a_process(act: Callable[[], int]) -> int:
    """Starts it in a process of its own, made by forking as the server's are."""
    child = os.fork()
    if child:
        return child
    os._exit(act())


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_processes_together_are_let_through_exactly_as_often_as_allowed() -> None:
    shared = tally(Pace(SECOND_NS, 100))

    def many() -> int:
        return sum(shared.spend("ehr-1") == 0 for _ in range(60))

    passed = [ended(child) for child in [in_a_process(many) for _ in range(4)]]

    assert sum(passed) == 100
    assert shared.spend("ehr-1") == SECOND_NS
    assert shared.spend("ehr-2") == 0


def test_threads_together_are_let_through_exactly_as_often_as_allowed() -> None:
    shared = tally(Pace(SECOND_NS, 100))

    with ThreadPoolExecutor(4) as several:
        waits = list(several.map(lambda _: shared.spend("ehr-1"), range(200)))

    assert waits.count(0) == 100


def test_threads_count_one_after_the_other() -> None:
    shared = tally(Pace(SECOND_NS, 1), rows=1)
    with ThreadPoolExecutor(1) as other:
        with shared._alone_with(0):
            waiting = other.submit(shared.spend, "ehr-1")
            with pytest.raises(TimeoutError):
                waiting.result(0.1)

        assert waiting.result(5) == 0


def test_process_that_dies_with_the_lock_in_its_hand_holds_up_nobody() -> None:
    shared = tally(Pace(SECOND_NS, 3), rows=1)
    mine, theirs = os.pipe()

    def hold() -> int:
        with shared._alone_with(0):
            os.write(theirs, b"!")
            signal.pause()
        return 0

    def come() -> int:
        wait = shared.spend("ehr-1")
        return os.write(theirs, b"?") if wait == 0 else 0

    holder = in_a_process(hold)
    assert os.read(mine, 1) == b"!"
    waiting = in_a_process(come)
    came_meanwhile = select([mine], [], [], 0.2)[0]
    os.kill(holder, signal.SIGKILL)

    assert came_meanwhile == [], "nobody counts while another does"
    assert ended(holder) == -signal.SIGKILL
    assert ended(waiting) == 1
    assert [shared.spend("ehr-1") for _ in range(3)] == [0, 0, SECOND_NS]
    os.close(mine)
    os.close(theirs)


def test_looking_uses_nothing_up() -> None:
    shared = tally(Pace(SECOND_NS, 1))

    assert [shared.wait("a"), shared.wait("a"), shared.spend("a"), shared.wait("a")] == [0, 0, 0, SECOND_NS]


def test_refused_ones_do_not_make_the_wait_longer() -> None:
    now = [NOW_NS]
    shared = tally(Pace(SECOND_NS, 1), now_ns=lambda: now[0])
    shared.spend("a")

    assert [shared.spend("a") for _ in range(5)] == [SECOND_NS] * 5
    now[0] += SECOND_NS
    assert shared.spend("a") == 0


def test_who_is_at_rest_gives_the_place_away_and_loses_nothing() -> None:
    """A row of eight serves any number of names, one after another."""
    now = [NOW_NS]
    shared = tally(Pace(SECOND_NS, 2), rows=1, now_ns=lambda: now[0])
    for name in range(100):
        assert [shared.spend(str(name)) for _ in range(3)] == [0, 0, SECOND_NS]
        now[0] += SECOND_NS


def test_in_a_full_row_the_one_who_used_up_least_is_forgotten() -> None:
    shared = tally(Pace(SECOND_NS, 9), rows=1)
    for name in range(8):
        for _ in range(name + 1):
            shared.spend(str(name))
    shared.spend("8")

    assert shared.wait("7") == 0
    assert [shared.spend("7") for _ in range(2)] == [0, SECOND_NS]


@pytest.mark.parametrize("name", ["", "é" * 300, "::1", "\0"])
def test_every_name_is_counted(name: str) -> None:
    shared = tally(Pace(SECOND_NS, 1))

    assert [shared.spend(name), shared.spend(name)] == [0, SECOND_NS]


def test_another_start_begins_anew() -> None:
    tally(Pace(SECOND_NS, 1)).spend("a")

    assert tally(Pace(SECOND_NS, 1)).spend("a") == 0
