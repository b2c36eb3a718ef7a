"""A year of invented requests, written as the events they would leave, and a plain ledger of what happened to each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from fhir_um.cases.deciders import Decider
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, Course, Decision, EventKind, LineState, PayerId, Priority, SubmissionId
from fhir_um.cases.review import Extension, ExtensionGround, ExtensionState, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.deps import Deps
from tests.builders import HCPCS, case_of, line_request

PAYER = PayerId("harbor")
PLANS = (("harbor-ma", "MA", 60), ("harbor-mco", "MCO", 30), ("harbor-qhp", "QHP", 8), ("harbor-comm", "COMM", 2))
"""Plan, its line of business, and how often it comes among a hundred; the last is a very small one."""

NURSE = Decider("nurse-1", "nurse", True)
PHYSICIAN = Decider("dr-1", "physician", True, "1910200405")
CLERK = Decider("clerk-1", "intake", True)
FATES = (
    ("at once", 26),
    ("by nurse", 20),
    ("by physician", 8),
    ("less", 6),
    ("denied", 9),
    ("not covered", 5),
    ("none needed", 5),
    ("open", 4),
    ("cancelled first", 3),
    ("cancelled after", 2),
    ("voided", 2),
    ("duplicate", 2),
    ("dismissed", 2),
    ("drug", 6),
)
_DECIDED = {
    "at once": (LineState.APPROVED, "criteria-met", ENGINE),
    "by nurse": (LineState.APPROVED, "criteria-met", NURSE),
    "by physician": (LineState.APPROVED, "criteria-met", PHYSICIAN),
    "less": (LineState.MODIFIED, "qty-reduced", PHYSICIAN),
    "denied": (LineState.DENIED_CLINICAL, "not-necessary", PHYSICIAN),
    "not covered": (LineState.DENIED_ADMINISTRATIVE, "not-covered", CLERK),
    "none needed": (LineState.NO_ACTION, "no-auth-required", ENGINE),
    "cancelled after": (LineState.APPROVED, "criteria-met", NURSE),
    "voided": (LineState.APPROVED, "criteria-met", NURSE),
    "duplicate": (LineState.DENIED_ADMINISTRATIVE, "dup", CLERK),
    "dismissed": (LineState.DISMISSED, "contact-other-administrator", CLERK),
    "drug": (LineState.APPROVED, "criteria-met", NURSE),
}
_AT_ONCE = {"at once", "none needed"}


@dataclass
class LineEntry:
    """What happened to one line, as the ledger has it."""

    fate: str
    decided_at: datetime | None


@dataclass
class Entry:
    """What happened to one request."""

    case_id: str
    plan: str
    business: str
    expedited: bool
    received_at: datetime
    extended: bool
    lines: list[LineEntry] = field(default_factory=list)


def invented(seed: int, count: int, year: int) -> Iterator[Entry]:
    """Requests over a year and some hours beyond both its ends, so that the day is cut somewhere."""
    chance = Random(seed)
    start = datetime(year, 1, 1, tzinfo=UTC)
    for n in range(count):
        plan, business, _ = chance.choices(PLANS, [share for *_, share in PLANS])[0]
        hours = chance.choice((chance.uniform(-6, 12), chance.uniform(0, 8760), chance.uniform(8754, 8772)))
        received = (start + timedelta(hours=hours)).replace(microsecond=0)
        entry = Entry(f"case-{n:05d}", plan, business, chance.random() < 0.25, received, chance.random() < 0.1)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            fate = chance.choices([name for name, _ in FATES], [share for _, share in FATES])[0]
            entry.lines.append(LineEntry(fate, _decided(chance, entry, fate)))
        yield entry


def _decided(chance: Random, entry: Entry, fate: str) -> datetime | None:
    if fate not in _DECIDED:
        return None
    if fate in _AT_ONCE:
        return entry.received_at
    return entry.received_at + timedelta(minutes=chance.randint(20, 60 * (70 if entry.expedited else 24 * 12)))


def write(deps: Deps, entries: list[Entry]) -> None:
    """Put them into the store as cases with their histories."""
    with deps.open_work(alone=True) as work:
        for entry in entries:
            journal = journal_of(entry)
            work.new_case(journal.case, tuple(journal.events), (), ())


class _Steps(Journal):
    """A journal whose steps have each their own instant."""

    def at(self, instant: datetime, actor: Decider) -> "_Steps":
        self._at, self._actor = instant, actor
        return self


def journal_of(entry: Entry) -> Journal:
    """The history of that request."""
    steps = _Steps(None, entry.received_at, ENGINE)
    steps.header(EventKind.OPENED, _header(entry))
    basis = case_of(Course.APPROVE).lines[0]
    for number, line in enumerate(entry.lines, start=1):
        code = "J1745" if line.fate == "drug" else "E1390"
        asked = replace(basis, sequence=number, request=line_request(number, code), documents=())
        if line.fate in _AT_ONCE:
            state, reason, who = _DECIDED[line.fate]
            placed = replace(asked, state=state, decision=Decision(entry.received_at, who, reason, ""))
        else:
            decision = Decision(entry.received_at, ENGINE, "needs-medical-review", "")
            placed = replace(asked, state=LineState.NURSE_REVIEW, decision=decision)
        steps.line(EventKind.LINE_REQUESTED, placed, ("T1",))
    if entry.extended:
        _extend(steps, entry)
    for number, line in enumerate(entry.lines, start=1):
        _work(steps, entry, number, line)
    return steps


def _header(entry: Entry) -> Case:
    return replace(
        case_of(Course.APPROVE),
        id=CaseId(entry.case_id),
        payer_id=PAYER,
        lines=(),
        received_at=entry.received_at,
        plan_id=entry.plan,
        line_of_business=entry.business,
        priority=Priority.EXPEDITED if entry.expedited else Priority.STANDARD,
        submission_id=SubmissionId(f"of-{entry.case_id}"),
        event_count=0,
    )


def _extend(steps: _Steps, entry: Entry) -> None:
    at = entry.received_at + timedelta(minutes=10)
    sequences = tuple(range(1, len(entry.lines) + 1))
    ground = ExtensionGround.MEMBER_REQUEST
    asked = Extension("x", sequences, ExtensionState.PROPOSED, ground, "more time", 14, NURSE, at)
    steps.at(at, NURSE).review(EventKind.EXTENSION, Review(extensions=(asked,)))
    granted = replace(asked, state=ExtensionState.GRANTED, decided_by=PHYSICIAN, decided_at=at)
    steps.at(at, PHYSICIAN).review(EventKind.EXTENSION, Review(extensions=(granted,)))


def _work(steps: _Steps, entry: Entry, number: int, line: LineEntry) -> None:
    hour = timedelta(hours=1)
    if line.fate == "cancelled first":
        return rule(steps, number, LineState.CANCELLED, "cancelled-by-requester", NURSE, entry.received_at + hour)
    if line.decided_at is None or line.fate in _AT_ONCE:
        return None
    state, reason, who = _DECIDED[line.fate]
    rule(steps, number, state, reason, who, line.decided_at)
    if line.fate == "cancelled after":
        rule(steps, number, LineState.CANCELLED, "cancelled-by-requester", NURSE, line.decided_at + hour)
    if line.fate == "voided":
        rule(steps, number, LineState.VOIDED, "contract-rule", CLERK, line.decided_at + hour)
    return None


def rule(steps: _Steps, number: int, state: LineState, reason: str, who: Decider, at: datetime) -> None:
    """Somebody moves a line."""
    line = steps.case.line(number)
    assert line is not None
    moved = replace(line, state=state, decision=Decision(at, who, reason, ""))
    steps.at(at, who).line(EventKind.LINE_MOVED, moved, ("T0",))


def go_on(deps: Deps, case_id: str, at: datetime, state: LineState, who: Decider = PHYSICIAN) -> None:
    """Later somebody moves the first line of a case, in a transaction of its own."""
    with deps.open_work(alone=True) as work:
        case = work.load_case_for_change(PAYER, CaseId(case_id))
        assert case is not None
        steps = _Steps(case, at, who)
        rule(steps, 1, state, "criteria-met", who, at)
        work.save_case(steps.case, case.version, tuple(steps.events), (), ())


__all__ = ["HCPCS", "PAYER", "PLANS", "Entry", "LineEntry", "go_on", "invented", "journal_of", "rule", "write"]
