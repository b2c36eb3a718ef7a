"""Nothing a process writes tells of people: stories with planted people, everything refused, everything broken.

A database of the server's own holds what was planted, and so do the answers; nothing else may: no line, no file, no
address, no header, no words of an error, no name of a process, no table of a command.
"""

import json
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
import requests

from bench.servers import free_port
from fhir_um.api.routes import ROUTES
from fhir_um.commands.demo import HEARS_WITHIN_SECONDS
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.simulators.receiver import Receiver
from fhir_um.stories.playing import Reply, Request, load_story, play
from tests.running.planted import MARK, SECRET, found_in, plant
from tests.running.processes import Program, command

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FHIR = {"Content-Type": "application/fhir+json"}
REFUSED = 400
TOLD = (
    "attachments-refused",
    "crd",
    "crd-therapy-first",
    "denied-by-physician",
    "inquiry-ways",
    "lines-of-business",
    "must-support",
    "pended",
    "prior-authorization",
    "several-lines",
    "subscriptions",
    "unreadable",
    "wrong-people",
)
"""Stories of every kind; the others say nothing that these do not."""
OLDER = "2.0.1"
"""Its routes have the same handlers as those of the newer version."""

HEADERS = {
    "Authorization": f"Bearer {MARK}.{MARK}.{MARK}",
    "Cookie": f"fhir-um-session={MARK}; {MARK}={MARK}",
    "X-Request-Id": f"{MARK}-44",
    "User-Agent": f"Mozilla {MARK}",
    "Referer": f"https://ehr.example.org/{MARK}",
    "Origin": f"https://{MARK}.example.org",
    "X-Forwarded-For": MARK,
    "X-Forwarded-User": MARK,
    "If-Match": f'W/"{MARK}"',
    "If-None-Match": f'"{MARK}"',
    "If-Modified-Since": MARK,
    "Accept": f"text/{MARK}",
    "Content-Encoding": MARK,
    "Prefer": f"return={MARK}",
}
OTHER_TYPES = (f"text/{MARK}", f"application/json; charset={MARK}", f"application/fhir+json; fhirVersion={MARK}")
KNOWN = (
    *("_format", "format", "state", "limit", "at", "profile", "mode", "identifier", "status", "plan", "url", "code"),
    *("since", "member", "content", "patient", "_count", "unmatched", "id", "_id"),
)
COMMANDS = (("hooks", "metrics", "--json"), ("deliveries", "list"), ("audit", "verify"), ("verify",))


@dataclass
class House:
    """A server with a notifying process, in a working folder of its own, over planted people."""

    folder: Path
    birth_dates: frozenset[str]
    port: int = field(default_factory=free_port)
    workers: int = 2

    @property
    def database(self) -> Path:
        return self.folder / "cases.sqlite"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "FHIR_UM_DATABASE_URL": f"sqlite:///{self.database}",
            "FHIR_UM_MODE": "sandbox",
            "FHIR_UM_PORT": str(self.port),
            "FHIR_UM_WORKERS": str(self.workers),
            "FHIR_UM_LOG_LEVEL": "debug",
            "FHIR_UM_REQUESTS_PER_MINUTE": "0",
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def program(self, *words: str) -> Program:
        return command(self.settings, self.folder / "written.log", *words, folder=self.folder)

    def send(self, request: Request) -> Reply:
        headers = {"Content-Type": request.content_type, "Accept": request.content_type}
        got = requests.request(request.method, self.url + request.path, data=request.body, headers=headers, timeout=30)
        assert self.told(got) == []
        return Reply(got.status_code, got.content, 0.0)

    def told(self, got: requests.Response) -> list[str]:
        """What an answer tells of people in a header or, where it is a refusal, in its body."""
        shown = [f"{name}: {value}" for name, value in got.headers.items()]
        shown += [got.text] if got.status_code >= REFUSED else []
        return [each for each in shown if found_in(each, self.birth_dates)]

    def written(self) -> str:
        """Everything in the working folder but the database."""
        files = [file for file in self.folder.rglob("*") if file.is_file() and self.database.name not in file.name]
        return "\n".join(file.read_text("utf-8", "replace") for file in files)

    def audit_rows(self) -> str:
        """Every row of the audit log, as it is kept."""
        with closing(sqlite3.connect(self.database)) as connection:
            named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'audit%'")
            rows = [connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in named.fetchall()]
        assert any(rows)
        return repr(rows)

    def processes(self) -> list[int]:
        """All processes whose working folder this is."""
        numbers = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
        return [pid for pid in numbers if _works_in(pid, self.folder)]


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, frozenset[str]]:
    """The planted stories and people, and the birth dates in them."""
    folder = tmp_path_factory.mktemp("planted")
    return folder, plant(FIXTURES, folder)


