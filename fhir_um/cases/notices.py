"""Letters about a case as the house keeps them: of what kind, to whom, and how far they got. Must not know their words.

Source: um-domain 2.3 T19, 7.3; 42 CFR 422.568(d), 438.404, 438.210(c); 29 CFR 2560.503-1(g).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.errors import Kind, Refusal


class NoticeKind(StrEnum):
    """What a letter is about. One who cancels their own request gets no letter: they know."""

    APPROVAL = "approval"
    APPROVAL_WITH_LIMITS = "approval-with-limits"
    PARTIAL = "partial"
    DENIAL = "denial"
    ADMINISTRATIVE_DENIAL = "administrative-denial"
    INFORMATION_REQUEST = "information-request"
    EXTENSION = "extension"
    WITHDRAWAL = "withdrawal"
    DISMISSAL = "dismissal"
    EXPEDITE_REFUSAL = "expedite-refusal"
    VOID = "void"
    REOPENING = "reopening"


ADVERSE = frozenset({NoticeKind.PARTIAL, NoticeKind.DENIAL, NoticeKind.ADMINISTRATIVE_DENIAL})
"""They tell somebody of less than was asked, and so of the right to appeal."""


DECISIONS = ADVERSE | {NoticeKind.APPROVAL, NoticeKind.APPROVAL_WITH_LIMITS, NoticeKind.DISMISSAL}
"""They tell a determination: a clock for it stops when they are given."""


class Recipient(StrEnum):
    """Who a letter is for."""

    MEMBER = "member"
    PROVIDER = "provider"


class NoticeStatus(StrEnum):
    """How far a letter got. A held one could not be made, and says why; a ready one waits for the mail house."""

    HELD = "held"
    READY = "ready"
    SENT = "sent"
    DELIVERED = "delivered"
    RETURNED = "returned"
    FAILED = "failed"


GIVEN = frozenset({NoticeStatus.SENT, NoticeStatus.DELIVERED})
"""Notice was given: what was sent and did not come back."""

_TO_SEND = frozenset({NoticeStatus.READY, NoticeStatus.RETURNED, NoticeStatus.FAILED})
"""It is not on its way to anybody."""


class Channel(StrEnum):
    """How a letter, or word of it, goes out. `fhir` is the ClaimResponse with its notification."""

    FHIR = "fhir"
    MAIL = "mail"
    PORTAL = "portal"
    FAX = "fax"
    PHONE = "phone"


class Outcome(StrEnum):
    """What became of one try to give notice."""

    SENT = "sent"
    DELIVERED = "delivered"
    RETURNED = "returned"
    FAILED = "failed"


_AFTER: dict[NoticeStatus, frozenset[Outcome]] = {
    NoticeStatus.HELD: frozenset(),
    NoticeStatus.READY: frozenset({Outcome.SENT, Outcome.FAILED}),
    NoticeStatus.SENT: frozenset({Outcome.DELIVERED, Outcome.RETURNED, Outcome.FAILED}),
    NoticeStatus.DELIVERED: frozenset({Outcome.RETURNED}),
    NoticeStatus.RETURNED: frozenset({Outcome.SENT, Outcome.FAILED}),
    NoticeStatus.FAILED: frozenset({Outcome.SENT, Outcome.FAILED}),
}
"""What may come next. A letter that came back may be sent again; a portal gives by showing, and nothing is sent."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One letter: what it is about, by which text, and how far it got; its words are kept beside it.

    `event_sequence` is the step of the case it follows from, `case_version` the case it tells of. `grade` is the school
    grade its prose takes to read; `flags` say what somebody should look at before it goes out. `why_held` is empty
    unless it could not be made. `content_hash` is that of what it says, `pdf_hash` is empty until somebody needed the
    PDF.
    """

    id: str
    payer_id: PayerId
    case_id: CaseId
    case_version: int
    event_sequence: int
    kind: NoticeKind
    recipient: Recipient
    sequences: tuple[int, ...]
    line_of_business: str
    state: str
    template: str
    template_version: str
    status: NoticeStatus
    channel: Channel
    created_at: datetime
    changed_at: datetime
    why_held: str = ""
    grade: float = 0.0
    flags: tuple[str, ...] = ()
    content_hash: str = ""
    pdf_hash: str = ""


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What a letter says, from which its page and its PDF are made, and the PDF once somebody needed it.

    `letter` is empty while it could not be made.
    """

    letter: bytes = b""
    pdf: bytes = b""

    @property
    def content_hash(self) -> str:
        """The SHA-256 of what it says, empty for nothing."""
        return _hash(self.letter)

    @property
    def pdf_hash(self) -> str:
        """The SHA-256 of the PDF, empty while there is none."""
        return _hash(self.pdf)


@dataclass(frozen=True, slots=True)
class NoticeDelivery:
    """One try to give notice: when, how, what became of it, and who says so. `sequence` counts per letter from 1."""

    notice_id: str
    payer_id: PayerId
    case_id: CaseId
    sequence: int
    at: datetime
    channel: Channel
    outcome: Outcome
    by: str
    note: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeSearch:
    """Which letters are wanted, oldest first; all that is given holds. `after` is the last one of the page before."""

    statuses: tuple[NoticeStatus, ...] = ()
    kinds: tuple[NoticeKind, ...] = ()
    after: tuple[datetime, str] | None = None
    limit: int = 50


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest() if content else ""


def status_after(notice: Notice, channel: Channel, outcome: Outcome) -> NoticeStatus:
    """Where the letter stands after a try.

    Word by phone is notice too, but never in place of the letter: that still has to go out, so its status stays.
    Raises: Refusal CONFLICT for a try that cannot follow, INVALID for a call that was sent or returned.
    """
    if notice.status is NoticeStatus.HELD:
        raise Refusal.of(Kind.CONFLICT, "conflict", f"The letter could not be made: {notice.why_held}", "outcome")
    if channel is Channel.PHONE:
        if outcome not in {Outcome.DELIVERED, Outcome.FAILED}:
            raise Refusal.of(
                Kind.INVALID, "value", "A call reached somebody (delivered) or did not (failed).", "outcome"
            )
        return notice.status
    if outcome is Outcome.DELIVERED and notice.status in _TO_SEND:
        if channel is Channel.PORTAL:
            return NoticeStatus.DELIVERED
        told = f"The letter is {notice.status}: say first when it was sent, then that it was delivered."
        raise Refusal.of(Kind.CONFLICT, "conflict", told, "outcome")
    if outcome not in _AFTER[notice.status]:
        may = ", ".join(sorted(_AFTER[notice.status]))
        raise Refusal.of(Kind.CONFLICT, "conflict", f"The letter is {notice.status}; next may come: {may}.", "outcome")
    return NoticeStatus(outcome.value)
