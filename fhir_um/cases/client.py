"""A system that may call, as it was registered here, and what it was granted. Must not know how it proves who it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId


class ClientKind(StrEnum):
    """Who vouches for a client: the operator who registered it, or the community its certificate comes from."""

    SMART = "smart"
    UDAP = "udap"


class ClientStanding(StrEnum):
    """Whether a client may come in: an operator keeps it out, or it has left of its own will."""

    ACTIVE = "active"
    DISABLED = "disabled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Client:
    """One registered client.

    It signs with `keys` (public JWKs), or with those published at `jwks_url`; a UDAP client has neither, but `uri`, the
    name its certificate bears, and `contacts`, where its people can be reached. `certificates`: thumbprints (RFC 8705
    3.1), one of which it must come with; empty when any or none will do. `scopes` are the most it may be granted, in
    SMART v2 form or `um/…`. `organisation`, `roles` and `payer_ids` mean what they mean of a `Caller`. Every change
    makes a new `version`, and a token is good for the version it was issued to: to change a client ends its tokens.
    """

    id: ClientId
    kind: ClientKind
    name: str
    payer_ids: tuple[PayerId, ...]
    scopes: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    organisation: str = ""
    roles: frozenset[str] = frozenset()
    keys: tuple[dict[str, Any], ...] = ()
    jwks_url: str = ""
    certificates: tuple[str, ...] = ()
    uri: str = ""
    contacts: tuple[str, ...] = ()
    standing: ClientStanding = ClientStanding.ACTIVE
    version: int = 1

    @property
    def is_active(self) -> bool:
        """True unless an operator keeps it out, or it has left."""
        return self.standing is ClientStanding.ACTIVE

    @property
    def sender(self) -> ClientId:
        """Who owns what this client sends; see `Caller.sender`."""
        return ClientId(self.organisation) if self.organisation else self.id


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh access token: the only time its text is seen. `scopes` are those granted, `certificate` what it is bound
    to (empty: to nothing)."""

    token: str
    scopes: tuple[str, ...]
    expires_at: datetime
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a good access token stands for: the client as it is now, and what it was granted when it was issued."""

    client: Client
    scopes: tuple[str, ...]
    certificate: str
    issued_at: datetime
    expires_at: datetime

    def caller(self, payers: tuple[PayerId, ...]) -> Caller:
        """The client as the caller of a request; it may speak to those of its payers that are on file."""
        client = self.client
        return Caller(
            client_id=client.id,
            name=client.name,
            payer_ids=tuple(payer for payer in client.payer_ids if payer in payers),
            scopes=frozenset(self.scopes),
            roles=client.roles,
            organisation=client.organisation,
        )
