"""A subscriber's endpoint that fails in every way one can, by chance that can be repeated, until it becomes good.

It keeps everything that came, and for each whether it may have said so: what it never answered with a 2xx nobody may
take for delivered.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Event, Lock, Thread
from typing import Any

from bench.servers import free_port

ELSEWHERE = "/elsewhere"
GONE = 410
LATE_SECONDS = 1.6
"""Longer than the subscriptions of the test let a try take."""


@dataclass(frozen=True)
class Heard:
    """One notification as it came; `accepted` when a 2xx went out, as far as it went."""

    path: str
    headers: dict[str, str]
    body: bytes
    accepted: bool

    @cached_property
    def status(self) -> dict[str, Any]:
        """The parameters of its status, by name."""
        rows = json.loads(self.body)["entry"][0]["resource"]["parameter"]
        return {row["name"]: next(value for name, value in row.items() if name != "name") for row in rows}

    @cached_property
    def event(self) -> dict[str, str]:
        """Number, time and focus of its event; empty for a handshake."""
        parts = {part["name"]: part for part in self.status.get("notification-event", ())}
        focus = parts.get("focus", {"valueReference": {"reference": ""}})["valueReference"]["reference"]
        return {"number": parts["event-number"]["valueString"], "focus": focus} if parts else {}

    @property
    def number(self) -> int:
        """The number of its event; 0 for a handshake."""
        return int(self.event.get("number", "0"))


class Moody:
    """Listens at one port. Good from the start, or as `chance` has it until `become_good`."""

    def __init__(self, chance: Random | None) -> None:
        self.port = free_port()
        self.heard: list[Heard] = []
        self.moods: Counter[str] = Counter()
        self.gone: set[str] = set()
        self.lock = Lock()
        self.stopped = Event()
        self._chance = chance
        self._deck: list[str] = []
        self._refusing = False
        self._server: ThreadingHTTPServer | None = None
        self.listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Take connections, again after they were refused."""
        self._refusing = False
        server = _Server(("127.0.0.1", self.port), type("Bound", (_Handler,), {"moody": self}))
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self._server = server

    def refuse(self) -> None:
        """Take no connection, and hang up on those there are."""
        self._refusing = True
        self.moods["refuses"] += 1
        self._close()

    def become_good(self) -> None:
        """From now on everything is answered with 200."""
        self._chance = None
        if self._refusing:
            self.listen()

    def close(self) -> None:
        self.stopped.set()
        if not self._refusing:
            self._close()

    def _close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def mood_for(self, path: str, is_event: bool) -> str:
        """How the next one is answered."""
        with self.lock:
            if self._refusing:
                return "hangs up"
            if self._chance is None:
                return "good"
            if path in self.gone and is_event:
                return "gone"
            if not self._deck:
                self._deck = self._chance.sample((*MOODS, *["good"] * 2 * len(MOODS)), 3 * len(MOODS))
            return self._deck.pop()

    def keep(self, handler: "_Handler", body: bytes, mood: str) -> None:
        with self.lock:
            self.moods[mood] += 1
            self.heard.append(Heard(handler.path, dict(handler.headers), body, mood == "good" or mood in _ACCEPTING))


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    moody: Moody

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        begun = self.rfile.read(length // 2)
        mood = self.moody.mood_for(self.path, b"event-notification" in begun)
        if mood == "hangs up":
            self.moody.moods[mood] += 1
            self.close_connection = True
            return
        body = begun + self.rfile.read(length - len(begun))
        if len(body) < length:
            self.close_connection = True
            return
        self.moody.keep(self, body, mood)
        MOODS.get(mood, _EXTRA.get(mood, _says(200)))(self)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """The other side hung up."""


Answer = Callable[[_Handler], None]


def _says(status: int, **headers: str) -> Answer:
    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def _hangs(handler: _Handler) -> None:
    handler.moody.stopped.wait()
    handler.close_connection = True


def _is_late(handler: _Handler) -> None:
    handler.moody.stopped.wait(LATE_SECONDS)
    _says(200)(handler)


def _writes(head: bytes) -> Answer:
    def answer(handler: _Handler) -> None:
        handler.wfile.write(head)
        handler.close_connection = True

    return answer


MOODS: dict[str, Answer] = {
    "hangs up": _writes(b""),
    "says 500": _says(500),
    "says 503": _says(503, Retry_After="1"),
    "says 429": _says(429, Retry_After="2"),
    "leads elsewhere": _says(307, Location=ELSEWHERE),
    "hangs": _hangs,
    "is late": _is_late,
    "breaks off in the head": _writes(b"HTTP/1."),
    "breaks off after the head": _writes(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "speaks no HTTP": _writes(b"220 smtp.example.org ESMTP\r\n"),
}
_ACCEPTING = frozenset({"is late", "breaks off after the head"})
_EXTRA: dict[str, Answer] = {"gone": _says(GONE)}
