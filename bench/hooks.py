"""`python -m bench.hooks`: measures order-sign with full prefetch, in process and over loopback, and asking an EHR.

The floor of every row is the same stack doing the least possible with the same bytes: parse them, answer as many. The
check of client tokens is off, as it is in the sandbox.
"""

import argparse
import io
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from bench import bodies
from bench.floor import app as least
from bench.hook_bodies import ORDERED, SHOWN, charted, signing, without_prefetch
from bench.load import BadAnswer, Result, exchange, measure
from bench.servers import Server, floor_server, our_server
from bench.slow_ehr import slow_ehr
from bench.table import HEAD, row, say
from cds_hooks.desk import Answered, Assertion, Covered, Feedback, Needs, PaNeeded, Question, Told
from cds_hooks.door import OpenDoor
from cds_hooks.ehr import EhrPolicy
from cds_hooks.http import counter
from cds_hooks.invoking import HookHouse
from fhir_um import clock
from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings, cores
from profiles.reading import Limits

SIGN = "/cds-services/order-sign"
KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "1 order": ORDERED[:1],
    "1 order authorized on the spot": SHOWN,
    "4 orders": ORDERED[:4],
    "20 orders": ORDERED,
}
GOOD = {"1 order authorized on the spot": b'"valueCode":"satisfied"'}
_ANSWERED = b"coverage-assertion-id"
_MOST_PER_SECOND = 1_000
"""Calls prepared per second of measuring: more than are answered here."""

_FLOOR_IS_FASTER = 10

_DELAY_SECONDS = 0.05
_FETCHES = 60

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: rounds of `seconds` each, alternating with the floor."""

    rounds: int
    seconds: float
    workers: int

    @property
    def stretch(self) -> int:
        """Calls one measurement may use up."""
        return int(self.seconds * _MOST_PER_SECOND)


def main() -> int:
    """Runs the benchmark; 0 when every answer was the one measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.hooks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times each measurement is repeated, in turns (3)")
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds each measurement lasts (3)")
    parser.add_argument("--workers", type=int, default=cores(), help="server processes (one per core)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Plan(args.rounds, args.seconds, args.workers), Path(folder))
    return 0


def run(plan: Plan, folder: Path) -> None:
    """The whole benchmark, printing as it goes."""
    url = f"sqlite:///{folder}/hooks.sqlite"
    fresh = _Fresh()
    members = plan.stretch * (2 * plan.rounds + 2)
    say(f"seeding {members:,} members")
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX))
    with closing(deps.store):
        deps.store.migrate()
        seed(load_people(bodies.FIXTURES / "people"), deps)
        with deps.open_work() as work:
            work.save_members(bodies.bench_members(members))
        print(HEAD, flush=True)
        logging.disable()
        _in_process(plan, make_app(deps, Settings(database_url=url, mode=Mode.SANDBOX)), fresh)
    with our_server(url, plan.workers, folder) as ours, floor_server(folder, plan.workers, 0) as floor:
        _over_loopback(plan, ours, floor, fresh)
    _fetching()


class _Fresh:
    """Calls no measurement sent before: each has a hook instance of its own.

    Members come again in other measurements, but not where they are authorized: that is done once.
    """

    def __init__(self) -> None:
        self.run = 0
        self.authorized = 0

    def calls(self, plan: Plan, kind: str) -> Iterator[bytes]:
        """As many as one measurement may need."""
        self.run += 1
        first = self.authorized if kind in GOOD else 0
        self.authorized += plan.stretch if kind in GOOD else 0
        body, run = signing(KINDS[kind]), self.run
        return (_of(body, first + n, run) for n in range(plan.stretch))


def _for_floor(plan: Plan, kind: str) -> Iterator[bytes]:
    """The same bytes but for the ids; what nobody answers may come again."""
    body = signing(KINDS[kind])
    return (_of(body, n, 0) for n in range(plan.stretch * _FLOOR_IS_FASTER))


def _of(body: bodies.Template, n: int, run: int) -> bytes:
    return body.for_member(bodies.number_of(n), f"00000000-0000-4000-{run:04d}-{n:012d}")


# --- in process -------------------------------------------------------------------------------------------------------


def _in_process(plan: Plan, app: Wsgi, fresh: _Fresh) -> None:
    for kind in KINDS:
        answer = ask(app, SIGN, next(fresh.calls(plan, kind)))
        _look(answer, kind)
        mine, floors = [], []
        for _ in range(plan.rounds):
            floors.append(_drive(least, f"/parsed/{len(answer)}", _for_floor(plan, kind), plan.seconds))
            mine.append(_drive(app, SIGN, fresh.calls(plan, kind), plan.seconds, GOOD.get(kind, _ANSWERED)))
        row(f"floor of {kind}, in process", 1, floors, [], "")
        row(f"order-sign, {kind}, in process", 1, mine, floors, "of the floor")


