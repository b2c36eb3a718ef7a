"""How long records are kept, and what may go: rules as data, the strictest wins, a legal hold beats them all.

Must not know how records or rules are stored, or delete anything. Source: um-domain SEC20; the `source` of each row of
`retention_rules.csv`.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fhir_um.cases.model import PENDED, Case, Line, PayerId

ANY = "any"


class RecordKind(StrEnum):
    """What is kept. A case is kept with its history, submissions, documents, numbers and clocks."""

    CASE = "case"
    DOCUMENT = "document"
    DELIVERY = "delivery"
    HOOK = "hook"
    PREFETCH = "prefetch"
    AUDIT = "audit"
    TOKEN = "token"  # noqa: S105  (a kind of record)
    SESSION = "session"


class Unit(StrEnum):
    """How a time is given; months and years are those of the calendar."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


class Since(StrEnum):
    """The day a time is counted from."""

    LAST_CHANGE = "last-change"
    END_OF_SERVICE = "end-of-service"
    KEPT_UNTIL = "kept-until"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as retention sees it. `last_change` of one that carries the end of its time is that end.

    `line_of_business` and `case_id` are empty, and `members` holds nobody, where that is not known. `end_of_service`
    is None where no day of service is known. `is_open` while somebody still has to act on it.
    """

    kind: RecordKind
    payer_id: PayerId
    last_change: date
    line_of_business: str = ""
    end_of_service: date | None = None
    members: frozenset[str] = frozenset()
    case_id: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One row: which records, of which coverage, for how long, from which day, by whose rule."""

    id: str
    kinds: frozenset[RecordKind]
    lines_of_business: frozenset[str]
    value: int
    unit: Unit
    since: Since
    source: str
    enabled: bool

    def binds(self, kind: RecordKind, line_of_business: str) -> bool:
        """True when such a record must be kept by this rule; an unknown line of business binds all."""
        named = self.lines_of_business
        return (
            self.enabled and kind in self.kinds and (not line_of_business or ANY in named or line_of_business in named)
        )

    def last_day(self, record: Kept) -> date:
        """The last day the record must be there. What changed after the services ended counts from that change."""
        ended = record.end_of_service if self.since is Since.END_OF_SERVICE else None
        return moved(max(record.last_change, ended or record.last_change), self.value, self.unit)


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Somebody forbade that records go: of a member, of a case, or of the whole payer when both are empty.

    The hold of a case names its member too, where that is known. A released hold stays on file and holds nothing.
    """

    id: str
    payer_id: PayerId
    member_id: str
    case_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str = ""
    released_at: datetime | None = None
    release_reason: str = ""

    def covers(self, record: Kept) -> bool:
        """True while the record must stay. One that cannot be told apart from what is held stays as well."""
        if self.released_at is not None or self.payer_id != record.payer_id:
            return False
        if self.case_id and record.case_id:
            return self.case_id == record.case_id
        return not self.member_id or not record.members or self.member_id in record.members


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be due, with the key it is found by and the time zone in which its days end."""

    key: tuple[str, ...]
    record: Kept
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Going:
    """A record that may go: the rule that kept it longest, and the last day it did."""

    candidate: Candidate
    rule_id: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Purge:
    """One run of a purge: under which id it is reported, who asked for it, and when the batch at hand is."""

    report_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Purged:
    """A row of a report: how many records of a kind went by a rule, of which payer, by whose order, and when."""

    report_id: str
    payer_id: PayerId
    kind: RecordKind
    rule_id: str
    count: int
    purged_by: str
    began_at: datetime
    ended_at: datetime


def due_to_go(
    candidate: Candidate, rules: Iterable[RetentionRule], holds: Iterable[LegalHold], at: datetime
) -> Going | None:
    """By which rule the record may go at that instant; None while anything keeps it.

    The last day it must be there has to be over. What no rule speaks of stays.
    """
    record, on = candidate.record, day_in(at, candidate.zone)
    if record.is_open or any(hold.covers(record) for hold in holds):
        return None
    binding = [rule for rule in rules if rule.binds(record.kind, record.line_of_business)]
    ends = max(((rule.last_day(record), rule.id) for rule in binding), default=None)
    return Going(candidate, ends[1], ends[0]) if ends and ends[0] < on else None


def changed_until(rules: Iterable[RetentionRule], kind: RecordKind, on: date) -> date | None:
    """The latest day of a last change that any coverage lets go on that day; None when no rule speaks of the kind.

    It bounds where to look; `due_to_go` decides.
    """
    spoken = [rule for rule in rules if rule.enabled and kind in rule.kinds]
    strictest = [
        min(moved(on, -rule.value, rule.unit) for rule in spoken if rule.binds(kind, line))
        for line in {line for rule in spoken for line in rule.lines_of_business}
    ]
    return max(strictest, default=None)


def moved(day: date, value: int, unit: Unit) -> date:
    """The day so much later, or earlier when negative; one that a month does not have is the first of the next.

    >>> moved(date(2024, 2, 29), 1, Unit.YEARS), moved(date(2025, 8, 31), 6, Unit.MONTHS)
    (datetime.date(2025, 3, 1), datetime.date(2026, 3, 1))
    """
    try:
        if unit is Unit.DAYS:
            return day + timedelta(days=value)
        months = day.month - 1 + value * (12 if unit is Unit.YEARS else 1)
        first = date(day.year + months // 12, months % 12 + 1, 1)
        there = first + timedelta(days=day.day - 1)
    except (OverflowError, ValueError):
        return date.max if value > 0 else date.min
    return there if there.month == first.month else there.replace(day=1)


def kept_case(case: Case, zone: str, is_owed: bool) -> Kept:
    """A case as retention sees it; `is_owed` while a subscriber waits to be told of it."""
    return Kept(
        kind=RecordKind.CASE,
        payer_id=case.payer_id,
        last_change=day_in(case.changed_at, zone),
        line_of_business=case.line_of_business,
        end_of_service=max((day for line in case.lines for day in _days_of(line)), default=None),
        members=frozenset({case.member_id} - {""}),
        case_id=case.id,
        is_open=is_owed or any(line.state in PENDED for line in case.lines),
    )


def day_in(at: datetime, zone: str) -> date:
    """The day it is there at that instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def _days_of(line: Line) -> Iterator[date]:
    """The last days known of a service; an open end counts as its beginning."""
    authorized = line.decision.authorized and line.decision.authorized.period
    for period in (line.period, authorized, line.request.serviced):
        last = period and (period.end or period.start)
        if last:
            yield last


def read_retention_rules(text: str) -> tuple[RetentionRule, ...]:
    """The rules of a CSV text; lines that begin with # are its head.

    Raises: ValueError when a value is not one of those allowed.
    """
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(_rule(row) for row in rows)


def _rule(row: dict[str, str]) -> RetentionRule:
    value = int(row["keep_value"])
    if value < 0 or row["enabled"] not in {"true", "false"}:
        raise ValueError(f"retention rule {row['id']}: a negative time, or an unknown enabled flag")
    return RetentionRule(
        id=row["id"],
        kinds=frozenset(RecordKind(word) for word in row["kinds"].split()),
        lines_of_business=frozenset(row["lines_of_business"].split()),
        value=value,
        unit=Unit(row["keep_unit"]),
        since=Since(row["counted_from"]),
        source=row["source"],
        enabled=row["enabled"] == "true",
    )
