"""A subscriber's endpoint: takes what is posted on this machine and hands it on, oldest first.

Must not know what a notification says beyond its type.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from fhir_um.simulators.listening import LOOPBACK, Asked, Listener, Told

PATH = "/notifications"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification as it came; header names are in lower case, and the subscriber's own secrets are in them."""

    kind: str
    body: bytes
    headers: Mapping[str, str]


class Letterbox:
    """What came and was not heard yet; threads may put in and take out at once."""

    def __init__(self) -> None:
        self._came: deque[Notification] = deque()
        self._changed = threading.Condition()

    def take(self, asked: Asked) -> Told:
        """Keeps a notification and answers 200."""
        with self._changed:
            self._came.append(Notification(kind_of(asked.body), asked.body, dict(asked.headers)))
            self._changed.notify_all()
        return Told()

    def next(self, kind: str, seconds: float) -> Notification | None:
        """The next notification of that kind, whatever came before it is passed over; None when none comes in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(each.kind == kind for each in self._came), seconds):
                return None
            while True:
                found = self._came.popleft()
                if found.kind == kind:
                    return found

    def any(self, seconds: float) -> Notification | None:
        """The next notification of whatever kind; None when none comes in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._came), seconds):
                return None
            return self._came.popleft()


class Receiver:
    """Listens on a port of this machine while it is open, a free one unless told; answers 200 to all that comes."""

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        self._letterbox = Letterbox()
        self._listener = Listener(self._letterbox.take, port, host)

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.__exit__(*fault)

    @property
    def url(self) -> str:
        """Where notifications are taken."""
        return f"{self._listener.url}{PATH}"

    def next(self, kind: str, seconds: float) -> Notification | None:
        """The next notification of that kind with its headers; see `Letterbox.next`."""
        return self._letterbox.next(kind, seconds)

    def hear(self, kind: str, seconds: float) -> bytes | None:
        """The next notification of that kind (`handshake`, `event-notification`), whatever came before it is passed
        over; None when none comes in time."""
        found = self.next(kind, seconds)
        return found.body if found else None


def kind_of(body: bytes) -> str:
    """What a notification says it is: the `type` in its status; empty for anything else."""
    try:
        bundle = msgspec.json.decode(body)
        status = bundle["entry"][0]["resource"]["parameter"]
        return next((str(part["valueCode"]) for part in status if part["name"] == "type"), "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return ""
