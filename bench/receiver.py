"""An endpoint for notifications that is as cheap as can be: it notes when which event arrived where, and says 200.

It runs in a process of its own and looks at nothing but the length and the event number. One thread, no parser.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NamedTuple

from bench.load import HOST

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = b"content-length: "
_NUMBER = b'"event-number","valueString":"'
_PIECE_BYTES = 1 << 20


class Arrival(NamedTuple):
    """One notification: the path it came to, the number of its event (0 when it tells none), when on the clock that all
    processes share, and its length."""

    path: str
    number: int
    at: float
    size: int


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running endpoint. Any path will do."""

    port: int
    _pipe: Connection

    def count(self) -> int:
        """How many arrived since they were last taken."""
        self._pipe.send("count")
        found: int = self._pipe.recv()
        return found

    def take(self) -> list[Arrival]:
        """Those that arrived since, in the order of their arrival."""
        self._pipe.send("take")
        found: list[Arrival] = self._pipe.recv()
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """An endpoint on a free port of loopback."""
    mine, theirs = multiprocessing.Pipe()
    line = socket.create_server((HOST, 0), backlog=1024)
    process = multiprocessing.Process(target=_serve, args=(line, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Receiver(line.getsockname()[1], mine)
    finally:
        line.close()
        mine.send("stop")
        process.join()


def _serve(line: socket.socket, pipe: Connection) -> None:
    arrived: list[Arrival] = []
    kept: dict[int, tuple[socket.socket, bytearray]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is line:
                    caller, _ = line.accept()
                    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    kept[caller.fileno()] = caller, bytearray()
                    selector.register(caller, selectors.EVENT_READ)
                elif key.fileobj is pipe:
                    if not _told(pipe, arrived):
                        return
                elif not _heard(*kept[key.fd], arrived):
                    selector.unregister(key.fileobj)
                    kept.pop(key.fd)[0].close()


def _told(pipe: Connection, arrived: list[Arrival]) -> bool:
    asked: str = pipe.recv()
    if asked == "count":
        pipe.send(len(arrived))
    elif asked == "take":
        pipe.send(arrived)
        arrived.clear()
    return asked != "stop"


def _heard(caller: socket.socket, held: bytearray, arrived: list[Arrival]) -> bool:
    """Answers the request once all of it is there; False when the caller has hung up."""
    try:
        piece = caller.recv(_PIECE_BYTES)
    except ConnectionError:
        return False
    held += piece
    end = held.find(b"\r\n\r\n")
    if end >= 0:
        head = bytes(held[:end]).lower()
        length = int(head.partition(_LENGTH)[2].partition(b"\r")[0])
        if len(held) >= end + 4 + length:
            arrived.append(Arrival(head.split(b" ", 2)[1].decode(), _number(held), time.monotonic(), length))
            held.clear()
            caller.sendall(_ANSWER)
    return bool(piece)


def _number(request: bytearray) -> int:
    at = request.find(_NUMBER)
    return int(request[at + len(_NUMBER) : request.index(b'"', at + len(_NUMBER))]) if at >= 0 else 0
