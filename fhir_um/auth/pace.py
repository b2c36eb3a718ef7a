"""How often something may happen: a steady pace, and a stretch of it at once. Must not know who is counted, or where.

The generic cell rate algorithm: all that is kept is the moment at which the next one would come if they came evenly.
Source: ITU-T I.371, annex A (virtual scheduling).
"""

from dataclasses import dataclass

_MINUTE_NS = 60_000_000_000
_SECOND_NS = 1_000_000_000
_BURST_SHARE = 12
"""What five seconds allow may come at once: a morning's first orders, and not all of a minute's."""


@dataclass(frozen=True, slots=True)
class Pace:
    """One every `every_ns`, and up to `burst` at once after a rest."""

    every_ns: int
    burst: int

    def step(self, due_ns: int, now_ns: int) -> tuple[int, int]:
        """When the next is due, after one that happens now; and how long this one has to wait, 0 when it may happen.

        `due_ns` is what this returned the last time, 0 at first. Where it must wait it did not happen: forget the first
        number. What was due later than it can be (a clock that went back, bytes that mean nothing) counts as a spent
        burst.

        >>> Pace(every_ns=10, burst=2).step(0, 100), Pace(10, 2).step(120, 100)
        ((110, 0), (130, 10))
        """
        due = min(max(due_ns, now_ns), now_ns + self.every_ns * self.burst)
        return due + self.every_ns, max(0, due + self.every_ns - now_ns - self.every_ns * self.burst)


def per_minute(most: int) -> Pace:
    """So many in a minute, evenly; a twelfth of them at once.

    >>> per_minute(6_000)
    Pace(every_ns=10000000, burst=500)
    """
    return Pace(max(1, _MINUTE_NS // most), max(1, most // _BURST_SHARE))


def whole_seconds(wait_ns: int) -> int:
    """The seconds to tell somebody who has to wait; never too few.

    >>> whole_seconds(1), whole_seconds(1_000_000_001)
    (1, 2)
    """
    return max(1, -(-wait_ns // _SECOND_NS))
