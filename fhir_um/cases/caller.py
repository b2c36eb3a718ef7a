"""The party behind a request, after authentication. Must not know how it was authenticated."""

from dataclasses import dataclass

from fhir_um.cases.model import ClientId, PayerId


@dataclass(frozen=True, slots=True)
class Caller:
    """A client, or a person, with its scopes (SMART v2 and `um/…`), the payers it may speak to (home payer first) and
    its roles.

    `organisation` is whose requests it sends: clients of one organisation see and change the same ones. `roles` are the
    reviewer roles its people may act in; empty for an EHR. For a person, `client_id` is their own id here and `roles`
    are the ones they were given. `emergency` names the grant of a person who broke the glass.
    """

    client_id: ClientId
    name: str
    payer_ids: tuple[PayerId, ...]
    scopes: frozenset[str]
    roles: frozenset[str] = frozenset()
    organisation: str = ""
    is_person: bool = False
    emergency: str = ""

    @property
    def home_payer(self) -> PayerId:
        """The payer that answers when a request names none we know."""
        return self.payer_ids[0]

    @property
    def sender(self) -> ClientId:
        """Who owns what this caller sends: its organisation, or itself when it has none."""
        return ClientId(self.organisation) if self.organisation else self.client_id
