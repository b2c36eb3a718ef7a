"""Clocks of a case as rows: what is due when, by which rule, and whether it was in time. Must not know any rule.

A clock runs on while the house is down: it is an instant that is kept, never a timer.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fhir_um.cases.model import CaseId


class ClockKind(StrEnum):
    """What a clock is about. Those of stays and appeals have their names here and no rows yet."""

    DECISION = "decision"
    NOTICE_ORAL = "notice-oral"
    NOTICE_WRITTEN = "notice-written"
    INFORMATION = "information"
    PEER_TO_PEER = "peer-to-peer"
    NEXT_REVIEW = "next-review"
    APPEAL = "appeal"
    EXTERNAL_REVIEW = "external-review"
    EFFECTUATION = "effectuation"


class ClockOutcome(StrEnum):
    """How a clock that stopped had run. A late one is recorded and escalated; nothing is denied for it."""

    MET = "met"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a decision on a line is due, by which rule; all applicable rules are kept in `considered`."""

    rule_id: str
    source: str
    start_at: datetime
    due_at: datetime
    considered: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Toll:
    """A stretch a clock did not count, where its rule allows that; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a line, or of the whole case where `sequence` is 0. One of each kind runs for a line.

    `basis` is what starts it (`receipt`, `information`, `determination`, `request`), `day_method` how its days count,
    `zone` whose days they are (IANA). `alarm` is the highest share of its time that was told about (0, 75, 90, 100),
    `alarm_at` when the next is to be. `outcome` is None while it runs.
    """

    case_id: CaseId
    sequence: int
    deadline: Deadline
    stopped_at: datetime | None = None
    kind: ClockKind = ClockKind.DECISION
    basis: str = "receipt"
    day_method: str = ""
    zone: str = ""
    tolls: tuple[Toll, ...] = ()
    extension_days: int = 0
    alarm: int = 0
    alarm_at: datetime | None = None
    outcome: ClockOutcome | None = None
