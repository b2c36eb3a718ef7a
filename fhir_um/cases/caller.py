"""The party behind a request, after authentication. Must not know how it was authenticated."""

from dataclasses import dataclass

from fhir_um.cases.model import ClientId, PayerId


@dataclass(frozen=True, slots=True)
class Caller:
    """A client with its scopes (SMART v2 and `um/…`), the payers it may speak to (home payer first) and its roles.

    `roles` are the reviewer roles its people may act in; empty for an EHR.
    """

    client_id: ClientId
    name: str
    payer_ids: tuple[PayerId, ...]
    scopes: frozenset[str]
    roles: frozenset[str] = frozenset()

    @property
    def home_payer(self) -> PayerId:
        """The payer that answers when a request names none we know."""
        return self.payer_ids[0]
