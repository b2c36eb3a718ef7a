"""A house of real processes, and what befalls them: killed, frozen, refused, by chance that can be repeated."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.store.work import Reading
from tests.running.hurried import LEASE_SECONDS
from tests.running.moody import Moody
from tests.running.processes import Program, command

WORKERS = 2


@dataclass(slots=True)
class House:
    """A server and delivering processes, and where they keep what they know."""

    settings: dict[str, str]
    folder: Path
    port: int
    server: Program = field(init=False)
    workers: list[Program] = field(init=False)

    def __post_init__(self) -> None:
        quiet = self.settings | {"FHIR_UM_DELIVERY_WORKERS": "0"}
        self.server = command(quiet, self.folder / "server.log", "serve")
        hurried = ("-m", "tests.running.hurried")
        self.workers = [Program(hurried, self.settings, self.folder / f"worker-{n}.log") for n in range(WORKERS)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cli(self, *words: str) -> str:
        """What a command of an operator prints."""
        done = command(self.settings, self.folder / "cli.log", *words).run()
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_server(self) -> None:
        self.server.start()
        self.server.wait_for(self.port)

    def kill(self) -> None:
        for program in (self.server, *self.workers):
            program.kill()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        deps = make_deps(Settings.from_env(self.settings))
        try:
            with deps.open_reading() as reading:
                yield reading
        finally:
            deps.store.close()


class Havoc:
    """Kills, freezes and refuses by chance, until the time is over."""

    def __init__(self, house: House, endpoint: Moody, chance: Random) -> None:
        self._house, self._endpoint, self._chance = house, endpoint, chance
        self._later: list[tuple[float, Callable[[], None]]] = []
        self.done: Counter[str] = Counter()

    def wreak(self, seconds: float) -> None:
        """Every kind at least once, in any order, then as it comes."""
        kinds = [self.kill_server, self.kill_worker, self.freeze_worker, self.refuse]
        first = self._chance.sample(kinds, len(kinds))
        end, patience = time.monotonic() + seconds, Event()
        while first or time.monotonic() < end:
            patience.wait(self._chance.uniform(0.3, 1.2))
            self._set_right(time.monotonic())
            wanted = first.pop() if first else self._chance.choices(kinds, (1, 3, 1, 1))[0]
            self.done[wanted.__name__] += wanted()
        self._set_right(float("inf"))

    def kill_server(self) -> bool:
        self._house.server.kill()
        self._house.start_server()
        return True

    def kill_worker(self) -> bool:
        worker = self._chance.choice(self._house.workers)
        worker.kill()
        worker.start()
        return True

    def freeze_worker(self) -> bool:
        """It wakes when what it had taken is somebody else's, and does not know it."""
        worker = self._chance.choice(self._house.workers)
        worker.freeze()
        self._later.append((time.monotonic() + LEASE_SECONDS + 0.5, worker.thaw))
        return True

    def refuse(self) -> bool:
        if any(undo == self._endpoint.listen for _, undo in self._later):
            return False
        self._endpoint.refuse()
        self._later.append((time.monotonic() + 2, self._endpoint.listen))
        return True

    def _set_right(self, now: float) -> None:
        ripe = [undo for at, undo in self._later if at <= now]
        self._later = [row for row in self._later if row[0] > now]
        for undo in ripe:
            undo()
