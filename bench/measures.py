"""`python -m bench.measures`: the nightly measures over up to a million decided lines, and how they grow.

Facts are made up and put in directly, with the cases and clocks they belong to. Measured is one night: the public
report and the operations of a year, in a process of its own, by its seconds and its peak of memory. Bounded; it ends
only the processes it started.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from bench.bodies import FIXTURES
from bench.databases import settle
from bench.table import kind_of, say
from fhir_um.cases.clocks import Clock, Deadline
from fhir_um.cases.line_facts import DAY, SECOND, Fact, instant, micros
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Settings
from fhir_um.store.lines import put_clocks
from fhir_um.store.measure_tables import determination_facts
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import cases
from fhir_um.usecases.measure_operations import Stretch, measure_operations
from fhir_um.usecases.measure_year import measure_year

SIZES = (10_000, 100_000, 1_000_000)
MOST_SECONDS, MOST_MEGABYTES = 60, 500
_HEADS = ("decided lines", "public report s", "operations s", "night s", "of processor s", "peak MB")
_PAYER = PayerId("harbor")
_YEAR, _YEAR_DAYS = 2025, 365
_PLANS = (("harbor-ma", "MA"), ("harbor-mco", "MCO"), ("harbor-qhp", "QHP"), ("harbor-comm", "COMM"))
_AT_ONCE = 5_000
_HOUR = 3_600 * SECOND
_ADD_CASE = Prepared(insert(cases))
_SHARE_PENDED, _SHARE_EXPEDITED, _SHARE_ASKED = 0.35, 0.2, 0.4


def main() -> int:
    """Runs the benchmark; 0 when the largest size stays below both limits."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures", description=__doc__)
    parser.add_argument("--lines", type=int, default=SIZES[-1], help="decided lines at the most (1000000)")
    parser.add_argument("--database-url", default="", help="an empty database; else a new SQLite file")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(_night(args.database_url)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return run(args.database_url or f"sqlite:///{Path(folder) / 'bench.sqlite'}", args.lines)


def run(database_url: str, most: int) -> int:
    """Fills and measures at every size up to `most`; tells one row each. 1 when the largest takes too long or much."""
    deps = make_deps(Settings(database_url=database_url))
    deps.store.migrate()
    seed(load_people(FIXTURES / "people"), deps)
    goals = f"at {SIZES[-1]:,} lines: a night < {MOST_SECONDS} s, < {MOST_MEGABYTES} MB"
    print(f"Nightly measures: one process, {kind_of(database_url)}; one run of each size. Goals {goals}.\n")
    print(f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}", flush=True)
    there, is_within = 0, True
    for size in sorted({*(size for size in SIZES if size < most), most}):
        began = time.monotonic()
        fill(deps, there, size)
        deps.store.close()
        say(f"{size - there:,} lines put in within {time.monotonic() - began:.0f} s")
        there = size
        found = _in_child(database_url)
        night = found["public"] + found["operations"]
        is_within = night < MOST_SECONDS and found["peak"] < MOST_MEGABYTES
        cells = [f"{found[name]:.1f}" for name in ("public", "operations")]
        cells += [f"{night:.1f}", f"{found['processor']:.1f}", f"{found['peak']:.0f}"]
        print(f"| {size:,} | {' | '.join(cells)} |", flush=True)
    return 0 if is_within else 1


def _in_child(database_url: str) -> dict[str, float]:
    words = [sys.executable, "-m", "bench.measures", "--child", "--database-url", database_url]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=1_800)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _night(database_url: str) -> dict[str, float]:
    deps = make_deps(Settings(database_url=database_url))
    begin, end = datetime(_YEAR, 1, 1, tzinfo=UTC), datetime(_YEAR + 1, 1, 1, tzinfo=UTC)
    began = time.monotonic()
    measure_year(deps, _PAYER, _YEAR)
    between = time.monotonic()
    measure_operations(deps, _PAYER, Stretch(begin, end, end))
    ended = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = {"public": between - began, "operations": ended - between, "processor": used.ru_utime + used.ru_stime}
    return seconds | {"peak": _peak_megabytes()}


