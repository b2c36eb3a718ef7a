"""Letters as rows: what each is about, its sealed words, and what became of it. Must not know what they say.

What a letter says, and its PDF once there is one, are sealed on their way in and opened on the way out; the hashes are
those of the clear bytes.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, exists, func, insert, select, tuple_, update

from fhir_um.cases.model import PENDED, Case, CaseId, PayerId
from fhir_um.cases.notices import Notice, NoticeDelivery, NoticeSearch, NoticeWords
from fhir_um.store.columns import Instant, as_key
from fhir_um.store.documents import case_of
from fhir_um.store.notice_tables import notice_deliveries, notices
from fhir_um.store.sealed import PRINT, WORDS, open_notice, seal_notice
from fhir_um.store.tables import case_lines, cases
from fhir_um.store.writing import insert_or_leave
from fhir_um.vault import Vault

_n, _d = notices.c, notice_deliveries.c
_NAMES = tuple(field.name for field in fields(Notice))
_TRY_NAMES = tuple(field.name for field in fields(NoticeDelivery))
_HEADS = select(*(notices.c[name] for name in _NAMES))
_PAYERS = _n.payer_id.in_(bindparam("payers", expanding=True))
_THIS = (_n.id == bindparam("of_id"), _n.payer_id == bindparam("of_payer"))
_ADD = insert_or_leave(notices, "case_id", "payer_id", "event_sequence", "kind", "recipient")
_FIND = _HEADS.where(_n.id == bindparam("of_id"), _PAYERS)
_LOCK = select(_n.id).where(*_THIS).with_for_update()
_OF_CASE = _HEADS.where(_n.case_id == bindparam("of_case"), _n.payer_id == bindparam("of_payer")).order_by(
    _n.event_sequence, _n.kind, _n.recipient
)
_KEYS = select(_n.event_sequence, _n.kind, _n.recipient).where(
    _n.case_id == bindparam("of_case"), _n.payer_id == bindparam("of_payer")
)
_WORDS = select(_n.letter, _n.pdf, _n.sealed_by).where(*_THIS)
_MOVE = update(notices).where(*_THIS)
_PRINT = _MOVE.where(_n.pdf_hash == "")
_TRIES = (
    select(*(_d[name] for name in _TRY_NAMES))
    .where(_d.notice_id == bindparam("of_id"), _d.payer_id == bindparam("of_payer"))
    .order_by(_d.sequence)
)
_LAST_TRY = select(func.max(_d.sequence)).where(
    _d.notice_id == bindparam("of_id"), _d.payer_id == bindparam("of_payer")
)
_UNTOLD = (
    select(cases.c.document)
    .where(
        cases.c.payer_id.in_(bindparam("payers", expanding=True)),
        cases.c.changed_at >= bindparam("since", type_=Instant()),
        cases.c.changed_at < bindparam("until", type_=Instant()),
        tuple_(cases.c.id, cases.c.payer_id) > tuple_(bindparam("after_id"), bindparam("after_payer")),
        exists().where(
            and_(
                case_lines.c.case_id == cases.c.id,
                case_lines.c.payer_id == cases.c.payer_id,
                case_lines.c.state.not_in([state.value for state in sorted(PENDED)]),
            )
        ),
    )
    .order_by(cases.c.id, cases.c.payer_id)
    .limit(bindparam("most"))
)


def add_notice(connection: Connection, vault: Vault, notice: Notice, words: NoticeWords) -> bool:
    """Keep a letter; False, and nothing is written, when the same one was made before."""
    row = {name: getattr(notice, name) for name in _NAMES}
    row |= {"sequences": _json(notice.sequences), "flags": _json(notice.flags)} | _sealed(vault, notice, words)
    return connection.execute(_ADD.of(connection), row).rowcount == 1


def keep_pdf(connection: Connection, vault: Vault, notice: Notice, words: NoticeWords) -> None:
    """Keep the PDF of a letter beside what it says; one that is there already stays as it is."""
    named = {"of_id": notice.id, "of_payer": notice.payer_id}
    connection.execute(_PRINT.values(_sealed(vault, notice, words)), named)


def find_notice(connection: Connection, payers: Sequence[PayerId], id: str) -> Notice | None:
    """The letter with that id at one of those payers, or None."""
    row = connection.execute(_FIND, {"of_id": as_key(id), "payers": list(payers)}).first()
    return _notice(row) if row else None


def lock_notice(connection: Connection, payer_id: PayerId, id: str) -> None:
    """Keep a letter from others until the transaction ends."""
    connection.execute(_LOCK, {"of_id": id, "of_payer": payer_id})


def notices_of(connection: Connection, payer_id: PayerId, case_id: CaseId) -> tuple[Notice, ...]:
    """Every letter about a case, in the order of what they follow from."""
    rows = connection.execute(_OF_CASE, {"of_case": as_key(case_id), "of_payer": payer_id})
    return tuple(map(_notice, rows))


def keys_of(connection: Connection, payer_id: PayerId, case_id: CaseId) -> frozenset[tuple[int, str, str]]:
    """Which letters about a case are there: step, kind and recipient of each."""
    rows = connection.execute(_KEYS, {"of_case": as_key(case_id), "of_payer": payer_id})
    return frozenset((row.event_sequence, row.kind, row.recipient) for row in rows)


def search_notices(connection: Connection, payers: Sequence[PayerId], wanted: NoticeSearch) -> tuple[Notice, ...]:
    """One page of the letters of those payers, oldest first."""
    found = _HEADS.where(_n.payer_id.in_(list(payers)))
    if wanted.statuses:
        found = found.where(_n.status.in_([status.value for status in wanted.statuses]))
    if wanted.kinds:
        found = found.where(_n.kind.in_([kind.value for kind in wanted.kinds]))
    if wanted.after:
        found = found.where(tuple_(_n.created_at, _n.id) > tuple_(*_after(wanted.after)))
    return tuple(map(_notice, connection.execute(found.order_by(_n.created_at, _n.id).limit(wanted.limit))))


def words_of(connection: Connection, vault: Vault | None, notice: Notice) -> NoticeWords:
    """The letter itself. Raises: CannotOpen; LookupError when the store was opened without a key."""
    row = connection.execute(_WORDS, {"of_id": notice.id, "of_payer": notice.payer_id}).one()
    kept = ((row.letter, WORDS), (row.pdf, PRINT))
    key = (row.sealed_by, notice.payer_id, notice.id)
    return NoticeWords(*(open_notice(vault, bytes(content), *key, form) for content, form in kept))


def move_notice(connection: Connection, notice: Notice) -> None:
    """Write how far the letter got."""
    changed = {"status": notice.status, "channel": notice.channel, "changed_at": notice.changed_at}
    connection.execute(_MOVE.values(**changed), {"of_id": notice.id, "of_payer": notice.payer_id})


def add_try(connection: Connection, made: NoticeDelivery) -> NoticeDelivery:
    """Add what became of one try; it is numbered in its turn."""
    named = {"of_id": made.notice_id, "of_payer": made.payer_id}
    place = (connection.execute(_LAST_TRY, named).scalar() or 0) + 1
    numbered = replace(made, sequence=place)
    connection.execute(insert(notice_deliveries), {name: getattr(numbered, name) for name in _TRY_NAMES})
    return numbered


def tries_of(connection: Connection, notice: Notice) -> tuple[NoticeDelivery, ...]:
    """What became of every try, oldest first."""
    rows = connection.execute(_TRIES, {"of_id": notice.id, "of_payer": notice.payer_id})
    return tuple(map(_try, rows))


def cases_decided(
    connection: Connection,
    payers: Sequence[PayerId],
    since: datetime,
    until: datetime,
    after: tuple[str, str],
    most: int,
) -> tuple[Case, ...]:
    """The next cases, by id, with a line that is not pended, last changed in that time."""
    named = {"payers": list(payers), "since": since, "until": until, "most": most}
    rows = connection.execute(_UNTOLD, named | {"after_id": after[0], "after_payer": after[1]})
    return tuple(case_of(row.document) for row in rows)


def _sealed(vault: Vault, notice: Notice, words: NoticeWords) -> dict[str, Any]:
    return {
        "letter": seal_notice(vault, words.letter, notice.payer_id, notice.id, WORDS),
        "pdf": seal_notice(vault, words.pdf, notice.payer_id, notice.id, PRINT),
        "pdf_hash": words.pdf_hash,
        "sealed_by": vault.key_ids[0],
    }


def _after(last: tuple[datetime, str]) -> tuple[Any, Any]:
    return bindparam("after_at", last[0], type_=Instant()), bindparam("after_id", last[1])


def _notice(row: Row[*tuple[Any, ...]]) -> Notice:
    columns: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    columns |= {"sequences": msgspec.json.decode(row.sequences), "flags": msgspec.json.decode(row.flags)}
    return msgspec.convert(columns, Notice)


def _try(row: Row[*tuple[Any, ...]]) -> NoticeDelivery:
    return msgspec.convert(dict(zip(_TRY_NAMES, row, strict=True)), NoticeDelivery)


def _json(values: Sequence[Any]) -> str:
    return msgspec.json.encode(values).decode()
