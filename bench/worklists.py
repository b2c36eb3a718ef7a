"""`python -m bench.worklists`: a page of a worklist, and one decision, over HTTP with many open cases.

It fills a new SQLite file, or an empty PostgreSQL database, with open cases in several queues, of which some are taken,
and measures at each size: pages at the beginning, deep inside, of what is nobody's and of one person, the list of
queues, pull next, and decisions that a physician makes one after the other, each after opening the evidence.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import insert

from bench import bodies
from bench.databases import settle
from bench.load import HOST, BadAnswer, exchange
from bench.servers import Server, our_server
from bench.table import kind_of, say
from fhir_um.cases.clocks import Clock, Deadline
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, ClientId, EventKind, Line, LineState, SubmissionId
from fhir_um.cases.roles import ENGINE
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Settings, cores
from fhir_um.store.cases import new_case
from fhir_um.store.lines import put_clocks
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import case_events, case_lines, cases
from fhir_um.store.work_rows import add_rows, rows_of

SIZES = (1_000, 10_000, 100_000)
PAGE_MS, DECISION_MS = 50, 15
"""What 95 of 100 are to keep below, at the largest size."""

_BATCH = 1_000
_QUEUE = "nurse-imaging"
_PUT_CASES, _PUT_LINES, _PUT_EVENTS = (Prepared(insert(table)) for table in (cases, case_lines, case_events))
_SPECIALTIES = ("imaging", "imaging", "imaging", "durable-equipment", "surgery", "pharmacy", "post-acute", "")
_PEOPLE = 40
_TAKEN_OF_TEN = 3
_PAGES, _DECISIONS = 100, 60
_HEAD = "| open cases | what | times | p50 ms | p95 ms | goal p95 ms |\n|---|---|---|---|---|---|"
_PHYSICIAN = {"role": "physician", "reviewer": {"id": "dr-1", "npi": "1910200405"}}
_LINE = {
    "sequence": 1,
    "action": "approve",
    "reason": "criteria-met",
    "text": "The examination shows the need.",
    "basis": {"exception": "The examination shows the need although one criterion is not met."},
}


@dataclass(frozen=True, slots=True)
class Plan:
    """At which sizes, over which database, with how many server processes."""

    sizes: tuple[int, ...]
    database_url: str
    workers: int


def main() -> int:
    """Runs the benchmark; 0 when every answer was the one measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.worklists", description=__doc__)
    sizes = ",".join(map(str, SIZES))
    parser.add_argument("--sizes", default=sizes, help=f"open cases to measure with, smallest first ({sizes})")
    parser.add_argument("--workers", type=int, default=cores(), help="server processes (one per core)")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; else a new SQLite file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = args.database_url or f"sqlite:///{folder}/bench.sqlite"
        run(Plan(tuple(sorted(map(int, args.sizes.split(",")))), url, args.workers), Path(folder))
    return 0


def run(plan: Plan, folder: Path) -> None:
    """The whole benchmark, printing as it goes."""
    deps = make_deps(Settings(database_url=plan.database_url))
    kind = kind_of(plan.database_url)
    print(f"Worklists: {plan.workers} server processes, {kind}; one run of each size, one request after the other.\n")
    print(_HEAD, flush=True)
    with closing(deps.store):
        deps.store.migrate()
        seed(load_people(bodies.FIXTURES / "people"), deps)
        with deps.open_work() as work:
            work.save_members(bodies.bench_members(len(plan.sizes) * _DECISIONS + 1))
        with our_server(plan.database_url, plan.workers, folder) as server:
            model = _submitted(server, deps, 0)
            filled = 0
            for turn, size in enumerate(plan.sizes):
                say(f"storing {size - filled:,} open cases")
                fill_open(deps, model, filled, size - filled)
                filled = size
                settle(deps)
                _measure(server, deps, size, turn)


# --- filling ----------------------------------------------------------------------------------------------------------


def fill_open(deps: Deps, model: Case, first: int, count: int) -> None:
    """Adds so many open copies of a case, over the queues and over eight days, some of them taken by somebody.

    Many rows at once, past the use cases and the feed, which nobody follows here: one by one PostgreSQL would take
    longer to fill than to measure.
    """
    for start in range(first, first + count, _BATCH):
        made = [_copy(model, n) for n in range(start, min(start + _BATCH, first + count))]
        with deps.store.engine.begin() as connection:
            rows = [new_case(journal.case, tuple(journal.events)) for journal, _ in made]
            _PUT_CASES.change(connection, [row.case for row in rows])
            _PUT_LINES.change(connection, [line for row in rows for line in row.lines])
            _PUT_EVENTS.change(connection, [event for row in rows for event in row.events])
            put_clocks(connection, model.payer_id, [clock for _, clocks in made for clock in clocks])
            add_rows(connection, [row for n, (journal, _) in enumerate(made, start) for row in _items(journal.case, n)])


def _items(case: Case, n: int) -> list[dict[str, Any]]:
    """What waits of a case, some of it taken by somebody."""
    held = {"assignee": f"rn-{n % _PEOPLE}", "assigned_at": case.received_at} if n % 10 < _TAKEN_OF_TEN else {}
    return [row | held for row in rows_of(case)]


