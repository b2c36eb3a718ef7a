"""People, their sign-ins and sessions as rows, by what is left of a secret when it is hashed.

Must not know how anybody signs in, or what a role may do.
"""

from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import Known, Person, Session, Standing
from fhir_um.cases.roles import Role
from fhir_um.store.documents import document
from fhir_um.store.engine import lock_key
from fhir_um.store.people_tables import people, sessions, sign_ins
from fhir_um.store.prepared import Prepared
from fhir_um.store.writing import insert_or_leave, insert_or_replace
from fhir_um.vault import CannotOpen, Vault

_person_of = msgspec.json.Decoder(Person).decode
_payers_of = msgspec.json.Decoder(tuple[PayerId, ...]).decode

_AT = bindparam("at", type_=sessions.c.ends_at.type)
_HASH = bindparam("hash", type_=sessions.c.token_hash.type)
_KEEP_PERSON = Prepared(insert_or_replace(people))
_IDENTITY = Prepared(select(people.c.identity).where(people.c.id == bindparam("of_id")))

_THEIRS = select(func.count()).where(sessions.c.person_id == people.c.id, sessions.c.ends_at > _AT).scalar_subquery()
_ALL = select(people, _THEIRS.label("sessions")).order_by(people.c.signed_in_at.desc(), people.c.id)

_START = Prepared(insert_or_leave(sign_ins, "state_hash"))
_STARTED = select(sign_ins.c.browser_hash, sign_ins.c.started_at).where(
    sign_ins.c.state_hash == _HASH, sign_ins.c.ends_at > _AT
)
_TAKE = delete(sign_ins).where(sign_ins.c.state_hash == _HASH)

_OPEN = Prepared(insert_or_leave(sessions, "token_hash"))
_FIND = Prepared(
    select(
        sessions.c.person_id,
        sessions.c.roles,
        sessions.c.payers,
        sessions.c.has_second_factor,
        sessions.c.created_at,
        sessions.c.used_at,
        sessions.c.ends_at,
    ).where(sessions.c.token_hash == _HASH, sessions.c.ends_at > _AT)
)
_TOUCH = update(sessions).where(sessions.c.token_hash == _HASH, sessions.c.used_at < _AT).values(used_at=_AT)
_END_ALL = delete(sessions).where(sessions.c.person_id == bindparam("of_person"))
_END = delete(sessions).where(sessions.c.token_hash == _HASH)

_SWEPT_AFTER = timedelta(minutes=10)
"""What is over is deleted together, not with every new row."""


def keep_person(connection: Connection, vault: Vault, person: Person, at: datetime) -> None:
    """Keep who somebody is, sealed, as of this sign-in."""
    row = {"id": person.id, "identity": vault.seal(document(person)), "signed_in_at": at}
    _KEEP_PERSON.change(connection, [row])


def find_person(connection: Connection, vault: Vault, id: ClientId) -> Person | None:
    """Who that is; None for somebody who never signed in, or was sealed with a key that is gone."""
    sealed = _IDENTITY.scalar(connection, {"of_id": id})
    return None if sealed is None else _opened(vault, sealed)


def known_people(connection: Connection, vault: Vault, at: datetime) -> tuple[Known, ...]:
    """Everybody who ever signed in, last first."""
    found = connection.execute(_ALL, {"at": at}).all()
    return tuple(Known(row.id, _opened(vault, row.identity), row.signed_in_at, row.sessions) for row in found)


def _opened(vault: Vault, sealed: str) -> Person | None:
    try:
        return _person_of(vault.open(sealed))
    except CannotOpen:
        return None


def start_sign_in(connection: Connection, state: str, browser: str, at: datetime, ends_at: datetime) -> None:
    """Keep a sign-in on its way."""
    row = {"state_hash": _hash(state), "browser_hash": _hash(browser), "started_at": at, "ends_at": ends_at}
    _START.change(connection, [row])
    _sweep(connection, sign_ins, at)


def take_sign_in(connection: Connection, state: str, browser: str, at: datetime) -> datetime | None:
    """When that sign-in began; None when there is none, it is over, or another browser began it. Good once."""
    named = {"hash": _hash(state), "at": at}
    found = connection.execute(_STARTED, named).first()
    if connection.execute(_TAKE, {"hash": named["hash"]}).rowcount != 1 or found is None:
        return None
    return found.started_at if found.browser_hash == _hash(browser) else None


def open_session(connection: Connection, token: str, standing: Standing, at: datetime, ends_at: datetime) -> None:
    """Keep a new session."""
    row = {
        "token_hash": _hash(token),
        "person_id": standing.person.id,
        "roles": " ".join(sorted(standing.roles)),
        "payers": document(standing.payer_ids),
        "has_second_factor": int(standing.has_second_factor),
        "created_at": at,
        "used_at": at,
        "ends_at": ends_at,
    }
    _OPEN.change(connection, [row])
    _sweep(connection, sessions, at)


def find_session(connection: Connection, token: str, at: datetime) -> Session | None:
    """The session behind what a browser holds; None when there is none, or its time is over."""
    for person_id, roles, payers, second, created_at, used_at, ends_at in _FIND.rows(
        connection, {"hash": _hash(token), "at": at}
    ):
        held = frozenset(map(Role, roles.split()))
        return Session(person_id, held, _payers_of(payers), bool(second), created_at, used_at, ends_at)
    return None


def touch_session(connection: Connection, token: str, at: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(_TOUCH, {"hash": _hash(token), "at": at})


def end_session(connection: Connection, token: str) -> None:
    """Forget a session."""
    connection.execute(_END, {"hash": _hash(token)})


def end_sessions(connection: Connection, person_id: ClientId) -> int:
    """Forget every session of that person; how many there were."""
    return connection.execute(_END_ALL, {"of_person": person_id}).rowcount


def _sweep(connection: Connection, table: Table, at: datetime) -> None:
    ends_at = table.c.ends_at
    if connection.execute(select(ends_at).where(ends_at < at - _SWEPT_AFTER).limit(1)).first() is not None:
        lock_key(connection, table.name)
        connection.execute(delete(table).where(ends_at < at))


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