def _peak_megabytes() -> float:
    """Of this program alone: what `getrusage` tells begins with the process that started it."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return (found or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1_024


# --- making facts up --------------------------------------------------------------------------------------------------


def fill(deps: Deps, first: int, last: int) -> None:
    """Adds the lines numbered from `first` up to `last`, with their cases and clocks."""
    made = _made(Random(first), first, last)
    while batch := list(islice(made, _AT_ONCE)):
        with deps.store.engine.begin() as connection:
            _put_cases(connection, [_case(fact) for fact in batch if fact.sequence == 1])
            _put_facts(connection, batch)
            put_clocks(connection, _PAYER, [_clock(fact) for fact in batch if fact.pended_at is not None])
    settle(deps)


def _put_facts(connection: Connection, facts: list[Fact]) -> None:
    if connection.dialect.name == "sqlite":
        statement = str(insert(determination_facts).compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, list(map(tuple, facts)))
    else:
        _copy(connection, determination_facts.name, Fact._fields, facts)


def _put_cases(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        _ADD_CASE.change(connection, rows)
    elif rows:
        _copy(connection, cases.name, rows[0], (tuple(row.values()) for row in rows))


def _copy(connection: Connection, table: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """PostgreSQL takes rows by COPY: so many one by one would take longer than what is measured."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _case(fact: Fact) -> dict[str, Any]:
    at = instant(fact.received_at)
    columns = dict.fromkeys(("sender", "member_id", "patient_url", "patient_reference"), "bench")
    return {
        "payer_id": fact.payer_id,
        "id": fact.case_id,
        "version": 1,
        **columns,
        "received_at": at,
        "changed_at": at,
        "status": "decided",
        "due_at": at,
        "document": "{}",
    }


def _clock(fact: Fact) -> Clock:
    due = fact.received_at + (72 * _HOUR if fact.priority == "expedited" else 7 * DAY)
    rule = "D03" if fact.priority == "expedited" else "D01"
    deadline = Deadline(rule, "bench", instant(fact.received_at), instant(due))
    stopped = instant(fact.decided_at) + timedelta(minutes=1) if fact.decided_at is not None else None
    return Clock(CaseId(fact.case_id), fact.sequence, deadline, stopped)


def _made(chance: Random, first: int, last: int) -> Iterator[Fact]:
    begin = micros(datetime(_YEAR, 1, 1, tzinfo=UTC))
    number = first
    while number < last:
        received = begin + (number - first) * _YEAR_DAYS * DAY // (last - first) + chance.randrange(SECOND)
        is_expedited = chance.random() < _SHARE_EXPEDITED
        plan, business = chance.choice(_PLANS)
        for sequence in range(1, min(chance.choice((1, 1, 2)), last - number) + 1):
            yield _fact(chance, number, sequence, received, is_expedited)._replace(
                plan_id=plan, line_of_business=business, case_id=f"bench-{number - sequence + 1:09d}"
            )
            number += 1


def _fact(chance: Random, number: int, sequence: int, received: int, is_expedited: bool) -> Fact:
    is_pended = chance.random() < _SHARE_PENDED
    took = chance.randrange(SECOND, (60 if is_expedited else 200) * _HOUR) if is_pended else 0
    action, state = chance.choice((("A1", "approved"),) * 8 + (("A3", "denied-clinical"), ("A6", "modified")))
    action, state = (action, state) if is_pended else ("A1", "approved")
    is_asked = is_pended and chance.random() < _SHARE_ASKED
    return Fact(
        received_day=received // DAY,
        case_id="",
        payer_id=_PAYER,
        sequence=sequence,
        number=1,
        since=received,
        superseded_at=None,
        received_at=received,
        asked_at=received,
        first_response_at=received,
        first_decided_at=received + took,
        decided_at=received + took,
        notified_at=received + took + _HOUR,
        pended_at=received if is_pended else None,
        extended_at=received + _HOUR if is_pended and number % 50 == 0 else None,
        nurse_at=received if is_pended else None,
        referred_at=received + took // 2 if is_pended and action != "A1" else None,
        priority="expedited" if is_expedited else "standard",
        review_type="prospective",
        channel="fhir",
        provider_npi="1910010010",
        policy_id="P02",
        state=state,
        action=action,
        decider="nurse" if is_pended else "engine",
        rfis=f"{received}:{received + took // 3}" if is_asked else "",
        exchanges=f"initial:{received}:0" if sequence == 1 else "",
    )


if __name__ == "__main__":
    sys.exit(main())
