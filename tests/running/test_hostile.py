"""A real server over loopback, and people who mean it no good: what comes back, what is kept, what is written down."""

import json
import re
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, select

from bench import bodies
from bench.load import exchange
from bench.servers import Server, our_server
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.store.audit_tables import audit_log
from fhir_um.stories.playing import Reply, Request, load_stories, play
from tests.people import people
from tests.running.conftest import Calm, faults_in

SUBMIT = "/fhir/Claim/$submit"
CHAIN = bodies.FIXTURES / "stories" / "update-chain"
GOOD = (bodies.FIXTURES / "broken" / "good.request.json").read_bytes()
HEAD = b"Host: 127.0.0.1\r\nContent-Type: application/fhir+json\r\nConnection: close\r\n"
CHUNKED = b"POST /fhir/Claim/$submit HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
POST = b"POST /fhir/Claim/$submit HTTP/1.1\r\n" + HEAD
GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def door(sqlite_template: Path, folder: Path) -> Iterator[Server]:
    """One server of two processes for all tests of this module that leave it as it was."""
    file = folder / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    deps = make_deps(Settings(database_url=f"sqlite:///{file}"))
    seed(people(), deps)
    deps.store.close()
    with our_server(f"sqlite:///{file}", 2, folder) as running:
        yield running


def sent(port: int, *parts: bytes, half: bool = False) -> tuple[int, bytes]:
    """Status and body of what came back for exactly these bytes; `half`: nothing more is going to be sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(b"".join(parts))
        if half:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def chunks_of(body: bytes, size: int = 1000) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((CHUNKED, chunks_of(GOOD)[:3000]), 400),
        ((CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"), 400),
        ((CHUNKED, b"-5\r\n{}\r\n0\r\n\r\n"), 400),
        ((CHUNKED, b"2\r\n{}XX0\r\n\r\n"), 400),
        ((POST, b"Transfer-Encoding: gzip, chunked\r\n\r\n", chunks_of(GOOD)), 415),
        ((POST, b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", chunks_of(GOOD)), 400),
        ((POST, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   "), 400),
        ((POST, b"Content-Length: -1\r\n\r\n{}"), 400),
        ((POST, b"Content-Length: 9000\r\n\r\n", GOOD[:500]), 400),
        ((POST, b"Content-Length: 100\r\n\r\n", GOOD), 400),
        ((POST, b"\r\n"), 400),
        ((POST, b"Content-Length: 21000000\r\n\r\n", b" " * 21_000_000), 413),
        ((POST, b"Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}"), 417),
        ((b"GET /healthz\r\n\r\n",), 400),
        ((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",), 400),
        ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",), 400),
        ((b"GET /fhir/Claim?patient=\xc3\xa9 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",), 400),
        ((b"GET /fhir/Claim?identifier=' OR 1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",), 400),
        ((b"GET /", b"a" * 9000, b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), 414),
        ((GET, b"X: ", b"a" * 20_000, b"\r\n\r\n"), 431),
        ((GET, b"X: \0\r\n\r\n"), 400),
        ((b"GET /fhir/metadata HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",), 400),
        ((b"GET /um/v1/cases HTTP/1.0\r\n\r\n",), 403),
    ],
)
@pytest.mark.spec("pas:spec-35")
def test_bad_bytes_get_one_operation_outcome(door: Server, parts: tuple[bytes, ...], status: int) -> None:
    found, body = sent(door.port, *parts, half=True)

    told = json.loads(body)
    assert (found, told.get("resourceType", told.get("type"))) in (
        (status, "OperationOutcome"),
        (status, "urn:fhir-um:problem:not-allowed"),
    )


def test_chunks_without_a_length_are_read(door: Server) -> None:
    assert sent(door.port, CHUNKED, chunks_of(GOOD))[0] == 200


def test_of_pipelined_requests_only_the_first_is_answered(door: Server) -> None:
    status, body = sent(door.port, (GET + b"\r\n") * 3, half=True)

    assert (status, body) == (200, b'{"status":"ok"}')


def test_the_server_is_well_after_all_of_this(door: Server) -> None:
    assert exchange(door.port, SUBMIT, GOOD)
    assert requests.get(f"http://127.0.0.1:{door.port}/readyz", timeout=10).status_code == 200


PLANTED = ("Zyxwallow", "MBR-7781-44", "1931-07-19", "tok_hZ81kQ", "Speaks-of-chest-pain")
_NAME, _NUMBER, _BIRTH, _TOKEN, _STORY = PLANTED


def _leaky_requests() -> Iterator[tuple[bytes, ...]]:
    """Refused requests of every kind with health data where it does not belong."""
    bundle = json.loads(GOOD)
    patient = bundle["entry"][1]["resource"]
    patient |= {"birthDate": _BIRTH, "text": {"status": "generated", "div": f"<div>{_STORY}</div>"}}
    patient["name"] = [{"family": _NAME, "given": [5]}]
    patient["identifier"][0]["value"] = _NUMBER
    bundle["entry"][0]["resource"]["use"] = _STORY
    bundle["entry"][0]["resource"]["created"] = f"{_BIRTH}T{_NAME}"
    token = f"Authorization: Bearer {_TOKEN}\r\n".encode()
    for body in (
        json.dumps(bundle).encode(),
        json.dumps(bundle).encode()[:-40],
        json.dumps(patient).encode(),
        f'{{"{_NAME}": "{_NUMBER}"'.encode(),
    ):
        for path in (b"/fhir/Claim/$submit", b"/2.0.1/fhir/Claim/$inquire"):
            yield b"POST ", path, b" HTTP/1.1\r\n", HEAD, token, b"Content-Length: %d\r\n\r\n" % len(body), body
    ruling = {"sequence": 1, "action": _NAME, "reason": _STORY, "text": _NUMBER}
    decision = {"version": 1, "role": "physician", "reviewer": {"id": _NAME}, "lines": [ruling]}
    for value in (decision, decision | {"role": _NAME}, decision | {"reviewer": {"id": _NAME, _NUMBER: 1}}):
        body = json.dumps(value).encode()
        yield b"POST /um/v1/cases/x/decisions HTTP/1.1\r\n", HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body
    for target in (
        f"/fhir/Claim?patient={_NAME}&identifier={_NUMBER}&birthdate={_BIRTH}",
        f"/fhir/Claim/{_NUMBER}",
        f"/um/v1/cases/{_NAME}-{_BIRTH}/events",
        f"/um/v1/cases?state={_NAME}",
        f"/um/v1/cases/1?at={_BIRTH}&version={_NUMBER}",
        f"/patients/{_NAME}",
        f"/fhir/Claim?patient={_NAME} {_NUMBER}",
    ):
        for host in ("127.0.0.1", _NAME):
            head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Request-Id: {_NAME} {_NUMBER}\r\n"
            yield head.encode(), token, f"Cookie: {_TOKEN}\r\nReferer: /{_NAME}\r\n\r\n".encode()
    yield f"GET /{_NAME}\r\n\r\n".encode(), b""
    yield f"{_NAME} / HTTP/1.1\r\nHost: 127.0.0.1\r\n{_NUMBER}:\0{_BIRTH}\r\n\r\n".encode(), b""


_TELLING = re.compile(
    r"(Patient\.name\.(family|given|text)|(Patient|Coverage)\.identifier\.value|birthDate|subscriberId|\.div"
    r"|telecom\.value|address\.line|supportingInfo\.valueString)$"
)
"""Where requests tell of people."""


def _words_of(node: Any, place: str = "") -> Iterator[str]:
    """Names, birth dates, member numbers and narrative of people in a request."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from _words_of(child, f"{place}.{name}")
    elif isinstance(node, list):
        for child in node:
            yield from _words_of(child, place)
    elif _TELLING.search(place):
        yield str(node)


