"""Which hosts are spared, and how many requests each may have at once. Must not know the network or the store.

A host that fails again and again is left alone for a while, then asked once. A host that answers soon may be asked more
at once, a slow one less, so that slow ones do not take the threads of the others. While a host lets everybody wait who
asks it, nothing more is kept ready for it, so that it does not take the leases of the others either. For one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fhir_um.subscribers.model import Met, Sent

_FAILURES_TO_OPEN = 5
_FIRST_PAUSE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 600.0
_AT_ONCE_FIRST = 2
_AT_ONCE_MOST = 8
_SOON_SECONDS = 1.0
_TOO_MANY = 429
_OF_THE_HOST = frozenset({Met.LATE, Met.UNREACHABLE, Met.GARBAGE})


@dataclass(slots=True)
class _Host:
    running: int = 0
    at_once: int = _AT_ONCE_FIRST
    failures: int = 0
    pause_seconds: float = 0.0
    alone_until: float = 0.0
    changed_at: float = 0.0


class Circuits:
    """What is known of each host. `monotonic` is a clock that never goes back, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._hosts: dict[str, _Host] = {}

    def left_alone(self) -> frozenset[str]:
        """Hosts that nothing is sent to now: their pause is not over, or they answer none of those who ask."""
        now = self._monotonic()
        return frozenset(
            name for name, host in self._hosts.items() if host.alone_until > now or self._is_stuck(host, now)
        )

    def room(self, name: str) -> int:
        """How many more requests to that host may begin."""
        host = self._hosts.get(name)
        if host is None:
            return _AT_ONCE_FIRST
        if host.alone_until > self._monotonic():
            return 0
        return max(0, _at_once(host) - host.running)

    def begin(self, name: str) -> None:
        """Somebody begins to send to that host."""
        host = self._hosts.setdefault(name, _Host())
        host.running += 1
        host.changed_at = self._monotonic()

    def note(self, name: str, sent: Sent, seconds: float) -> None:
        """A request to that host ended like that after so many seconds."""
        host = self._hosts.setdefault(name, _Host())
        if sent.met in _OF_THE_HOST or sent.status >= 500 or sent.status == _TOO_MANY:
            self._failed(host)
            return
        host.failures, host.pause_seconds, host.alone_until = 0, 0.0, 0.0
        step = 1 if seconds < _SOON_SECONDS else -1
        host.at_once = min(max(host.at_once + step, 1), _AT_ONCE_MOST)

    def end(self, name: str) -> None:
        """Who began to send to that host is done. A host that nothing is to be remembered of is forgotten."""
        host = self._hosts[name]
        host.running -= 1
        host.changed_at = self._monotonic()
        if not host.running and not host.failures and host.at_once == _AT_ONCE_FIRST:
            del self._hosts[name]

    @staticmethod
    def _is_stuck(host: _Host, now: float) -> bool:
        return host.running >= _at_once(host) and now - host.changed_at > _SOON_SECONDS

    def _failed(self, host: _Host) -> None:
        now = self._monotonic()
        host.failures += 1
        host.at_once = _AT_ONCE_FIRST
        if host.failures >= _FAILURES_TO_OPEN and host.alone_until <= now:
            host.pause_seconds = min(max(2 * host.pause_seconds, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            host.alone_until = now + host.pause_seconds


def _at_once(host: _Host) -> int:
    return 1 if host.failures >= _FAILURES_TO_OPEN else host.at_once
