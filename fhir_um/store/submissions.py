"""What arrived, byte for byte, and by which of the sender's names its case is found. Must not read the bytes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from fhir_um.cases.model import ClientId, PayerId, SubmissionId
from fhir_um.cases.submission import StoredSubmission
from fhir_um.errors import DuplicateSubmission
from fhir_um.store.columns import as_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import claim_identifiers, submissions
from fhir_um.store.writing import insert_or_leave, insert_or_replace
from fhir_um.words import Identifier

CLAIM_URL = "urn:fhir-um:claim-url"
"""In `claim_identifiers`, the system of a claim's own address; no sender's identifier has it."""

_INSERT = Prepared(insert_or_leave(submissions, "payer_id", "sender", "content_hash"))
_NAME = Prepared(insert_or_replace(claim_identifiers))
_BY_ID = Prepared(
    select(submissions).where(
        submissions.c.payer_id == bindparam("payer_id"), submissions.c.id == bindparam("submission_id")
    )
)
_BY_CONTENT = Prepared(
    select(submissions).where(
        submissions.c.payer_id == bindparam("payer_id"),
        submissions.c.sender == bindparam("sender"),
        submissions.c.content_hash == bindparam("content_hash"),
    )
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
        "body_hash": arrived.body_hash,
        "claim_url": arrived.claim_url,
        "received_at": arrived.received_at,
        "body": arrived.body,
    }
    if _INSERT.change(connection, [row]) != 1:
        raise DuplicateSubmission
    names = names_of(arrived.claim_url, identifiers)
    _NAME.change(connection, [_name(arrived, system, value) for system, value in names])


def names_of(claim_url: str, identifiers: tuple[Identifier, ...]) -> tuple[tuple[str, str], ...]:
    """System and value, as kept, of every name a claim is found by."""
    names = dict.fromkeys((as_key(each.system), as_key(each.value)) for each in identifiers if each.value)
    if claim_url:
        names[CLAIM_URL, as_key(claim_url)] = None
    return tuple(names)


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
    return _one(_BY_CONTENT.rows(connection, named))


def load_submission(connection: Connection, payer_id: PayerId, submission_id: SubmissionId) -> StoredSubmission | None:
    """The submission with that id, or None."""
    return _one(_BY_ID.rows(connection, {"payer_id": payer_id, "submission_id": submission_id}))


def _one(rows: Sequence[Sequence[Any]]) -> StoredSubmission | None:
    for row in rows:
        kept = dict(zip(submissions.c.keys(), row, strict=True))
        return StoredSubmission(**{**kept, "body": bytes(kept["body"])})
    return None
