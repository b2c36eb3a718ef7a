"""What does not hold of what follows a pend: documents that came, and notifications owed. Must not repair anything."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, exists, func, select

from fhir_um.store.attachment_tables import attachment_pieces, attachments
from fhir_um.store.hook_faults import Check, Found
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.store.tables import cases

_PIECES = (
    select(attachment_pieces.c.piece)
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
    *_OWED, ~exists().where(and_(cases.c.id == deliveries.c.case_id, cases.c.version >= deliveries.c.case_version))
)


def _of_attachment(connection: Connection, row: Found) -> Iterator[str]:
    named: dict[str, Any] = {"of_payer": row.payer_id, "content": row.content_hash, "case_id": row.case_id}
    digest = sha256()
    for (piece,) in connection.execute(_PIECES, named):
        digest.update(piece if isinstance(piece, bytes) else b"")
    if digest.hexdigest() != row.content_hash:
        yield "the bytes do not have the recorded hash"
    if row.case_id is not None and row.case_version > (connection.scalar(_CASE_VERSION, named) or 0):
        yield "it became part of a version its case does not have"


def _of_subscription(connection: Connection, row: Found) -> Iterator[str]:
    named = {"of_payer": row.payer_id, "of_id": row.id}
    count, distinct, last = connection.execute(_NUMBERS, named).one()
    if not count == distinct == (last or 0) == row.event_count:
        yield f"of {row.event_count} events {count} are on file, with {distinct} numbers up to {last or 0}"
    strays = connection.scalar(_ABOUT_NOTHING, named)
    if strays:
        yield f"{strays} events are about no version of any case"


PENDED: tuple[tuple[str, Table, Check], ...] = (
    ("attachment", attachments, _of_attachment),
    ("subscription", subscriptions, _of_subscription),
)
"""What each kind of record is called, where it is, and what is wrong with one."""