@pytest.fixture
def house(fixtures: tuple[Path, frozenset[str]], sqlite_template: Path, tmp_path: Path) -> Iterator[House]:
    planted, birth_dates = fixtures
    folder = tmp_path / "working"
    folder.mkdir()
    made = House(folder.resolve(), birth_dates)
    made.database.write_bytes(sqlite_template.read_bytes())
    deps = make_deps(Settings(database_url=f"sqlite:///{made.database}"))
    seed(load_people(planted / "people"), deps)
    deps.store.close()
    server = made.program("serve")
    server.start()
    try:
        server.wait_for(made.port)
        yield made
    finally:
        server.kill()


def test_what_is_planted_is_found_where_it_belongs(house: House, fixtures: tuple[Path, frozenset[str]]) -> None:
    """The stories go as told, with the planted people in them; the database and the answers know of them."""
    planted, _ = fixtures
    played = []
    with Receiver() as receiver:

        def hear(kind: str) -> Reply:
            body = receiver.hear(kind, HEARS_WITHIN_SECONDS)
            return Reply(200, body, 0.0) if body else Reply(0, b"", 0.0)

        for story in map(load_story, (planted / "stories" / name for name in TOLD)):
            played += list(play(story, house.send, "planted", datetime.now(UTC).date(), hear, receiver.url))

    assert [(one.step.name, one.faults) for one in played if one.faults] == []
    assert len(played) > 50
    answers = b"".join(one.reply.body for one in played if one.reply and one.reply.status < REFUSED)
    database = b"".join(file.read_bytes() for file in house.folder.glob(f"{house.database.name}*"))
    assert found_in(answers, house.birth_dates)
    assert found_in(database, house.birth_dates)
    assert found_in(SECRET)
    assert SECRET.encode() not in database
    _demand_silence(house)
    _demand_silent_commands(house)


def test_nothing_that_is_refused_is_repeated(house: House, fixtures: tuple[Path, frozenset[str]]) -> None:
    """Every route with planted words at every place of a request, and what is no request at all."""
    with ThreadPoolExecutor(2) as pool, requests.Session() as session:

        def ask(asked: requests.Request) -> tuple[int, list[str]]:
            got = session.send(session.prepare_request(asked), timeout=30, allow_redirects=False)
            return got.status_code, house.told(got)

        answers = list(pool.map(ask, _leaky_requests(house.url, fixtures[0])))
    for line in (
        f"GET /{MARK}\r\n\r\n",
        f"{MARK} / HTTP/1.1\r\n{MARK}:\0{MARK}\r\n\r\n",
        f"GET /{MARK * 3000} HTTP/1.1\r\n\r\n",
    ):
        assert found_in(_raw(house.port, line.encode())) == []

    assert len(answers) > 500
    assert {text for _, told in answers for text in told} == set()
    assert 500 not in {status for status, _ in answers}
    _demand_silence(house)


def _demand_silence(house: House) -> None:
    """Lines, files, names of processes, and the audit log."""
    assert house.written().count('"event"') > 50
    assert found_in(house.written(), house.birth_dates) == []
    told = [
        Path(f"/proc/{pid}/cmdline").read_text() + Path(f"/proc/{pid}/comm").read_text() for pid in house.processes()
    ]
    assert len(told) > 2
    assert found_in("\n".join(told), house.birth_dates) == []
    assert found_in(house.audit_rows(), house.birth_dates) == []


def _demand_silent_commands(house: House) -> None:
    for words in COMMANDS:
        done = house.program(*words).run()
        assert done.returncode == 0, done.stdout + done.stderr
        assert found_in(done.stdout + done.stderr, house.birth_dates) == [], words


def _leaky_requests(url: str, planted: Path) -> Iterator[requests.Request]:
    for route in ROUTES:
        if route.guide == OLDER:
            continue
        path = "/".join(MARK if part.startswith("<") else part for part in route.path.split("/"))
        yield from _leaky(route.method, url + path)
    for path in (f"/{MARK}", f"/fhir/{MARK}/{MARK}", f"/fhir/Patient/{MARK}/$everything", f"/cds-services/{MARK}"):
        yield from _leaky("POST", url + path)
    for base in ("/cds-services/order-sign", "/2.0.1/cds-services/order-sign", "/cds-services/order-sign/feedback"):
        yield from _leaky("POST", url + base)
    for file in sorted(planted.glob("stories/*/*.json"))[::20]:
        body = file.read_bytes()
        path = "/cds-services/order-sign" if ".hook." in file.name else "/fhir/Claim/$submit"
        for damaged in (
            body[:-40],
            body.replace(b'"birthDate": "', f'"birthDate": "{MARK}'.encode()),
            _misplaced(body),
        ):
            yield requests.Request("POST", url + path, data=damaged, headers=FHIR)
            yield requests.Request("POST", f"{url}/fhir/$validate", data=damaged, headers=FHIR)


