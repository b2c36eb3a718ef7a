"""Sends one notification: one POST to an address that may be told, within limits. Must not know what it says.

Nothing of the answer counts but its status and how long it asks to be left alone. Connections are kept for the next
notification to the same host, for a while: what its name leads to is asked again and judged again.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from threading import Lock
from typing import Protocol

from cds_hooks.addresses import Origin, Reach, taken_apart
from cds_hooks.budget import Budget
from cds_hooks.outbound import Failure, Line, opened
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import Channel, Met, Sent

USUAL_SECONDS = 10
LONGEST_SECONDS = 15
_KEEP_SECONDS = 30.0
_MOST_KEPT = 64
_MOST_DIGITS = 9
_MOST_KNOWN = 1_000

_MET = {
    Failure.NOT_ASKED: Met.NOT_ALLOWED,
    Failure.REFUSED: Met.NOT_ALLOWED,
    Failure.LATE: Met.LATE,
    Failure.UNREACHABLE: Met.UNREACHABLE,
    Failure.GARBAGE: Met.GARBAGE,
}
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*", re.ASCII)
"""Source: RFC 9110 5.1, 5.5. No line breaks: a header is one header."""

_OURS = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that say how a message is framed; a subscriber's own would let it be read in two ways."""


class Post(Protocol):
    """Sends a body to where a channel leads; what came of it."""

    def __call__(self, channel: Channel, body: bytes) -> Sent: ...


def seconds_for(channel: Channel) -> int:
    """How long a try may take."""
    return min(channel.timeout_seconds or USUAL_SECONDS, LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class _Kept:
    line: Line
    origin: Origin
    opened_at: float


class Sender:
    """Posts to subscribers, from as many threads as wanted. Made once per process."""

    def __init__(
        self, endpoints: Endpoints, clock: Callable[[], datetime], monotonic: Callable[[], float], ca_file: str = ""
    ) -> None:
        self._allowed = lru_cache(_MOST_KNOWN)(partial(_allowed, endpoints))
        self._is_sandbox = endpoints.is_sandbox
        self._clock = clock
        self._monotonic = monotonic
        self._ca_file = ca_file
        self._idle: deque[_Kept] = deque()
        self._lock = Lock()

    def __call__(self, channel: Channel, body: bytes) -> Sent:
        """One POST; redirects are not followed."""
        parts = self._allowed(channel.endpoint)
        if parts is None or not all(map(_HEADER.fullmatch, (f"Content-Type: {channel.mime}", *channel.headers))):
            return Sent(met=Met.NOT_ALLOWED)
        origin, target = parts
        budget = Budget(seconds_for(channel), self._monotonic)
        kept = self._taken(origin) or self._opened(origin, budget)
        if isinstance(kept, Failure):
            return Sent(met=_MET[kept])
        receipt = kept.line.post(target, tuple(_headers(channel)), body, budget)
        self._put_back(kept)
        if isinstance(receipt, Failure):
            return Sent(met=_MET[receipt])
        return Sent(receipt.status, retry_after_seconds=_seconds(receipt.retry_after, self._clock()))

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            idle, self._idle = self._idle, deque()
        for kept in idle:
            kept.line.close()

    def _opened(self, origin: Origin, budget: Budget) -> _Kept | Failure:
        here = frozenset({f"{origin.host}:{origin.port}"})
        reach = Reach(here, self._is_sandbox, per_request_seconds=LONGEST_SECONDS, ca_file=self._ca_file)
        line = opened(origin, reach, budget)
        return line if isinstance(line, Failure) else _Kept(line, origin, self._monotonic())

    def _taken(self, origin: Origin) -> _Kept | None:
        """The connection to that origin that was used last, unless it is too old."""
        oldest = self._monotonic() - _KEEP_SECONDS
        with self._lock:
            old = [kept for kept in self._idle if kept.opened_at < oldest]
            fresh = [kept for kept in self._idle if kept.opened_at >= oldest]
            found = next((kept for kept in reversed(fresh) if kept.origin == origin), None)
            self._idle = deque(kept for kept in fresh if kept is not found)
        for kept in old:
            kept.line.close()
        return found

    def _put_back(self, kept: _Kept) -> None:
        with self._lock:
            self._idle.append(kept)
            surplus = self._idle.popleft() if len(self._idle) > _MOST_KEPT else None
        if surplus:
            surplus.line.close()


def _allowed(endpoints: Endpoints, url: str) -> tuple[Origin, str] | None:
    """Origin and target of a URL that may be notified."""
    parts = taken_apart(url)
    return None if parts is None or endpoints.fault_of_origin(parts[0]) else parts


def _headers(channel: Channel) -> Iterator[tuple[str, str]]:
    yield "Content-Type", channel.mime
    for line in channel.headers:
        name, _, value = line.partition(":")
        if name.lower() not in _OURS:
            yield name, value.strip()


def _seconds(retry_after: str, at: datetime) -> int | None:
    """Source: RFC 9110 10.2.3: seconds, or a date."""
    if retry_after.isascii() and retry_after.isdecimal():
        return int(retry_after[:_MOST_DIGITS])
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    zoned = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, int((zoned - at).total_seconds()))
