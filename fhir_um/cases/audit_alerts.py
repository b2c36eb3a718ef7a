"""What in the audit log somebody should look at: each rule with its threshold and window, as data.

Must not know how rows are kept. Source: um-domain SEC8, SEC11.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from fhir_um.cases.auditing import ANSWERED, AuditEntry, AuditRow
from fhir_um.cases.model import PayerId
from fhir_um.cases.roles import ENGINE

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_OPENS, _CLOSES = time(6), time(20)
_SATURDAY = 5
_REFUSED_ACCESS = frozenset({"unknown-caller", "not-allowed", "not-found"})
_UNNAMED = frozenset({"", "anonymous"})

Zones = Callable[[PayerId | None], str]
"""The time zone of a payer; of the home payer where none is known."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """More than `threshold` different things of one caller within `window` are told with `sentence`."""

    name: str
    threshold: int
    window: timedelta
    sentence: str


MANY_BY_PERSON = AlertRule(
    "many-members", 30, _HOUR, "One person saw records of more than 30 different members within an hour."
)
MANY_BY_CLIENT = AlertRule(
    "many-members-client", 500, _HOUR, "One client saw records of more than 500 different members within an hour."
)
REFUSED = AlertRule(
    "repeated-refusals", 9, timedelta(minutes=10), "One caller was refused ten times or more within ten minutes."
)
OFF_HOURS = AlertRule(
    "off-hours", 0, _DAY, "A person saw records between 20:00 and 06:00 or at a weekend, in the payer's time zone."
)
UNREVIEWED = AlertRule(
    "emergency-unreviewed", 0, _DAY, "Records were seen by emergency access that nobody has reviewed yet."
)
RULES = (MANY_BY_PERSON, MANY_BY_CLIENT, REFUSED, OFF_HOURS, UNREVIEWED)

NOT_KNOWN = {
    "own-record": "Whether a person looked at their own record cannot be told: nothing here says which member a "
    "person who signs in is.",
    "same-surname": "Whether a person looked at a relative of the same name cannot be told: the log holds no names, "
    "and those of people who sign in are sealed.",
}
"""What one would like to be told, and why it is not."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at: whose, when, how much at most, and the rows of the log where it began and ended."""

    rule: AlertRule
    who: str
    began_at: datetime
    ended_at: datetime
    count: int
    first_row: int
    last_row: int


def alerts_in(rows: Iterable[AuditRow], zone_of: Zones, reviewed: frozenset[str] = frozenset()) -> tuple[Alert, ...]:
    """Every alert in rows that come in order, oldest first. `reviewed` are the emergency grants that were reviewed."""
    watched: dict[tuple[str, str], _Window] = {}
    for row in rows:
        for rule, who, item in _seen_in(row, zone_of, reviewed):
            watched.setdefault((rule.name, who), _Window(rule, who)).take(row, item)
    found = [alert for window in watched.values() for alert in window.alerts]
    return tuple(sorted(found, key=lambda alert: (alert.began_at, alert.rule.name, alert.who)))


@dataclass(slots=True)
class _Window:
    """What one caller did of late, as far as one rule looks at it."""

    rule: AlertRule
    who: str
    items: deque[tuple[AuditRow, str]] = field(default_factory=deque)
    counts: Counter[str] = field(default_factory=Counter)
    alerts: list[Alert] = field(default_factory=list)

    def take(self, row: AuditRow, item: str) -> None:
        """One thing more; what is too long ago does not count any more."""
        self.items.append((row, item))
        self.counts[item] += 1
        while row.entry.at - self.items[0][0].entry.at > self.rule.window:
            self._forget(self.items.popleft()[1])
        if len(self.counts) > self.rule.threshold:
            self._tell(row)

    def _forget(self, item: str) -> None:
        self.counts[item] -= 1
        if not self.counts[item]:
            del self.counts[item]

    def _tell(self, row: AuditRow) -> None:
        """A new alert, or the last one goes on."""
        at, first, count = row.entry.at, self.items[0][0], len(self.counts)
        if self.alerts and first.sequence <= self.alerts[-1].last_row:
            before = self.alerts[-1]
            self.alerts[-1] = replace(before, ended_at=at, last_row=row.sequence, count=max(before.count, count))
        else:
            self.alerts.append(Alert(self.rule, self.who, first.entry.at, at, count, first.sequence, row.sequence))


def _seen_in(row: AuditRow, zone_of: Zones, reviewed: frozenset[str]) -> Iterator[tuple[AlertRule, str, str]]:
    """Which rules look at the row, by whom it is, and what they count in it."""
    entry = row.entry
    if entry.outcome in _REFUSED_ACCESS:
        yield REFUSED, entry.remote if entry.client_id in _UNNAMED else entry.client_id, str(row.sequence)
    members = {f"{one.payer_id} {one.member_id}" for one in entry.subjects if one.member_id}
    if entry.outcome != ANSWERED or not entry.subjects or _by_itself(entry):
        return
    rule, who = (MANY_BY_PERSON, entry.person) if entry.person else (MANY_BY_CLIENT, entry.client_id)
    yield from ((rule, who, member) for member in members)
    if entry.person and _is_off_hours(entry.at, zone_of(entry.payer_id)):
        yield OFF_HOURS, entry.person, str(row.sequence)
    if entry.emergency and entry.emergency not in reviewed:
        yield UNREVIEWED, entry.person or entry.client_id, entry.emergency


def _by_itself(entry: AuditEntry) -> bool:
    """True for work that software does unasked, such as letters: nobody looked at anything."""
    return {entry.client_id, entry.person} <= {"", ENGINE.id}


def _is_off_hours(at: datetime, zone: str) -> bool:
    there = at.astimezone(ZoneInfo(zone))
    return there.weekday() >= _SATURDAY or not _OPENS <= there.time() < _CLOSES
