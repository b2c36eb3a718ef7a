"""A compiled policy and what it is asked about. Must not know files, FHIR or how evidence is searched."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import GoldCard, LineOfBusiness, Member, Plan, Provider, UsedService
from fhir_um.words import Code, Period


class PolicyFault(Exception):
    """A policy file that may not be used: which file, where in it, and what is wrong."""

    def __init__(self, file: str, path: str, what: str) -> None:
        super().__init__(f"{file}: {path}: {what}" if path else f"{file}: {what}")
        self.file = file
        self.path = path
        self.what = what


class Misfit(Exception):
    """A part of a policy that does not fit: its place in the file and what is wrong."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


@dataclass(frozen=True, slots=True)
class LineContext:
    """All that may be weighed about one line.

    `on` is the day of service (policies in force, age, windows of use); `received` the day the request arrived
    (age of evidence). `history` holds what the member used and other cases authorize, never lines of this case.
    """

    line: LineRequest
    request: ClaimRequest
    member: Member
    plan: Plan
    on: date
    received: date
    evidence: Evidence
    history: tuple[UsedService, ...]
    providers: tuple[Provider, ...]
    gold_cards: tuple[GoldCard, ...]


Value = Decimal | str | bool | date | tuple[str, ...]


class FactType(StrEnum):
    """What kind of value a fact has; `codes` is a set of codes of which any may match."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Found:
    """A known fact and the evidence it rests on. `at_least`: more may exist than was sent (counts, days of supply)."""

    value: Value
    refs: tuple[str, ...] = ()
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line made ready for fact finding: its context, its codes as the book files them, its diagnoses by code."""

    context: LineContext
    codes: frozenset[Code]
    diagnoses: tuple[tuple[str, str], ...]


FindFact = Callable[[AskedLine], Found | None]


@dataclass(frozen=True, slots=True)
class Sought:
    """Where in the chart a fact would be found: the kind of record, and its codes (none: any of that kind)."""

    kind: Literal["observation", "condition", "procedure", "medication", "document"]
    codes: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """A compiled source of record: how to find the value, its type and what its silence means.

    `always_known`: the payer or the claim itself always answers. `only_shown`: it can show that something is there,
    never that it is not. `clinical`: it comes from the chart.
    """

    find: FindFact
    type: FactType
    clinical: bool = True
    always_known: bool = False
    only_shown: bool = False
    from_history: bool = False
    sought: Sought | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a policy needs to know, and how it is found; None when nothing usable was sent."""

    id: str
    label: str
    type: FactType
    find: FindFact
    links: tuple[str, ...]
    clinical: bool
    always_known: bool
    only_shown: bool
    from_history: bool
    sought: Sought | None = None


Operand = Value | tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One criterion. `position` is its place among the policy's criteria; `passes` compares a known value."""

    id: str
    label: str
    fact: Fact
    op: str
    value: Operand
    position: int
    passes: Callable[[Value, date], bool]


GroupKind = Literal["all", "any", "none", "at_least"]


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria joined by all, any, none or at_least (`needed` of them)."""

    kind: GroupKind
    children: tuple["Node", ...]
    needed: int = 0


Node = Leaf | Group


@dataclass(frozen=True, slots=True)
class Criteria:
    """A tree, its leaves in the order written, and the facts they rest on, each once."""

    root: Node
    leaves: tuple[Leaf, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An explicit benefit exclusion; `when` None means always."""

    when: Criteria | None
    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may go without a person."""

    max_units: Decimal | None = None
    per_days: int | None = None
    pend_duplicates: bool = False
    authorized_period_days: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document to ask for, and the facts it would show (none: any)."""

    needed: DocumentNeeded
    required: bool
    shows: frozenset[str]


