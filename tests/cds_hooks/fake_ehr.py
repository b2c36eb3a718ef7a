"""A FHIR server on loopback in a thread of the test, as kind or as hostile as a test wants it.

`ehr.instead["/r4/Patient/1"] = answer` puts an answer in the place of the honest one. Nothing sleeps: what is slow
waits for `ehr.stopped`, which ends every test.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_hooks.budget import Budget
from cds_hooks.ehr import Ehr, EhrPolicy

Json = dict[str, Any]
Answer = Callable[["Handler"], None]
TOKEN = "eyJ-secret-token-of-the-ehr"


class FakeEhr:
    """What the server has, what it was asked, and how it misbehaves."""

    def __init__(self) -> None:
        self.resources: dict[str, Json] = {}
        self.instead: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.peers: set[tuple[str, int]] = set()
        self.ignores: frozenset[str] = frozenset()
        self.page_size = 1000
        self.stopped = Event()
        self.url = ""

    def has(self, *resources: Json) -> "FakeEhr":
        for resource in resources:
            self.resources[f"{resource['resourceType']}/{resource['id']}"] = resource
        return self

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def policy(self, **given: Any) -> EhrPolicy:
        return EhrPolicy(**{"allowed_hosts": frozenset({self.host}), "allow_private": True, **given})

    def ehr(self, budget: Budget, token: str = TOKEN, server: str = "", **policy: Any) -> Ehr:
        return Ehr(server or self.url, token, "us", self.policy(**policy), budget)

    def found(self, kind: str, query: dict[str, list[str]]) -> list[Json]:
        used = {name: values[0] for name, values in query.items() if name not in self.ignores}
        rows = [resource for ref, resource in self.resources.items() if ref.startswith(f"{kind}/")]
        if "_id" in used:
            rows = [row for row in rows if row["id"] in used["_id"].split(",")]
        if "patient" in used:
            rows = [row for row in rows if f"Patient/{used['patient']}" in json.dumps(row)]
        if "status" in used:
            rows = [row for row in rows if row.get("status") == used["status"]]
        return rows


class Handler(BaseHTTPRequestHandler):
    """One request: the answer a test put in place, else a read or a search."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    ehr: FakeEhr

    def do_GET(self) -> None:
        self.ehr.asked.append(self.path)
        self.ehr.headers.append(dict(self.headers))
        self.ehr.peers.add(self.client_address)
        parts = urlsplit(self.path)
        answer = self.ehr.instead.get(self.path) or self.ehr.instead.get(parts.path) or Handler.honest
        answer(self)

    def honest(self) -> None:
        parts = urlsplit(self.path)
        _, _, kind, *rest = parts.path.split("/")
        if rest:
            resource = self.ehr.resources.get(f"{kind}/{rest[0]}")
            self.send(resource or {"resourceType": "OperationOutcome"}, 200 if resource else 404)
        else:
            self.send(self.searchset(kind, parse_qs(parts.query)))

    def searchset(self, kind: str, query: dict[str, list[str]]) -> Json:
        start = int(query.get("_from", ["0"])[0])
        rows = self.ehr.found(kind, query)
        used = {name: values[0] for name, values in query.items() if name not in self.ehr.ignores and name != "_from"}
        text = "&".join(f"{name}={value}" for name, value in used.items())
        links = [{"relation": "self", "url": f"{self.ehr.url}/{kind}?{text}"}]
        if len(rows) > start + self.ehr.page_size:
            links.append(
                {"relation": "next", "url": f"{self.ehr.url}/{kind}?{text}&_from={start + self.ehr.page_size}"}
            )
        entries = [{"resource": row} for row in rows[start : start + self.ehr.page_size]]
        return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}

    def send(self, value: Any, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        usual = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body))}
        for name, text in {**usual, **given}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """The other side hung up."""


@contextmanager
def fake_ehr(tls: SSLContext | None = None) -> Iterator[FakeEhr]:
    """A server that runs as long as the block."""
    ehr = FakeEhr()
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"ehr": ehr}))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    ehr.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/r4"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield ehr
    finally:
        ehr.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def sends(value: Any, status: int = 200, **headers: str) -> Answer:
    """That body, status and headers (`Content_Type=...`)."""
    return lambda handler: handler.send(value, status, **headers)


def redirects(url: str) -> Answer:
    return sends(b"", 302, Location=url)


def never_answers(handler: Handler) -> None:
    handler.ehr.stopped.wait()


def drips_headers(handler: Handler) -> None:
    """A byte of a header that never ends, again and again: each one is in time, all together are not."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.ehr.stopped.wait(0.01):
        handler.wfile.write(b"a")


def drips_body(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not handler.ehr.stopped.wait(0.01):
        handler.wfile.write(b" ")


def floods(handler: Handler) -> None:
    """A body without end, as fast as it can."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not handler.ehr.stopped.is_set():
        handler.wfile.write(b" " * 65_536)


def claims_huge(handler: Handler) -> None:
    """A length that is never sent."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{")
    handler.ehr.stopped.wait()


def breaks_off(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
    handler.close_connection = True


def floods_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 5_000 + b"\r\n")
    handler.close_connection = True


def one_huge_header(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"a" * 100_000 + b"\r\n\r\n")
    handler.close_connection = True


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"220 smtp.example.org ESMTP\r\n")
    handler.close_connection = True


def hangs_up(handler: Handler) -> None:
    handler.close_connection = True


def says_wait_forever(handler: Handler) -> None:
    """One `100 Continue` after the other, and never an answer."""
    while not handler.ehr.stopped.is_set():
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def trails_off(handler: Handler) -> None:
    """A body of no chunks, and trailers without end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    handler.wfile.write(head)
    while not handler.ehr.stopped.is_set():
        handler.wfile.write(b"X: 1\r\n")


SLOW = (never_answers, drips_headers, drips_body, says_wait_forever, trails_off)


is_a_bomb = sends(gzip.compress(b" " * 20_000_000), Content_Encoding="gzip")
"""A few kilobytes that inflate to twenty megabytes."""
