"""What an EHR was told when it asked about coverage, and what became of it: kept for disputes, audits and metrics.

Must not know FHIR, SQL or how a hook travels. No clinical content is kept: addresses of evidence, never its values.
"""

from dataclasses import dataclass
from datetime import date, datetime

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.words import Code, Identifier


@dataclass(frozen=True, slots=True)
class Guidance:
    """One coverage assertion as it was given, with the policy behind it.

    `id` is the coverage-assertion-id. `content_hash` is the same for the same answer whenever it is given. `document`
    is JSON: the assertion, the determination and its finding. `used_by` is the case a later submission made of it.
    """

    id: str
    payer_id: PayerId
    instance: str
    hook: str
    order_ref: str
    codes: tuple[Code, ...]
    member_id: str
    coverage_ref: str
    policy_id: str
    policy_version: str
    policy_hash: str
    told_at: datetime
    on: date
    expires: date | None
    content_hash: str
    number: str
    document: str
    keep_until: datetime
    used_by: CaseId | None = None

    def holds(self, on: date) -> bool:
        """True until its last day is over."""
        return self.expires is None or on <= self.expires


@dataclass(frozen=True, slots=True)
class Invocation:
    """One hook call: who asked, when, how long it took, what came along and what went back. `document` is JSON."""

    id: str
    payer_id: PayerId
    instance: str
    hook: str
    client: str
    received_at: datetime
    answered_at: datetime
    status: int
    document: str
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class CardTold:
    """A card that was shown, by its uuid: what it was about, which policy it came from."""

    id: str
    payer_id: PayerId
    invocation_id: str
    topic: str
    policy_id: str
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class CardFeedback:
    """What a clinician made of a card; may come more than once. `document` is JSON: suggestions, reason, comment."""

    id: str
    payer_id: PayerId
    card_id: str
    outcome: str
    received_at: datetime
    document: str
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything kept about one invocation. `payer` is how the payer is known outside, None when it was not asked."""

    invocation: Invocation | None
    guidance: tuple[Guidance, ...]
    cards: tuple[CardTold, ...]
    feedback: tuple[CardFeedback, ...]
    payer: Identifier | None = None
