"""What measures need to know of a line: how it was decided, when and by whom. No member, no text, no code of a service.

Must not know how a fact is made of events, or any measure. One line has one fact after the other: each begins (`since`)
where the one before it was superseded, so that at any instant exactly one of them tells how the line stood. Instants
are whole microseconds since 1970 UTC and a fact is a tuple, because measures go through millions of them.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND


class DeciderKind(StrEnum):
    """Who decided."""

    ENGINE = "engine"
    NURSE = "nurse"
    PHYSICIAN = "physician"
    OTHER = "other"


class Ended(StrEnum):
    """What took a line out of the running beside a determination."""

    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    TAKEN_OVER = "taken-over"


class Fact(NamedTuple):
    """How a line stood from `since` until `superseded_at`, which is None for how it stands now.

    `received_at` is when the request came, `asked_at` when this line did. `action` is the review action as X12 names it
    (A1, A3, A4, A6, C, CT, NA). `first_decided_at` is that of the line's first determination, `decided_at` that of this
    fact. `rfis` holds a pair `asked:answered` for each request for information, by commas. `exchanges` holds one
    `type:at:faulty` for each submission, on the case's first line only.
    """

    received_day: int
    case_id: str
    payer_id: str
    sequence: int
    number: int
    since: int
    superseded_at: int | None
    received_at: int
    asked_at: int
    first_response_at: int
    first_decided_at: int | None = None
    decided_at: int | None = None
    notified_at: int | None = None
    pended_at: int | None = None
    extended_at: int | None = None
    ended_at: int | None = None
    intake_at: int | None = None
    nurse_at: int | None = None
    referred_at: int | None = None
    reworked_at: int | None = None
    peer_opened_at: int | None = None
    peer_completed_at: int | None = None
    peer_outcome: str = ""
    ended: str = ""
    line_of_business: str = ""
    plan_id: str = ""
    priority: str = ""
    review_type: str = ""
    channel: str = ""
    provider_npi: str = ""
    policy_id: str = ""
    is_drug: int = 0
    is_duplicate: int = 0
    state: str = ""
    action: str = ""
    decider: str = ""
    rfis: str = ""
    exchanges: str = ""


class Place(StrEnum):
    """Where a line belongs when measures are taken: counted as decided or open, or left out and why."""

    DECIDED = "decided"
    OPEN = "open"
    REJECTED = "rejected"
    VOIDED = "voided"
    CANCELLED = "cancelled before a decision"
    WITHDRAWN = "withdrawn before a decision"
    DUPLICATE = "duplicate"
    TAKEN_OVER = "continued in another request"
    DRUG = "drug"


class _Placed(Protocol):
    """What of a fact tells its place: a measure reads no more of a fact than it counts."""

    @property
    def decided_at(self) -> int | None: ...

    @property
    def ended_at(self) -> int | None: ...

    @property
    def ended(self) -> str: ...

    @property
    def action(self) -> str: ...

    @property
    def is_duplicate(self) -> int: ...


_ENDED_UNDECIDED = {Ended.CANCELLED.value: Place.CANCELLED, Ended.WITHDRAWN.value: Place.WITHDRAWN}
_ENDED_ANYHOW = {Ended.VOIDED.value: Place.VOIDED, Ended.TAKEN_OVER.value: Place.TAKEN_OVER}
_OPEN, _REJECTED, _DUPLICATE, _DECIDED = Place.OPEN, Place.REJECTED, Place.DUPLICATE, Place.DECIDED
"""Asked for millions of times, and finding a member of an enumeration by its name takes longer than the question."""

CONTACT = "CT"


def place_of(fact: _Placed, as_of: int) -> Place:
    """Where the line belonged at that instant; drugs stand with the others, whoever leaves them out asks for it.

    A line cancelled after its determination keeps it: it was decided. One that was voided was never rightly there.
    """
    is_decided = fact.decided_at is not None and fact.decided_at <= as_of
    if fact.ended and fact.ended_at is not None and fact.ended_at <= as_of:
        if fact.ended in _ENDED_ANYHOW:
            return _ENDED_ANYHOW[fact.ended]
        if not is_decided:
            return _ENDED_UNDECIDED[fact.ended]
    if not is_decided:
        return _OPEN
    if fact.action == CONTACT:
        return _REJECTED
    return _DUPLICATE if fact.is_duplicate else _DECIDED


def known(at: int | None, as_of: int) -> bool:
    """True when it had happened by then."""
    return at is not None and at <= as_of


def rfis_of(rfis: str, as_of: int) -> list[tuple[int, int | None]]:
    """The requests for information of a fact made by then, each with when it was answered, if it was by then."""
    found: list[tuple[int, int | None]] = []
    for pair in rfis.split(",") if rfis else ():
        asked, answered = pair.split(":")
        if int(asked) <= as_of:
            found.append((int(asked), int(answered) if answered and int(answered) <= as_of else None))
    return found


class Exchange(NamedTuple):
    """One submission of a request: `initial`, `update` or `cancel`; faulty when it was answered with errors (AAA)."""

    type: str
    at: int
    faulty: bool


def exchanges_of(exchanges: str, as_of: int) -> list[Exchange]:
    """The submissions of a fact that had come by then."""
    if not exchanges:
        return []
    parts = [text.split(":") for text in exchanges.split(",")]
    return [Exchange(type_, int(at), faulty == "1") for type_, at, faulty in parts if int(at) <= as_of]


def written(exchanges: list[Exchange]) -> str:
    """Submissions as a fact holds them."""
    return ",".join(f"{each.type}:{each.at}:{int(each.faulty)}" for each in exchanges)


def micros(at: datetime) -> int:
    """An instant as facts hold it.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    return (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """An instant of a fact as the house writes it.

    >>> instant(86400000000)
    datetime.datetime(1970, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + at * _MICROSECOND