@dataclass(frozen=True, slots=True)
class FormItem:
    """One question, for a questionnaire made from the policy."""

    link: str
    type: str
    text: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Questions under one heading."""

    id: str
    title: str
    items: tuple[FormItem, ...]


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """Units in a window of days that need no authorization."""

    units: Decimal
    window_days: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """A code that brings a line under a policy or the no-authorization file; no label where texts are licensed."""

    code: Code
    label: str


class AdviceKind(StrEnum):
    """What a row of advice does: shows a page, says something, proposes an order instead, as well, or first, hands out
    the policy's form, or opens an app.
    """

    REFERENCE = "reference"
    INSTRUCTIONS = "instructions"
    ALTERNATIVE = "alternative"
    COMPANION = "companion"
    PREREQUISITE = "prerequisite"
    FORM = "form"
    APP = "app"


class AdviceTopic(StrEnum):
    """What advice is about. Source: the codes of CRD 2.2.1 value set cardType that a policy can speak to."""

    CLAIM = "claim"
    INSURANCE = "insurance"
    LIMITS = "limits"
    NETWORK = "network"
    APPROPRIATE_USE = "appropriate-use"
    COST = "cost"
    ALTERNATIVES_OPTIONAL = "therapy-alternatives-opt"
    ALTERNATIVES_REQUIRED = "therapy-alternatives-req"
    CLINICAL_REMINDER = "clinical-reminder"
    DUPLICATE_THERAPY = "duplicate-therapy"
    CONTRAINDICATION = "contraindication"
    GUIDELINE = "guideline"
    OFF_GUIDELINE = "off-guideline"


class Urgency(StrEnum):
    """How much advice matters to the patient's care; a missing authorization is never critical."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Moment(StrEnum):
    """When in the work of an office advice is welcome."""

    CHOOSING = "choosing"
    SIGNING = "signing"
    SENDING = "sending"
    BOOKING = "booking"
    ARRIVAL = "arrival"
    DISCHARGE = "discharge"


@dataclass(frozen=True, slots=True)
class Proposed:
    """Something to order: its code, our label, and whether it is a service, a device or a drug."""

    code: Code
    label: str
    what: Literal["service", "device", "drug"]


@dataclass(frozen=True, slots=True)
class PolicyAdvice:
    """What a policy has to say beyond the determination.

    `url` is absolute (of an app its launch address), or a path of our own public pages. `truths` empty: whatever the
    criteria say. `lacking`: only while one of these facts is not shown as the criteria want it. `codes` empty: for
    every code of the policy.
    """

    policy_id: str
    policy_version: str
    id: str
    kind: AdviceKind
    topic: AdviceTopic
    urgency: Urgency
    title: str
    text: str
    url: str
    proposed: Proposed | None
    truths: frozenset[Truth]
    lacking: frozenset[str]
    codes: frozenset[Code]
    moments: frozenset[Moment]


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one coverage policy, compiled. Immutable: `content_hash` is the SHA-256 of the file."""

    id: str
    version: str
    content_hash: str
    title: str
    notice: str
    effective: Period
    lines_of_business: frozenset[LineOfBusiness]
    plans: tuple[str, ...]
    modifiers: frozenset[str]
    group: str
    specialty: str
    sensitive: bool
    triggers: tuple[Trigger, ...]
    required: bool
    free: FreeUnits | None
    facts: dict[str, Fact]
    criteria: Criteria | None
    exclusions: tuple[Exclusion, ...]
    courses: dict[Truth, Course]
    other_administrator: str
    limits: Limits
    documents: tuple[Document, ...]
    form: tuple[FormGroup, ...]
    needs_history: bool
    advice: tuple[PolicyAdvice, ...] = ()

    @property
    def never_covered(self) -> bool:
        """True when an exclusion of this policy holds always."""
        return any(e.when is None for e in self.exclusions)


@dataclass(frozen=True, slots=True)
class FreeService:
    """A row of the no-authorization file."""

    title: str
    version: str
    content_hash: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class PaListRow:
    """One code of the public list; `label` is ours and empty where texts are licensed, `plans` lines of business."""

    system: str
    code: str
    label: str
    policy_id: str
    title: str
    outcome: str
    plans: tuple[str, ...]
