"""How long answers took, by operation, beside what the guides allow. Must not judge: checks do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil

from fhir_um.conformance import marks
from fhir_um.conformance.model import Exchange
from fhir_um.conformance.tester import Limits

APPOINTMENT_BOOK = "appointment-book"


@dataclass(frozen=True, slots=True)
class Timing:
    """Response times of one operation, in milliseconds. `limit_seconds` 0: no guide says how long it may take."""

    operation: str
    count: int
    median: float
    ninety_fifth: float
    longest: float
    limit_seconds: float
    over: int


_OPERATIONS: tuple[tuple[str, str, Callable[[Limits], float]], ...] = (
    (marks.SUBMIT, "Claim/$submit", lambda limits: limits.submit_seconds),
    (marks.INQUIRE, "Claim/$inquire", lambda _limits: 0),
    (marks.ATTACHMENT, "$submit-attachment", lambda _limits: 0),
    (marks.SUBSCRIPTION, "Subscription", lambda _limits: 0),
    (marks.READ, "reads and searches", lambda _limits: 0),
    (marks.METADATA, "metadata", lambda _limits: 0),
    (marks.DISCOVERY, "discovery", lambda _limits: 0),
    (APPOINTMENT_BOOK, "hook appointment-book", lambda limits: limits.appointment_book_seconds),
    (marks.HOOK, "other hooks", lambda limits: limits.hook_seconds),
    (marks.FEEDBACK, "feedback", lambda _limits: 0),
)
"""Mark, what it is called, how long it may take. An exchange counts where it fits first."""


def timings(exchanges: Iterable[Exchange], limits: Limits) -> tuple[Timing, ...]:
    """Of every operation that was answered."""
    found: dict[str, list[float]] = {}
    for exchange in exchanges:
        mark = next((mark for mark, _, _ in _OPERATIONS if mark in exchange.marks), None)
        if mark and exchange.status and not exchange.came_in:
            found.setdefault(mark, []).append(exchange.milliseconds)
    return tuple(_timing(name, found[mark], limit(limits)) for mark, name, limit in _OPERATIONS if mark in found)


def _timing(name: str, took: list[float], limit_seconds: float) -> Timing:
    ordered = sorted(took)
    over = sum(one > limit_seconds * 1000 for one in ordered) if limit_seconds else 0
    return Timing(name, len(ordered), _share(ordered, 0.5), _share(ordered, 0.95), ordered[-1], limit_seconds, over)


def _share(ordered: list[float], share: float) -> float:
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
