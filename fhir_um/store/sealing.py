"""What is sealed with which key, and how it is sealed again with the first one. Must not know what it says.

Every batch is small: on SQLite nobody else writes meanwhile. A row is taken only while it is sealed as it was found, so
that two who do this at once, or a server beside them, do no harm.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Row, Select, Update, bindparam, func, select, tuple_, update

from fhir_um.store.attachment_tables import attachment_pieces, attachments
from fhir_um.store.notice_tables import notices
from fhir_um.store.people_tables import emergencies, people
from fhir_um.store.sealed import (
    PRINT,
    WORDS,
    open_evidence,
    open_notice,
    open_piece,
    seal_evidence,
    seal_notice,
    seal_piece,
)
from fhir_um.store.subscriber_tables import subscriptions
from fhir_um.vault import CannotOpen, KeyId, Vault

Key = tuple[str, ...]


class Sealed(StrEnum):
    """What is kept sealed."""

    PIECES = "pieces of documents"
    EVIDENCE = "texts out of documents"
    NOTICES = "letters"
    HEADERS = "headers of subscribers"
    PEOPLE = "who people are"
    STATEMENTS = "reasons of emergency access"
    FINDINGS = "findings about emergency access"


UNKNOWN = "unknown"
"""Stands for the key of a text that none at hand opens: Fernet does not tell whose it is."""

_MOST_AT_ONCE, _MOST_PIECES_AT_ONCE = 200, 32
"""32 pieces are 8 MB."""

_LARGE = frozenset({Sealed.PIECES, Sealed.NOTICES})

_TEXTS: dict[Sealed, tuple[Column[str], tuple[Column[str], ...]]] = {
    Sealed.HEADERS: (subscriptions.c.headers, (subscriptions.c.id, subscriptions.c.payer_id)),
    Sealed.PEOPLE: (people.c.identity, (people.c.id,)),
    Sealed.STATEMENTS: (emergencies.c.statement, (emergencies.c.id,)),
    Sealed.FINDINGS: (emergencies.c.finding, (emergencies.c.id,)),
}
"""Short texts that do not name their key, each with the columns of its row's own key; an empty one is none."""

_p, _a, _n = attachment_pieces.c, attachments.c, notices.c
_BY: BindParameter[str] = bindparam("by")
_NOW: BindParameter[str] = bindparam("now")
_AFTER_ID = tuple_(bindparam("after_0"), bindparam("after_1"))


def _next_texts(text: Column[str], key: tuple[Column[str], ...]) -> Select[*tuple[Any, ...]]:
    after = tuple_(*(bindparam(f"after_{place}") for place in range(len(key))))
    return select(*key, text.label("was")).where(text != "", tuple_(*key) > after).order_by(*key)


def _change_of_text(text: Column[str], key: tuple[Column[str], ...]) -> Update:
    named = (column == bindparam(f"of_{column.name}") for column in key)
    return update(text.table).where(*named, text == bindparam("was")).values({text: bindparam("sealed")})


_NEXT = {
    Sealed.PIECES: select(attachment_pieces)
    .where(
        _p.sealed_by == _BY,
        tuple_(_p.content_hash, _p.payer_id, _p.place)
        > tuple_(bindparam("after_0"), bindparam("after_1"), bindparam("after_2")),
    )
    .order_by(_p.content_hash, _p.payer_id, _p.place),
    Sealed.EVIDENCE: select(_a.id, _a.payer_id, _a.evidence, _a.sealed_by)
    .where(_a.sealed_by == _BY, tuple_(_a.id, _a.payer_id) > _AFTER_ID)
    .order_by(_a.id, _a.payer_id),
    Sealed.NOTICES: select(_n.id, _n.payer_id, _n.letter, _n.pdf, _n.sealed_by)
    .where(_n.sealed_by == _BY, tuple_(_n.id, _n.payer_id) > _AFTER_ID)
    .order_by(_n.id, _n.payer_id),
    **{what: _next_texts(*place) for what, place in _TEXTS.items()},
}
_CHANGE = {
    Sealed.PIECES: update(attachment_pieces)
    .where(
        _p.content_hash == bindparam("of_content"),
        _p.payer_id == bindparam("of_payer"),
        _p.place == bindparam("of_place"),
        _p.sealed_by == _BY,
    )
    .values(piece=bindparam("sealed"), sealed_by=_NOW),
    Sealed.EVIDENCE: update(attachments)
    .where(_a.id == bindparam("of_id"), _a.payer_id == bindparam("of_payer"), _a.sealed_by == _BY)
    .values(evidence=bindparam("sealed"), sealed_by=_NOW),
    Sealed.NOTICES: update(notices)
    .where(_n.id == bindparam("of_id"), _n.payer_id == bindparam("of_payer"), _n.sealed_by == _BY)
    .values(letter=bindparam("words"), pdf=bindparam("print"), sealed_by=_NOW),
    **{what: _change_of_text(*place) for what, place in _TEXTS.items()},
}
_COUNTED = {
    Sealed.PIECES: select(_p.sealed_by, func.count()).group_by(_p.sealed_by),
    Sealed.EVIDENCE: select(_a.sealed_by, func.count()).group_by(_a.sealed_by),
    Sealed.NOTICES: select(_n.sealed_by, func.count()).group_by(_n.sealed_by),
}
_KEPT = {what: select(text).where(text != "") for what, (text, _) in _TEXTS.items()}


