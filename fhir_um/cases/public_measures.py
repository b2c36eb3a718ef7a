"""The public measures of prior authorization, M1 to M9: counted over requests, in one pass over facts in their order.

Must not know how facts are kept, or how a report is shown. Drugs are left out. A request is decided when all its lines
are; it is fully approved when each is A1 or NA, denied when one is A3 or A6. Source: 42 CFR 422.122(c), 438.210(f), 45
CFR 156.223(c)(3); the CMS form of Medicaid managed care reports; um-domain 4.1.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from fhir_um.cases.line_facts import SECOND, Place, known, place_of
from fhir_um.cases.model import Priority


class Basis(StrEnum):
    """What puts a request into a year: that it came in it, or that it was decided in it."""

    RECEIPT = "receipt"
    DECIDED = "decided"


class Level(StrEnum):
    """Of whom a group of figures is."""

    PAYER = "payer"
    LINE_OF_BUSINESS = "line-of-business"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Window:
    """Which requests count, by `basis` from `since` up to `until`, as they stood at `as_of`; in microseconds."""

    since: int
    until: int
    as_of: int
    basis: Basis = Basis.RECEIPT


@dataclass(slots=True)
class Side:
    """Standard or expedited requests of one group; `seconds` holds how long each decided one took."""

    received: int = 0
    decided: int = 0
    approved: int = 0
    denied: int = 0
    extended_approved: int = 0
    extended_denied: int = 0
    seconds: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, other: "Side") -> None:
        """Count those of another group with these."""
        for name in ("received", "decided", "approved", "denied", "extended_approved", "extended_denied"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds.extend(other.seconds)


@dataclass(slots=True)
class Counted:
    """One group of requests; `excluded` counts lines that were left out, by why."""

    sides: dict[Priority, Side] = field(default_factory=lambda: {priority: Side() for priority in Priority})
    excluded: Counter[Place] = field(default_factory=Counter)

    def add(self, other: "Counted") -> None:
        """Count those of another group with these."""
        for priority, side in self.sides.items():
            side.add(other.sides[priority])
        self.excluded.update(other.excluded)


Group = tuple[Level, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """Every group that has something, and which group is the sum of which others."""

    groups: dict[Group, Counted]
    parts: dict[Group, tuple[Group, ...]]


WHOLE: Group = (Level.PAYER, "")


class PublicFact(NamedTuple):
    """What of a fact is counted here; see `Fact`."""

    case_id: str
    received_at: int
    asked_at: int
    first_decided_at: int | None
    decided_at: int | None
    extended_at: int | None
    ended_at: int | None
    ended: str
    line_of_business: str
    plan_id: str
    priority: str
    is_drug: int
    is_duplicate: int
    action: str


def tally(facts: Iterable[PublicFact], window: Window) -> Tally:
    """Count requests by plan, and sum plans up by line of business and as a whole.

    The facts must be those in force at `window.as_of`, of one payer, all lines of a request together.
    """
    plans: dict[tuple[str, str], Counted] = {}
    for _, lines in groupby(facts, key=_CASE_OF):
        _count(plans, list(lines), window)
    groups: dict[Group, Counted] = {WHOLE: Counted()}
    parts: dict[Group, list[Group]] = {WHOLE: []}
    for (business, plan), counted in sorted(plans.items()):
        of_business, of_plan = (Level.LINE_OF_BUSINESS, business), (Level.PLAN, plan)
        if of_plan in groups:
            of_plan = (Level.PLAN, f"{plan} {business}")
        if of_business not in groups:
            groups[of_business], parts[of_business] = Counted(), []
            parts[WHOLE].append(of_business)
        groups[of_plan] = counted
        parts[of_business].append(of_plan)
        groups[of_business].add(counted)
        groups[WHOLE].add(counted)
    return Tally(groups, {whole: tuple(some) for whole, some in parts.items()})


def _count(plans: dict[tuple[str, str], Counted], lines: list[PublicFact], window: Window) -> None:
    counting: list[PublicFact] = []
    left_out: list[Place] = []
    is_open = False
    for fact in lines:
        place = _public_place(fact, window.as_of)
        if place is _DECIDED:
            counting.append(fact)
        elif place is _OPEN:
            counting.append(fact)
            is_open = True
        else:
            left_out.append(place)
    is_decided = bool(counting) and not is_open
    if not _is_of_period(counting or lines, is_decided, window):
        return
    first = (counting or lines)[0]
    counted = plans.get((first.line_of_business, first.plan_id))
    if counted is None:
        counted = plans[first.line_of_business, first.plan_id] = Counted()
    if left_out:
        counted.excluded.update(left_out)
    if counting:
        _count_request(counted, counting, is_decided, window)


def _count_request(counted: Counted, lines: list[PublicFact], is_decided: bool, window: Window) -> None:
    is_expedited = is_extended = False
    is_approved = True
    for fact in lines:
        is_expedited = is_expedited or fact.priority == _EXPEDITED
        is_approved = is_approved and fact.action in _APPROVED
        is_extended = is_extended or known(fact.extended_at, window.as_of)
    side = counted.sides[_EXPEDITED if is_expedited else _STANDARD]
    side.received += 1
    if not is_decided:
        return
    side.decided += 1
    side.approved += is_approved
    side.denied += not is_approved
    side.extended_approved += is_approved and is_extended
    side.extended_denied += is_extended and not is_approved
    side.seconds.append(max(map(_took, lines)) / SECOND)


_CASE_OF = attrgetter("case_id")
_APPROVED = frozenset({"A1", "NA"})
_DECIDED, _OPEN = Place.DECIDED, Place.OPEN
_STANDARD, _EXPEDITED = Priority.STANDARD, Priority.EXPEDITED


def _public_place(fact: PublicFact, as_of: int) -> Place:
    place = place_of(fact, as_of)
    return Place.DRUG if fact.is_drug and (place is _DECIDED or place is _OPEN) else place


def _is_of_period(lines: list[PublicFact], is_decided: bool, window: Window) -> bool:
    if window.basis is Basis.RECEIPT:
        return window.since <= lines[0].received_at < window.until
    decided = max((fact.first_decided_at or 0 for fact in lines), default=0)
    return is_decided and window.since <= decided < window.until


def _took(fact: PublicFact) -> int:
    """From when a line was asked for to its first determination."""
    return (fact.first_decided_at or fact.asked_at) - fact.asked_at
