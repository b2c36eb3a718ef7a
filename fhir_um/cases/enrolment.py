"""What a member of a trust community asks to be registered as. Must not know how it shows who it is."""

from dataclasses import dataclass
from hashlib import sha256

from fhir_um.cases.client import Client
from fhir_um.cases.model import ClientId

_ID_CHARACTERS = 18


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The wish of the member whose certificate bears `uri`.

    `scopes` are what it may have of those it asked for, in SMART v2 form; `wording` is its own words for them where it
    may have them all. `is_leaving`: it wants to be no client any more.
    """

    uri: str
    name: str = ""
    contacts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    wording: str = ""
    is_leaving: bool = False

    @property
    def client_id(self) -> ClientId:
        """Follows from the name, so that two who ask at once for the same name cannot both be new."""
        return ClientId("udap-" + sha256(self.uri.encode()).hexdigest()[:_ID_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The client a wish has made, changed or ended. `is_new`: it was not one before."""

    client: Client
    is_new: bool
