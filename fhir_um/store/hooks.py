"""What EHRs were told when they asked about coverage: invocations, assertions, cards, feedback, and their end.

Must not know what an answer means.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, Table, and_, bindparam, delete, exists, insert, or_, select, update

from fhir_um.cases.guidance import CardFeedback, CardTold, Guidance, Invocation
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.columns import as_key
from fhir_um.store.documents import document
from fhir_um.store.prepared import Prepared
from fhir_um.store.retention_tables import legal_holds
from fhir_um.store.tables import coverage_assertions, hook_cards, hook_feedback, hook_invocations
from fhir_um.store.writing import insert_or_leave
from fhir_um.words import Code

_PAYER = bindparam("payer_id", type_=hook_invocations.c.payer_id.type)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_codes_of = msgspec.json.Decoder(tuple[Code, ...]).decode

_ADD_INVOCATION = Prepared(insert(hook_invocations))
_ADD_GUIDANCE = Prepared(insert_or_leave(coverage_assertions, "id", "payer_id"))
_ADD_CARD = Prepared(insert_or_leave(hook_cards, "id", "payer_id"))
_ADD_FEEDBACK = Prepared(insert(hook_feedback))

_GUIDANCE = Prepared(
    select(coverage_assertions).where(coverage_assertions.c.id.in_(_IDS), coverage_assertions.c.payer_id == _PAYER)
)
_GUIDANCE_ABOUT = Prepared(
    select(coverage_assertions).where(
        coverage_assertions.c.id.in_(_IDS),
        coverage_assertions.c.payer_id == _PAYER,
        coverage_assertions.c.member_id == bindparam("member_id"),
    )
)
_GUIDANCE_OF_INSTANCE = Prepared(
    select(coverage_assertions)
    .where(coverage_assertions.c.instance == bindparam("instance"), coverage_assertions.c.payer_id == _PAYER)
    .order_by(coverage_assertions.c.order_ref, coverage_assertions.c.id)
)
_INVOCATIONS = Prepared(
    select(hook_invocations)
    .where(hook_invocations.c.instance == bindparam("instance"), hook_invocations.c.payer_id == _PAYER)
    .order_by(hook_invocations.c.received_at.desc(), hook_invocations.c.id)
)
_CARDS_OF_INVOCATION = Prepared(
    select(hook_cards)
    .where(hook_cards.c.invocation_id == bindparam("invocation_id"), hook_cards.c.payer_id == _PAYER)
    .order_by(hook_cards.c.id)
)
_CARDS_SHOWN = Prepared(
    select(hook_cards)
    .join(
        hook_invocations,
        (hook_invocations.c.id == hook_cards.c.invocation_id) & (hook_invocations.c.payer_id == hook_cards.c.payer_id),
    )
    .where(hook_cards.c.id.in_(_IDS), hook_invocations.c.client == bindparam("client"))
)
_FEEDBACK = Prepared(
    select(hook_feedback)
    .where(hook_feedback.c.card_id.in_(_IDS), hook_feedback.c.payer_id == _PAYER)
    .order_by(hook_feedback.c.received_at, hook_feedback.c.id)
)
_USED = (
    update(coverage_assertions)
    .where(
        coverage_assertions.c.id.in_(_IDS),
        coverage_assertions.c.payer_id == bindparam("of_payer"),
        coverage_assertions.c.member_id == bindparam("of_member"),
        coverage_assertions.c.used_by.is_(None),
    )
    .values(used_by=bindparam("case_id"))
)
_KEPT = (hook_invocations, coverage_assertions, hook_cards, hook_feedback)
_AT = bindparam("at", type_=hook_invocations.c.keep_until.type)
_NOBODY_HOLDS = ~exists().where(legal_holds.c.released_at.is_(None))
_OVER = Prepared(select(and_(_NOBODY_HOLDS, or_(*(exists().where(table.c.keep_until < _AT) for table in _KEPT)))))
_FORGET = tuple(delete(table).where(table.c.keep_until < bindparam("at")) for table in _KEPT)


def _row(table: Table, value: object) -> dict[str, Any]:
    return {column.key: getattr(value, column.key) for column in table.c}


def add_invocation(connection: Connection, row: Invocation, cards: Sequence[CardTold]) -> None:
    """Note one hook call and the cards that were shown."""
    _ADD_INVOCATION.change(connection, [_row(hook_invocations, row) | {"instance": as_key(row.instance)}])
    _ADD_CARD.change(connection, [_row(hook_cards, card) for card in cards])


def add_guidance(connection: Connection, rows: Sequence[Guidance]) -> None:
    """Note assertions; one that is known already stays as it is."""
    _ADD_GUIDANCE.change(connection, [_columns(row) for row in rows])


def _columns(row: Guidance) -> dict[str, Any]:
    return {
        "payer_id": row.payer_id,
        "id": row.id,
        "instance": as_key(row.instance),
        "hook": row.hook,
        "order_ref": row.order_ref,
        "codes": document(row.codes),
        "member_id": row.member_id,
        "coverage_ref": row.coverage_ref,
        "policy_id": row.policy_id,
        "policy_version": row.policy_version,
        "policy_hash": row.policy_hash,
        "told_at": row.told_at,
        "on_day": row.on.isoformat(),
        "expires": row.expires.isoformat() if row.expires else None,
        "content_hash": row.content_hash,
        "number": row.number,
        "document": row.document,
        "keep_until": row.keep_until,
        "used_by": row.used_by,
    }


def guidance_named(connection: Connection, payer_id: PayerId, ids: Sequence[str]) -> tuple[Guidance, ...]:
    """The assertions with those ids."""
    if not ids:
        return ()
    named = {"payer_id": payer_id, "ids": [as_key(each) for each in ids]}
    return tuple(_guidance(row) for row in _GUIDANCE.rows(connection, named))


def guidance_about(
    connection: Connection, payer_id: PayerId, member_id: str, ids: Sequence[str]
) -> tuple[Guidance, ...]:
    """The assertions with those ids that are about that member; those of others are not there."""
    if not ids:
        return ()
    named = {"payer_id": payer_id, "member_id": member_id, "ids": [as_key(each) for each in ids]}
    return tuple(_guidance(row) for row in _GUIDANCE_ABOUT.rows(connection, named))


def guidance_of_instance(connection: Connection, payer_id: PayerId, instance: str) -> tuple[Guidance, ...]:
    """Every assertion given to that hook instance, by order."""
    named = {"payer_id": payer_id, "instance": as_key(instance)}
    return tuple(_guidance(row) for row in _GUIDANCE_OF_INSTANCE.rows(connection, named))


def _guidance(row: Sequence[Any]) -> Guidance:
    kept = dict(zip(coverage_assertions.c.keys(), row, strict=True))
    on, expires = kept.pop("on_day"), kept.pop("expires")
    return Guidance(
        **{
            **kept,
            "codes": _codes_of(kept["codes"]),
            "on": date.fromisoformat(on),
            "expires": date.fromisoformat(expires) if expires else None,
        }
    )


def use_guidance(
    connection: Connection, payer_id: PayerId, member_id: str, ids: Sequence[str], case_id: CaseId
) -> None:
    """Tie the member's assertions with those ids to the case that came of them; the first case stays."""
    if ids and member_id:
        named = {"ids": [as_key(each) for each in ids], "of_payer": payer_id, "of_member": member_id}
        connection.execute(_USED, named | {"case_id": case_id})