def _resources_of(node: Any) -> Iterator[dict[str, Any]]:
    """Every resource of a Bundle or of a hook call."""
    if isinstance(node, list):
        for child in node:
            yield from _resources_of(child)
    elif isinstance(node, dict):
        if node.get("resourceType", "Bundle") != "Bundle":
            yield node
        else:
            for child in node.values():
                yield from _resources_of(child)


def _people_in_stories() -> set[str]:
    found: set[str] = set()
    for file in (bodies.FIXTURES / "stories").glob("*/*.json"):
        for resource in _resources_of(json.loads(file.read_text("utf-8"))):
            found.update(_words_of(resource, str(resource.get("resourceType"))))
    return {word for word in found if len(word) > 3}


def test_no_health_data_in_logs(sqlite_url: str, tmp_path: Path) -> None:
    """Every third story, every kind of refusal, and then everything the processes wrote and every row of the audit."""
    deps = make_deps(Settings(database_url=sqlite_url))
    seed(people(), deps)
    deps.store.close()
    told: list[bytes] = []

    with our_server(sqlite_url, 2, tmp_path) as server, requests.Session() as session:

        def send(request: Request) -> Reply:
            url = f"http://127.0.0.1:{server.port}{request.path}"
            headers = {"Content-Type": request.content_type, "Accept": request.content_type}
            got = session.request(request.method, url, data=request.body, headers=headers, timeout=10)
            return Reply(got.status_code, got.content, 0.0)

        played = [
            step
            for story in load_stories(bodies.FIXTURES / "stories")[::3]
            if not story.listens
            for step in play(story, send, "planted", datetime.now(UTC).date())
        ]
        for parts in _leaky_requests():
            status, body = sent(server.port, *parts, half=True)
            assert status >= 400 or b'"total":0' in body
            if status >= 400:
                told.append(body)

    written = (tmp_path / "server.log").read_text("utf-8")
    assert len(played) > 30
    assert len(written.splitlines()) > len(played) + len(told) - 10
    words = _people_in_stories()
    assert len(words) > 20
    leaked = {word for word in (*words, *PLANTED) if word in written or word in _audit_of(sqlite_url)}
    assert leaked == set()
    assert _chain_of(sqlite_url) > len(played)
    assert [body for body in told if any(word.encode() in body for word in PLANTED)] == []


