"""How long a call may take, and how much of that is left. Must not know what the time is spent on."""

from collections.abc import Callable

SECONDS = 5.0
LONG_SECONDS = 10.0
MARGIN_SECONDS = 0.5
"""Kept back for the way to the EHR and back: the guide counts until the answer is there."""

_LONG = frozenset({"appointment-book"})


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


def for_call(hook: str) -> float:
    """Seconds in which the answer of a hook must leave us.

    Source: CRD 2.2.1 found-2: at most 5 s, and 10 s for appointment-book. It would also allow 10 s for an order-sign or
    order-dispatch after a day without a call for the patient and organization. That is never taken: it is a limit, not
    an appointment; whoever signs is waiting; and to know it we would have to keep whose chart was opened by whom.

    >>> for_call("order-sign"), for_call("appointment-book")
    (4.5, 9.5)
    """
    return (LONG_SECONDS if hook in _LONG else SECONDS) - MARGIN_SECONDS
