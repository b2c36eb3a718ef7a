"""A subscriber's endpoint for demonstrations: takes what is posted on this machine and hands it on, oldest first.

Must not know what a notification says beyond its type.
"""

import threading
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

LARGEST_BYTES = 5_000_000
PATH = "/notifications"


class Receiver:
    """Listens on a free port of this machine while it is open; answers 200 to every notification."""

    def __init__(self) -> None:
        self._came: deque[tuple[str, bytes]] = deque()
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self._take))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where notifications are taken."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def hear(self, kind: str, seconds: float) -> bytes | None:
        """The next notification of that kind (`handshake`, `event-notification`), whatever came before it is passed
        over; None when none comes in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(each == kind for each, _ in self._came), seconds):
                return None
            while True:
                found, body = self._came.popleft()
                if found == kind:
                    return body

    def _take(self, body: bytes) -> None:
        with self._changed:
            self._came.append((kind_of(body), body))
            self._changed.notify_all()


def kind_of(body: bytes) -> str:
    """What a notification says it is: the `type` in its status; empty for anything else."""
    try:
        bundle = msgspec.json.decode(body)
        status = bundle["entry"][0]["resource"]["parameter"]
        return next((str(part["valueCode"]) for part in status if part["name"] == "type"), "")
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        return ""


def _handler_for(take: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One notification."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if length > LARGEST_BYTES:
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            take(self.rfile.read(length))
            self._answer(HTTPStatus.OK)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: what comes is told by whoever listens."""

        def _answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