def _chain_of(url: str) -> int:
    """How many rows there are, all of which fit."""
    deps = make_deps(Settings(database_url=url))
    checked = deps.store.verify_audit()
    deps.store.close()
    assert checked.fault == ""
    return checked.end.sequence


def _audit_of(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(select(audit_log)).all()
    engine.dispose()
    return repr(rows)


def _chain(number: int, name: str) -> bytes:
    """A step of the chain of updates, as a request of that name of its own."""
    body = next(CHAIN.glob(f"0{number}-*.json")).read_bytes()
    return body.replace(b"msg-1008-", b"msg-%s-" % name.encode()).replace(
        b"oxygen-1008-", b"oxygen-%s-" % name.encode()
    )


def test_the_same_update_from_12_connections_amends_once(calm: Calm) -> None:
    first, second = (_chain(number, "same") for number in (1, 2))
    case = json.loads(exchange(calm.port, SUBMIT, first))["entry"][0]["resource"]["id"]

    answers = _at_once(12, lambda _: exchange(calm.port, SUBMIT, second))

    assert len(set(answers)) == 1
    events = requests.get(f"http://127.0.0.1:{calm.port}/um/v1/cases/{case}/events", timeout=10).json()["events"]
    assert Counter(event["kind"] for event in events)["amended"] == 1
    assert max(event["version"] for event in events) == 2
    assert faults_in(calm.database_url) == []


def test_decisions_and_cancellations_at_once_leave_a_sound_history(calm: Calm) -> None:
    """Each happens on the version it names or is told to look again; none is lost, none is half done."""
    *opening, cancel = (_chain(number, "both") for number in (1, 2, 3, 5))
    case = [json.loads(exchange(calm.port, SUBMIT, body)) for body in opening][0]["entry"][0]["resource"]["id"]
    url = f"http://127.0.0.1:{calm.port}/um/v1/cases/{case}"
    wheelchair = next(line for line in requests.get(url, timeout=10).json()["lines"] if line["dueAt"])["sequence"]
    text = "The examination shows no need at home."
    basis = {"considered": ["request"], "alternative": "A cane is covered.", "attestation": True}
    line = {"sequence": wheelchair, "action": "deny-clinical", "reason": "not-necessary", "text": text, "basis": basis}
    opening = {"role": "physician", "reviewer": {"id": "d-1", "npi": "1910200405"}}
    decision = {"version": 3, **opening, "lines": [line]}
    requests.post(f"{url}/openings", json=opening, timeout=10)

    def act(number: int) -> int:
        if number % 2:
            return requests.post(f"{url}/decisions", json=decision, timeout=20).status_code
        headers = {"Content-Type": "application/fhir+json"}
        return requests.post(
            f"http://127.0.0.1:{calm.port}{SUBMIT}", data=cancel, headers=headers, timeout=20
        ).status_code

    statuses = Counter(_at_once(12, act))

    history = requests.get(f"{url}/events", timeout=10).json()["events"]
    assert set(statuses) <= {200, 409, 422}
    assert statuses[200] >= 6
    assert [event["to"] for event in history if event["line"] == wheelchair].count("denied-clinical") <= 1
    assert faults_in(calm.database_url) == []


def test_sigterm_finishes_the_request_that_is_being_read(sqlite_url: str, tmp_path: Path) -> None:
    deps = make_deps(Settings(database_url=sqlite_url))
    seed(people(), deps)
    deps.store.close()

    with (
        our_server(sqlite_url, 1, tmp_path) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as late,
    ):
        late.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(GOOD))
        assert late.recv(65536).startswith(b"HTTP/1.1 100 ")  # a worker has it now
        server.process.send_signal(signal.SIGTERM)
        late.sendall(GOOD[:4000])
        late.sendall(GOOD[4000:])
        answer = late.recv(65536)
        server.process.wait(timeout=20)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert faults_in(sqlite_url) == []


def _at_once(count: int, act: Any) -> list[Any]:
    together = threading.Barrier(count)

    def start(number: int) -> Any:
        together.wait(timeout=20)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))
