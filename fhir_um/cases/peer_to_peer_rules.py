"""When a peer-to-peer conversation may be held: rules as data. Must not know any conversation.

Source: the `source` of each row of `peer_to_peer_rules.csv`.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from fhir_um.cases.reckoning import DayMethod, Unit, due_after
from fhir_um.cases.working_days import calendar_of
from fhir_um.cases.zones import zone_of
from fhir_um.words import Period

_BEFORE = frozenset({"before", "both"})
_AFTER = frozenset({"after", "both"})


@dataclass(frozen=True, slots=True)
class PeerToPeerRule:
    """One row: for which coverage and where, before or after a determination, how long after, and while in force."""

    id: str
    lines_of_business: frozenset[str]
    states: frozenset[str]
    held: str
    window_business_days: int
    source: str
    in_force: Period
    enabled: bool

    def applies(self, line_of_business: str, state: str, on: date) -> bool:
        """True when it binds a plan of that kind in that state that day; an unknown kind takes those of every kind."""
        of_kind = not line_of_business or line_of_business in self.lines_of_business
        return self.enabled and of_kind and (not self.states or state in self.states) and self.in_force.covers(on)


def read_peer_to_peer_rules(text: str) -> tuple[PeerToPeerRule, ...]:
    """The rules of a CSV text; lines that begin with # are its head.

    Raises: ValueError when a value is not one of those allowed.
    """
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(_rule(row) for row in rows)


@cache
def shipped_peer_to_peer_rules() -> tuple[PeerToPeerRule, ...]:
    """Those that come with the house."""
    file = resources.files("fhir_um.cases").joinpath("peer_to_peer_rules.csv")
    return read_peer_to_peer_rules(file.read_text("utf-8"))


def is_held_before(rules: tuple[PeerToPeerRule, ...], line_of_business: str, state: str, on: date) -> bool:
    """True when there is a conversation before a determination."""
    return any(rule.held in _BEFORE and rule.applies(line_of_business, state, on) for rule in rules)


def window_end(
    rules: tuple[PeerToPeerRule, ...], line_of_business: str, state: str, determined_at: datetime, zone: str
) -> datetime | None:
    """Until when one may be asked for after an adverse determination of that moment; None when there is none after."""
    on = determined_at.astimezone(zone_of(zone)).date()
    days = [
        rule.window_business_days for rule in rules if rule.held in _AFTER and rule.applies(line_of_business, state, on)
    ]
    if not days:
        return None
    return due_after(determined_at, max(days), Unit.BUSINESS_DAYS, DayMethod.BUSINESS_DAYS, zone, calendar_of(state))


def _rule(row: dict[str, str]) -> PeerToPeerRule:
    days = int(row["window_business_days"])
    if row["held"] not in _BEFORE | _AFTER or row["enabled"] not in {"true", "false"}:
        raise ValueError(f"peer-to-peer rule {row['id']}: unknown word for when it is held, or enabled flag")
    if (days > 0) is not (row["held"] in _AFTER):
        raise ValueError(f"peer-to-peer rule {row['id']}: a window is for what is held after a determination")
    return PeerToPeerRule(
        id=row["id"],
        lines_of_business=frozenset(row["lines_of_business"].split()),
        states=frozenset(row["states"].split()),
        held=row["held"],
        window_business_days=days,
        source=row["source"],
        in_force=Period(_day(row["effective_from"]), _day(row["effective_to"])),
        enabled=row["enabled"] == "true",
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
