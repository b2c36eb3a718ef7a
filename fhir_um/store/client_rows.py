"""Registered clients as rows. Must not know what a client is let do."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from fhir_um.cases.client import Client, ClientKind
from fhir_um.errors import VersionConflict
from fhir_um.store.client_tables import clients
from fhir_um.store.columns import as_key
from fhir_um.store.documents import document
from fhir_um.store.prepared import Prepared
from fhir_um.store.writing import insert_or_leave

client_of = msgspec.json.Decoder(Client).decode

_FIND = Prepared(select(clients.c.document).where(clients.c.id == bindparam("of_id")))
_NAMED = Prepared(
    select(clients.c.document).where(
        clients.c.uri == bindparam("of_uri"), clients.c.uri != "", clients.c.kind == bindparam("of_kind")
    )
)
_ALL = select(clients.c.document).order_by(clients.c.id)
_INSERT = Prepared(insert_or_leave(clients, "id"))
_CHANGE = update(clients).where(clients.c.id == bindparam("of_id"), clients.c.version == bindparam("of_version"))


def find_client(connection: Connection, id: str) -> Client | None:
    """The client with that id, active or not."""
    found = _FIND.scalar(connection, {"of_id": as_key(id)})
    return None if found is None else client_of(found)


def find_named(connection: Connection, kind: ClientKind, uri: str) -> Client | None:
    """The client of that kind whose certificate bears that name."""
    found = _NAMED.scalar(connection, {"of_uri": as_key(uri), "of_kind": kind.value})
    return None if found is None else client_of(found)


def all_clients(connection: Connection) -> tuple[Client, ...]:
    """Every client, by id."""
    return tuple(client_of(text) for text in connection.scalars(_ALL))


def add_client(connection: Connection, new: Client) -> bool:
    """Keep a new client; False when there is one with that id."""
    return _INSERT.change(connection, [_columns(new) | {"id": new.id}]) == 1


def change_client(connection: Connection, changed: Client, expected_version: int) -> None:
    """Replace a client. Raises: VersionConflict when it is not at `expected_version` any more."""
    named = {"of_id": changed.id, "of_version": expected_version}
    if connection.execute(_CHANGE.values(**_columns(changed)), named).rowcount != 1:
        raise VersionConflict(expected_version, changed.version)


def _columns(row: Client) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "uri": as_key(row.uri),
        "standing": row.standing.value,
        "version": row.version,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "document": document(row),
    }
