"""`python -m bench.run`: measures $submit, $inquire, hooks, notifications, tokens, overload, work and the checker.

The ratio to the floor is what counts; absolute figures belong to the machine. Bounded: about a quarter of an hour,
loopback only, and it ends only the processes it started.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path

from bench import authentication, bodies, hooks, measures, notifications, overload, validation, worklists
from bench.databases import databases
from bench.fill import fill
from bench.load import Result, exchange, measure, review_actions
from bench.servers import Server, floor_server, our_server
from bench.table import HEAD, row, say
from fhir_um.cases.model import Case, CaseId
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Settings, cores

SUBMIT, INQUIRE = "/fhir/Claim/$submit", "/fhir/Claim/$inquire"
STORED = (0, 10_000, 100_000)
_FLOOR_PER_SECOND, _MOST_PER_SECOND = 3_000, 1_500
"""Requests prepared per second of measuring, for the floor and for us: more than either answers here."""
_CONNECTIONS = (2, 16)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: rounds of `seconds` each, alternating with the floor."""

    rounds: int
    seconds: float
    workers: int
    stored: tuple[int, ...]
    database_url: str

    @property
    def stretch(self) -> int:
        """Members one measurement of submissions may use up; each submits once, or it would be a duplicate."""
        return int(self.seconds * _MOST_PER_SECOND)

    @property
    def asked_about(self) -> int:
        """The member inquiries ask about: the last one, whom no submission uses."""
        return 2 * len(_CONNECTIONS) * self.rounds * self.stretch


def main() -> int:
    """Runs the benchmark; 0 when every answer was the one measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times each measurement is repeated, in turns (3)")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds each measurement lasts (4)")
    parser.add_argument("--workers", type=int, default=cores(), help="server processes (one per core)")
    parser.add_argument("--quick", action="store_true", help="one round of 1.5 seconds, and no 100,000 stored cases")
    parser.add_argument(
        "--database-url", default="", help="an empty PostgreSQL database (or SQLite file); else a new SQLite file"
    )
    parser.add_argument("--desk", action="store_true", help="only worklists, decisions and the nightly measures")
    args = parser.parse_args()
    if args.desk:
        with tempfile.TemporaryDirectory() as folder:
            _work_and_measures(args.quick, args.workers, Path(folder))
        return 0
    stored = STORED[:2] if args.quick else STORED
    rounds, seconds = (1, 1.5) if args.quick else (args.rounds, args.seconds)
    with tempfile.TemporaryDirectory() as folder:
        url = args.database_url or f"sqlite:///{folder}/bench.sqlite"
        run(Plan(rounds, seconds, args.workers, stored, url), Path(folder))
        print()
        hooks.run(hooks.Plan(rounds, seconds, args.workers), Path(folder))
        print()
        notifications.run(notifications.QUICK if args.quick else notifications.Plan(rounds), Path(folder))
        print()
        authentication.run(authentication.Plan(rounds, seconds, args.workers), Path(folder))
        print()
        overload.run(overload.Plan(seconds, workers=args.workers), Path(folder))
        _work_and_measures(args.quick, args.workers, Path(folder))
    print()
    validation.main()
    return 0


def _work_and_measures(is_quick: bool, workers: int, folder: Path) -> None:
    """Worklists and decisions, then the nightly measures, on every database there is."""
    open_cases = worklists.SIZES[:2] if is_quick else worklists.SIZES
    most_lines = measures.SIZES[1] if is_quick else measures.SIZES[-1]
    with databases(folder, "worklists") as urls:
        for url in urls:
            print()
            worklists.run(worklists.Plan(open_cases, url, workers), folder)
    with databases(folder, "measures") as urls:
        for url in urls:
            print()
            measures.run(url, most_lines)


def run(plan: Plan, folder: Path) -> None:
    """The whole benchmark, printing as it goes."""
    deps = make_deps(Settings(database_url=plan.database_url))
    with closing(deps.store):
        _prepare(plan, deps)
        _head(plan)
        _measure_all(plan, deps, folder)


def _prepare(plan: Plan, deps: Deps) -> None:
    deps.store.migrate()
    seed(load_people(bodies.FIXTURES / "people"), deps)
    say(f"seeding {plan.asked_about:,} members")
    _refuse_used(plan, deps)
    with deps.open_work() as work:
        work.save_members(bodies.bench_members(plan.asked_about + 1))


def _measure_all(plan: Plan, deps: Deps, folder: Path) -> None:
    with our_server(plan.database_url, plan.workers, folder) as ours:
        approvable, pending = bodies.template("01-submit-oxygen"), bodies.template("02-submit-wheelchair")
        answer = _expect(ours, approvable, "A1")
        _expect(ours, pending, "A4")
        model = _model(plan, ours, deps, approvable)
        none_stored = _ask(plan, ours, 0, [])
        with floor_server(folder, plan.workers, len(answer)) as floor:
            _submissions(plan, ours, floor, {"approvable": (approvable, "A1"), "pending": (pending, "A4")})
        already = 0
        for wanted in plan.stored[1:]:
            _store_more(plan, deps, model, already, wanted)
            _ask(plan, ours, wanted, none_stored)
            already = wanted
        _memory(ours)


def _refuse_used(plan: Plan, deps: Deps) -> None:
    with deps.open_reading() as work:
        if work.find_for_inquiry(bodies.PAYER, f"bench-{plan.asked_about}", frozenset(), 1):
            raise SystemExit("this database has been measured with before; give an empty one")


def _model(plan: Plan, ours: Server, deps: Deps, body: bodies.Template) -> Case:
    """The case that inquiries ask about and that the others are copies of."""
    answer = json.loads(exchange(ours.port, SUBMIT, body.for_member(bodies.number_of(plan.asked_about), "model")))
    with deps.open_reading() as work:
        case = work.load_case(bodies.PAYER, CaseId(answer["entry"][0]["resource"]["id"]))
    if case is None:
        raise SystemExit("the submitted case is not in the store")
    return case


def _expect(ours: Server, body: bodies.Template, action: str) -> bytes:
    """One answer, looked at: a benchmark of wrong answers is worthless."""
    answer = exchange(ours.port, SUBMIT, body.for_member(bodies.MEMBER_NUMBER, f"look-{action}"))
    found = review_actions(answer)
    if found != {action}:
        raise SystemExit(f"expected {action} on every line, got {sorted(found)}")
    return answer


def _submissions(plan: Plan, ours: Server, floor: Server, kinds: dict[str, tuple[bodies.Template, str]]) -> None:
    fresh = _members(plan)
    for name, (body, action) in kinds.items():
        mark = f'"code":"{action}"'.encode()
        size = len(body.for_member(bodies.number_of(0), "x"))
        plain = list(bodies.numbered(body, 0, int(plan.seconds * _FLOOR_PER_SECOND), "floor"))
        for connections in _CONNECTIONS:
            mine, floors = [], []
            for _ in range(plan.rounds):
                floors.append(measure(floor.port, "/submit", plain, connections, plan.seconds))
                mine.append(measure(ours.port, SUBMIT, next(fresh)(body), connections, plan.seconds, mark))
            row(f"floor, {size:,} bytes", connections, floors, [], "")
            row(f"$submit {name}", connections, mine, floors, "of the floor")


def _members(plan: Plan) -> "Iterator[_Fresh]":
    for n in count():
        yield _Fresh(n, n * plan.stretch, plan.stretch)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A stretch of members not used in the measurement before."""

    run: int
    first: int
    size: int

    def __call__(self, body: bodies.Template) -> Iterator[bytes]:
        return bodies.numbered(body, self.first, self.size, f"run-{self.run}")


