"""Attachments in the words of the business, inside one transaction: what may be read of them, and what may be changed.

Must not open or end the transaction, and holds no SQL.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from fhir_um.cases.attachments import Attachment, Content
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store import attachments
from fhir_um.store.sealed import demanded
from fhir_um.vault import Vault


class AttachmentsRead:
    """A transaction that reads attachments."""

    def __init__(self, connection: Connection, vault: Vault | None) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, payers: Sequence[PayerId], id: str) -> Attachment | None:
        """The document with that id at one of those payers, or None."""
        return attachments.find_attachment(self._connection, payers, id)

    def same_as(self, row: Attachment) -> Attachment | None:
        """The document with the same bytes that this sender sent to the same place before, or None."""
        return attachments.find_same(self._connection, row)

    def of_case(self, payer_id: PayerId, case_id: CaseId) -> tuple[Attachment, ...]:
        """Every document of a case, in the order they came."""
        return attachments.attachments_of(self._connection, payer_id, case_id)

    def evidence(self, payer_id: PayerId, case_id: CaseId) -> Evidence:
        """What the documents of a case say, as far as software can read it. Raises: CannotOpen."""
        return attachments.evidence_attached(self._connection, self._vault, payer_id, case_id)

    def held(self, payer_id: PayerId, most: int) -> tuple[Attachment, ...]:
        """Documents whose request nobody has found yet, oldest first."""
        return attachments.held_attachments(self._connection, payer_id, most)

    def piece(self, row: Attachment, place: int) -> bytes | None:
        """One piece of its bytes, from 0; None after the last. Raises: CannotOpen."""
        return attachments.piece_of(self._connection, self._vault, row.payer_id, row.content_hash, place)


class Attachments(AttachmentsRead):
    """A transaction that may add attachments, and give those that are held to a case; both need a key."""

    def __init__(self, connection: Connection, vault: Vault | None, writing: Callable[[], Connection]) -> None:
        super().__init__(connection, vault)
        self._writing = writing

    def add(self, row: Attachment, evidence: Evidence, content: Content) -> bool:
        """Keep a document and its bytes; False when the same came under the same name before."""
        return attachments.add_attachment(self._writing(), demanded(self._vault), row, evidence, content)

    def find_for_change(self, payer_id: PayerId, id: str) -> Attachment | None:
        """The document, kept from others who would match it until the transaction ends; or None."""
        return attachments.find_to_change(self._writing(), payer_id, id)

    def match(self, row: Attachment, evidence: Evidence) -> bool:
        """Give a held document to the case it now names; False when somebody else did meanwhile."""
        return attachments.match_attachment(self._writing(), demanded(self._vault), row, evidence)
