"""What does not hold of what follows a pend: documents that came, and notifications owed. Must not repair anything.

Sealed documents are opened and held against their hash where a key is at hand, and are left alone otherwise.
"""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, and_, bindparam, exists, func, select

from fhir_um.store.attachment_tables import attachment_pieces, attachments
from fhir_um.store.evidence_text import evidence_from
from fhir_um.store.found import as_found
from fhir_um.store.hook_faults import Check, Found
from fhir_um.store.notice_faults import notice_faults, sealed_notices
from fhir_um.store.notice_tables import notices
from fhir_um.store.retention_tables import purged_cases
from fhir_um.store.sealed import CLEAR, open_evidence, open_piece
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.store.tables import cases
from fhir_um.vault import CannotOpen, Vault

_PIECES = (
    select(*as_found(attachment_pieces))
    .where(
        attachment_pieces.c.payer_id == bindparam("of_payer"), attachment_pieces.c.content_hash == bindparam("content")
    )
    .order_by(attachment_pieces.c.place)
)
_CASE_VERSION = select(cases.c.version).where(
    cases.c.payer_id == bindparam("of_payer"), cases.c.id == bindparam("case_id")
)
_OWED = (
    deliveries.c.subscription_id == bindparam("of_id"),
    deliveries.c.payer_id == bindparam("of_payer"),
    deliveries.c.event_number > 0,
)
_NUMBERS = select(
    func.count(), func.count(deliveries.c.event_number.distinct()), func.max(deliveries.c.event_number)
).where(*_OWED)
_ABOUT_NOTHING = select(func.count()).where(
    *_OWED,
    ~exists().where(and_(cases.c.id == deliveries.c.case_id, cases.c.version >= deliveries.c.case_version)),
    ~exists().where(purged_cases.c.id == deliveries.c.case_id),
)
_SEALED = select(func.count()).where(attachments.c.sealed_by != CLEAR)


def sealed_documents(connection: Connection) -> int:
    """How many documents and letters only somebody with a key can check."""
    return connection.execute(_SEALED).scalar_one() + sealed_notices(connection)


def _of_attachment(vault: Vault | None, connection: Connection, row: Found) -> Iterator[str]:
    yield from _content_faults(vault, connection, row)
    yield from _evidence_faults(vault, row)
    named: dict[str, Any] = {"of_payer": row.payer_id, "case_id": row.case_id}
    if row.case_id is not None and row.case_version > (connection.scalar(_CASE_VERSION, named) or 0):
        yield "it became part of a version its case does not have"


def _content_faults(vault: Vault | None, connection: Connection, row: Found) -> Iterator[str]:
    digest = sha256()
    for piece in connection.execute(_PIECES, {"of_payer": row.payer_id, "content": row.content_hash}):
        if vault is None and piece.sealed_by != CLEAR:
            return
        kept = piece.piece if isinstance(piece.piece, bytes) else b""
        try:
            digest.update(open_piece(vault, kept, piece.sealed_by, row.payer_id, row.content_hash, piece.place))
        except CannotOpen as fault:
            yield f"its bytes cannot be opened: {fault}"
            return
    if digest.hexdigest() != row.content_hash:
        yield "the bytes do not have the recorded hash"


def _evidence_faults(vault: Vault | None, row: Found) -> Iterator[str]:
    if vault is None and row.sealed_by != CLEAR:
        return
    try:
        evidence_from(open_evidence(vault, row.evidence, row.sealed_by, row.payer_id, row.id))
    except CannotOpen as fault:
        yield f"what was read out of it cannot be opened: {fault}"
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        yield f"what was read out of it cannot be read: {fault}"


def _of_subscription(connection: Connection, row: Found) -> Iterator[str]:
    named = {"of_payer": row.payer_id, "of_id": row.id}
    count, distinct, last = connection.execute(_NUMBERS, named).one()
    kept = row.event_count - row.purged_until
    if not count == distinct == kept or (last or row.purged_until) != row.event_count:
        yield f"of {kept} events {count} are on file, with {distinct} numbers up to {last or 0}"
    strays = connection.scalar(_ABOUT_NOTHING, named)
    if strays:
        yield f"{strays} events are about no version of any case"


def pended_checks(vault: Vault | None) -> tuple[tuple[str, Table, Check], ...]:
    """What each kind of record is called, where it is, and what is wrong with one."""
    return (
        ("attachment", attachments, partial(_of_attachment, vault)),
        ("subscription", subscriptions, _of_subscription),
        ("notice", notices, partial(notice_faults, vault)),
    )
