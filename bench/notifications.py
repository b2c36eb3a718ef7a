"""`python -m bench.notifications`: measures notifications from the decision to their arrival at a cheap receiver.

How soon one arrives when nothing else is to be done, and how fast many are delivered that are owed at one moment.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import bodies
from bench.draining import HEAD as HEAD_OF_DRAINS
from bench.draining import House, Listeners, check, drain, subscribe, wait_until
from bench.fill import case_id_of, fill
from bench.load import Result, exchange
from bench.receiver import receiving
from bench.servers import Server, our_server
from bench.table import HEAD, row, say
from fhir_um.api.exchange import JSON
from fhir_um.cases.model import PENDED, Case, CaseId
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings

BACKLOG = 20_000
WORKERS = (1, 2, 4)
_MANY = Listeners(100)
_KINDS = (Listeners(1), _MANY, Listeners(1_000), Listeners(100, senders=100))
_GAPS_SECONDS = (0.0, 0.013, 0.029, 0.041)
"""Pauses between decisions, so that they come at any moment of the worker's turn."""

_LOOK_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: of each kind `deliveries`, `rounds` times; one after the other `decisions`."""

    rounds: int = 3
    deliveries: int = 2_000
    decisions: int = 100
    backlog: int = BACKLOG
    workers: tuple[int, ...] = WORKERS


QUICK = Plan(rounds=1, deliveries=1_000, decisions=50, backlog=5_000, workers=(1, 2))


def main() -> int:
    """Runs the benchmark; 0 when everything arrived once and in order."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.notifications", description=__doc__)
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="times each is measured (3)")
    parser.add_argument("--deliveries", type=int, default=usual.deliveries, help="owed at one moment (2000)")
    parser.add_argument("--decisions", type=int, default=usual.decisions, help="made one after the other (100)")
    parser.add_argument("--backlog", type=int, default=BACKLOG, help=f"of the longest measurement ({BACKLOG})")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="delivering processes (1 2 4)")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; else a new SQLite file")
    args = parser.parse_args()
    plan = Plan(args.rounds, args.deliveries, args.decisions, args.backlog, tuple(args.workers))
    with tempfile.TemporaryDirectory() as folder:
        run(plan, Path(folder), args.database_url)
    return 0


def run(plan: Plan, folder: Path, database_url: str = "") -> None:
    """The whole benchmark, printing as it goes."""
    url = database_url or f"sqlite:///{folder}/notifications.sqlite"
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX))
    with closing(deps.store), receiving() as receiver:
        deps.store.migrate()
        seed(load_people(bodies.FIXTURES / "people"), deps)
        with deps.open_work() as work:
            work.save_members(bodies.bench_members(plan.decisions + 1))
        house = House(deps, url, folder, receiver)
        model = _when_idle(plan, house)
        print(f"\n{HEAD_OF_DRAINS}", flush=True)
        cases = _copies(plan, house, model)
        for listeners in _KINDS:
            for workers in plan.workers:
                drain(house, cases, listeners, workers, plan.deliveries, plan.rounds)
        drain(house, cases, _MANY, 1, plan.backlog, 1)


def _copies(plan: Plan, house: House, model: Case) -> tuple[Case, ...]:
    """Enough cases for each decision to be about one of its own, each with a whole submission."""
    count = max(plan.deliveries, plan.backlog // _MANY.subscriptions)
    say(f"storing {count:,} cases")
    fill(house.deps, model, 0, count, plan.decisions, bodies.template("02-submit-wheelchair"))
    return tuple(_read(house, case_id_of(n)) for n in range(count))


def _when_idle(plan: Plan, house: House) -> Case:
    """Decides cases one after the other, each when the one before has arrived; one of them, to make copies of."""
    with our_server(house.url, 1, house.folder, delivering=1) as server:
        asked = [_asked(server, n) for n in range(plan.decisions)]
        pended = _read(house, asked[0])
        subscribe(house, "idle", [pended.sender])
        answered = [_decided(server, house, pended, id, n) for n, id in enumerate(asked)]
        arrived = house.receiver.take()
    check(arrived, {"/idle/0": range(1, plan.decisions + 1)})
    waited = tuple(1000 * (one.at - then) for one, then in zip(arrived, answered, strict=True))
    print(HEAD)
    row("notification after its decision was answered", 1, [Result(len(waited), sum(waited) / 1000, waited)], [], "")
    return _read(house, asked[0])


def _asked(server: Server, n: int) -> CaseId:
    body = bodies.template("02-submit-wheelchair").for_member(bodies.number_of(n), f"idle-{n}")
    answer = json.loads(exchange(server.port, "/fhir/Claim/$submit", body))
    return CaseId(answer["entry"][0]["resource"]["id"])


def _decided(server: Server, house: House, pended: Case, id: CaseId, n: int) -> float:
    """When a decision was answered; returns once its notification has arrived."""
    lines = [line.sequence for line in pended.lines if line.state in PENDED]
    exception = {"exception": "The examination shows the need at home."}
    ruling = {"action": "approve", "reason": "criteria-met", "text": "", "basis": exception}
    opening = {"role": "physician", "reviewer": {"id": "dr-irene-falk", "npi": "1910200405"}}
    decision = {
        "version": pended.version,
        **opening,
        "lines": [{"sequence": sequence, **ruling} for sequence in lines],
    }
    time.sleep(_GAPS_SECONDS[n % len(_GAPS_SECONDS)])
    exchange(server.port, f"/um/v1/cases/{id}/openings", json.dumps(opening).encode(), JSON)
    exchange(server.port, f"/um/v1/cases/{id}/decisions", json.dumps(decision).encode(), JSON)
    then = time.monotonic()
    wait_until(lambda: house.receiver.count() > n, lambda: 0, _LOOK_SECONDS)
    return then


def _read(house: House, id: CaseId) -> Case:
    with house.deps.open_reading() as reading:
        case = reading.load_case(bodies.PAYER, id)
    if case is None:
        raise SystemExit("a case is not in the store")
    return case


if __name__ == "__main__":
    sys.exit(main())
