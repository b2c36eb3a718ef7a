"""The hall before the counter: connections that do not ask yet, and those that were answered and do not leave.

A process answers one request at a time. Nobody who is silent, or spells out a request letter by letter, may keep it
from those who ask; nor may anybody who got an answer and stays on the line. Must not know HTTP but where a head ends.
"""

import select
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

MOST_HEAD_BYTES = 32_768
"""A head that has not ended by then is no head."""

_FIRST_LOOK_BYTES = 4_096
_HEAD_ENDS = b"\r\n\r\n"
_GRACE_MS = 2
"""The head of an honest request is there or on its way when its connection is."""

_MOST = 256
"""So many wait in one hall; when more come, the one that has waited longest goes."""

_LEAVE_SECONDS = 2.0
_MOST_LEFTOVER_BYTES = 65_536


def head_of(client: socket.socket, look_bytes: int = _FIRST_LOOK_BYTES) -> bytes:
    """What has come of a request, without taking it: the head and some of the body, or less when less is there."""
    try:
        seen = client.recv(look_bytes, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return b""
    if len(seen) == look_bytes < MOST_HEAD_BYTES and _HEAD_ENDS not in seen:
        return head_of(client, MOST_HEAD_BYTES)
    return seen


def has_head(client: socket.socket) -> bool:
    """True when a whole head is there, or comes at once, or is too long to wait for its end."""
    if _is_whole(head_of(client)):
        return True
    soon = select.poll()
    soon.register(client, select.POLLIN)
    return bool(soon.poll(_GRACE_MS)) and _is_whole(head_of(client))


def is_endless(head: bytes) -> bool:
    """True for a head that is longer than any honest one."""
    return len(head) >= MOST_HEAD_BYTES and _HEAD_ENDS not in head


def _is_whole(head: bytes) -> bool:
    return _HEAD_ENDS in head or len(head) >= MOST_HEAD_BYTES


@dataclass(slots=True)
class Guest:
    """A connection that waits until a moment; `seen_bytes` have come of its request."""

    client: socket.socket
    address: object
    until: float
    seen_bytes: int = 0
    leftover_bytes: int = 0


class Hall:
    """The connections of one process that are not at its counter. `monotonic` is a clock in seconds."""

    def __init__(self, patience_seconds: float, monotonic: Callable[[], float]) -> None:
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic
        self._coming: dict[int, Guest] = {}
        self._leaving: dict[int, Guest] = {}
        self._poll = select.poll()

    def bring_in(self, client: socket.socket, address: object) -> None:
        """Let a connection wait until the head of its request is there."""
        self._take_in(self._coming, Guest(client, address, self._monotonic() + self._patience_seconds))

    def see_off(self, client: socket.socket) -> None:
        """Close a connection when the other end does, or after a moment; what still comes is thrown away."""
        client.setblocking(False)
        self._take_in(self._leaving, Guest(client, None, self._monotonic() + _LEAVE_SECONDS))

    def wait(self, others: Iterable[int], seconds: float) -> set[int]:
        """Which of those files, or of the connections here, can be read; waits so long at most."""
        for other in others:
            self._poll.register(other, select.POLLIN)
        ends = [guest.until for room in (self._coming, self._leaving) for guest in room.values()]
        left = min([seconds, *(end - self._monotonic() for end in ends)])
        return {number for number, _ in self._poll.poll(max(0, left) * 1000)}

    def asking(self) -> Iterator[Guest]:
        """Those whose head has come meanwhile, and those who will send no more of it; they are no longer here."""
        if not self._coming and not self._leaving:
            return
        for number, _ in self._poll.poll(0):
            if number in self._leaving:
                self._hear_out(number)
            elif number in self._coming and self._is_done(self._coming[number]):
                yield self._taken_out(self._coming, number)

    def late(self) -> Iterator[Guest]:
        """Those whose time is over before their head has come; they are no longer here."""
        now = self._monotonic()
        for number in [number for number, guest in self._leaving.items() if guest.until <= now]:
            self._taken_out(self._leaving, number).client.close()
        for number in [number for number, guest in self._coming.items() if guest.until <= now]:
            yield self._taken_out(self._coming, number)

    def _take_in(self, room: dict[int, Guest], guest: Guest) -> None:
        if len(room) >= _MOST:
            self._taken_out(room, next(iter(room))).client.close()
        room[guest.client.fileno()] = guest
        self._poll.register(guest.client, select.POLLIN)

    def _taken_out(self, room: dict[int, Guest], number: int) -> Guest:
        guest = room.pop(number)
        self._poll.unregister(number)
        _tell_from(guest.client, 1)
        return guest

    def _is_done(self, guest: Guest) -> bool:
        """True for a whole head, and when no more of it comes."""
        head = head_of(guest.client)
        if _is_whole(head) or len(head) <= guest.seen_bytes:
            return True
        guest.seen_bytes = len(head)
        _tell_from(guest.client, guest.seen_bytes + 1)
        return False

    def _hear_out(self, number: int) -> None:
        guest = self._leaving[number]
        try:
            heard = len(guest.client.recv(_MOST_LEFTOVER_BYTES))
        except BlockingIOError:
            return
        except OSError:
            heard = 0
        guest.leftover_bytes += heard
        if not heard or guest.leftover_bytes > _MOST_LEFTOVER_BYTES:
            self._taken_out(self._leaving, number).client.close()


def _tell_from(client: socket.socket, count: int) -> None:
    """The kernel calls a connection readable when so many bytes are there, or no more will come."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
