"""A subscriber's endpoint on loopback in a thread of the test, as kind or as hostile as a test wants it.

`receiver.answers` are given one after the other, then 200. Nothing sleeps: what is slow waits for `receiver.stopped`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

import msgspec

Answer = Callable[["Handler"], None]


@dataclass(frozen=True)
class Came:
    """One notification as it came."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: tuple[str, int]

    def header(self, name: str) -> str:
        return next(value for known, value in self.headers if known.lower() == name.lower())

    @property
    def parameters(self) -> dict[str, object]:
        """The status of the notification: each parameter by name, the last of each."""
        (status, *_) = msgspec.json.decode(self.body)["entry"]
        return {
            row["name"]: next((value for key, value in row.items() if key != "name"), None)
            for row in status["resource"]["parameter"]
        }

    @property
    def number(self) -> int:
        """The event's number; 0 when it tells no event."""
        parts = self.parameters.get("notification-event", [])
        return next((int(part["valueString"]) for part in parts if part["name"] == "event-number"), 0)  # type: ignore[attr-defined]  # JSON

    @property
    def kind(self) -> str:
        return str(self.parameters["type"])


class Receiver:
    """What came, and how it is answered."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.answers: deque[Answer] = deque()
        self.always: dict[str, Answer] = {}
        self.arrived = Event()
        self.stopped = Event()
        self.url = ""
        self.lock = Lock()

    @property
    def numbers(self) -> list[int]:
        return [came.number for came in self.came]

    def answer_to(self, path: str) -> Answer:
        with self.lock:
            if path in self.always:
                return self.always[path]
            return self.answers.popleft() if self.answers else says(200)


class Handler(BaseHTTPRequestHandler):
    """One POST."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        came = Came(self.path, tuple(self.headers.items()), body, self.client_address)
        with self.receiver.lock:
            self.receiver.came.append(came)
        self.receiver.arrived.set()
        self.receiver.answer_to(self.path)(self)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """The other side hung up."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """An endpoint that listens as long as the block."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"receiver": receiver}))
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs(handler: Handler) -> None:
    handler.receiver.stopped.wait()
    handler.close_connection = True


def hangs_up(handler: Handler) -> None:
    handler.close_connection = True


def breaks_off_in_the_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.")
    handler.close_connection = True


def breaks_off_after_the_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    handler.close_connection = True


def speaks_no_http(handler: Handler) -> None:
    handler.wfile.write(b"220 smtp.example.org ESMTP\r\n")
    handler.close_connection = True


def never_ends(handler: Handler) -> None:
    """A good status, and a body without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while not handler.receiver.stopped.is_set():
        handler.wfile.write(b" " * 65_536)


def promises_much(handler: Handler) -> None:
    """A good status, and a length that is never sent."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    handler.receiver.stopped.wait()
    handler.close_connection = True
