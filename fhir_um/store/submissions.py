"""What arrived, byte for byte, and by which of the sender's names its case is found. Must not read the bytes."""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from fhir_um.cases.model import CaseId, ClientId, PayerId, SubmissionId
from fhir_um.cases.submission import StoredSubmission
from fhir_um.errors import DuplicateSubmission
from fhir_um.store.columns import as_key
from fhir_um.store.tables import claim_identifiers, submissions
from fhir_um.store.writing import insert_or_leave, insert_or_replace
from fhir_um.words import Identifier

CLAIM_URL = "urn:fhir-um:claim-url"
"""In `claim_identifiers`, the system of a claim's own address; no sender's identifier has it."""

_INSERT = insert_or_leave(submissions, "payer_id", "sender", "content_hash")
_NAME = insert_or_replace(claim_identifiers)
_BY_ID = select(submissions).where(
    submissions.c.payer_id == bindparam("payer_id"), submissions.c.id == bindparam("submission_id")
)
_BY_CONTENT = select(submissions).where(
    submissions.c.payer_id == bindparam("payer_id"),
    submissions.c.sender == bindparam("sender"),
    submissions.c.content_hash == bindparam("content_hash"),
)


def add_submission(connection: Connection, arrived: StoredSubmission, identifiers: tuple[Identifier, ...]) -> None:
    """Keep a submission and the names of its claim.

    Raises: DuplicateSubmission when this sender sent the same content before; nothing is written then.
    """
    row = {
        "payer_id": arrived.payer_id,
        "id": arrived.id,
        "case_id": arrived.case_id,
        "case_version": arrived.case_version,
        "sender": arrived.sender,
        "guide": arrived.guide,
        "content_hash": arrived.content_hash,
        "claim_url": arrived.claim_url,
        "received_at": arrived.received_at,
        "body": arrived.body,
    }
    if connection.execute(_INSERT.of(connection), row).rowcount != 1:
        raise DuplicateSubmission
    names = dict.fromkeys((as_key(each.system), as_key(each.value)) for each in identifiers if each.value)
    if arrived.claim_url:
        names[CLAIM_URL, as_key(arrived.claim_url)] = None
    if names:
        connection.execute(_NAME.of(connection), [_name(arrived, system, value) for system, value in names])


def _name(arrived: StoredSubmission, system: str, value: str) -> dict[str, object]:
    return {
        "payer_id": arrived.payer_id,
        "sender": arrived.sender,
        "value": value,
        "system": system,
        "case_id": arrived.case_id,
        "received_at": arrived.received_at,
    }


def find_submission(
    connection: Connection, payer_id: PayerId, sender: ClientId, content_hash: str
) -> StoredSubmission | None:
    """The submission of that content by that sender, or None."""
    named = {"payer_id": payer_id, "sender": sender, "content_hash": content_hash}
    return _one(connection.execute(_BY_CONTENT, named).first())


def load_submission(connection: Connection, payer_id: PayerId, submission_id: SubmissionId) -> StoredSubmission | None:
    """The submission with that id, or None."""
    return _one(connection.execute(_BY_ID, {"payer_id": payer_id, "submission_id": submission_id}).first())


def _one(row: Row[*tuple[Any, ...]] | None) -> StoredSubmission | None:
    if row is None:
        return None
    return StoredSubmission(
        id=SubmissionId(row.id),
        payer_id=PayerId(row.payer_id),
        case_id=CaseId(row.case_id),
        case_version=row.case_version,
        sender=ClientId(row.sender),
        guide=row.guide,
        content_hash=row.content_hash,
        claim_url=row.claim_url,
        received_at=row.received_at,
        body=bytes(row.body),
    )
