"""What people did about a case beside ruling on its lines: evidence opened, calls, opinions, extensions, voids.

Plain values; each machine has a module of its own that says which step may follow which. Must not know the case, SQL or
HTTP. A `Review` is also what one event changes: `merged` puts its entries in the place of those with the same id.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import Truth


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opened the evidence of a case. It counts until something new comes in; the history keeps it for ever."""

    id: str
    by: Decider
    at: datetime


@dataclass(frozen=True, slots=True)
class Override:
    """A reviewer's own reading of one criterion on one line, with the reason and the evidence for it.

    `id` is `line/policy/criterion`: a later reading of the same criterion replaces it. `found` and `found_evidence` are
    what software had found of it in that version of the policy: once that changes, the reading no longer counts.
    """

    id: str
    sequence: int
    policy_id: str
    criterion_id: str
    truth: Truth
    reason: str
    by: Decider
    at: datetime
    evidence: tuple[str, ...] = ()
    policy_version: str = ""
    found: Truth = Truth.UNKNOWN
    found_evidence: tuple[str, ...] = ()


class DraftState(StrEnum):
    """A request for information before it is sent."""

    DRAFT = "draft"
    ISSUED = "issued"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class InformationDraft:
    """What is to be asked of the sender, not sent yet: a person releases it."""

    id: str
    sequences: tuple[int, ...]
    state: DraftState
    documents: tuple[DocumentNeeded, ...]
    text: str
    by: Decider
    at: datetime
    released_by: Decider | None = None


class PeerToPeerState(StrEnum):
    """Where a conversation between the ordering clinician and a physician of the payer stands."""

    OFFERED = "offered"
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    NO_SHOW = "no-show"
    DECLINED = "declined"
    EXPIRED = "expired"


class PeerToPeerOutcome(StrEnum):
    """What a conversation led to. It changes no line by itself: a physician rules."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"
    MODIFIED = "modified"
    MORE_INFORMATION = "more-information"


@dataclass(frozen=True, slots=True)
class PeerToPeer:
    """One conversation, from its offer to its end.

    `slots` are the times offered, `expires_at` until when it may be had. `physician` is the payer's, `clinician` the
    ordering side's name or NPI as they gave it.
    """

    id: str
    sequences: tuple[int, ...]
    state: PeerToPeerState
    opened_by: Decider
    opened_at: datetime
    expires_at: datetime
    slots: tuple[datetime, ...] = ()
    scheduled_at: datetime | None = None
    physician: Decider | None = None
    clinician: str = ""
    participants: tuple[str, ...] = ()
    minutes: int = 0
    new_facts: str = ""
    outcome: PeerToPeerOutcome | None = None
    ended_at: datetime | None = None
    note: str = ""


class OpinionState(StrEnum):
    """Where a question to a specialist stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    GIVEN = "given"
    RECUSED = "recused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SpecialistOpinion:
    """A second look at a line by somebody of the specialty it needs; they attest that nothing ties them to the case."""

    id: str
    sequence: int
    state: OpinionState
    specialty: str
    question: str
    asked_by: Decider
    asked_at: datetime
    specialist: Decider | None = None
    no_conflict: bool = False
    opinion: str = ""
    recommends: str = ""
    ended_at: datetime | None = None


class ExtensionGround(StrEnum):
    """Why more time may be taken. Source: 42 CFR 422.568(b)(1)(i)(A)-(C), 438.210(d)(1)(ii); 29 CFR 2560.503-1(f)."""

    MEMBER_REQUEST = "member-request"
    NONCONTRACT_INFORMATION = "noncontract-information"
    EXTRAORDINARY = "extraordinary"
    MEMBER_INTEREST = "information-needed-in-member-interest"


class ExtensionState(StrEnum):
    """Whoever asks for more time does not grant it."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for lines, by days, on a ground their clock's rule allows. `due_before` is what was due, by line.

    `note` says why it was refused.
    """

    id: str
    sequences: tuple[int, ...]
    state: ExtensionState
    ground: ExtensionGround
    text: str
    days: int
    proposed_by: Decider
    proposed_at: datetime
    decided_by: Decider | None = None
    decided_at: datetime | None = None
    due_before: tuple[tuple[int, datetime], ...] = ()
    note: str = ""


class VoidState(StrEnum):
    """It takes two people to void a line."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Voiding:
    """An entry made in error by the payer is taken off the books; never a way to undo a right approval.

    `note` says why it was refused.
    """

    id: str
    sequences: tuple[int, ...]
    state: VoidState
    reason: str
    proposed_by: Decider
    proposed_at: datetime
    decided_by: Decider | None = None
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PriorityRequest:
    """Somebody asked for a faster decision: granted at once or refused by a clinician, who says why.

    `lowered` where nobody asked, and a clinician took an expedited case back to standard: not granted either.
    """

    id: str
    asked_by: str
    asked_at: datetime
    supported_by_physician: bool
    granted: bool
    text: str
    by: Decider
    lowered: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """A clock reached a share of its time: 75, 90 or 100 of 100. `id` is `line/kind/rule/percent`: told once."""

    id: str
    sequence: int
    kind: str
    rule_id: str
    percent: int
    due_at: datetime
    at: datetime
    late_effect: str = ""


@dataclass(frozen=True, slots=True)
class NoticeStep:
    """A letter was made, sent, delivered or returned; what it says is kept beside the case, under the same `id`."""

    id: str
    sequences: tuple[int, ...]
    kind: str
    recipient: str
    status: str
    channel: str
    at: datetime
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Everything people did beside ruling, each kind in the order it began."""

    openings: tuple[Opening, ...] = ()
    overrides: tuple[Override, ...] = ()
    drafts: tuple[InformationDraft, ...] = ()
    peer_to_peers: tuple[PeerToPeer, ...] = ()
    opinions: tuple[SpecialistOpinion, ...] = ()
    extensions: tuple[Extension, ...] = ()
    voidings: tuple[Voiding, ...] = ()
    priorities: tuple[PriorityRequest, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    notices: tuple[NoticeStep, ...] = ()

    def merged(self, change: "Review") -> "Review":
        """With the entries of `change`: in the place of those with the same id, the others at the end."""
        kinds = [field.name for field in fields(Review) if getattr(change, field.name)]
        both: dict[str, Any] = {kind: _merged(getattr(self, kind), getattr(change, kind)) for kind in kinds}
        return replace(self, **both)

    def unopened(self) -> "Review":
        """As it stands after something new came in: whoever decides opens the evidence again."""
        return replace(self, openings=()) if self.openings else self


def _merged(kept: tuple[_Entry, ...], change: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    new = {entry.id: entry for entry in change}
    return (*(new.pop(entry.id, entry) for entry in kept), *new.values())


NOTHING = Review()
"""Of a case nobody looked at."""
