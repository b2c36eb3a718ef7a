"""Access tokens as rows, by what is left of a token when it is hashed. Must not know how one is asked for or sent."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, and_, bindparam, delete, select

from fhir_um.cases.client import Client, ClientStanding, Grant, Issued
from fhir_um.cases.model import ClientId
from fhir_um.store.client_rows import client_of
from fhir_um.store.client_tables import access_tokens, clients
from fhir_um.store.engine import lock_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.writing import insert_or_leave

_AT = bindparam("at", type_=access_tokens.c.expires_at.type)
_IS_OVER = access_tokens.c.expires_at < _AT
_FIND = Prepared(
    select(
        clients.c.document,
        access_tokens.c.scopes,
        access_tokens.c.certificate,
        access_tokens.c.issued_at,
        access_tokens.c.expires_at,
    )
    .join_from(
        access_tokens,
        clients,
        and_(clients.c.id == access_tokens.c.client_id, clients.c.version == access_tokens.c.client_version),
    )
    .where(
        access_tokens.c.token_hash == bindparam("hash"),
        access_tokens.c.expires_at > _AT,
        clients.c.standing == ClientStanding.ACTIVE.value,
    )
)
_INSERT = Prepared(insert_or_leave(access_tokens, "token_hash"))
_OVER = Prepared(select(access_tokens.c.token_hash).where(_IS_OVER).limit(1))
_FORGET = delete(access_tokens).where(_IS_OVER)
_END = delete(access_tokens).where(
    access_tokens.c.token_hash == bindparam("hash"), access_tokens.c.client_id == bindparam("of_client")
)

_SWEPT_AFTER = timedelta(minutes=10)
"""Expired tokens are deleted together, not with every new one."""


def add_token(connection: Connection, client: Client, issued: Issued, at: datetime) -> None:
    """Keep a token issued to that client as it is at that version."""
    row = {
        "token_hash": _hash(issued.token),
        "client_id": client.id,
        "client_version": client.version,
        "scopes": " ".join(issued.scopes),
        "certificate": issued.certificate,
        "issued_at": at,
        "expires_at": issued.expires_at,
    }
    _INSERT.change(connection, [row])
    if _OVER.rows(connection, {"at": at - _SWEPT_AFTER}):
        lock_key(connection, access_tokens.name)
        connection.execute(_FORGET, {"at": at})


def find_token(connection: Connection, token: str, at: datetime) -> Grant | None:
    """What a token stands for; None when it is unknown, over, or its client was changed or disabled since."""
    for document, scopes, certificate, issued_at, expires_at in _FIND.rows(
        connection, {"hash": _hash(token), "at": at}
    ):
        return Grant(client_of(document), tuple(scopes.split()), certificate, issued_at, expires_at)
    return None


def end_token(connection: Connection, client_id: ClientId, token: str) -> None:
    """Forget that token, if it is the client's."""
    connection.execute(_END, {"hash": _hash(token), "of_client": client_id})


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
