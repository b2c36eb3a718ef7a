"""Clients in the words of the business, inside one transaction: what may be read of them, and what may be changed.

Must not open or end the transaction, and holds no SQL.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.client import Client, ClientKind, Grant, Issued
from fhir_um.cases.model import ClientId
from fhir_um.store import access_tokens, client_rows


class ClientsRead:
    """A transaction that reads about clients."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, id: str) -> Client | None:
        """The client with that id, active or not."""
        return client_rows.find_client(self._connection, id)

    def find_named(self, kind: ClientKind, uri: str) -> Client | None:
        """The client of that kind whose certificate bears that name."""
        return client_rows.find_named(self._connection, kind, uri)

    def all(self) -> tuple[Client, ...]:
        """Every client, by id."""
        return client_rows.all_clients(self._connection)

    def of_token(self, token: str, at: datetime) -> Grant | None:
        """What an access token stands for; None for one that is good for nothing (any more)."""
        return access_tokens.find_token(self._connection, token, at)


class Clients(ClientsRead):
    """A transaction that may change clients, and what they hold."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def add(self, new: Client) -> bool:
        """Keep a new client; False when there is one with that id."""
        return client_rows.add_client(self._writing(), new)

    def change(self, changed: Client, expected_version: int) -> None:
        """Replace a client; with its new version, all tokens of the old one are over. Raises: VersionConflict."""
        client_rows.change_client(self._writing(), changed, expected_version)

    def issue(self, client: Client, issued: Issued, at: datetime) -> None:
        """Keep a token, as a hash, for the client as it is at that version; those long expired go."""
        access_tokens.add_token(self._writing(), client, issued, at)

    def revoke(self, client_id: ClientId, token: str) -> None:
        """Make an end of that token, if it is the client's."""
        access_tokens.end_token(self._writing(), client_id, token)
