"""The rule table of clocks: one row per rule, read and checked when it is loaded. Must not know any case.

A table that names a rule twice for one time, or leaves a kind of request without a limit, is refused as a whole: a
request nobody has to decide by any day must not exist. Source: the `source` of each row of `clock_rules.csv`.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import Priority, ReviewType
from fhir_um.cases.reckoning import DayMethod, Unit
from fhir_um.cases.review import ExtensionGround
from fhir_um.words import Period

INSURED = ("MA", "MCO", "QHP", "COMM", "ERISA")
"""The lines of business the house has cases of; each needs a limit for every kind of request, on every day."""

LINES_OF_BUSINESS = frozenset({*INSURED, "CHIPM", "CHIPF", "MFFS"})
AUTHORIZED_FIRST = "subject-to-prior-authorization"
ADVERSE = "adverse"
SUBJECTS = frozenset(
    {
        AUTHORIZED_FIRST,
        "not-subject-to-prior-authorization",
        "drug",
        "part-b-drug",
        "hospitalized",
        "inpatient-rehabilitation",
        "post-stabilization",
        ADVERSE,
    }
)
"""What a rule may be about alone. A rule with several is about what is all of them, one with none about anything."""
RECIPIENTS = frozenset({"member", "provider"})


class Authority(StrEnum):
    """Whose rule it is."""

    FEDERAL = "federal"
    STATE = "state"
    ACCREDITATION = "accreditation"
    CONTRACT = "contract"


class Start(StrEnum):
    """What a rule counts from."""

    RECEIPT = "receipt"
    INFORMATION = "information"
    DETERMINATION = "determination"
    REQUEST = "request"
    ORAL_NOTICE = "oral-notice"


class Tolling(StrEnum):
    """What stops a rule's time: nothing, a request for what is missing, an extension granted for it."""

    NONE = "none"
    REQUEST = "request"
    EXTENSION = "extension"


