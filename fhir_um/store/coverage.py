"""Payers, plans, members, providers and what was used, as rows. Must not know cases beyond what their lines used."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, union_all

from fhir_um.cases.model import MemberId, PayerId
from fhir_um.coverage.model import Directory, GoldCard, Member, Payer, Plan, Provider, UsedService
from fhir_um.store import documents
from fhir_um.store.columns import as_key
from fhir_um.store.documents import document
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import (
    case_lines,
    gold_cards,
    member_identifiers,
    members,
    payers,
    plans,
    providers,
    service_history,
)
from fhir_um.store.writing import ByDatabase, insert_or_replace
from fhir_um.words import Identifier

_PAYER: BindParameter[str] = bindparam("payer_id")
_ALL_PAYERS = select(payers.c.document).order_by(payers.c.payer_id)
_ALL_PLANS = select(plans.c.document).order_by(plans.c.payer_id, plans.c.id)
_ALL_GOLD_CARDS = select(gold_cards.c.document).order_by(gold_cards.c.payer_id, gold_cards.c.id)

_identifier = member_identifiers.c
_FIND_MEMBERS = Prepared(
    select(members.c.document, _identifier.value, _identifier.system)
    .join_from(
        member_identifiers,
        members,
        (members.c.payer_id == _identifier.payer_id) & (members.c.id == _identifier.member_id),
    )
    .where(_identifier.payer_id == _PAYER, _identifier.value.in_(bindparam("values", expanding=True)))
    .order_by(members.c.id)
)
_FIND_PROVIDERS = Prepared(
    select(providers.c.document)
    .where(providers.c.payer_id == _PAYER, providers.c.npi.in_(bindparam("npis", expanding=True)))
    .order_by(providers.c.npi)
)
_of_member: BindParameter[str] = bindparam("member_id")
_HISTORY = Prepared(
    union_all(
        select(service_history.c.used).where(
            service_history.c.payer_id == _PAYER, service_history.c.member_id == _of_member
        ),
        select(case_lines.c.used).where(
            case_lines.c.payer_id == _PAYER, case_lines.c.member_id == _of_member, case_lines.c.used.is_not(None)
        ),
    )
)

_PUT_PAYER = insert_or_replace(payers)
_PUT_PLAN = insert_or_replace(plans)
_PUT_GOLD_CARD = insert_or_replace(gold_cards)
_PUT_MEMBER = insert_or_replace(members)
_PUT_PROVIDER = insert_or_replace(providers)
_FORGET_IDENTIFIERS = delete(member_identifiers).where(
    member_identifiers.c.payer_id == _PAYER, member_identifiers.c.member_id == _of_member
)
_ADD_IDENTIFIERS = insert(member_identifiers)
_PUT_HISTORY = insert_or_replace(service_history)


def load_directory(connection: Connection) -> Directory:
    """Every payer, plan and gold card."""
    return Directory(
        payers=tuple(map(documents.payer_of, connection.execute(_ALL_PAYERS).scalars())),
        plans=tuple(map(documents.plan_of, connection.execute(_ALL_PLANS).scalars())),
        gold_cards=tuple(map(documents.gold_card_of, connection.execute(_ALL_GOLD_CARDS).scalars())),
    )


def find_members(connection: Connection, payer_id: PayerId, identifiers: tuple[Identifier, ...]) -> tuple[Member, ...]:
    """Members with any of the identifiers, each once; a system that either side left out matches any."""
    asked = {(as_key(each.value), as_key(each.system)) for each in identifiers if each.value}
    if not asked:
        return ()
    values = sorted({value for value, _ in asked})
    rows = _FIND_MEMBERS.rows(connection, {"payer_id": payer_id, "values": values})
    found = dict.fromkeys(kept for kept, value, system in rows if _matches(value, system, asked))
    return tuple(map(documents.member_of, found))


def _matches(value: str, system: str, asked: set[tuple[str, str]]) -> bool:
    return any(value == v and (not system or not s or system == s) for v, s in asked)


def find_providers(connection: Connection, payer_id: PayerId, npis: frozenset[str]) -> tuple[Provider, ...]:
    """The providers on file with those NPIs."""
    if not npis:
        return ()
    named = {"payer_id": payer_id, "npis": sorted(map(as_key, npis))}
    return tuple(documents.provider_of(kept) for (kept,) in _FIND_PROVIDERS.rows(connection, named))


def member_history(connection: Connection, payer_id: PayerId, member_id: MemberId) -> tuple[UsedService, ...]:
    """Claims paid before, and every approved or pended line of the member's cases."""
    return tuple(map(documents.used_of, used_documents(connection, payer_id, member_id)))


def used_documents(connection: Connection, payer_id: PayerId, member_id: MemberId) -> list[str]:
    """The member's history as it is kept."""
    return [used for (used,) in _HISTORY.rows(connection, {"payer_id": payer_id, "member_id": member_id})]


def save_payers(connection: Connection, new: Sequence[Payer]) -> None:
    """Add payers, or replace those with the same id."""
    _put(connection, _PUT_PAYER, ({"payer_id": each.id, "document": document(each)} for each in new))


def save_plans(connection: Connection, new: Sequence[Plan]) -> None:
    """Add plans, or replace those with the same id."""
    _put(connection, _PUT_PLAN, (_row(each.payer_id, each, id=each.id) for each in new))


def save_gold_cards(connection: Connection, new: Sequence[GoldCard]) -> None:
    """Add gold cards, or replace those with the same id."""
    _put(connection, _PUT_GOLD_CARD, (_row(each.payer_id, each, id=each.id) for each in new))


def save_providers(connection: Connection, new: Sequence[Provider]) -> None:
    """Add providers, or replace those with the same NPI."""
    _put(connection, _PUT_PROVIDER, (_row(each.payer_id, each, npi=each.npi) for each in new))


def save_members(connection: Connection, new: Sequence[Member]) -> None:
    """Add members with their identifiers, or replace those with the same id."""
    if not new:
        return
    _put(connection, _PUT_MEMBER, (_row(each.payer_id, each, id=each.id) for each in new))
    connection.execute(_FORGET_IDENTIFIERS, [{"payer_id": each.payer_id, "member_id": each.id} for each in new])
    rows = [
        {"payer_id": member.payer_id, "value": value, "system": system, "member_id": member.id}
        for member in new
        for value, system in dict.fromkeys((as_key(i.value), as_key(i.system)) for i in member.identifiers)
    ]
    if rows:
        connection.execute(_ADD_IDENTIFIERS, rows)


def save_history(
    connection: Connection, payer_id: PayerId, member_id: MemberId, services: Sequence[UsedService]
) -> None:
    """Add paid claims to a member's history; the same in every part is the same claim and counts once."""
    kept = [document(each) for each in services]
    _put(
        connection,
        _PUT_HISTORY,
        (
            {"payer_id": payer_id, "member_id": member_id, "used_hash": sha256(used.encode()).hexdigest(), "used": used}
            for used in kept
        ),
    )


def _row(payer_id: str, kept: object, **key: str) -> dict[str, str]:
    return {"payer_id": payer_id, **key, "document": document(kept)}


def _put(connection: Connection, statement: ByDatabase, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        connection.execute(statement.of(connection), listed)
