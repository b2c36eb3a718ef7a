"""Emergency access as rows. Must not know who may ask for it or review it. What people wrote is sealed."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import EmergencyAccess
from fhir_um.store.documents import document
from fhir_um.store.people_rows import find_person
from fhir_um.store.people_tables import emergencies
from fhir_um.store.prepared import Prepared
from fhir_um.vault import CannotOpen, Vault

_payers_of = msgspec.json.Decoder(tuple[PayerId, ...]).decode
_statement_of = msgspec.json.Decoder(tuple[str, str]).decode

_INSERT = insert(emergencies)
_ACTIVE = Prepared(
    select(emergencies.c.id)
    .where(
        emergencies.c.person_id == bindparam("of_person"),
        emergencies.c.payers == bindparam("of_payers"),
        emergencies.c.ends_at > bindparam("at", type_=emergencies.c.ends_at.type),
    )
    .order_by(emergencies.c.ends_at.desc())
    .limit(1)
)
_FIND = select(emergencies).where(emergencies.c.id == bindparam("of_id"))
_IN_TURN = (emergencies.c.reviewed_at.is_not(None), emergencies.c.granted_at.desc(), emergencies.c.id)
_LATEST = select(emergencies).order_by(*_IN_TURN).limit(bindparam("most"))
_CLOSE = update(emergencies).where(emergencies.c.id == bindparam("of_id"), emergencies.c.reviewed_at.is_(None))

_SEALED_AWAY = "(sealed with a key that is gone)"


def add_emergency(connection: Connection, vault: Vault, new: EmergencyAccess) -> None:
    """Keep a grant."""
    row = {
        "id": new.id,
        "person_id": new.person_id,
        "payers": document(new.payer_ids),
        "statement": vault.seal(document((new.reason, new.ticket))),
        "case_id": new.case_id,
        "granted_at": new.granted_at,
        "ends_at": new.ends_at,
        "review_due_at": new.review_due_at,
        "finding": "",
    }
    connection.execute(_INSERT, row)


def open_emergency(connection: Connection, person_id: ClientId, payers: tuple[PayerId, ...], at: datetime) -> str:
    """The grant of that person at just those payers that ends last and has not ended; empty when there is none."""
    return str(_ACTIVE.scalar(connection, {"of_person": person_id, "of_payers": document(payers), "at": at}) or "")


def find_emergency(connection: Connection, vault: Vault, id: str) -> EmergencyAccess | None:
    """The grant with that id."""
    found = connection.execute(_FIND, {"of_id": id}).first()
    return None if found is None else _emergency(connection, vault, found)


def latest_emergencies(connection: Connection, vault: Vault, most: int) -> tuple[EmergencyAccess, ...]:
    """Grants, those without a review first, then the latest first."""
    return tuple(_emergency(connection, vault, row) for row in connection.execute(_LATEST, {"most": most}).all())


def close_emergency(
    connection: Connection, vault: Vault, id: str, reviewed_by: ClientId, at: datetime, finding: str
) -> bool:
    """Note a review; False when the grant was reviewed already."""
    values = {"reviewed_by": reviewed_by, "reviewed_at": at, "finding": vault.seal(finding)}
    return connection.execute(_CLOSE.values(**values), {"of_id": id}).rowcount == 1


def _emergency(connection: Connection, vault: Vault, row: Row[Any]) -> EmergencyAccess:
    kept = row._asdict()
    person = find_person(connection, vault, kept["person_id"])
    sealed = _opened(vault, kept["statement"])
    reason, ticket = _statement_of(sealed) if sealed else (_SEALED_AWAY, _SEALED_AWAY)
    told = {name: kept[name] for name in kept if name not in {"payers", "statement", "finding"}}
    finding = (_opened(vault, kept["finding"]) or _SEALED_AWAY) if kept["finding"] else ""
    return EmergencyAccess(
        name=person.name if person else "",
        payer_ids=_payers_of(kept["payers"]),
        reason=reason,
        ticket=ticket,
        finding=finding,
        **told,
    )


def _opened(vault: Vault, sealed: str) -> str:
    try:
        return vault.open(sealed)
    except CannotOpen:
        return ""
