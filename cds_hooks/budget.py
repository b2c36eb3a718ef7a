"""How long a call may take, and how much of that is left. Must not know what the time is spent on."""

from collections.abc import Callable
from datetime import datetime, timedelta

SECONDS = 5.0
LONG_SECONDS = 10.0
MARGIN_SECONDS = 0.5
"""Kept back for the way to the EHR and back: the guide counts until the answer is there."""

_ALWAYS_LONG = frozenset({"appointment-book"})
_LONG_AT_FIRST = frozenset({"order-dispatch", "order-sign"})
_LONG_AGAIN_AFTER = timedelta(hours=24)


class Budget:
    """An amount of time that runs from its making. `monotonic` is a clock that never goes back, in seconds."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, never below nought."""
        return max(0.0, self._until - self._monotonic())

    @property
    def is_over(self) -> bool:
        """True when nothing is left."""
        return self.left() <= 0

    def part(self, most: float, keep: float = 0.0) -> "Budget":
        """A budget inside this one: at most so many seconds, and over while `keep` seconds of this one are left."""
        return Budget(min(most, self.left() - keep), self._monotonic)


def for_call(hook: str, last_seen: datetime | None, at: datetime) -> float:
    """Seconds in which the answer of a hook must leave us.

    `last_seen` is when we were asked before: in CRD 2.2.1 for the same patient and ordering organization, in 2.0.1 for
    the same orders. None says that nobody knows, and gives the shorter time.
    Source: CRD 2.2.1 found-2: 5 s; 10 s for appointment-book, and for order-dispatch and order-sign after 24 hours.

    >>> from datetime import UTC
    >>> for_call("order-select", None, datetime(2026, 3, 2, tzinfo=UTC))
    4.5
    """
    is_rested = last_seen is not None and at - last_seen >= _LONG_AGAIN_AFTER
    is_long = hook in _ALWAYS_LONG or (hook in _LONG_AT_FIRST and is_rested)
    return (LONG_SECONDS if is_long else SECONDS) - MARGIN_SECONDS
