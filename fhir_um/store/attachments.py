"""Documents that came after the request, as rows; their bytes apart, piece by piece. Must not know what they mean.

Bytes, and what was read out of them, are sealed piece by piece on their way in and opened on their way out; the hash of
a content is that of the clear bytes, so that the same content is known again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from fhir_um.cases.attachments import Attachment, Content
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.attachment_tables import attachment_pieces, attachments
from fhir_um.store.columns import as_key
from fhir_um.store.documents import document
from fhir_um.store.engine import lock_key
from fhir_um.store.evidence_text import evidence_from, evidence_text
from fhir_um.store.prepared import Prepared
from fhir_um.store.sealed import open_evidence, open_piece, seal_evidence, seal_piece
from fhir_um.store.writing import insert_or_leave
from fhir_um.vault import Vault

_attachment_of = msgspec.json.Decoder(Attachment).decode

PIECE_BYTES = 262_144
"""How much of a document is in memory at once, about, when it is written and when it is read."""

_a = attachments.c
_p = attachment_pieces.c
_THIS = (_a.payer_id == bindparam("of_payer"), _a.id == bindparam("of_id"))
_OF_CASE = (_a.payer_id == bindparam("of_payer"), _a.case_id == bindparam("of_case"))
_IN_ORDER = (_a.received_at, _a.place, _a.id)

_INSERT = Prepared(insert_or_leave(attachments, "content_hash", "request_hash", "sender", "payer_id"))
_INSERT_PIECE = Prepared(insert_or_leave(attachment_pieces, "content_hash", "payer_id", "place"))
"""Somebody else may keep the same content at the same moment."""

_MATCH = update(attachments).where(*_THIS, _a.case_id.is_(None))
_FIND = Prepared(
    select(_a.document).where(_a.id == bindparam("of_id"), _a.payer_id.in_(bindparam("payers", expanding=True)))
)
_FIND_LOCKED = Prepared(select(_a.document).where(*_THIS).with_for_update())
_SAME = Prepared(
    select(_a.document).where(
        _a.payer_id == bindparam("of_payer"),
        _a.sender == bindparam("of_sender"),
        _a.request_hash == bindparam("request_hash"),
        _a.content_hash == bindparam("content_hash"),
    )
)
_DOCUMENTS = Prepared(select(_a.document).where(*_OF_CASE).order_by(*_IN_ORDER))
_EVIDENCE = Prepared(select(_a.id, _a.evidence, _a.sealed_by).where(*_OF_CASE).order_by(*_IN_ORDER))
_HELD = Prepared(
    select(_a.document)
    .where(_a.payer_id == bindparam("of_payer"), _a.case_id.is_(None))
    .order_by(*_IN_ORDER)
    .limit(bindparam("most"))
)
_PIECE = Prepared(
    select(_p.piece, _p.sealed_by).where(
        _p.payer_id == bindparam("of_payer"), _p.content_hash == bindparam("content_hash"), _p.place == bindparam("at")
    )
)


def add_attachment(connection: Connection, vault: Vault, row: Attachment, evidence: Evidence, content: Content) -> bool:
    """Keep a document and its bytes; False, and nothing is written, when the same came under the same name before."""
    if _INSERT.change(connection, [_columns(vault, row, evidence)]) != 1:
        return False
    lock_key(connection, content_key(row.payer_id, row.content_hash))
    first = {"of_payer": row.payer_id, "content_hash": row.content_hash, "at": 0}
    if not _PIECE.rows(connection, first):
        for place, piece in enumerate(_in_pieces(content.pieces())):
            key: dict[str, Any] = {"payer_id": row.payer_id, "content_hash": row.content_hash, "place": place}
            sealed = {"piece": seal_piece(vault, piece, **key), "sealed_by": vault.key_ids[0]}
            _INSERT_PIECE.change(connection, [key | sealed])
    return True


def match_attachment(connection: Connection, vault: Vault, row: Attachment, evidence: Evidence) -> bool:
    """Give a held document to the case it now names; False when somebody else did meanwhile."""
    columns = _columns(vault, row, evidence)
    changed = {name: columns[name] for name in ("case_id", "case_version", "document", "evidence", "sealed_by")}
    return connection.execute(_MATCH.values(**changed), {"of_payer": row.payer_id, "of_id": row.id}).rowcount == 1


def find_attachment(connection: Connection, payers: Sequence[PayerId], id: str) -> Attachment | None:
    """The document with that id at one of those payers, or None."""
    return _one(_FIND.rows(connection, {"payers": list(payers), "of_id": as_key(id)}))


def find_to_change(connection: Connection, payer_id: PayerId, id: str) -> Attachment | None:
    """The document with that id, kept from others until the transaction ends; or None."""
    return _one(_FIND_LOCKED.rows(connection, {"of_payer": payer_id, "of_id": as_key(id)}))


def find_same(connection: Connection, row: Attachment) -> Attachment | None:
    """The document with the same bytes that this sender sent to the same place before."""
    named = {"of_payer": row.payer_id, "of_sender": row.sender}
    return _one(_SAME.rows(connection, named | {"request_hash": row.request_hash, "content_hash": row.content_hash}))


def attachments_of(connection: Connection, payer_id: PayerId, case_id: CaseId) -> tuple[Attachment, ...]:
    """Every document of a case, in the order they came."""
    return _all(_DOCUMENTS.rows(connection, {"of_payer": payer_id, "of_case": as_key(case_id)}))


def evidence_attached(connection: Connection, vault: Vault | None, payer_id: PayerId, case_id: CaseId) -> Evidence:
    """What the documents of a case say, as far as software can read it, in the order they came. Raises: CannotOpen."""
    found = Evidence()
    for id, kept, sealed_by in _EVIDENCE.rows(connection, {"of_payer": payer_id, "of_case": as_key(case_id)}):
        found = found.beside(evidence_from(open_evidence(vault, kept, sealed_by, payer_id, id)))
    return found


def held_attachments(connection: Connection, payer_id: PayerId, most: int) -> tuple[Attachment, ...]:
    """Documents whose request nobody has found yet, oldest first."""
    return _all(_HELD.rows(connection, {"of_payer": payer_id, "most": most}))


def piece_of(
    connection: Connection, vault: Vault | None, payer_id: PayerId, content_hash: str, place: int
) -> bytes | None:
    """One piece of a content, from 0; None after the last. Raises: CannotOpen."""
    for piece, sealed_by in _PIECE.rows(connection, {"of_payer": payer_id, "content_hash": content_hash, "at": place}):
        return open_piece(vault, bytes(piece), sealed_by, payer_id, content_hash, place)
    return None


def _columns(vault: Vault, row: Attachment, evidence: Evidence) -> dict[str, Any]:
    return {
        "payer_id": row.payer_id,
        "id": row.id,
        "sender": row.sender,
        "case_id": row.case_id,
        "case_version": row.case_version,
        "received_at": row.received_at,
        "place": row.place,
        "request_hash": row.request_hash,
        "content_hash": row.content_hash,
        "document": document(row),
        "evidence": seal_evidence(vault, evidence_text(evidence), row.payer_id, row.id),
        "sealed_by": vault.key_ids[0],
    }


def _one(rows: Sequence[Sequence[Any]]) -> Attachment | None:
    return next(iter(_all(rows)), None)


def _all(rows: Sequence[Sequence[Any]]) -> tuple[Attachment, ...]:
    return tuple(_attachment_of(kept) for (kept,) in rows)


def _in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        for start in range(0, len(part), PIECE_BYTES):
            yield part[start : start + PIECE_BYTES]


def content_key(payer_id: str, content_hash: str) -> str:
    """What to lock so that nobody removes a content that somebody else is about to share."""
    return f"content\n{payer_id}\n{content_hash}"
