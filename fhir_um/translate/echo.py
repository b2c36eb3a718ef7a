"""Which resources of a submission an answer repeats, byte for byte, under the address they came with.

Must not know what an answer says. Source: PAS 2.2.1 spec-31, spec-33 and the text on referenced resources.
"""

from typing import Protocol

import msgspec

from fhir_um.cases.asked import Party
from fhir_um.translate.elements_out import Json, logical_reference
from profiles.bundle import RESTFUL, absolute, references_of


class References(Protocol):
    """How an answer refers to what the submission holds: with its entries beside it, or standing alone."""

    def refer(self, party: Party) -> Json:
        """A reference to a party, never empty."""

    def refer_to(self, url: str) -> Json:
        """A reference to whatever has that address, empty when the answer cannot lead there."""

    def kind(self, url: str) -> str:
        """The resource type behind an address, empty when it is not known."""


class _Kind(msgspec.Struct):
    resourceType: str = ""


_KIND = msgspec.json.Decoder(_Kind)


class Echo:
    """The entries an answer carries so far; sharing one among several cases keeps each address once.

    `came` are the entries of the submission at hand. An address already taken with other bytes (two senders, or an
    older version of the same patient) is not referred to again: the party is named by identifier instead.
    """

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}
        self._came: dict[str, bytes] = {}
        self._kinds: dict[str, str] = {}

    def turn_to(self, came: dict[str, bytes]) -> None:
        """Refer to the entries of this submission from now on."""
        self._came, self._kinds = came, {}

    def refer(self, party: Party) -> Json:
        """A reference to the party, taking its entry and everything that entry refers to along."""
        return {"reference": party.full_url} if self._take(party.full_url) else logical_reference(party)

    def refer_to(self, url: str) -> Json:
        """A reference to an entry of the submission, empty when it did not come along."""
        return {"reference": url} if self._take(url) else {}

    def kind(self, url: str) -> str:
        """The resource type of an entry of the submission, empty when it did not come along."""
        if url not in self._kinds:
            raw = self._came.get(url)
            self._kinds[url] = "" if raw is None else _KIND.decode(raw).resourceType
        return self._kinds[url]

    def _take(self, url: str) -> bool:
        raw = self._came.get(url)
        if raw is None:
            return False
        if url in self.taken:
            return self.taken[url] == raw
        self.taken[url] = raw
        if b'"reference"' in raw:
            for _, reference in references_of(msgspec.json.decode(raw)):
                self._take(absolute(reference, url))
        return True


class ByAddress:
    """References of an answer that stands alone: the address where it is one on a server, else the identifier."""

    def refer(self, party: Party) -> Json:
        """A reference to a party."""
        return self.refer_to(party.full_url) or logical_reference(party)

    def refer_to(self, url: str) -> Json:
        """The address as a reference, empty when it is none on a server."""
        return {"reference": url} if url.startswith("http") else {}

    def kind(self, url: str) -> str:
        """The resource type an address names."""
        found = RESTFUL.fullmatch(url)
        return found["type"] if found else ""