class ClockRulesFault(ValueError):
    """A rule table that cannot be used; `faults` says why, one line each, with the rows they are about."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule asks about a line: its coverage, the state the plan is issued in, its kind of review and subjects.

    Empty texts are unknown: then the rules of every line of business bind, and those of no state.
    """

    line_of_business: str
    review: ReviewType
    priority: Priority
    state: str = ""
    subjects: frozenset[str] = frozenset({AUTHORIZED_FIRST})


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One row: for what, how long, from when, by whose rule, and while in force.

    `toll_hours` is how long somebody has to bring what is missing, `after_toll_hours` what is left then (0: the rest).
    """

    id: str
    kind: ClockKind
    authority: Authority
    lines_of_business: frozenset[str]
    states: frozenset[str]
    review_types: frozenset[ReviewType]
    priorities: frozenset[Priority]
    subjects: frozenset[str]
    start: Start
    limit: int
    unit: Unit
    day_method: DayMethod
    extension_days: int
    extension_times: int
    extension_grounds: tuple[ExtensionGround, ...]
    tolling: Tolling
    toll_hours: int
    after_toll_hours: int
    notice: tuple[str, ...]
    late_effect: str
    source: str
    confidence: str
    in_force: Period
    enabled: bool

    def binds(self, facts: Facts) -> bool:
        """True when the rule is about such a line, whatever the day."""
        return (
            (not facts.line_of_business or facts.line_of_business in self.lines_of_business)
            and facts.review in self.review_types
            and facts.priority in self.priorities
            and (not self.states or facts.state in self.states)
            and self.subjects <= facts.subjects
        )


@dataclass(frozen=True, slots=True)
class ClockRules:
    """A whole table. Which rules bind a kind of line is looked up once and remembered."""

    rows: tuple[ClockRule, ...]
    _known: dict[tuple[ClockKind, Facts], tuple[ClockRule, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def binding(self, kind: ClockKind, facts: Facts, on: date) -> tuple[ClockRule, ...]:
        """The enabled rules of that kind that bind such a line on a day."""
        found = self._known.get((kind, facts))
        if found is None:
            found = tuple(rule for rule in self.rows if rule.enabled and rule.kind is kind and rule.binds(facts))
            self._known[kind, facts] = found
        return tuple(rule for rule in found if rule.in_force.covers(on))


_HEAD = (
    "id,kind,authority,lines_of_business,states,review_types,priority,subject,start,limit,unit,day_method,"
    "extension_days,extension_times,extension_grounds,tolling,notice,late_effect,source,confidence,effective_from,"
    "effective_to,enabled"
)


def read_clock_rules(text: str) -> ClockRules:
    """The rules of a CSV text; lines that begin with # are its head.

    Raises: ClockRulesFault with every row that says something unknown.
    """
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    if ",".join(rows.fieldnames or ()) != _HEAD:
        raise ClockRulesFault((f"The columns must be: {_HEAD}",))
    rules: list[ClockRule] = []
    faults: list[str] = []
    for number, row in enumerate(rows, start=1):
        named = f"rule {row['id'] or '?'} (row {number})"
        try:
            rules.append(_rule(row))
        except (ValueError, TypeError, AttributeError) as fault:
            faults.append(f"{named}: {fault}")
    if faults:
        raise ClockRulesFault(tuple(faults))
    return ClockRules(tuple(rules))


def _rule(row: dict[str, str]) -> ClockRule:
    tolling, *hours = row["tolling"].split(":")
    toll_hours, after_toll_hours = (*map(int, hours), 0, 0)[:2]
    rule = ClockRule(
        id=row["id"],
        kind=ClockKind(row["kind"]),
        authority=Authority(row["authority"]),
        lines_of_business=_words(row["lines_of_business"], LINES_OF_BUSINESS, "line of business"),
        states=frozenset(row["states"].split()),
        review_types=frozenset(map(ReviewType, row["review_types"].split())),
        priorities=frozenset(map(Priority, row["priority"].split())),
        subjects=_words(row["subject"], SUBJECTS, "subject"),
        start=Start(row["start"]),
        limit=int(row["limit"]),
        unit=Unit(row["unit"]),
        day_method=DayMethod(row["day_method"]),
        extension_days=int(row["extension_days"]),
        extension_times=int(row["extension_times"]),
        extension_grounds=tuple(map(ExtensionGround, row["extension_grounds"].split())),
        tolling=Tolling(tolling),
        toll_hours=toll_hours,
        after_toll_hours=after_toll_hours,
        notice=tuple(sorted(_words(row["notice"], RECIPIENTS, "recipient"))),
        late_effect=row["late_effect"],
        source=row["source"],
        confidence=row["confidence"],
        in_force=Period(_day(row["effective_from"]), _day(row["effective_to"])),
        enabled=_flag(row["enabled"]),
    )
    if wrong := "; ".join(_misfits(rule)):
        raise ValueError(wrong)
    return rule


def _misfits(rule: ClockRule) -> Iterator[str]:
    """What each value allows and all of them together do not."""
    applies = rule.lines_of_business and rule.review_types and rule.priorities
    is_extended, is_tolled = rule.extension_days > 0, rule.tolling is not Tolling.NONE
    starts = {Start.RECEIPT, Start.INFORMATION, Start.REQUEST}
    ends_first = rule.in_force.start and rule.in_force.end and rule.in_force.end < rule.in_force.start
    by_days = rule.unit is Unit.BUSINESS_DAYS, rule.day_method is DayMethod.BUSINESS_DAYS
    found = {
        "id, source and notice must be given": not (rule.id and rule.source and rule.notice),
        "lines_of_business, review_types and priority must name at least one each": not applies,
        "the limit must be at least 1": rule.limit < 1,
        "business_days is counted by the method business_days, and nothing else is": by_days[0] != by_days[1],
        "a state rule names its states, another none": (rule.authority is Authority.STATE) != bool(rule.states),
        "states are two capital letters": any(len(state) != 2 or not state.isupper() for state in rule.states),
        "an extension has days, a number of times and grounds, or none of them": is_extended
        != (rule.extension_times > 0 and bool(rule.extension_grounds)),
        "tolling is none, request:HOURS:HOURS or extension:HOURS": is_tolled != (rule.toll_hours > 0),
        "a decision is counted from receipt, information or request": rule.kind is ClockKind.DECISION
        and rule.start not in starts,
        "it ends before it begins": bool(ends_first),
    }
    yield from (text for text, is_wrong in found.items() if is_wrong)


def _words(text: str, known: frozenset[str], what: str) -> frozenset[str]:
    words = frozenset(text.split())
    if unknown := sorted(words - known):
        raise ValueError(f"unknown {what} {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return words


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("enabled is true or false")
    return text == "true"
