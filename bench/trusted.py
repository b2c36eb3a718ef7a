"""Servers as they stand outside the sandbox, with registered clients, and the tokens those clients get from them."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import requests

from bench.load import HOST
from fhir_um import clock
from fhir_um.auth.client_keys import SigningKey, new_key, public_set
from fhir_um.cases.client import Client, ClientKind
from fhir_um.cases.model import ClientId
from fhir_um.commands.tokens import TokenSource
from fhir_um.deps import Deps
from fhir_um.usecases.register_client import register_client
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.vault import new_key as new_vault_key

SCOPES = ("system/Claim.cruds", "system/ClaimResponse.rs")


@dataclass(frozen=True, slots=True)
class Trust:
    """What makes a server one of production, and the key that all its clients sign with."""

    vault_key: str = field(default_factory=new_vault_key)
    jwk: dict[str, Any] = field(default_factory=lambda: new_key("ES384"))

    @property
    def settings(self) -> dict[str, str]:
        """In its environment."""
        return {
            "FHIR_UM_MODE": "production",
            "FHIR_UM_PUBLIC_URL": "https://um.payer.example",
            "FHIR_UM_SECRET_KEYS": self.vault_key,
        }

    def register(self, deps: Deps, name: str) -> None:
        """A client that may do what is measured."""
        at = clock.now()
        keys = tuple(public_set(self.jwk)["keys"])
        register_client(
            deps,
            Client(ClientId(name), ClientKind.SMART, name, payers_on_file(deps), SCOPES, at, at, keys=keys),
        )

    def token(self, port: int, name: str) -> str:
        """A fresh access token of that client."""
        with requests.Session() as session:
            key = SigningKey(msgspec.json.encode(self.jwk))
            answer = TokenSource(session, f"http://{HOST}:{port}", name, key, " ".join(SCOPES)).ask()
        return str(answer["access_token"])
