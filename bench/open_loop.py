"""Sends requests when they are due, whether or not earlier ones were answered, and keeps what became of each.

One thread, one connection per request. A latency counts from when the request was due.
"""

import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.load import HOST

_PIECE_BYTES = 65_536
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Shot:
    """A request that is due so many seconds after the start; `kind` is for the one who counts."""

    due: float
    kind: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """What became of a shot: the HTTP status, 0 where nothing came back; `late_ms` is how late it was sent."""

    due: float
    kind: str
    status: int
    took_ms: float
    late_ms: float


@dataclass(slots=True)
class _Flight:
    shot: Shot
    line: socket.socket
    late_seconds: float
    left: memoryview
    status: bytes = b""


class Gun:
    """Fires at one server. Nobody is waited for longer than `patience_seconds`."""

    def __init__(self, port: int, patience_seconds: float) -> None:
        self._port = port
        self._patience_seconds = patience_seconds
        self._eyes = selectors.DefaultSelector()
        self._start = 0.0
        self._flying: dict[socket.socket, _Flight] = {}
        self._hits: list[Hit] = []

    def fire(self, shots: Sequence[Shot]) -> list[Hit]:
        """All of them, each when it is due; what became of them, in the order in which it was known."""
        self._hits, self._start = [], time.perf_counter()
        waiting = iter(shots)
        following = next(waiting, None)
        while following is not None or self._flying:
            now = self._now()
            while following is not None and following.due <= now:
                self._open(following, now)
                following = next(waiting, None)
            left = following.due - now if following is not None else _LOOK_SECONDS
            for key, _ in self._eyes.select(min(max(0.0, left), _LOOK_SECONDS)):
                self._go_on(key.data)
            self._give_up(self._now() - self._patience_seconds)
        return self._hits

    def _now(self) -> float:
        return time.perf_counter() - self._start

    def _open(self, shot: Shot, now: float) -> None:
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex((HOST, self._port))
        flight = _Flight(shot, line, now - shot.due, memoryview(shot.request))
        self._flying[line] = flight
        self._eyes.register(line, selectors.EVENT_WRITE, flight)

    def _go_on(self, flight: _Flight) -> None:
        try:
            if flight.left:
                flight.left = flight.left[flight.line.send(flight.left) :]
                if not flight.left:
                    self._eyes.modify(flight.line, selectors.EVENT_READ, flight)
                return
            piece = flight.line.recv(_PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        flight.status = flight.status or piece[9:12]
        if not piece:
            self._land(flight)

    def _land(self, flight: _Flight) -> None:
        self._eyes.unregister(flight.line)
        flight.line.close()
        del self._flying[flight.line]
        took = self._now() - flight.shot.due
        status = int(flight.status) if flight.status.isdigit() else 0
        self._hits.append(Hit(flight.shot.due, flight.shot.kind, status, took * 1000, flight.late_seconds * 1000))

    def _give_up(self, before: float) -> None:
        """In the order of their making the oldest are first."""
        while self._flying:
            oldest = next(iter(self._flying.values()))
            if oldest.shot.due > before:
                return
            self._land(oldest)


def evenly(requests: Iterable[tuple[str, bytes]], per_second: float) -> list[Shot]:
    """Those requests, one after another at that pace."""
    return [Shot(n / per_second, kind, request) for n, (kind, request) in enumerate(requests)]