def _misplaced(body: bytes) -> bytes:
    """Planted words for names of properties, types and codes."""
    document = json.loads(body)
    rows = document.get("entry") or document.get("parameter") or [document]
    for number, row in enumerate(rows):
        inner = row.get("resource", row)
        inner |= {f"{MARK} born here": MARK, "gender": MARK, "status": MARK, "language": MARK, f"_{MARK}": [MARK]}
        if number:
            inner["resourceType"] = MARK.title()
    return json.dumps(document).encode()


def _leaky(method: str, url: str) -> Iterator[requests.Request]:
    body = json.dumps(
        {
            "resourceType": MARK.title(),
            MARK: MARK,
            "id": MARK,
            "version": MARK,
            "role": MARK,
            "hook": MARK,
            "hookInstance": MARK,
            "parameter": [{"name": MARK, "valueString": MARK}],
            "entry": [{"fullUrl": MARK, "resource": {"resourceType": MARK, MARK: MARK}}],
            "lines": [{MARK: MARK, "sequence": MARK}],
        }
    ).encode()
    parameters = f'{{"resourceType": "Parameters", "parameter": [{{"name": "{MARK}", "valueCode": "{MARK}"}}]}}'
    bodies = [
        body,
        body[:-9],
        f'{{"{MARK}": 1, "{MARK}": 2}}'.encode(),
        MARK.encode(),
        parameters.encode(),
        b'{"resourceType": "Bundle", "type": "' + MARK.encode() + b'"}',
        f"grant_type={MARK}&client_assertion={MARK}.{MARK}.{MARK}&scope={MARK}&{MARK}={MARK}".encode(),
    ]
    if method in {"POST", "PUT", "PATCH"}:
        yield from (requests.Request(method, url, data=each, headers=FHIR) for each in bodies)
        types = ("application/json", "application/x-www-form-urlencoded", *OTHER_TYPES)
        yield from (requests.Request(method, url, data=body, headers={"Content-Type": each}) for each in types)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for fields in (bodies[-1], f"patient={MARK}".encode(), f"member={MARK}".encode()):
            yield requests.Request(method, url, data=fields, headers=form)
    data = body if method in {"POST", "PUT"} else None
    headers = [HEADERS] if "/um/" not in url else [{name: value} for name, value in HEADERS.items()]
    for given in headers:
        yield requests.Request(method, url, data=data, headers={**(FHIR if data else {}), **given})
    for names in ((MARK,), KNOWN, (*KNOWN, MARK)):
        yield requests.Request(method, url, params=dict.fromkeys(names, MARK), data=data, headers=FHIR)
    yield requests.Request("PROPFIND", url, headers={"Depth": MARK})
    yield requests.Request("GET", f"{url}/{MARK}")


