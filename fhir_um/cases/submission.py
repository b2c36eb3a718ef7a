"""A submission as it arrived: the words read from it, the evidence it carried, and its exact bytes.

Must not know FHIR or SQL.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from fhir_um.cases.asked import ClaimRequest
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import CaseId, ClientId, PayerId, SubmissionId


@dataclass(frozen=True, slots=True)
class Submission:
    """What `$submit` received. `guide` is the PAS version of the base path, for example `2.2.1`.

    `content_hash` is the same for the same JSON content however it is written; `body_hash` is the SHA-256 of the bytes.
    With `differential_updates` (PAS 2.0.1) an update may be known by its change flags alone and may leave lines out.
    """

    request: ClaimRequest
    evidence: Evidence
    body: bytes
    content_hash: str
    body_hash: str
    guide: str
    received_at: datetime
    differential_updates: bool = False


@dataclass(frozen=True, slots=True)
class StoredSubmission:
    """What the store keeps of one: the exact bytes, both hashes, who sent it, and the case it became part of."""

    id: SubmissionId
    payer_id: PayerId
    case_id: CaseId
    case_version: int
    sender: ClientId
    guide: str
    content_hash: str
    body_hash: str
    claim_url: str
    received_at: datetime
    body: bytes


DueAfter = tuple[datetime, CaseId]
"""A place in a list by due date: when the case there is due, and its id."""

NEVER = datetime.max.replace(tzinfo=UTC)
"""When a case without a deadline is due."""


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """FHIR search on Claim or ClaimResponse: by business identifier (`system` None matches any) or by patient.

    `patient` is the member's identifier value, or the patient's address as submitted, whole or `Patient/id`.
    """

    identifier_value: str = ""
    identifier_system: str | None = None
    patient: str = ""
    limit: int = 50
    offset: int = 0