def _copy(model: Case, n: int) -> tuple[Journal, tuple[Clock, ...]]:
    case_id = CaseId(f"00000000-0000-4000-8000-{n:012d}")
    due_at = model.received_at + timedelta(seconds=n * 7919 % 691_200)
    header = replace(
        model,
        id=case_id,
        member_id=f"open-{n}",
        request=replace(model.request, claim_url=f"https://other.example.test/fhir/Claim/{n}", claim_identifiers=()),
        submission_id=SubmissionId(f"open-{n}"),
        sender=ClientId("bench-other"),
        event_count=0,
    )
    journal = Journal(None, model.received_at, ENGINE)
    journal.header(EventKind.OPENED, header)
    clocks = []
    for line in model.lines:
        specialty = _SPECIALTIES[n % len(_SPECIALTIES)]
        journal.line(EventKind.LINE_REQUESTED, _for_a_nurse(line, due_at, specialty), ("T1",))
        clocks.append(Clock(case_id, line.sequence, Deadline("bench", "", model.received_at, due_at)))
    return journal, tuple(clocks)


def _for_a_nurse(line: Line, due_at: datetime, specialty: str) -> Line:
    waits = replace(line, state=LineState.NURSE_REVIEW, due_at=due_at, specialty=specialty)
    return replace(waits, administrative_reference="", documents=(), documents_due_at=None)


# --- measuring --------------------------------------------------------------------------------------------------------


def _measure(server: Server, deps: Deps, size: int, turn: int) -> None:
    first = f"/um/v1/worklists/{_QUEUE}?limit=50"
    rows = {
        "page of a queue, the first": lambda: _get(server, first),
        "page of a queue, one after the other": _leafing(server, first),
        "page of what is nobody's": lambda: _get(server, f"{first}&assignee=unassigned"),
        "page of one person, all queues": lambda: _get(server, "/um/v1/worklists/mine?limit=50&assignee=rn-1"),
    }
    for what, ask in rows.items():
        _row(size, what, [_timed(ask) for _ in range(_PAGES)], PAGE_MS)
    _row(size, "list of queues", [_timed(lambda: _get(server, "/um/v1/worklists")) for _ in range(_PAGES // 4)], None)
    _row(size, "pull next", list(_pulls(server, turn)), None)
    _row(size, "decision", list(_decisions(server, deps, turn)), DECISION_MS)


def _leafing(server: Server, first: str) -> Callable[[], None]:
    """Asks for the page after the one before, and begins again after the last."""
    place = {"after": ""}

    def next_page() -> None:
        path = f"{first}&after={place['after']}" if place["after"] else first
        place["after"] = _get(server, path)["next"] or ""

    return next_page


def _pulls(server: Server, turn: int) -> Iterator[float]:
    for n in range(_DECISIONS):
        body = json.dumps({"role": "nurse", "reviewer": {"id": f"puller-{turn}-{n}"}}).encode()
        yield _timed(partial(_post, server, f"/um/v1/worklists/{_QUEUE}/next", body))


def _decisions(server: Server, deps: Deps, turn: int) -> Iterator[float]:
    """Milliseconds of each decision alone; submitting and opening before it do not count."""
    for n in range(_DECISIONS):
        case = _submitted(server, deps, 1 + turn * _DECISIONS + n)
        address = f"/um/v1/cases/{case.id}"
        _post(server, f"{address}/openings", json.dumps(_PHYSICIAN).encode())
        body = json.dumps({"version": case.version, "lines": [_LINE], **_PHYSICIAN}).encode()
        yield _timed(partial(_decided, server, f"{address}/decisions", body))


def _decided(server: Server, path: str, body: bytes) -> None:
    if json.loads(_post(server, path, body))["status"] != "decided":
        raise BadAnswer(f"{path}: not decided")


def _post(server: Server, path: str, body: bytes) -> bytes:
    return exchange(server.port, path, body, "application/json")


def _submitted(server: Server, deps: Deps, member: int) -> Case:
    """A case that waits, as the server made it of a request."""
    body = bodies.template("02-submit-wheelchair").for_member(bodies.number_of(member), f"worklist-{member}")
    answer = json.loads(exchange(server.port, "/fhir/Claim/$submit", body))
    with deps.open_reading() as work:
        case = work.load_case(bodies.PAYER, CaseId(answer["entry"][0]["resource"]["id"]))
    if case is None or case.status != "pended":
        raise BadAnswer("the submitted case does not wait for anybody")
    return case


def _get(server: Server, path: str) -> Any:
    """One GET and its answer. Raises: BadAnswer when the status is not 200."""
    head = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{server.port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    headers, _, content = answer.partition(b"\r\n\r\n")
    if b" 200 " not in headers[:16]:
        raise BadAnswer(f"{path}: {headers[:60]!r} {content[:300]!r}")
    return json.loads(content)


def _timed(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


def _row(size: int, what: str, times_ms: list[float], goal: int | None) -> None:
    cuts = quantiles(times_ms, n=100, method="inclusive")
    cells = (f"{size:,}", what, str(len(times_ms)), f"{cuts[49]:.1f}", f"{cuts[94]:.1f}", f"< {goal}" if goal else "")
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
