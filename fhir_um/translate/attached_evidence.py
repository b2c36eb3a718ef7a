"""Reads an attachment beside the request it belongs to: the same patient, the same evidence.

Must not know any policy. What is about somebody else, or cannot be told to be about the patient, is no evidence;
people see it all the same.
"""

from collections.abc import Callable

from fhir_um.cases.evidence import Evidence
from fhir_um.translate.claim_in import first_place
from fhir_um.translate.elements_in import Json, child, each, identifiers, text
from fhir_um.translate.facts_in import evidence_of, places_in, read_evidence
from fhir_um.translate.parties_in import Place
from fhir_um.words import Identifier
from profiles.bundle import Resolver, absolute, relative
from profiles.reading import Entry, Limits, read_bundle, read_json

_NOWHERE = "urn:fhir-um:attachment"


class SubmittedChart:
    """The chart of one submission. Attachments name its patient as the sender's server does, or by an identifier."""

    def __init__(self, body: bytes, limits: Limits) -> None:
        bundle = read_bundle(body, limits)
        claim = first_place(bundle)
        reference = child(claim.resource, "patient")
        patient = claim.target(reference)
        self._limits = limits
        self._url = claim.address(reference)
        self._addresses = {self._url, relative(self._url), f"Patient/{text(patient, 'id')}"} - {"", "Patient/"}
        self._names = frozenset(_names(patient) + _names(reference))
        self._evidence = read_evidence(bundle)

    @property
    def evidence(self) -> Evidence:
        """See `Chart.evidence`."""
        return self._evidence

    def attached(self, resource: bytes, address: str, member: Identifier) -> Evidence:
        """See `Chart.attached`."""
        content = read_json(resource, self._limits)
        entries = (Entry(0, _NOWHERE, content),)
        inner = (child(row, "resource") for row in each(content, "entry"))
        urls = (text(row, "fullUrl") for row in each(content, "entry"))
        resolver = Resolver((*entries, *(Entry(0, url, one) for url, one in zip(urls, inner, strict=True) if url)))
        is_ours = self._is_about(self._names | {(member.system, member.value)})
        return evidence_of(places_in(resolver, entries), is_ours).at(address)

    def _is_about(self, names: frozenset[tuple[str, str]]) -> Callable[[Place], bool]:
        def is_ours(place: Place) -> bool:
            subject = child(place.resource, "subject") or child(place.resource, "patient")
            if not subject:
                return True
            written = text(subject, "reference")
            if written and {absolute(written, self._url), written.partition("/_history/")[0]} & self._addresses:
                return True
            return not names.isdisjoint(_names(subject) + _names(place.target(subject)))

        return is_ours


def _names(node: Json) -> list[tuple[str, str]]:
    return [(known.system, known.value) for known in identifiers(node)]