def invocations_of(connection: Connection, payer_id: PayerId, instance: str) -> tuple[Invocation, ...]:
    """Every call of that hook instance, the latest first."""
    rows = _INVOCATIONS.rows(connection, {"payer_id": payer_id, "instance": as_key(instance)})
    return tuple(Invocation(**dict(zip(hook_invocations.c.keys(), row, strict=True))) for row in rows)


def cards_of(connection: Connection, payer_id: PayerId, invocation_id: str) -> tuple[CardTold, ...]:
    """The cards shown by that call."""
    rows = _CARDS_OF_INVOCATION.rows(connection, {"payer_id": payer_id, "invocation_id": invocation_id})
    return tuple(map(_card, rows))


def cards_shown(connection: Connection, client: str, ids: Sequence[str]) -> tuple[CardTold, ...]:
    """The cards with those uuids that were shown to that client, whichever payer they are of."""
    if not ids:
        return ()
    named = {"ids": [as_key(each) for each in ids], "client": client}
    return tuple(map(_card, _CARDS_SHOWN.rows(connection, named)))


def _card(row: Sequence[Any]) -> CardTold:
    return CardTold(**dict(zip(hook_cards.c.keys(), row, strict=True)))


def add_feedback(connection: Connection, rows: Sequence[CardFeedback]) -> None:
    """Note what became of cards."""
    _ADD_FEEDBACK.change(connection, [_row(hook_feedback, row) for row in rows])


def feedback_on(connection: Connection, payer_id: PayerId, card_ids: Sequence[str]) -> tuple[CardFeedback, ...]:
    """What was said about those cards, oldest first."""
    if not card_ids:
        return ()
    rows = _FEEDBACK.rows(connection, {"payer_id": payer_id, "ids": list(card_ids)})
    return tuple(CardFeedback(**dict(zip(hook_feedback.c.keys(), row, strict=True))) for row in rows)


def is_any_over(connection: Connection, at: datetime) -> bool:
    """True when something has been kept as long as it is to be, and no legal hold keeps anything from going.

    While one does, records go by a purge alone, which looks at each.
    """
    return bool(_OVER.scalar(connection, {"at": at}))


def forget_over(connection: Connection, at: datetime) -> None:
    """Delete what has been kept as long as it is to be."""
    for statement in _FORGET:
        connection.execute(statement, {"at": at})