@dataclass(slots=True)
class Resealed:
    """What became of one batch: how many were sealed again, which cannot be opened, and where to go on, if anywhere."""

    count: int = 0
    unopened: list[str] = field(default_factory=list)
    after: Key | None = None


class SealingRead:
    """A transaction that reads what is sealed with which key."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @property
    def keys(self) -> tuple[KeyId, ...]:
        """The keys at hand; the first one seals."""
        return self._vault.key_ids

    def counts(self) -> dict[tuple[Sealed, KeyId], int]:
        """How many rows of each sort each key seals; the empty name counts those in the clear."""
        found = {
            (what, key): count
            for what, statement in _COUNTED.items()
            for key, count in self._connection.execute(statement)
        }
        for what, statement in _KEPT.items():
            keys = (self._vault.sealed_by(kept) or UNKNOWN for kept in self._connection.scalars(statement))
            found |= {(what, key): count for key, count in Counter(keys).items()}
        return found


class Sealing(SealingRead):
    """A transaction that may seal again with the first key."""

    def __init__(self, connection: Connection, vault: Vault, writing: Callable[[], Connection]) -> None:
        super().__init__(connection, vault)
        self._writing = writing

    def again(self, what: Sealed, by: KeyId, after: Key = ()) -> Resealed:
        """Seal the next rows that `by` sealed; texts, of which nobody knows, whoever sealed them."""
        connection = self._writing()
        most = _MOST_PIECES_AT_ONCE if what in _LARGE else _MOST_AT_ONCE
        named = _beginning(what, after) | ({} if what in _TEXTS else {"by": by})
        statement = _NEXT[what].limit(most).with_for_update(skip_locked=True)
        done = Resealed()
        rows = connection.execute(statement, named).all()
        for row in rows:
            self._take(connection, what, row, done)
        if len(rows) == most:
            done.after = tuple(str(part) for part in _key(what, rows[-1]))
        return done

    def _take(self, connection: Connection, what: Sealed, row: Row[*tuple[Any, ...]], done: Resealed) -> None:
        try:
            change = _CHANGES.get(what, _text)(self._vault, row)
        except CannotOpen:
            done.unopened.append(" ".join(map(str, _key(what, row))))
            return
        if change:
            done.count += connection.execute(_CHANGE[what], dict(change)).rowcount


def _key(what: Sealed, row: Row[*tuple[Any, ...]]) -> Sequence[Any]:
    if what is Sealed.PIECES:
        return (row.content_hash, row.payer_id, row.place)
    return tuple(row[:-1]) if what in _TEXTS else (row.id, row.payer_id)


def _beginning(what: Sealed, after: Key) -> dict[str, Any]:
    if what is Sealed.PIECES:
        content, payer_id, place = after or ("", "", "-1")
        return {"after_0": content, "after_1": payer_id, "after_2": int(place)}
    begun = after or ("",) * (len(_TEXTS[what][1]) if what in _TEXTS else 2)
    return {f"after_{place}": part for place, part in enumerate(begun)}


def _piece(vault: Vault, row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    place = (row.payer_id, row.content_hash, row.place)
    clear = open_piece(vault, bytes(row.piece), row.sealed_by, *place)
    named = {"of_content": row.content_hash, "of_payer": row.payer_id, "of_place": row.place}
    return named | {"by": row.sealed_by, "now": vault.key_ids[0], "sealed": seal_piece(vault, clear, *place)}


def _evidence(vault: Vault, row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    clear = open_evidence(vault, row.evidence, row.sealed_by, row.payer_id, row.id)
    sealed = seal_evidence(vault, clear, row.payer_id, row.id)
    named = {"of_id": row.id, "of_payer": row.payer_id, "by": row.sealed_by}
    return named | {"now": vault.key_ids[0], "sealed": sealed}


def _notice(vault: Vault, row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    named = {"of_id": row.id, "of_payer": row.payer_id, "by": row.sealed_by, "now": vault.key_ids[0]}
    for form, kept in ((WORDS, row.letter), (PRINT, row.pdf)):
        clear = open_notice(vault, bytes(kept), row.sealed_by, row.payer_id, row.id, form)
        named[form] = seal_notice(vault, clear, row.payer_id, row.id, form)
    return named


def _text(vault: Vault, row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    """Nothing when the first key sealed it already."""
    if vault.sealed_by(row.was) == vault.key_ids[0]:
        return {}
    key = {f"of_{name}": value for name, value in row._mapping.items() if name != "was"}
    return key | {"was": row.was, "sealed": vault.seal(vault.open(row.was))}


_CHANGES: Mapping[Sealed, Callable[[Vault, Row[*tuple[Any, ...]]], Mapping[str, Any]]] = {
    Sealed.PIECES: _piece,
    Sealed.EVIDENCE: _evidence,
    Sealed.NOTICES: _notice,
}
