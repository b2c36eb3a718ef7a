"""Reads an attachment beside the request it belongs to: the same patient, the same evidence.

Must not know any policy. What is about somebody else, or cannot be told to be about the patient, is no evidence;
people see it all the same. A reference is read where it stands: in a Bundle, against the address of its entry.
"""

from collections.abc import Callable

from fhir_um.cases.evidence import Document, Evidence
from fhir_um.translate.claim_in import first_place
from fhir_um.translate.elements_in import Json, child, each, identifiers, text
from fhir_um.translate.facts_in import VOID, evidence_of, is_read, places_in, read_evidence
from fhir_um.translate.parties_in import Place
from fhir_um.words import Concept, Identifier
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
        places = tuple(places_in(resolver, entries))
        found = evidence_of(places, is_ours).at(address)
        if found == Evidence() and not any(map(is_read, places)) and _is_any_valid(places, is_ours):
            return Evidence(documents=(Document(address, Concept(), "", None),))
        return found

    def _is_about(self, names: frozenset[tuple[str, str]]) -> Callable[[Place], bool]:
        def is_patient(place: Place, named: Json) -> bool:
            """Whoever is named; a relative reference that stands on no server is one of the sender's own."""
            named_at = place.address(named)
            if named_at and {named_at, absolute(named_at, self._url)} & self._addresses:
                return True
            return not names.isdisjoint(_names(named) + _names(place.target(named)))

        def is_ours(place: Place) -> bool:
            """What is on the patient's record may be about a donor. Source: FHIR R4, Observation.focus."""
            subject = _subject(place)
            return (not subject or is_patient(place, subject)) and all(
                is_patient(place, focus) for focus in each(place.resource, "focus")
            )

        return is_ours


def _subject(place: Place) -> Json:
    return child(place.resource, "subject") or child(place.resource, "patient")


def _is_any_valid(places: tuple[Place, ...], is_ours: Callable[[Place], bool]) -> bool:
    """True when something is about the patient and not withdrawn, or nothing says who it is about."""
    if any(text(place.resource, "status") in VOID for place in places):
        return False
    said = [is_ours(place) for place in places if _subject(place)]
    return any(said) if said else True


def _names(node: Json) -> list[tuple[str, str]]:
    return [(known.system, known.value) for known in identifiers(node)]