def _raw(port: int, text: bytes) -> bytes:
    """What comes back for exactly these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def _good(planted: Path) -> bytes:
    return (planted / "stories" / "prior-authorization" / "01-submit-oxygen.request.json").read_bytes()


def test_a_process_that_is_killed_over_a_request_does_not_tell_of_it(
    house: House, fixtures: tuple[Path, frozenset[str]]
) -> None:
    """Killed without warning, and in the way the server ends one that takes too long."""
    body = _good(fixtures[0])
    for kind in (signal.SIGKILL, signal.SIGABRT):
        before = set(_workers(house))
        with socket.create_connection(("127.0.0.1", house.port), timeout=15) as connection:
            head = "POST /fhir/Claim/$submit HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/fhir+json\r\n"
            connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
            connection.sendall(body[:-100])
            for pid in before:
                os.kill(pid, kind)
        _demand_soon(lambda gone=before: len(set(_workers(house)) - gone) == house.workers)
    got = requests.post(f"{house.url}/fhir/Claim/$submit", data=body, headers=FHIR, timeout=30)

    assert got.status_code == 200
    assert found_in(house.written(), house.birth_dates) == []


def _workers(house: House) -> list[int]:
    """Processes that answer: children of the server that are not the notifying one."""
    return [
        pid
        for pid in house.processes()
        if "serve" in (words := _words(pid)) and _parent(pid) in house.processes() and words
    ]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _demand_soon(is_so: object) -> None:
    patience = Event()
    end = time.monotonic() + 20
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        patience.wait(0.05)


def test_a_store_that_is_no_store_is_not_told_of_with_what_was_to_be_kept(
    house: House, fixtures: tuple[Path, frozenset[str]]
) -> None:
    """The file under the running server becomes garbage: every statement fails, with what it was given."""
    for file in house.folder.glob(f"{house.database.name}-*"):
        file.unlink()
    house.database.write_bytes(b"no database at all" * 500)

    statuses = [
        house.send(
            Request(route.method, route.path.replace("<case_id>", MARK), _good(fixtures[0]), FHIR["Content-Type"])
        ).status
        for route in ROUTES
        if route.path.startswith(("/fhir/Claim", "/um/v1/cases"))
    ]
    hook = (fixtures[0] / "stories" / "crd" / "02-sign-oxygen.hook.json").read_bytes()
    house.send(Request("POST", "/cds-services/order-sign", hook, "application/json"))

    assert any(status >= 500 for status in statuses)
    assert "error_type" in house.written()
    assert found_in(house.written(), house.birth_dates) == []


class Endpoint:
    """Takes notifications on this machine, keeps their addresses and headers, and answers with that status."""

    def __init__(self, status: int) -> None:
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        heads, bodies = self.heads, self.bodies

        class Handler(BaseHTTPRequestHandler):
            """One notification."""

            def do_POST(self) -> None:
                heads.append(f"{self.path}\n{self.headers}")
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status, f"{MARK} is not welcome")
                self.send_header("Content-Length", "0")
                self.send_header("X-Why", MARK)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/notifications"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_addresses_and_headers_of_notifications_tell_of_nobody(
    house: House, fixtures: tuple[Path, frozenset[str]]
) -> None:
    """Where they arrive, and where they do not; the secret goes where its owner wants it, and nowhere else."""
    story = fixtures[0] / "stories" / "pended"
    subscription = (story / "01-subscribe.resource.json").read_text("utf-8")
    endpoints, made = [Endpoint(status) for status in (200, 500)], list[Reply]()
    try:
        for endpoint in endpoints:
            body = subscription.replace("RECEIVER", endpoint.url).encode()
            made.append(house.send(Request("POST", "/fhir/Subscription", body, FHIR["Content-Type"])))
        assert [each.status for each in made] == [201, 201]
        _demand_soon(lambda: endpoints[1].heads and _is_active(house, made[0]))
        body = (story / "03-submit-without-test.request.json").read_bytes()
        told = house.send(Request("POST", "/fhir/Claim/$submit", body, FHIR["Content-Type"]))
        _decide(house, json.loads(told.body)["entry"][0]["resource"]["id"])
        _demand_soon(lambda: len(endpoints[0].heads) > 1)
    finally:
        for endpoint in endpoints:
            endpoint.close()

    heads = [head for endpoint in endpoints for head in endpoint.heads]
    assert all(SECRET in head for head in heads)
    assert found_in("\n".join(heads).replace(SECRET, ""), house.birth_dates) == []
    assert found_in(endpoints[0].bodies[-1], house.birth_dates)
    assert found_in(house.written(), house.birth_dates) == []
    listed = house.program("deliveries", "list").run()
    assert found_in(listed.stdout + listed.stderr, house.birth_dates) == []


def _is_active(house: House, made: Reply) -> bool:
    id = json.loads(made.body)["id"]
    found = house.send(Request("GET", f"/fhir/Subscription/{id}", b"", FHIR["Content-Type"]))
    return bool(json.loads(found.body)["status"] == "active")


def _decide(house: House, case_id: str) -> None:
    """A decision that subscribers hear of."""
    basis = {"exception": f"{MARK} was read, and shows the need."}
    line = {"sequence": 1, "action": "approve", "reason": "criteria-met", "text": f"{MARK} was read.", "basis": basis}
    opening = {"role": "physician", "reviewer": {"id": "dr-1", "npi": "1910200405"}}
    decision = {"version": 1, **opening, "lines": [line]}
    path = f"/um/v1/cases/{case_id}"
    house.send(Request("POST", f"{path}/openings", json.dumps(opening).encode(), "application/json"))
    decided = house.send(Request("POST", f"{path}/decisions", json.dumps(decision).encode(), "application/json"))
    assert decided.status == 200, decided.body