def _drive(app: Wsgi, path: str, calls: Iterator[bytes], seconds: float, mark: bytes = b"") -> Result:
    latencies: list[float] = []
    start = time.perf_counter()
    for body in calls:
        before = time.perf_counter()
        if before - start >= seconds and len(latencies) > 1:
            break
        answer = ask(app, path, body)
        latencies.append((time.perf_counter() - before) * 1000)
        if mark not in answer:
            raise BadAnswer(f"{path}: no {mark!r} in {answer[:500]!r}")
    return Result(len(latencies), sum(latencies) / 1000, tuple(latencies))


def ask(app: Wsgi, path: str, body: bytes) -> bytes:
    """One POST to an application in this process.

    Raises: BadAnswer when the status is not 200.
    """
    told: list[str] = []
    answer = b"".join(app(_environ(path, body), lambda status, *_: told.append(status)))
    if not told[0].startswith("200"):
        raise BadAnswer(f"{path}: {told[0]} {answer[:500]!r}")
    return answer


def _environ(path: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8080",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _look(answer: bytes, kind: str) -> None:
    """One answer, looked at: a benchmark of wrong answers is worthless."""
    told = len(json.loads(answer).get("systemActions", ()))
    if told != len(KINDS[kind]) or GOOD.get(kind, _ANSWERED) not in answer or b"no-member-found" in answer:
        raise SystemExit(f"{kind}: {told} answered, {answer[:2000]!r}")


# --- over loopback ----------------------------------------------------------------------------------------------------


def _over_loopback(plan: Plan, ours: Server, floor: Server, fresh: _Fresh) -> None:
    for kind in KINDS:
        mark = GOOD.get(kind, _ANSWERED)
        answer = exchange(ours.port, SIGN, next(fresh.calls(plan, kind)))
        _look(answer, kind)
        mine, floors = [], []
        for _ in range(plan.rounds):
            path = f"/parsed/{len(answer)}"
            floors.append(measure(floor.port, path, _for_floor(plan, kind), 2, plan.seconds))
            mine.append(measure(ours.port, SIGN, fresh.calls(plan, kind), 2, plan.seconds, mark))
        row(f"floor of {kind}", 2, floors, [], "")
        row(f"order-sign, {kind}", 2, mine, floors, "of the floor")
        if kind == "1 order":
            _at_half(plan, ours, fresh, max(result.per_second for result in mine))


def _at_half(plan: Plan, ours: Server, fresh: _Fresh, most: float) -> None:
    """At half of what the server answers at most, as far as requests can be paced."""
    results = [
        measure(ours.port, SIGN, fresh.calls(plan, "1 order"), 4, plan.seconds, _ANSWERED, per_second=most / 2)
        for _ in range(plan.rounds)
    ]
    row("order-sign, 1 order, at half of that", 4, results, [], "")


# --- fetching ---------------------------------------------------------------------------------------------------------


class _Curious:
    """A desk that needs to know more than was prefetched, and finds everything covered."""

    def needs(self, question: Question) -> Needs:
        """With Coverage and Patient, five requests."""
        kinds = ("Condition", "Observation", "MedicationRequest")
        return Needs(tuple((kind, "patient={patient}") for kind in kinds))

    def answer(self, question: Question) -> Answered:
        """The same of every order."""
        on = question.received_at.date()
        told = (Assertion(clock.new_id(), on, Covered.COVERED, PaNeeded.NO_AUTH),)
        return Answered("Payer", {order.ref: told for order in question.orders})

    def keep(self, told: Told) -> None:
        """Nothing is kept."""

    def feedback(self, service: str, rows: tuple[Feedback, ...], at: Any) -> None:
        """Nothing is kept."""


def _fetching() -> None:
    """One order whose Coverage, Patient, conditions, measurements and drugs are at an EHR that takes 50 ms for each."""
    app = Flask(__name__)
    app.register_blueprint(counter(_house()))
    with slow_ehr(charted(), _DELAY_SECONDS) as server:
        body = without_prefetch(server)
        _look(ask(app, SIGN, body), "1 order")
        latencies = []
        for _ in range(_FETCHES):
            before = time.perf_counter()
            ask(app, SIGN, body)
            latencies.append((time.perf_counter() - before) * 1000)
    result = Result(_FETCHES, sum(latencies) / 1000, tuple(latencies))
    row("order-sign, 5 resources fetched at 50 ms each", 1, [result], [], "")


def _house() -> HookHouse:
    return HookHouse(
        desk=_Curious(),
        door=OpenDoor(),
        ehr_policy=EhrPolicy(frozenset({"127.0.0.1:*"}), allow_private=True),
        public_url="http://127.0.0.1:8080",
        now=clock.now,
        monotonic=time.monotonic,
        new_uuid=clock.new_id,
        limits=Limits(1_000_000, 64, 1000),
    )


if __name__ == "__main__":
    sys.exit(main())
