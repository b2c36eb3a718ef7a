"""What the operations measures count, in one pass over facts: lines asked for in a time, and how they were decided.

Must not know how facts are kept, or what a measure is called. Lines that were rejected, voided, duplicates, taken over,
or cancelled before a decision are counted apart. Source: um-domain 4, 4.2.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from fhir_um.cases.line_facts import SECOND, DeciderKind, Place, exchanges_of, known, place_of, rfis_of
from fhir_um.cases.model import LineState
from fhir_um.cases.review import PeerToPeerOutcome

REAL_TIME_SECONDS = 15
_ADVERSE = frozenset({"A3", "A6"})
_FULL = frozenset({"A1", "NA"})
_APPROVED = "A1"
_CHANGED = frozenset({PeerToPeerOutcome.OVERTURNED.value, PeerToPeerOutcome.MODIFIED.value})
_DECIDED, _OPEN = Place.DECIDED, Place.OPEN
_ENGINE = DeciderKind.ENGINE.value
_DENIED_CLINICAL, _DENIED_ADMINISTRATIVE = LineState.DENIED_CLINICAL.value, LineState.DENIED_ADMINISTRATIVE.value


class WorkedFact(NamedTuple):
    """What of a fact is counted here; see `Fact`."""

    case_id: str
    number: int
    asked_at: int
    first_decided_at: int | None
    decided_at: int | None
    notified_at: int | None
    pended_at: int | None
    extended_at: int | None
    ended_at: int | None
    intake_at: int | None
    nurse_at: int | None
    referred_at: int | None
    reworked_at: int | None
    peer_opened_at: int | None
    peer_completed_at: int | None
    peer_outcome: str
    ended: str
    priority: str
    channel: str
    is_duplicate: int
    state: str
    action: str
    decider: str
    rfis: str
    exchanges: str


_CASE_OF = attrgetter("case_id")


def _floats() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class Worked:
    """Counts of lines and requests; times in seconds, those of decided lines by priority."""

    requests: int = 0
    decided_requests: int = 0
    extended_requests: int = 0
    lines: int = 0
    decided: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    clinical_denials: int = 0
    pended: int = 0
    pended_and_decided: int = 0
    asked_for_information: int = 0
    at_once: int = 0
    by_engine: int = 0
    first_pass: int = 0
    nurse_reviews: int = 0
    referred: int = 0
    adverse_proposed: int = 0
    peer_to_peers: int = 0
    changed_after_peer_to_peer: int = 0
    notified: int = 0
    updates: int = 0
    cancels: int = 0
    submissions: int = 0
    faulty_submissions: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    excluded: Counter[Place] = field(default_factory=Counter)
    answer_seconds: "array[float]" = field(default_factory=_floats)
    pended_seconds: "array[float]" = field(default_factory=_floats)
    decision_seconds: "dict[str, array[float]]" = field(default_factory=dict)


def worked(facts: Iterable[WorkedFact], as_of: int) -> Worked:
    """Count over facts of one payer in force at that instant, all lines of a request together."""
    found = Worked()
    for _, lines in groupby(facts, key=_CASE_OF):
        _count_request(found, list(lines), as_of)
    return found


def _count_request(found: Worked, lines: list[WorkedFact], as_of: int) -> None:
    _count_submissions(found, lines[0], as_of)
    counting = 0
    is_decided, is_extended = True, False
    for fact in lines:
        place = place_of(fact, as_of)
        if place is not _DECIDED and place is not _OPEN:
            found.excluded[place] += 1
            continue
        counting += 1
        is_extended = is_extended or known(fact.extended_at, as_of)
        _count_line(found, fact, as_of)
        if place is _DECIDED:
            _count_decision(found, fact, as_of)
        else:
            is_decided = False
    if counting:
        found.requests += 1
        found.channels[lines[0].channel] += 1
        found.decided_requests += is_decided
        found.extended_requests += is_decided and is_extended


def _count_submissions(found: Worked, first: WorkedFact, as_of: int) -> None:
    for exchange in exchanges_of(first.exchanges, as_of):
        found.submissions += 1
        found.faulty_submissions += exchange.faulty
        found.updates += exchange.type == "update"
        found.cancels += exchange.type == "cancel"


def _count_line(found: Worked, fact: WorkedFact, as_of: int) -> None:
    found.lines += 1
    if fact.pended_at is None and fact.peer_opened_at is None and fact.action == _APPROVED:
        return
    if known(fact.pended_at, as_of):
        found.pended += 1
    found.nurse_reviews += known(fact.nurse_at, as_of)
    found.referred += known(fact.nurse_at, as_of) and known(fact.referred_at, as_of)
    rfis = rfis_of(fact.rfis, as_of) if fact.rfis else ()
    if rfis:
        found.asked_for_information += 1
        found.answer_seconds.extend((answered - asked) / SECOND for asked, answered in rfis if answered is not None)
    is_adverse = known(fact.decided_at, as_of) and _is_adverse_clinically(fact)
    if known(fact.peer_opened_at, as_of) or is_adverse:
        found.adverse_proposed += 1
    if known(fact.peer_completed_at, as_of):
        found.peer_to_peers += 1
        found.changed_after_peer_to_peer += fact.peer_outcome in _CHANGED


def _count_decision(found: Worked, fact: WorkedFact, as_of: int) -> None:
    first = fact.first_decided_at if fact.first_decided_at is not None else fact.asked_at
    seconds = (first - fact.asked_at) / SECOND
    is_engine = fact.decider == _ENGINE
    was_pended = known(fact.pended_at, as_of)
    found.decided += 1
    found.actions[fact.action] += 1
    found.clinical_denials += fact.state == _DENIED_CLINICAL
    found.by_engine += is_engine
    found.at_once += is_engine and fact.action in _FULL and seconds <= REAL_TIME_SECONDS
    found.first_pass += not (
        fact.rfis or known(fact.intake_at, as_of) or known(fact.reworked_at, as_of) or fact.number > 1
    )
    found.notified += known(fact.notified_at, as_of)
    if was_pended:
        found.pended_and_decided += 1
        found.pended_seconds.append(seconds)
    times = found.decision_seconds.get(fact.priority)
    if times is None:
        times = found.decision_seconds[fact.priority] = _floats()
    times.append(seconds)


def _is_adverse_clinically(fact: WorkedFact) -> bool:
    return fact.action in _ADVERSE and fact.state != _DENIED_ADMINISTRATIVE
