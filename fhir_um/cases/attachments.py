"""Documents that come after the request: what was sent, what is kept of it, and whom one may ask about its safety.

Must not know FHIR or SQL. Source: Da Vinci CDex 2.1.0, `$submit-attachment`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType, Protocol

from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import CaseId, ClientId, PayerId
from fhir_um.words import Concept, Identifier

AttachmentId = NewType("AttachmentId", str)


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that are made piece by piece, as often as wanted; `hash` is their SHA-256."""

    size: int
    hash: str
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class SentDocument:
    """One document. `lines` as written by the sender; `kind` is the FHIR type it came as.

    `about` describes a file as JSON, without its bytes; it is empty where the content itself is a FHIR resource.
    """

    lines: tuple[str, ...]
    code: Concept
    type: Concept
    kind: str
    title: str
    media: str
    about: bytes
    content: Content
    path: str


@dataclass(frozen=True, slots=True)
class AttachmentsSent:
    """One call of `$submit-attachment`: whose documents, to which request, and whether it was the last of them."""

    tracking: Identifier
    admin_reference: Identifier | None
    payer: Identifier | None
    organization: Identifier | None
    provider: Identifier | None
    member: Identifier
    service_date: str
    documents: tuple[SentDocument, ...]
    final: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document as it is kept, without its bytes.

    `case_id` is empty while a person has to find the request it belongs to; `why_held` says what stood in the way.
    `case_version` is the version of the case that it became part of, `lines` are those it is about, of the case.
    `place` counts the documents of one call.
    """

    id: AttachmentId
    payer_id: PayerId
    sender: ClientId
    guide: str
    received_at: datetime
    tracking: Identifier
    admin_reference: Identifier | None
    organization: Identifier | None
    provider: Identifier | None
    member: Identifier
    service_date: str
    final: bool
    said_lines: tuple[str, ...]
    code: Concept
    type: Concept
    kind: str
    title: str
    media: str
    size: int
    content_hash: str
    about: str
    place: int = 0
    case_id: CaseId | None = None
    case_version: int = 0
    lines: tuple[int, ...] = ()
    why_held: str = ""
    matched_by: str = ""
    matched_at: datetime | None = None

    @property
    def address(self) -> str:
        """How a finding names it as evidence."""
        return f"attachment:{self.id}"

    @property
    def request_hash(self) -> str:
        """The same for everything that was sent to the same place under the same name."""
        codes = sorted(f"{code.system}|{code.code}" for code in self.code.codes)
        words = (self.tracking.system, self.tracking.value, self.member.value, *self.said_lines, "", *codes)
        return sha256("\n".join(words).encode(errors="surrogatepass")).hexdigest()


class Fate(StrEnum):
    """What became of one document: part of a request, known already, or kept for a person to match."""

    ATTACHED = "attached"
    REPEATED = "repeated"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a call: per document, in the order sent; `why_held` and `note` are for the sender to read."""

    fates: tuple[Fate, ...]
    case_id: CaseId | None = None
    why_held: str = ""
    note: str = ""


class Chart(Protocol):
    """What the sender's records say about a request: its own evidence, and how an attachment is read beside it."""

    @property
    def evidence(self) -> Evidence:
        """Everything that came with the request."""
        ...

    def attached(self, resource: bytes, address: str, member: Identifier) -> Evidence:
        """What one attachment says, as far as it is about the same patient.

        One that is, and holds nothing a policy reads, is a document without a type; one that is not says nothing.
        """
        ...


ReadChart = Callable[[bytes], Chart]
"""Makes the chart of a submission's bytes."""

Scan = Callable[[SentDocument], str]
"""Looks at a document before anything is kept: what is wrong with it, or an empty string."""


def unscanned(document: SentDocument) -> str:
    """Finds nothing: for a house without a scanner."""
    del document
    return ""
