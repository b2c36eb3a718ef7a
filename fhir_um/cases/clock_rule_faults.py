"""What is wrong with a rule table as a whole: rules that contradict each other, requests that none is about.

Must not know how a table is read.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, product

from fhir_um.cases.clock_rules import (
    AUTHORIZED_FIRST,
    INSURED,
    Authority,
    ClockRule,
    ClockRules,
    ClockRulesFault,
    Facts,
    Start,
)
from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import Priority, ReviewType
from fhir_um.words import Period

BINDING_SINCE = date(2026, 1, 1)
"""From then on there must be a limit for everything: requests from before are decided."""


def demand_sound(rules: ClockRules) -> None:
    """Refuses a table with two rules for one thing at one time, or with none for something.

    Raises: ClockRulesFault with every such thing.
    """
    if faults := (*_overlaps(rules), *_gaps(rules)):
        raise ClockRulesFault(faults)


def _overlaps(rules: ClockRules) -> Iterator[str]:
    enabled = [rule for rule in rules.rows if rule.enabled]
    for one, other in combinations(enabled, 2):
        if not _at_once(one.in_force, other.in_force):
            continue
        if one.id == other.id:
            yield f"rule {one.id} stands twice for the same time"
        elif _same_scope(one, other):
            yield f"rules {one.id} and {other.id} are about the same, by the same authority and at the same time"


def _same_scope(one: ClockRule, other: ClockRule) -> bool:
    """Two rules of one maker that some line would meet both of, for the same thing."""
    return (
        (one.kind, one.authority, one.start, one.subjects) == (other.kind, other.authority, other.start, other.subjects)
        and _maker(one) == _maker(other)
        and bool(one.lines_of_business & other.lines_of_business)
        and bool(one.review_types & other.review_types)
        and bool(one.priorities & other.priorities)
        and (one.states == other.states or bool(one.states & other.states))
    )


def _maker(rule: ClockRule) -> str:
    """Accreditors are several, and a payer may have more than one."""
    return rule.source.partition(" ")[0] if rule.authority is Authority.ACCREDITATION else ""


def _at_once(one: Period, other: Period) -> bool:
    return (one.start or date.min) <= (other.end or date.max) and (other.start or date.min) <= (one.end or date.max)


def _gaps(rules: ClockRules) -> Iterator[str]:
    everywhere = [
        rule
        for rule in rules.rows
        if rule.enabled
        and rule.kind is ClockKind.DECISION
        and rule.authority in {Authority.FEDERAL, Authority.ACCREDITATION}
        and rule.start is Start.RECEIPT
        and rule.subjects <= {AUTHORIZED_FIRST}
    ]
    for business, review, priority in product(INSURED, ReviewType, Priority):
        facts = Facts(business, review, priority)
        binding = [rule for rule in everywhere if rule.binds(facts)]
        for gap in _days_without([rule.in_force for rule in binding]):
            named = ", ".join(rule.id for rule in binding) or "no rule"
            yield f"{business} {review} {priority}: no decision is due {gap} ({named})"


def _days_without(periods: list[Period]) -> Iterator[str]:
    """The stretches since `BINDING_SINCE` that none of the periods covers, in words."""
    open_from: date | None = BINDING_SINCE
    for period in sorted(periods, key=lambda each: each.start or date.min):
        if open_from is None:
            return
        start = period.start or date.min
        if start > open_from:
            yield f"from {open_from} to {start - timedelta(days=1)}"
        if period.end is None:
            open_from = None
        elif period.end >= open_from:
            open_from = period.end + timedelta(days=1)
    if open_from is not None:
        yield f"from {open_from} on"
