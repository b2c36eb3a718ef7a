"""`python -m bench.overload`: more requests than can be answered, and what becomes of them.

Hooks and `$submit` in equal parts, sent at a multiple of what the server answers at most, whether or not it answers.
Then two clients, one of which sends more than it may.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from statistics import quantiles

from bench import bodies
from bench.authentication import SUBMIT
from bench.hook_bodies import ORDERED, signing
from bench.hooks import SIGN
from bench.load import measure, request_of
from bench.open_loop import Gun, Hit, evenly
from bench.servers import UNHURRIED, Server, our_server
from bench.table import say
from bench.trusted import Trust
from fhir_um.api.exchange import JSON
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings, cores

DEADLINE_SECONDS = {"hook": 5.0, "$submit": 15.0}
"""Source: CRD 2.2.1 found-2; PAS 2.2.1 spec-36."""

_PATIENCE_SECONDS = 20.0
_CONNECTIONS = 4
_MOST_PER_SECOND = 1_000
_QUIET_SHARE, _GREEDY_TIMES = 0.2, 2.0
_ALLOWED_SHARE = 0.3
_LIMITS = {"FHIR_UM_REQUESTS_PER_MINUTE": UNHURRIED["FHIR_UM_REQUESTS_PER_MINUTE"]}
"""As many as they like of each client, but nobody waits longer than the default allows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure each, and at which multiples of what the server answers at most."""

    seconds: float = 4.0
    times: tuple[float, ...] = (2.0, 4.0)
    workers: int = field(default_factory=cores)

    @property
    def members(self) -> int:
        """As many as may be needed: each submits once."""
        return int(self.seconds * _MOST_PER_SECOND * (2 * _GREEDY_TIMES + 2 + sum(self.times)))


def main() -> int:
    """Runs the benchmark."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="seconds each measurement lasts (4)")
    parser.add_argument("--times", type=float, nargs="+", default=usual.times, help="times too much is sent (2 4)")
    parser.add_argument("--workers", type=int, default=usual.workers, help="server processes (one per core)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Plan(args.seconds, tuple(args.times), args.workers), Path(folder))
    return 0


def run(plan: Plan, folder: Path) -> None:
    """The whole benchmark, printing as it goes."""
    trust, url = Trust(), f"sqlite:///{folder}/overload.sqlite"
    say(f"seeding {plan.members:,} members")
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX))
    with closing(deps.store):
        deps.store.migrate()
        seed(load_people(bodies.FIXTURES / "people"), deps)
        with deps.open_work() as work:
            work.save_members(bodies.bench_members(plan.members))
        _register(trust, deps)
    asked = _Asked()
    with our_server(url, plan.workers, folder, more=_LIMITS) as ours:
        most = _most(plan, ours, asked)
        print(f"{most:,.0f} answers/s at most, hooks and $submit in equal parts, {plan.workers} server processes")
        print(_HEAD, flush=True)
        for times in plan.times:
            _offer(plan, ours, asked, most, times)
    _two_clients(plan, url, folder, trust, asked, most)


def _register(trust: Trust, deps: Deps) -> None:
    for name in ("quiet", "greedy"):
        trust.register(deps, name)


class _Asked:
    """Requests that nobody sent before."""

    def __init__(self) -> None:
        self._numbers = count()
        self._submission = bodies.template("02-submit-wheelchair")
        self._call = signing(ORDERED[:1])

    def submissions(self) -> Iterator[bytes]:
        """Of one member each."""
        for n in self._numbers:
            yield self._submission.for_member(bodies.number_of(n), f"overload-{n}")

    def calls(self) -> Iterator[bytes]:
        """Of one order each."""
        for n in self._numbers:
            yield self._call.for_member(bodies.number_of(n % 1_000), f"00000000-0000-4000-8000-{n:012d}")

    def mixed(self, port: int) -> Iterator[tuple[str, bytes]]:
        """One of each in turns."""
        for call, submission in zip(self.calls(), self.submissions(), strict=False):
            yield "hook", request_of(port, SIGN, call, JSON)
            yield "$submit", request_of(port, SUBMIT, submission)


