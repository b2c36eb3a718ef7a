"""What a row of the table of moves is made of. Must not know which moves there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fhir_um.cases.model import LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role


class RulingAction(StrEnum):
    """What a person may rule on a line."""

    APPROVE = "approve"
    MODIFY = "modify"
    DENY_CLINICAL = "deny-clinical"
    DENY_ADMINISTRATIVE = "deny-administrative"
    REFER_NURSE = "refer-nurse"
    REFER_PHYSICIAN = "refer-physician"
    REFER_SPECIALIST = "refer-specialist"
    REQUEST_INFORMATION = "request-information"
    WITHDRAW = "withdraw"
    DISMISS = "dismiss"
    REOPEN = "reopen"


class Stage(StrEnum):
    """Where a line is between two states, or beside its state: never stored on it.

    The first four are passed within one transaction; the others are read from notices, the ledger and the dates.
    """

    NOTHING = "nothing"
    RECEIVED = "received"
    VALIDATED = "validated"
    WEIGHED = "weighed"
    REJECTED = "rejected"
    NOTIFYING = "notifying"
    NOTIFIED = "notified"
    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    APPEALED = "appealed"


Place = LineState | Stage


class Need(StrEnum):
    """What must come with a move, or be so, for it to be made."""

    TEXT = "text"
    MEMBER = "member"
    IN_FULL = "in-full"
    AUTHORIZED = "authorized"
    CHANGED = "changed"
    LESS = "less"
    OPENED = "opened"
    CRITERIA = "criteria"
    CREDENTIAL = "credential"
    BASIS = "basis"
    RULE = "rule"
    REOPENING = "reopening"
    SECOND_PERSON = "second-person"


class Means(StrEnum):
    """How a move comes about."""

    SOFTWARE = "software"
    SENDER = "sender"
    RULING = "ruling"
    MACHINE = "machine"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    `to` empty: the line stays where it is. `reasons` limits the reason codes of a ruling; `emits` is the X12 306 code
    the sender is told, empty where nothing new is. `waits_for` names what a row has to wait for before it can be made.
    """

    name: str
    title: str
    origin: frozenset[Place]
    to: frozenset[Place]
    roles: frozenset[Role]
    means: Means
    action: RulingAction | None = None
    needs: frozenset[Need] = frozenset()
    reasons: frozenset[Reason] | None = None
    emits: str = ""
    waits_for: str = ""


def row(
    name: str,
    title: str,
    origin: Iterable[Place],
    to: Iterable[Place],
    roles: Iterable[Role],
    means: Means,
    emits: str = "",
    waits_for: str = "",
    needs: Iterable[Need] = (),
) -> Move:
    """A move that is no ruling."""
    return Move(
        name,
        title,
        frozenset(origin),
        frozenset(to),
        frozenset(roles),
        means,
        needs=frozenset(needs),
        emits=emits,
        waits_for=waits_for,
    )


def ruling(
    name: str,
    title: str,
    action: RulingAction,
    origin: Iterable[Place],
    to: LineState,
    roles: Iterable[Role],
    emits: str,
    needs: Iterable[Need] = (),
    reasons: frozenset[Reason] | None = None,
) -> Move:
    """A move that a person makes by a ruling; `reasons` None: any reason will do."""
    return Move(
        name,
        title,
        frozenset(origin),
        frozenset({to}),
        frozenset(roles),
        Means.RULING,
        action,
        frozenset(needs),
        reasons,
        emits,
    )
