"""A real server of one process, and more to do than it can: who is answered, who is sent away, and how soon."""

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench import bodies
from bench.open_loop import Gun, evenly
from bench.servers import free_port
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from tests.people import people
from tests.running.processes import command

BODY_SECONDS, WORKER_SECONDS, LONGEST_WAIT_MS = 1, 5, 500
FORM_SECONDS = 2
ARRIVES_SECONDS = WORKER_SECONDS * 2 / 3
SOON_SECONDS = 0.9
"""Less than any of the stretches of time in which one caller can keep a process busy here."""

LOG = "server.log"
HEAD = "Host: localhost\r\nContent-Type: application/fhir+json\r\n"
STALLS = f"POST /fhir/Claim/$submit HTTP/1.1\r\n{HEAD}Content-Length: 500\r\nExpect: 100-continue\r\n\r\n".encode()


def asks(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


class Crowd:
    """Connections to the server, all closed in the end."""

    def __init__(self, port: int, things: ExitStack) -> None:
        self._port = port
        self._things = things

    def line(self, first: bytes = b"") -> socket.socket:
        made = self._things.enter_context(socket.create_connection(("127.0.0.1", self._port), timeout=10))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.sendall(first)
        return made

    def holder(self) -> socket.socket:
        """Keeps the one process busy from now on, for as long as it waits for a body."""
        line = self.line(STALLS)
        assert line.recv(1_000).startswith(b"HTTP/1.1 100 ")
        return line


def answer(line: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; the connection is left open on this side."""
    got = b"".join(iter(lambda: line.recv(65_536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return int(first.split()[1]), dict(row.split(": ", 1) for row in rest), body


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crowded") / LOG


@pytest.fixture(scope="module")
def port(sqlite_template: Path, log: Path) -> Iterator[int]:
    file = log.parent / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    deps = make_deps(Settings(database_url=f"sqlite:///{file}"))
    seed(people(), deps)
    deps.store.close()
    settings = {
        "FHIR_UM_PUBLIC_URL": "https://payer.example.org",
        "FHIR_UM_WORKERS": "1",
        "FHIR_UM_BODY_TIMEOUT_SECONDS": str(BODY_SECONDS),
        "FHIR_UM_WORKER_TIMEOUT_SECONDS": str(WORKER_SECONDS),
        "FHIR_UM_LONGEST_WAIT_MS": str(LONGEST_WAIT_MS),
    }
    with serving(f"sqlite:///{file}", log, settings) as chosen:
        yield chosen


@contextmanager
def serving(url: str, log: Path, settings: dict[str, str]) -> Iterator[int]:
    """The port of a server with those settings."""
    chosen = free_port()
    usual = {
        "FHIR_UM_DATABASE_URL": url,
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(chosen),
        "FHIR_UM_DELIVERY_WORKERS": "0",
    }
    server = command(usual | settings, log, "serve")
    server.start()
    try:
        server.wait_for(chosen)
        yield chosen
    finally:
        server.stop()


@pytest.fixture
def crowd(port: int) -> Iterator[Crowd]:
    with ExitStack() as things:
        yield Crowd(port, things)


def soon(crowd: Crowd) -> bool:
    """Whether somebody who asks properly is answered as if nobody else were there."""
    started = time.monotonic()
    return answer(crowd.line(asks("/fhir/metadata")))[0] == 200 and time.monotonic() - started < SOON_SECONDS


def test_who_connects_and_is_silent_keeps_nobody(crowd: Crowd) -> None:
    for _ in range(60):
        crowd.line()

    assert soon(crowd)


def test_who_spells_out_a_head_keeps_nobody_and_is_told_that_it_takes_too_long(crowd: Crowd) -> None:
    silent, slow = crowd.line(), [crowd.line(asks("/fhir/metadata")[:-3]) for _ in range(20)]
    started = time.monotonic()
    for letter in b"\r\nX: a":
        for line in slow:
            line.sendall(bytes([letter]))
        assert soon(crowd)

    assert {answer(line)[0] for line in slow} == {408}
    assert silent.recv(10) == b"", "who said nothing hears nothing"
    assert ARRIVES_SECONDS - 0.5 < time.monotonic() - started < ARRIVES_SECONDS + 5


def test_a_head_without_end_is_refused_before_it_ends(crowd: Crowd) -> None:
    line = crowd.line(asks("/healthz")[:-2] + b"X: y\r\n" * 6_000)

    assert answer(line)[0] == 431
    assert soon(crowd)


def test_who_stays_after_the_answer_keeps_nobody(crowd: Crowd) -> None:
    stay = [crowd.line(asks("/healthz") + b"more") for _ in range(10)]

    assert {answer(line)[0] for line in stay} == {200}
    assert soon(crowd)


def test_a_body_that_does_not_come_keeps_the_process_for_the_time_of_the_settings(crowd: Crowd) -> None:
    started = time.monotonic()
    holder = crowd.holder()

    assert answer(holder)[0] == 400
    assert BODY_SECONDS - 0.2 < time.monotonic() - started < BODY_SECONDS + 2


def drip(line: socket.socket) -> bytes:
    """Sends a chunk of one blank now and then until something comes back."""
    line.settimeout(0.3)
    for _ in range(60):
        line.sendall(b"1\r\n \r\n")
        try:
            return line.recv(1_000)
        except TimeoutError:
            continue
    return b""


def test_a_body_that_drips_keeps_the_process_for_the_time_of_the_settings(crowd: Crowd) -> None:
    """A chunked one without end, of which something comes often enough."""
    head = f"POST /fhir/Claim/$submit HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
    line = crowd.line(head)
    started = time.monotonic()

    assert drip(line).startswith(b"HTTP/1.1 400 ")
    assert time.monotonic() - started < ARRIVES_SECONDS + 2


def test_a_form_of_a_stranger_that_drips_keeps_the_process_for_two_seconds_at_most(crowd: Crowd) -> None:
    head = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    line = crowd.line(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    started = time.monotonic()

    assert drip(line).startswith(b"HTTP/1.1 400 ")
    assert time.monotonic() - started < FORM_SECONDS + 1


@pytest.mark.spec("pas:spec-39")
def test_who_waited_too_long_is_sent_away_at_once(crowd: Crowd, log: Path) -> None:
    holder = crowd.holder()
    waiting = {path: crowd.line(asks(path)) for path in ("/fhir/Claim/Zyxwallow?name=Zyxwallow", "/cds-services")}
    watching = [crowd.line(asks(path)) for path in ("/healthz", "/readyz")]
    upload = crowd.line(f"POST /fhir/Claim/$submit HTTP/1.1\r\n{HEAD}Content-Length: 900000\r\n\r\n".encode())
    upload.sendall(b" " * 900_000)
    assert answer(holder)[0] == 400
    started = time.monotonic()

    answers = {path: answer(line) for path, line in waiting.items()}
    assert answer(upload)[0] == 503
    assert time.monotonic() - started < SOON_SECONDS
    assert [answer(line)[0] for line in watching] == [200, 200]
    for path, (status, headers, body) in answers.items():
        said = json.loads(body)
        assert (status, said) == (503, {"error": "busy", "requestId": headers["X-Request-Id"]})
        assert headers["Retry-After"] == "5"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers.get("Access-Control-Allow-Origin") == ("*" if path == "/cds-services" else None)
    written = [json.loads(row) for row in log.read_text().splitlines() if '"shed"' in row]
    assert {row["request_id"] for row in written} >= {answers[path][1]["X-Request-Id"] for path in waiting}
    assert all(row["status"] == 503 and row["duration_ms"] > LONGEST_WAIT_MS for row in written)
    assert "Zyxwallow" not in log.read_text()


def test_who_connected_early_and_asks_late_did_not_wait(crowd: Crowd) -> None:
    holder = crowd.holder()
    early, half = crowd.line(), crowd.line(asks("/fhir/metadata")[:-2])
    assert answer(holder)[0] == 400

    early.sendall(asks("/fhir/metadata"))
    half.sendall(b"\r\n")
    assert answer(early)[0] == 200
    assert answer(half)[0] == 200


def test_who_was_still_sending_did_not_wait(crowd: Crowd) -> None:
    holder = crowd.holder()
    body = bodies.template("01-submit-oxygen").for_member(bodies.MEMBER_NUMBER, "crowded")
    head = f"POST /fhir/Claim/$submit HTTP/1.1\r\n{HEAD}Content-Length: {len(body)}\r\n\r\n".encode()
    line = crowd.line(head + body[:-10])
    holder.settimeout(BODY_SECONDS * 0.8)
    with pytest.raises(TimeoutError):
        holder.recv(10)
    line.sendall(body[-10:])

    assert answer(line)[0] == 200


def test_our_own_answers_carry_what_every_answer_carries(crowd: Crowd) -> None:
    ours = answer(crowd.line(b"no http\r\n\r\n"))[1]
    usual = answer(crowd.line(asks("/healthz")))[1]

    of_safety = {"Cache-Control", "Strict-Transport-Security"} | {
        name for name in usual if re.match("X-|C.*Pol|Ref", name)
    }
    assert len(of_safety) >= 8
    assert {name: ours.get(name) for name in of_safety - {"X-Request-Id"}} == {
        name: usual[name] for name in of_safety - {"X-Request-Id"}
    }


def test_four_processes_together_let_one_caller_through_as_often_as_one_would(sqlite_url: str, tmp_path: Path) -> None:
    """Sixty a minute: five at once, and one with every second."""
    with serving(sqlite_url, tmp_path / LOG, {"FHIR_UM_WORKERS": "4", "FHIR_UM_REQUESTS_PER_MINUTE": "60"}) as port:
        started = time.monotonic()
        hits = Gun(port, 10).fire(evenly([("stranger", asks("/fhir/metadata"))] * 40, per_second=200))
        seconds = time.monotonic() - started

    statuses = Counter(hit.status for hit in hits)
    assert set(statuses) == {200, 429}
    assert 5 <= statuses[200] <= 5 + seconds
