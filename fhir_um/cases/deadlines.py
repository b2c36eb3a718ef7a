"""When a decision is due: rules as data, the strictest applicable wins, every one considered is kept.

Must not know how rules are stored. The clock starts when the payer received the request, on whatever channel, and
asking for information does not stop it. Source: the `source` of each row of `clock_rules.csv`.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fhir_um.cases.clocks import Deadline
from fhir_um.cases.model import Priority, ReviewType
from fhir_um.words import Period

_UNITS = {"hours", "calendar_days"}
_METHODS = {"earliest", "end_of_day"}


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One row: for which coverage, review and priority, how long, by whose rule, and while in force."""

    id: str
    lines_of_business: frozenset[str]
    review_types: frozenset[ReviewType]
    priorities: frozenset[Priority]
    limit_value: int
    limit_unit: str
    day_method: str
    extension_days: int
    source: str
    in_force: Period
    enabled: bool

    def applies(self, line_of_business: str, review: ReviewType, priority: Priority, on: date) -> bool:
        """True when the rule binds such a request received that day; an unknown line of business binds all rules."""
        return (
            self.enabled
            and (not line_of_business or line_of_business in self.lines_of_business)
            and review in self.review_types
            and priority in self.priorities
            and self.in_force.covers(on)
        )

    def due(self, start: datetime, zone: str) -> datetime:
        """The last instant of the limit, counted from `start` in elapsed time, whatever clocks are set to meanwhile."""
        start = start.astimezone(UTC)
        if self.limit_unit == "hours":
            return start + timedelta(hours=self.limit_value)
        if self.day_method == "earliest":
            return start + timedelta(hours=24 * self.limit_value)
        last = start.astimezone(ZoneInfo(zone)).date() + timedelta(days=self.limit_value)
        return datetime.combine(last, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


def read_clock_rules(text: str) -> tuple[ClockRule, ...]:
    """The rules of a CSV text; lines that begin with # are its head.

    Raises: ValueError when a value is not one of those allowed.
    """
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(_rule(row) for row in rows)


def _rule(row: dict[str, str]) -> ClockRule:
    if row["limit_unit"] not in _UNITS or row["day_method"] not in _METHODS or row["enabled"] not in {"true", "false"}:
        raise ValueError(f"clock rule {row['id']}: unknown unit, day method or enabled flag")
    return ClockRule(
        id=row["id"],
        lines_of_business=frozenset(row["lines_of_business"].split()),
        review_types=frozenset(ReviewType(word) for word in row["review_types"].split()),
        priorities=frozenset(Priority(word) for word in row["priority"].split()),
        limit_value=int(row["limit_value"]),
        limit_unit=row["limit_unit"],
        day_method=row["day_method"],
        extension_days=int(row["extension_days"]),
        source=row["source"],
        in_force=Period(_day(row["effective_from"]), _day(row["effective_to"])),
        enabled=row["enabled"] == "true",
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def decision_deadline(
    rules: tuple[ClockRule, ...],
    line_of_business: str,
    review: ReviewType,
    priority: Priority,
    received_at: datetime,
    zone: str,
) -> Deadline:
    """The strictest deadline for a decision.

    Raises: ValueError when no rule applies: a pended request without a clock must never exist.
    """
    on = received_at.astimezone(ZoneInfo(zone)).date()
    dues = sorted(
        (rule.due(received_at, zone), rule.id, rule.source)
        for rule in rules
        if rule.applies(line_of_business, review, priority, on)
    )
    if not dues:
        raise ValueError(f"no decision clock applies to {line_of_business or 'unknown coverage'} {review} {priority}")
    due_at, rule_id, source = dues[0]
    return Deadline(rule_id, source, received_at, due_at, tuple((id_, due) for due, id_, _ in dues))


_WAIT_FOR_DOCUMENTS = 0.5
"""Of the time left to decide. What is asked for is due before the decision is, so that somebody can still read it."""


def documents_due(asked_at: datetime, decision_due_at: datetime) -> datetime:
    """Until when documents are waited for that were asked for at that moment; the decision's own clock goes on.

    >>> documents_due(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 7, tzinfo=UTC))
    datetime.datetime(2026, 3, 4, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return asked_at + max(decision_due_at - asked_at, timedelta(0)) * _WAIT_FOR_DOCUMENTS
