"""Legal holds as rows: placed, released, never deleted. Must not know what they keep from going."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, insert, or_, select, update

from fhir_um.cases.model import PayerId
from fhir_um.cases.retention import LegalHold
from fhir_um.store.columns import as_key
from fhir_um.store.engine import lock_key
from fhir_um.store.retention_tables import legal_holds
from fhir_um.store.tables import cases, members

_ADD = insert(legal_holds)
_ALL = select(legal_holds).order_by(legal_holds.c.placed_at, legal_holds.c.id)
_ACTIVE = _ALL.where(legal_holds.c.released_at.is_(None))
_RELEASE = update(legal_holds).where(legal_holds.c.id == bindparam("of_id"), legal_holds.c.released_at.is_(None))
_ONE = select(legal_holds).where(legal_holds.c.id == bindparam("of_id"))
_MEMBER = select(
    or_(
        exists().where(and_(members.c.id == bindparam("member"), members.c.payer_id == bindparam("payer"))),
        exists().where(and_(cases.c.member_id == bindparam("member"), cases.c.payer_id == bindparam("payer"))),
    )
)
_LOCK = "legal_holds"


def only_one(connection: Connection) -> None:
    """Nobody places or releases a hold, and nobody purges, from here to the end of the transaction."""
    lock_key(connection, _LOCK)


def add_hold(connection: Connection, new: LegalHold) -> None:
    """Keep a new hold."""
    only_one(connection)
    connection.execute(_ADD, {column.name: getattr(new, column.name) for column in legal_holds.c})


def release_hold(connection: Connection, id: str, by: str, at: datetime, reason: str) -> LegalHold | None:
    """The hold, released from now on; None when there is none with that id that still holds."""
    only_one(connection)
    released = {"released_by": by, "released_at": at, "release_reason": reason}
    if connection.execute(_RELEASE.values(**released), {"of_id": as_key(id)}).rowcount != 1:
        return None
    return LegalHold(**connection.execute(_ONE, {"of_id": id}).one()._mapping)


def all_holds(connection: Connection, active: bool) -> tuple[LegalHold, ...]:
    """Holds in the order they were placed; only those that hold when `active`."""
    return tuple(LegalHold(**row._mapping) for row in connection.execute(_ACTIVE if active else _ALL))


def knows_member(connection: Connection, payer_id: PayerId, member_id: str) -> bool:
    """True when the payer has that member, or a case of theirs."""
    found: bool = connection.execute(_MEMBER, {"payer": payer_id, "member": as_key(member_id)}).scalar_one()
    return bool(found)
