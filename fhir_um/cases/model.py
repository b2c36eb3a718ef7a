"""A request for services as the house keeps it: what was asked, line by line, and what became of each line.

Must not know FHIR, SQL or the time. All shapes are frozen; a case changes only by events (`fhir_um.cases.history`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from fhir_um.cases.asked import ClaimRequest, LineRequest, Party
from fhir_um.cases.basis import Basis
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import Finding
from fhir_um.cases.review import NOTHING, Review
from fhir_um.words import Concept, Period, Quantity

CaseId = NewType("CaseId", str)
PayerId = NewType("PayerId", str)
MemberId = NewType("MemberId", str)
SubmissionId = NewType("SubmissionId", str)
ClientId = NewType("ClientId", str)


class Course(StrEnum):
    """What may happen to a line without a person: the only moves software has."""

    NO_AUTHORIZATION = "no-authorization"
    APPROVE = "approve"
    PEND_DOCUMENTS = "pend-documents"
    PEND_REVIEW = "pend-review"
    PEND_PHYSICIAN = "pend-physician"
    PEND_INTAKE = "pend-intake"
    DENY_BENEFIT = "deny-benefit"
    CONTACT_PAYER = "contact-payer"


@dataclass(frozen=True, slots=True)
class Authorized:
    """What is authorized; None means as requested.

    `provider_role` is what the provider is to do (`primary`, `assist`), where the decision says so.
    """

    service: Concept | None = None
    modifiers: tuple[Concept, ...] | None = None
    quantity: Quantity | None = None
    period: Period | None = None
    provider: Party | None = None
    provider_role: str = ""


@dataclass(frozen=True, slots=True)
class Determination:
    """What the rules propose for one line: the course, why, and what would be authorized or asked."""

    course: Course
    reason: str
    text: str
    finding: Finding | None = None
    authorized: Authorized | None = None
    documents: tuple[DocumentNeeded, ...] = ()
    specialty: str = ""


class LineState(StrEnum):
    """Where a line stands. Pended states come first."""

    INTAKE_REVIEW = "intake-review"
    PENDED_INFO = "pended-info"
    NURSE_REVIEW = "nurse-review"
    PHYSICIAN_REVIEW = "physician-review"
    SPECIALIST_REVIEW = "specialist-review"
    APPROVED = "approved"
    MODIFIED = "modified"
    DENIED_CLINICAL = "denied-clinical"
    DENIED_ADMINISTRATIVE = "denied-administrative"
    NO_ACTION = "no-action"
    DISMISSED = "dismissed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


PENDED = frozenset(
    {
        LineState.INTAKE_REVIEW,
        LineState.PENDED_INFO,
        LineState.NURSE_REVIEW,
        LineState.PHYSICIAN_REVIEW,
        LineState.SPECIALIST_REVIEW,
    }
)
OVER = frozenset({LineState.CANCELLED, LineState.WITHDRAWN, LineState.VOIDED})
"""Nothing was decided, or what was decided no longer counts: told as cancelled."""
DENIED = frozenset({LineState.DENIED_CLINICAL, LineState.DENIED_ADMINISTRATIVE})
AUTHORIZED = frozenset({LineState.APPROVED, LineState.MODIFIED})


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a line stands where it does. `reason` is one of our reason codes (`fhir_um.cases.reasons`).

    `second_opinion` says whether a second surgical opinion is wanted; None when nobody said. `basis` is what a person's
    determination rests on; None for steps that determine nothing, and for software, whose findings say it.
    """

    at: datetime
    decider: Decider
    reason: str
    text: str
    authorized: Authorized | None = None
    second_opinion: bool | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One service line of a case: what was asked, where it stands and why. `sequence` never changes.

    `reviewed` is true from the first ruling of a person on it; from then on software approves nothing of it.
    `taken_over_by` is the request that holds the line's authorization from then on: the submission of an order that had
    earned it. `documents_due_at` is until when the line waits for its documents; then somebody decides without them.
    """

    sequence: int
    request: LineRequest
    state: LineState
    decision: Decision
    findings: tuple[Finding, ...] = ()
    documents: tuple[DocumentNeeded, ...] = ()
    specialty: str = ""
    authorization_number: str = ""
    administrative_reference: str = ""
    previous_authorization_number: str = ""
    issued_on: date | None = None
    period: Period | None = None
    due_at: datetime | None = None
    reviewed: bool = False
    taken_over_by: str = ""
    documents_due_at: datetime | None = None


CORRECT = "C"
DO_NOT_RESUBMIT = "N"
"""X12 889: what the sender of a faulty request should do."""


@dataclass(frozen=True, slots=True)
class BusinessError:
    """A fault of content, not of form: answered with 200 and ClaimResponse.error (X12 AAA).

    `code` is X12 901, `followup` X12 889, `element` the X12 place (`2010D-NM109`), `path` FHIRPath from Bundle,
    `sequence` the line it concerns or None for the whole request.
    """

    code: str
    followup: str
    path: str
    text: str
    element: str = ""
    sequence: int | None = None


class Priority(StrEnum):
    """How fast a decision is due."""

    STANDARD = "standard"
    EXPEDITED = "expedited"


class ReviewType(StrEnum):
    """Before, during or after the service."""

    PROSPECTIVE = "prospective"
    CONCURRENT = "concurrent"
    RETROSPECTIVE = "retrospective"


@dataclass(frozen=True, slots=True)
class Case:
    """One request for services: header, lines and the business errors of its current version.

    `version` counts the transactions that changed the case, from 1. `member_id`, `plan_id` and `line_of_business`
    are empty while the member or coverage is not established. `request` is the current submission without lines and
    `event_count` the number of events that made this case. `submission_hash` is the SHA-256 of that submission's bytes:
    it ties what arrived into the history. `sensitivity` names what it was found to be about when it came
    (`fhir_um.cases.sensitivity`), None when nobody looked. `review` is what people did beside ruling.
    """

    id: CaseId
    payer_id: PayerId
    version: int
    sender: ClientId
    received_at: datetime
    changed_at: datetime
    member_id: str
    plan_id: str
    line_of_business: str
    priority: Priority
    review_type: ReviewType
    request: ClaimRequest
    submission_id: SubmissionId
    lines: tuple[Line, ...]
    errors: tuple[BusinessError, ...] = ()
    event_count: int = 0
    submission_hash: str = ""
    sensitivity: tuple[str, ...] | None = None
    review: Review = NOTHING

    def line(self, sequence: int) -> Line | None:
        """The line with that sequence, or None."""
        return next((line for line in self.lines if line.sequence == sequence), None)

    @property
    def status(self) -> str:
        """`pended` while a line waits for somebody, `cancelled` when every line is, else `decided`."""
        states = {line.state for line in self.lines}
        if states & PENDED:
            return "pended"
        return "cancelled" if states <= OVER else "decided"

    @property
    def is_taken_over(self) -> bool:
        """True when another request holds all that this one was about."""
        return bool(self.lines) and all(line.taken_over_by for line in self.lines)

    @property
    def due_at(self) -> datetime | None:
        """The earliest deadline of its pended lines, or None."""
        return min((line.due_at for line in self.lines if line.due_at and line.state in PENDED), default=None)


class EventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    AMENDED = "amended"
    UPDATE_REFUSED = "update-refused"
    LINE_REQUESTED = "line-requested"
    LINE_CHANGED = "line-changed"
    LINE_MOVED = "line-moved"
    LINE_CANCELLED = "line-cancelled"
    INFORMATION_RECEIVED = "information-received"
    PRIORITY_CHANGED = "priority-changed"
    EVIDENCE_OPENED = "evidence-opened"
    CRITERIA_READ = "criteria-read"
    INFORMATION_DRAFTED = "information-drafted"
    PEER_TO_PEER = "peer-to-peer"
    SPECIALIST_OPINION = "specialist-opinion"
    EXTENSION = "extension"
    VOIDING = "voiding"
    PRIORITY_ASKED = "priority-asked"
    CLOCK_ALARM = "clock-alarm"
    NOTICE = "notice"


NOTES = frozenset({EventKind.EVIDENCE_OPENED, EventKind.CLOCK_ALARM, EventKind.NOTICE})
"""Steps that change nothing a decision rests on: the version of the case stays, and so does what senders are told."""


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a case's history. Exactly one of `case` (header without lines), `line` and `review` is present.

    `path` names the legal moves taken (T3, T6, T7 of the lifecycle table), oldest first. `sequence` counts per case
    from 1; `version` is the case version the step belongs to. The header of a refused update tells what was answered.
    """

    sequence: int
    version: int
    at: datetime
    kind: EventKind
    actor: Decider
    case: Case | None = None
    line: Line | None = None
    before: LineState | None = None
    path: tuple[str, ...] = ()
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class IssuedNumber:
    """A number handed out for a line; it finds its case for ever, also after it was replaced."""

    number: str
    kind: str
    case_id: CaseId
    sequence: int
    issued_at: datetime
