"""How long a connection is read from, and who waits for the other end to hang up. Must not know what is read."""

import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # gunicorn ships no types


class TooSlow(ParseException):  # type: ignore[misc]  # gunicorn ships no types
    """A request that did not arrive in time, however steadily it came."""


class PatientSocket:
    """A connection that is read until a moment and no longer: a timeout alone starts anew with every byte.

    After the answer nobody waits for the other end to hang up: that is left to `see_off`. `waited_seconds` is how long
    the request lay before it was taken up.
    """

    def __init__(
        self,
        connection: socket.socket,
        seconds: float,
        see_off: Callable[[socket.socket], None],
        waited_seconds: float = 0.0,
    ) -> None:
        self.waited_seconds = waited_seconds
        self._connection = connection
        self._until = time.monotonic() + seconds
        self._pause = seconds
        self._see_off = see_off
        self._is_answered = False
        self._is_seen_off = False

    def settimeout(self, seconds: float) -> None:
        """The longest pause between two parts."""
        self._pause = seconds
        self._connection.settimeout(seconds)

    def hurry(self, seconds: float) -> None:
        """All that is still to be read has to come within so many seconds."""
        self._until = min(self._until, time.monotonic() + seconds)

    def shutdown(self, how: int) -> None:
        """The answer is given; what is read after it is only thrown away, by the web server's own rules."""
        self._is_answered = True
        self._connection.shutdown(how)

    def recv(self, size: int) -> bytes:
        """What came next; after the answer, what is there. Raises: TooSlow after the moment; TimeoutError after a pause
        that is longer than allowed."""
        if self._is_answered:
            return self._left_over(size)
        left = self._until - time.monotonic()
        if left <= 0:
            raise TooSlow
        self._connection.settimeout(min(left, self._pause))
        try:
            return self._connection.recv(size)
        except TimeoutError as fault:
            if left <= self._pause:
                raise TooSlow from fault
            raise
        finally:
            self._connection.settimeout(self._pause)

    def close(self) -> None:
        """Hang up, unless somebody else does."""
        if not self._is_seen_off:
            self._connection.close()

    def _left_over(self, size: int) -> bytes:
        """Nothing, as from one who hung up, when nothing is there."""
        if self._is_seen_off:
            return b""
        self._connection.setblocking(False)
        try:
            return self._connection.recv(size)
        except BlockingIOError:
            self._is_seen_off = True
            self._see_off(self._connection)
            return b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
