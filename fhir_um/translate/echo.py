"""Which resources of a submission an answer repeats, byte for byte, under the address they came with.

Must not know what an answer says. Source: PAS 2.2.1 spec-31, spec-33; rule on referenced resources (section 1.5).
"""

import msgspec

from fhir_um.cases.asked import Party
from fhir_um.translate.elements_out import Json, logical_reference
from profiles.bundle import absolute, references_of


class _Kind(msgspec.Struct):
    resourceType: str = ""


class Echo:
    """The entries an answer carries so far; sharing one among several cases keeps each address once.

    `came` are the entries of the submission at hand. An address already taken with other bytes (two senders, or an
    older version of the same patient) is not referred to again: the party is named by identifier instead.
    """

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}
        self._came: dict[str, bytes] = {}

    def turn_to(self, came: dict[str, bytes]) -> None:
        """Refer to the entries of this submission from now on."""
        self._came = came

    def refer(self, party: Party) -> Json:
        """A reference to the party, taking its entry and everything that entry refers to along."""
        return {"reference": party.full_url} if self._take(party.full_url) else logical_reference(party)

    def is_organization(self, party: Party) -> bool:
        """True when the party came along as an Organization."""
        raw = self._came.get(party.full_url)
        return raw is not None and msgspec.json.decode(raw, type=_Kind).resourceType == "Organization"

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


def refer_by_address(party: Party) -> Json:
    """A reference for an answer that stands alone: the address when it is one, else the identifier."""
    if party.full_url.startswith("http"):
        return {"reference": party.full_url}
    return logical_reference(party)
