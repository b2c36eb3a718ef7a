"""Clocks of a case as rows: what is due when, by which rule, and whether it was in time. Must not know the rule table.

A clock runs on while the house is down: it is an instant that is kept, never a timer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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


class ClockState(StrEnum):
    """Whether a rule's time runs."""

    STARTED = "started"
    NOT_STARTED = "not-started"
    TOLLED = "tolled"


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule as it applies to a line, with all that is needed to reckon its date again when the table has changed.

    `basis` is what starts it (`receipt`, `information`, `determination`, `request`, `oral-notice`). `due_at` is None as
    long as nobody can say; `notice` is whom it wants told. `extended_days` were granted. `toll_hours` is how long
    somebody has to bring what is missing while the time is stopped, `after_toll_hours` what is left then (0: the rest).
    """

    rule_id: str
    due_at: datetime | None
    source: str = ""
    authority: str = ""
    state: ClockState = ClockState.STARTED
    basis: str = "receipt"
    start_at: datetime | None = None
    limit: int = 0
    unit: str = ""
    day_method: str = ""
    calendar: str = ""
    extension_days: int = 0
    extension_grounds: tuple[str, ...] = ()
    extended_days: int = 0
    tolling: str = "none"
    toll_hours: int = 0
    after_toll_hours: int = 0
    tolled_at: datetime | None = None
    late_effect: str = ""
    notice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something on a line is due, by which rule; all that apply are kept in `considered`, strictest first."""

    rule_id: str
    source: str
    start_at: datetime
    due_at: datetime
    considered: tuple[Considered, ...] = ()

    @property
    def winner(self) -> Considered | None:
        """The rule that set the date; None for a clock from before rules were kept with it."""
        return next((rule for rule in self.considered if rule.rule_id == self.rule_id), None)

    @property
    def late_effect(self) -> str:
        """What follows in law when it is missed, in words."""
        return self.winner.late_effect if self.winner else ""


@dataclass(frozen=True, slots=True)
class Toll:
    """A stretch a clock did not count, where its rule allows that; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    why: str


BOTH = ("member", "provider")
"""Who is told of a decision, unless a rule says otherwise."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a line, or of the whole case where `sequence` is 0. One of each kind runs for a line.

    `basis` is what starts it, `day_method` how its days count, `zone` whose days they are (IANA). `alarm` is the
    highest share of its time that was told about (0, 75, 90, 100), `alarm_at` when the next is to be. `outcome` is None
    while it runs. It stops when everybody in `notice` is in `told`; a decision nobody was told of does not stop it.
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
    notice: tuple[str, ...] = BOTH
    told: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        """True until it is stopped, also when its time is over."""
        return self.stopped_at is None

    def stopped(self, at: datetime) -> "Clock":
        """Stopped at that moment: in time, or late."""
        outcome = ClockOutcome.LATE if at > self.deadline.due_at else ClockOutcome.MET
        return replace(self, stopped_at=at, outcome=outcome, alarm_at=None)

    def told_to(self, recipient: str, at: datetime) -> "Clock":
        """After a notice was given to somebody: stopped when nobody is left who must have one."""
        told = replace(self, told=tuple(sorted({*self.told, recipient})))
        return told.stopped(at) if set(self.notice) <= set(told.told) else told


def running_decisions(clocks: Iterable[Clock]) -> dict[int, Clock]:
    """The decision clocks that run, by line."""
    return {clock.sequence: clock for clock in clocks if clock.is_running and clock.kind is ClockKind.DECISION}