def _ask(plan: Plan, ours: Server, stored: int, before: list[Result]) -> list[Result]:
    """Measures the inquiry about one member's one case, with that many other cases stored."""
    body = bodies.inquiry().for_member(bodies.number_of(plan.asked_about), "inquiry")
    mark = bodies.number_of(plan.asked_about).encode()
    if mark not in exchange(ours.port, INQUIRE, body):
        raise SystemExit("the inquiry did not find the case it asks about")
    many = [body] * int(plan.seconds * _FLOOR_PER_SECOND)
    results = [measure(ours.port, INQUIRE, many, 2, plan.seconds, mark) for _ in range(plan.rounds)]
    row(f"$inquire, {stored:,} cases stored", 2, results, before, "of none stored")
    return results


def _store_more(plan: Plan, deps: Deps, model: Case, already: int, wanted: int) -> None:
    say(f"storing {wanted - already:,} cases")
    fill(deps, model, already, wanted - already, members=plan.asked_about)


def _head(plan: Plan) -> None:
    kind = plan.database_url.split(":", 1)[0]
    print(f"{machine()}; Python {platform.python_version()}")
    print(f"fhir-um {version('fhir-um')}, {plan.workers} server processes, {kind}")
    print(HEAD, flush=True)


def machine() -> str:
    """Cores this process may use, their model and the memory, as far as the kernel tells."""
    models = {line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")}
    model = ", ".join(sorted(models)) or platform.machine()
    kilobytes = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal:")), 0)
    memory = f", {kilobytes / 1024**2:.1f} GB memory" if kilobytes else ""
    return f"{platform.system()}, {cores()} cores ({model}){memory}"


def _lines(path: str) -> list[str]:
    source = Path(path)
    return source.read_text().splitlines() if source.exists() else []


def _memory(ours: Server) -> None:
    sizes = ", ".join(f"{size:.0f}" for size in ours.worker_megabytes())
    print(f"Memory per process (PSS): {sizes} MB")


if __name__ == "__main__":
    sys.exit(main())