def _most(plan: Plan, ours: Server, asked: _Asked) -> float:
    """Answers per second when half of them are hooks: as long as both kinds take, one after the other."""
    each = int(plan.seconds / 2 * _MOST_PER_SECOND)
    kinds: tuple[tuple[str, Callable[[], Iterator[bytes]]], ...] = ((SIGN, asked.calls), (SUBMIT, asked.submissions))
    rates = [
        measure(ours.port, path, islice(fresh(), each), _CONNECTIONS, plan.seconds / 2).per_second
        for path, fresh in kinds
    ]
    return 2 / sum(1 / rate for rate in rates)


def _offer(plan: Plan, ours: Server, asked: _Asked, most: float, times: float) -> None:
    per_second = most * times
    shots = evenly(islice(asked.mixed(ours.port), int(plan.seconds * per_second)), per_second)
    hits = Gun(ours.port, _PATIENCE_SECONDS).fire(shots)
    for kind, deadline_seconds in DEADLINE_SECONDS.items():
        _row(f"{times:g} times, {kind}", [hit for hit in hits if hit.kind == kind], deadline_seconds, plan.seconds)
    _demand_honest(hits)


def _two_clients(plan: Plan, url: str, folder: Path, trust: Trust, asked: _Asked, most: float) -> None:
    """One sends a fifth of what can be answered, the other twice all of it, and each may send three tenths.

    What the greedy one may send at once is spent before anything counts.
    """
    paced = {"FHIR_UM_REQUESTS_PER_MINUTE": str(max(1, int(most * _ALLOWED_SHARE * 60)))}
    place = folder / "paced"
    place.mkdir()
    with our_server(url, plan.workers, place, more=trust.settings | paced) as ours:
        shots = []
        for name, per_second in (("quiet", most * _QUIET_SHARE), ("greedy", most * _GREEDY_TIMES)):
            token = trust.token(ours.port, name)
            fresh = islice(asked.submissions(), int(plan.seconds * 2 * per_second))
            shots += evenly(((name, request_of(ours.port, SUBMIT, body, token=token)) for body in fresh), per_second)
        hits = Gun(ours.port, _PATIENCE_SECONDS).fire(sorted(shots, key=lambda shot: shot.due))
    for name in ("quiet", "greedy"):
        own = [hit for hit in hits if hit.kind == name and hit.due >= plan.seconds]
        _row(f"$submit, the {name} one of two", own, DEADLINE_SECONDS["$submit"], plan.seconds)


_HEAD = (
    "| sent | requests | answered | per second | of them in time | p50 ms | p99 ms "
    "| sent away (503, 429) | p50 ms | p99 ms | nothing came back |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def _row(name: str, hits: list[Hit], deadline_seconds: float, seconds: float) -> None:
    good = [hit.took_ms for hit in hits if hit.status == 200]
    away = [hit.took_ms for hit in hits if hit.status in (503, 429)]
    counts = [sum(hit.status == status for hit in hits) for status in (503, 429)]
    in_time = sum(took <= deadline_seconds * 1000 for took in good)
    nothing = len(hits) - len(good) - len(away)
    cells = [
        name,
        f"{len(hits):,}",
        f"{len(good):,}",
        f"{len(good) / seconds:,.0f}",
        f"{in_time:,}",
        *_percentiles(good),
    ]
    cells += [f"{counts[0]:,}, {counts[1]:,}", *_percentiles(away), f"{nothing:,}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def _percentiles(took_ms: list[float]) -> tuple[str, str]:
    if len(took_ms) < 2:
        return "-", "-"
    cuts = quantiles(took_ms, n=100, method="inclusive")
    return f"{cuts[49]:.0f}", f"{cuts[98]:.0f}"


def _demand_honest(hits: list[Hit]) -> None:
    """A driver that is late itself has not sent what it says."""
    late = sorted(hit.late_ms for hit in hits)[int(len(hits) * 0.99)]
    if late > 100:
        say(f"one in a hundred requests was sent {late:.0f} ms late: this machine cannot send so many")


if __name__ == "__main__":
    sys.exit(main())
