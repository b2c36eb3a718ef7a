"""What does not hold of letters: words that are not those that were made, lost tries. Must not repair anything.

Sealed letters are opened and held against their hash where a key is at hand, and are left alone otherwise.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, func, select

from fhir_um.cases.notices import NoticeStatus, NoticeWords
from fhir_um.store.hook_faults import Found
from fhir_um.store.notice_tables import notice_deliveries, notices
from fhir_um.store.sealed import CLEAR, PRINT, WORDS, open_notice
from fhir_um.vault import CannotOpen, Vault

_TRIES = select(func.count(), func.max(notice_deliveries.c.sequence)).where(
    notice_deliveries.c.notice_id == bindparam("of_id"), notice_deliveries.c.payer_id == bindparam("of_payer")
)
_SEALED = select(func.count()).where(notices.c.sealed_by != CLEAR)


def sealed_notices(connection: Connection) -> int:
    """How many letters only somebody with a key can check."""
    return connection.execute(_SEALED).scalar_one()


def notice_faults(vault: Vault | None, connection: Connection, row: Found) -> Iterator[str]:
    """What is wrong with one letter."""
    if (row.content_hash == "") is not (row.status == NoticeStatus.HELD):
        yield "it is held and has words, or it has none and is not held"
    count, last = connection.execute(_TRIES, {"of_id": row.id, "of_payer": row.payer_id}).one()
    if count != (last or 0):
        yield f"of {last} tries to give it {count} are on file"
    if vault is None and row.sealed_by != CLEAR:
        return
    try:
        kept = ((row.letter, WORDS), (row.pdf, PRINT))
        words = NoticeWords(*(_opened(vault, row, content, form) for content, form in kept))
    except CannotOpen as fault:
        yield f"it cannot be opened: {fault}"
        return
    if words.content_hash != row.content_hash:
        yield "its words do not have the recorded hash"
    if words.pdf_hash != row.pdf_hash:
        yield "its PDF does not have the recorded hash"


def _opened(vault: Vault | None, row: Found, kept: object, form: str) -> bytes:
    found = kept if isinstance(kept, bytes) else b""
    return open_notice(vault, found, row.sealed_by, row.payer_id, row.id, form)
