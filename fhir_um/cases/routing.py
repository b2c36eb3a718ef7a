"""Which queues a pended line waits in: rules as data, the first match wins. Must not know cases, stores or roles.

Every combination of what the table tells apart is tried when it is read, so that a row nothing can reach, and two rows
of one order that both match, are found before anything is routed by them.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from fhir_um.cases.model import PENDED, Priority, ReviewType


class Flag(StrEnum):
    """What somebody who chooses work should see at once."""

    EXPEDITED = "expedited"
    LATE = "late"
    AT_RISK = "at-risk"
    INFORMATION_BACK = "information-back"
    INFORMATION_OVERDUE = "information-overdue"
    PEER_TO_PEER_ASKED = "peer-to-peer-asked"
    PEER_TO_PEER_SCHEDULED = "peer-to-peer-scheduled"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"
    SENSITIVE = "sensitive"


class RoutingFault(Exception):
    """A routing table that cannot be used; every fault with its row."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a line is routed by."""

    state: str
    review_type: str
    specialty: str
    line_of_business: str
    priority: str
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One row. What is empty stands for anything; all the `flags` must be set.

    `beside`: a line that matches waits in that queue too, and the search for its own goes on.
    """

    id: str
    order: int
    queue: str
    beside: bool
    states: frozenset[str]
    review_types: frozenset[str]
    specialties: frozenset[str]
    lines_of_business: frozenset[str]
    priorities: frozenset[str]
    flags: frozenset[str]

    def matches(self, traits: Traits) -> bool:
        """True when a line with those traits belongs there."""
        return (
            (not self.states or traits.state in self.states)
            and (not self.review_types or traits.review_type in self.review_types)
            and (not self.specialties or traits.specialty in self.specialties)
            and (not self.lines_of_business or traits.line_of_business in self.lines_of_business)
            and (not self.priorities or traits.priority in self.priorities)
            and self.flags <= traits.flags
        )

    @property
    def takes_everything(self) -> bool:
        """True when it asks for nothing."""
        asked = (self.states, self.review_types, self.specialties, self.lines_of_business, self.priorities, self.flags)
        return not any(asked)


@dataclass(frozen=True, slots=True)
class Routing:
    """The table, in order."""

    rules: tuple[RoutingRule, ...]

    def queues_of(self, traits: Traits) -> tuple[str, ...]:
        """The queues a line waits in: those beside, and last the one that is its own."""
        found: dict[str, None] = {}
        for rule in self.rules:
            if rule.matches(traits):
                found[rule.queue] = None
                if not rule.beside:
                    return tuple(found)
        raise LookupError("a routing table without a last row")

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that is named."""
        return frozenset(rule.queue for rule in self.rules)


_COLUMNS = ["id", "order", "queue", "beside"]
_WORDS: Mapping[str, frozenset[str] | None] = {
    "states": frozenset(state.value for state in PENDED),
    "review_types": frozenset(word.value for word in ReviewType),
    "specialties": None,
    "lines_of_business": None,
    "priorities": frozenset(word.value for word in Priority),
    "flags": frozenset(flag.value for flag in Flag),
}
"""The columns of conditions, and which words each knows; None for those that policies and plans make."""

_OTHER = ""
"""Stands for any word that no row names."""


def read_routing(text: str, queues: Iterable[str]) -> Routing:
    """The table of a CSV text; lines that begin with # are its head. `queues` are those that somebody works in.

    Raises: RoutingFault with every fault: an unknown word, a queue nobody works in, rows that overlap, a row that
    nothing reaches, no last row for what is left.
    """
    reader = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    rows = list(reader)
    if reader.fieldnames != [*_COLUMNS, *_WORDS]:
        raise RoutingFault(f"the columns must be {', '.join([*_COLUMNS, *_WORDS])}")
    known = frozenset(queues)
    faults = [
        f"row {row['id'] or index}: {fault}" for index, row in enumerate(rows, 1) for fault in _faults(row, known)
    ]
    if faults:
        raise RoutingFault("; ".join(faults))
    rules = tuple(sorted(map(_rule, rows), key=lambda rule: rule.order))
    faults = [*_table_faults(rules)]
    if faults:
        raise RoutingFault("; ".join(faults))
    return Routing(rules)


def _rule(row: dict[str, str]) -> RoutingRule:
    words = {name: frozenset(row[name].split()) for name in _WORDS}
    return RoutingRule(row["id"], int(row["order"]), row["queue"], row["beside"] == "yes", **words)


def _faults(row: dict[str, str], queues: frozenset[str]) -> Iterator[str]:
    if None in row or None in row.values():
        yield "it has too many cells, or too few"
        return
    if not row["id"]:
        yield "it needs an id"
    if not (row["order"].isascii() and row["order"].isdigit()):
        yield "order is a whole number"
    if row["beside"] not in ("yes", "no"):
        yield "beside is yes or no"
    if row["queue"] not in queues:
        yield f"nobody works in the queue {row['queue']}"
    for name, known in _WORDS.items():
        unknown = sorted(set(row[name].split()) - known) if known is not None else []
        if unknown:
            yield f"unknown {name.replace('_', ' ')}: {', '.join(unknown)}"


def _table_faults(rules: tuple[RoutingRule, ...]) -> Iterator[str]:
    ids = [rule.id for rule in rules]
    yield from (f"row {id} is there twice" for id in sorted({id for id in ids if ids.count(id) > 1}))
    if not rules or rules[-1].beside or not rules[-1].takes_everything:
        yield "the last row must take whatever is left: no conditions, and beside no"
    reached: set[str] = set()
    overlaps: set[tuple[str, str]] = set()
    for traits in _combinations(rules):
        taken, clashing = _taken(rules, traits)
        reached |= taken
        overlaps |= clashing
    yield from (f"rows {one} and {other} have the same order and overlap" for one, other in sorted(overlaps))
    yield from (f"row {id} is unreachable: rows before it take all it asks for" for id in ids if id not in reached)


def _taken(rules: tuple[RoutingRule, ...], traits: Traits) -> tuple[set[str], set[tuple[str, str]]]:
    """The rows that such a line goes by, and pairs of one order that both would have it."""
    taken: set[str] = set()
    clashing: set[tuple[str, str]] = set()
    for rule in rules:
        if not rule.matches(traits):
            continue
        taken.add(rule.id)
        if not rule.beside:
            same = (other for other in rules if other.order == rule.order and not other.beside and other is not rule)
            clashing |= {(rule.id, other.id) for other in same if other.matches(traits)}
            break
    return taken, clashing


def _combinations(rules: tuple[RoutingRule, ...]) -> Iterator[Traits]:
    """One line for each combination the rows tell apart."""
    named = {name: sorted(frozenset[str]().union(*(getattr(rule, name) for rule in rules))) for name in _WORDS}
    flags = named.pop("flags")
    choices = [[*words, _OTHER] for words in named.values()]
    for state, review_type, specialty, business, priority in product(*choices):
        for chosen in product((False, True), repeat=len(flags)):
            set_flags = frozenset(flag for flag, is_set in zip(flags, chosen, strict=True) if is_set)
            yield Traits(state, review_type, specialty, business, priority, set_flags)
