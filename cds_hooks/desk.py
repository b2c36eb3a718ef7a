"""What the hook counter asks, and what it needs to hear: a port that any payer's own desk can answer.

Must not know how a hook travels, policies, cases or SQL. Codes are those of Da Vinci CRD 2.2.1; what an older dialect
cannot say is turned around in `dialects`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Any, Protocol

from cds_hooks.assertions import (
    Amount,
    Assertion,
    Coding,
    Contact,
    Covered,
    Detail,
    DetailCategory,
    DocNeeded,
    DocPurpose,
    InfoNeeded,
    PaNeeded,
    Period,
    ReasonCode,
    Unsayable,
    Why,
    tells_apart,
)

__all__ = [
    "Action",
    "Advice",
    "AdviceKind",
    "Amount",
    "Answered",
    "Assertion",
    "Coding",
    "Contact",
    "Covered",
    "Desk",
    "Detail",
    "DetailCategory",
    "DocNeeded",
    "DocPurpose",
    "Feedback",
    "Indicator",
    "InfoNeeded",
    "Json",
    "Link",
    "Needs",
    "NotOurs",
    "Order",
    "PaNeeded",
    "Period",
    "Question",
    "ReasonCode",
    "Suggestion",
    "Told",
    "Topic",
    "Unsayable",
    "Why",
]

Json = dict[str, Any]


class AdviceKind(StrEnum):
    """The card types of CRD, as they are told apart on the wire."""

    EXTERNAL_REFERENCE = "external-reference"
    INSTRUCTIONS = "instructions"
    ALTERNATE_REQUEST = "alternate-request"
    ADDITIONAL_ORDERS = "additional-orders"
    FORM_COMPLETION = "form-completion"
    COVERAGE_UPDATE = "coverage-update"
    SMART_LAUNCH = "smart-launch"


class Topic(StrEnum):
    """What a card is about; also the code of the option that switches it. Source: CRD 2.2.1 value set cardType."""

    COVERAGE_INFO = "coverage-info"
    UNSOLICITED_DETERMINATION = "unsolicited-determ"
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


class Indicator(StrEnum):
    """How urgent a card is to a clinician. A missing authorization is never critical (resp-1)."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a card; `app_context` only for a SMART launch."""

    label: str
    url: str
    app_context: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One change proposed to the EHR: `create`, `update` (with the whole resource) or `delete` (`Type/id`)."""

    type: str
    description: str
    resource: Json | None = None
    resource_id: str = ""
    if_none_exist: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A set of changes taken together."""

    label: str
    actions: tuple[Action, ...]
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """A card before it has a dialect. `about` are the references of the orders it concerns (`ServiceRequest/1`)."""

    kind: AdviceKind
    topic: Topic
    indicator: Indicator
    summary: str
    detail: str = ""
    about: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    override_reasons: tuple[Coding, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order or appointment that is asked about. `resource` is exactly what the EHR sent, never changed.

    `ref` is `Type/id`. `codes` say what is ordered, with its billing options; `npis` who asks and who performs, as far
    as the resources at hand tell. `is_draft` False: it was signed before.
    """

    ref: str
    resource: Json
    codes: tuple[Coding, ...]
    text: str
    quantity: Amount | None
    period: Period
    requester_npis: tuple[str, ...]
    performer_npis: tuple[str, ...]
    is_draft: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """One hook call, in plain values and with the resources that came along or were fetched.

    `resources` holds everything at hand by `Type/id`; `coverage` is the one Coverage of the call, or None. `missing`
    names what could not be had although it was asked for (`Coverage`, `Patient`, `Condition`, ...), and why.
    `is_secondary`: order-select, encounter-start and encounter-discharge, where no documentation may be asked for.
    `determine`: False for a what-if call, which must not be given an authorization (unsolicited-determ off).
    `server` is the base address of the EHR's FHIR server, empty when it gave none; `client` who calls.
    """

    hook: str
    instance: str
    version: str
    orders: tuple[Order, ...]
    patient_id: str
    patient: Json | None
    coverage: Json | None
    coverage_ref: str
    resources: Mapping[str, Json]
    missing: Mapping[str, str]
    user: str
    received_at: datetime
    is_secondary: bool = False
    determine: bool = True
    server: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The desk's answer: assertions by order `ref`, cards, and the insurer's name as on the member's card."""

    source_label: str
    assertions: Mapping[str, tuple[Assertion, ...]]
    advice: tuple[Advice, ...] = ()
    source_url: str = ""

    def __post_init__(self) -> None:
        """Raises: Unsayable without an insurer's name, or when two assertions about one order have the same scope."""
        if not self.source_label.strip():
            raise Unsayable("an answer names the insurer")
        for about in self.assertions.values():
            if not all(tells_apart(one, other) for one, other in combinations(about, 2)):
                raise Unsayable("assertions about one order differ in codes, limits or what they depend on")


@dataclass(frozen=True, slots=True)
class Needs:
    """What the desk would like to know beside the prefetch: resource type and search text, `{patient}` filled in."""

    searches: tuple[tuple[str, str], ...]


class NotOurs(Exception):
    """The Coverage is of no payer that this desk answers for; the text says why, without health data."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered, for keeping: everything an auditor asks for, nothing of the message's clinical content."""

    instance: str
    hook: str
    service: str
    client: str
    version: str
    received_at: datetime
    answered_at: datetime
    http_status: int
    issues: tuple[str, ...]
    token_use: str
    resources: tuple[tuple[str, bool, int], ...]
    """Type, whether prefetched, how many."""
    orders: tuple[tuple[str, tuple[Coding, ...]], ...]
    assertions: Mapping[str, tuple[Assertion, ...]]
    cards: tuple[tuple[str, str, str], ...]
    """uuid, topic, policy."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a card. `outcome` is accepted or overridden."""

    card: str
    outcome: str
    suggestions: tuple[str, ...]
    reason: Coding | None
    comment: str
    at: datetime | None


class Desk(Protocol):
    """Who answers. Every method may be called from several threads or processes."""

    def needs(self, question: Question) -> Needs:
        """What should be fetched from the EHR for these orders, beyond what is at hand."""
        ...

    def answer(self, question: Question) -> Answered:
        """The answer for every order of the question. An order the desk fails on is answered as indeterminate.

        Raises: NotOurs.
        """
        ...

    def keep(self, told: Told) -> None:
        """Remembers an invocation and what was told."""
        ...

    def feedback(self, client: str, service: str, rows: tuple[Feedback, ...], at: datetime) -> None:
        """Remembers what clinicians made of cards; unknown cards, and those shown to other clients, are ignored."""
        ...
