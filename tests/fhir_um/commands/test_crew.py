"""Processes kept running beside another one."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fhir_um.commands.crew import Crew

WAITS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print(flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
FAILS = "import sys; sys.exit(1)"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(clock: Clock) -> Iterator[Callable[..., Crew]]:
    crews: list[Crew] = []

    def make(program: str, count: int = 1) -> Crew:
        crews.append(Crew(count, (sys.executable, "-c", program), clock))
        return crews[-1]

    yield make
    for crew in crews:
        crew.dismiss()
        crew.wait(0)


def gone(pid: int) -> None:
    """Wait for a process to end, and leave what it said for its keeper."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_as_many_as_wanted_run_until_they_are_dismissed(made: Callable[..., Crew]) -> None:
    crew = made(WAITS, 2)
    crew.look_after()
    first = crew.processes
    crew.look_after()
    assert crew.processes == first
    assert len(set(first)) == 2

    crew.dismiss()
    crew.wait(0)

    assert crew.processes == ()


def test_one_that_was_killed_is_started_again_after_a_pause(made: Callable[..., Crew], clock: Clock) -> None:
    crew = made(WAITS)
    crew.look_after()
    (killed,) = crew.processes
    os.kill(killed, signal.SIGKILL)
    gone(killed)

    crew.look_after()
    assert crew.processes == ()
    clock.now = 1.0
    crew.look_after()

    assert len(crew.processes) == 1
    assert crew.processes != (killed,)


def test_the_pause_grows_while_it_ends_soon_and_is_over_when_it_ran_long(
    made: Callable[..., Crew], clock: Clock
) -> None:
    crew = made(WAITS)
    pauses = []
    for _ in range(8):
        crew.look_after()
        (pid,) = crew.processes
        os.kill(pid, signal.SIGKILL)
        gone(pid)
        began = clock.now
        while not crew.processes:
            crew.look_after()
            clock.now += 0.0 if crew.processes else 1.0
        pauses.append(clock.now - began)

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now += 61
    (pid,) = crew.processes
    os.kill(pid, signal.SIGKILL)
    gone(pid)
    crew.look_after()
    assert len(crew.processes) == 1


def test_one_reaped_by_somebody_else_is_gone_too(made: Callable[..., Crew], clock: Clock) -> None:
    """The web server takes every child of the process."""
    crew = made(FAILS)
    crew.look_after()
    os.waitpid(crew.processes[0], 0)

    crew.look_after()
    assert crew.processes == ()
    clock.now = 1.0
    crew.look_after()
    assert len(crew.processes) == 1
    os.waitpid(crew.processes[0], 0)


def test_one_that_does_not_listen_is_ended(made: Callable[..., Crew]) -> None:
    crew = made(STUBBORN)
    crew.look_after()
    (pid,) = crew.processes

    crew.dismiss()
    crew.wait(0)

    assert not Path(f"/proc/{pid}").exists()
