"""Reads codes out of FHIR JSON, tolerantly, under one address per code system however the sender spells it.

Must not know which element of which order holds them. Source: CRD 2.2.1 found-10 (variation in coding), billopt-3.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from cds_hooks.desk import Coding, Json
from profiles import canonicals

BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"

SNOMED = "http://snomed.info/sct"

_SPELLINGS: dict[str, tuple[str, ...]] = {
    canonicals.HCPCS: (
        "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14",
        "bluebutton.cms.gov/resources/codesystem/hcpcs",
        "terminology.hl7.org/codesystem/hcpcs",
        "terminology.hl7.org/codesystem/hcpcs-all-codes",
    ),
    canonicals.CPT: ("urn:oid:2.16.840.1.113883.6.12", "ama-assn.org/go/cpt"),
    canonicals.ICD10_CM: ("urn:oid:2.16.840.1.113883.6.90",),
    canonicals.LOINC: ("urn:oid:2.16.840.1.113883.6.1",),
    canonicals.RXNORM: ("urn:oid:2.16.840.1.113883.6.88",),
    canonicals.NDC: ("urn:oid:2.16.840.1.113883.6.69",),
    SNOMED: ("urn:oid:2.16.840.1.113883.6.96", "snomed.info/id"),
}


def _plain(system: str) -> str:
    """An address without what senders vary: version, scheme, `www.`, a closing slash and capitals."""
    address = system.partition("|")[0].strip().lower().rstrip("/")
    for beginning in ("http://", "https://"):
        address = address.removeprefix(beginning)
    return address.removeprefix("www.")


_SYSTEMS = {_plain(known): known for known in _SPELLINGS} | {
    _plain(spelling): known for known, spellings in _SPELLINGS.items() for spelling in spellings
}


def system_of(written: str) -> str:
    """The address under which the house files a code system.

    >>> system_of("https://bluebutton.cms.gov/resources/codesystem/hcpcs") == canonicals.HCPCS
    True
    >>> system_of("http://snomed.info/sct/731000124108"), system_of("urn:example:own")
    ('http://snomed.info/sct', 'urn:example:own')
    """
    plain = _plain(written)
    if plain.startswith("snomed.info/sct/"):
        return SNOMED
    return _SYSTEMS.get(plain, written)


def codings_of(concepts: Any) -> Iterator[Coding]:
    """The codes of a CodeableConcept, or of several, each followed by the billing options written on it."""
    for concept in each(concepts):
        for coding in each(concept.get("coding")):
            yield from _coding(coding)
        yield from billing_options(concept)


def billing_options(holder: Json) -> Iterator[Coding]:
    """The codes of the billing-options extensions on an element or a resource.

    Source: CRD 2.2.1 billopt-3; the extension may be absent (billopt-2).
    """
    for extension in each(holder.get("extension")):
        if extension.get("url") == BILLING_OPTIONS:
            for coding in each(as_object(extension.get("valueCodeableConcept")).get("coding")):
                yield from _coding(coding)


def text_of(concepts: Any) -> str:
    """The words of the first concept that has any."""
    for concept in each(concepts):
        words = [concept.get("text"), *(coding.get("display") for coding in each(concept.get("coding")))]
        for word in words:
            if isinstance(word, str) and word:
                return word
    return ""


def distinct(codings: Iterable[Coding]) -> tuple[Coding, ...]:
    """Each code once, in the order given."""
    found: dict[tuple[str, str], Coding] = {}
    for coding in codings:
        found.setdefault((coding.system, coding.code), coding)
    return tuple(found.values())


def each(value: Any) -> Iterator[Json]:
    """The objects of a list, or one object that stands where a list belongs; anything else is passed over."""
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, dict):
            yield item


def as_object(value: Any) -> Json:
    """The object itself, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _coding(coding: Json) -> Iterator[Coding]:
    system, code, display = coding.get("system"), coding.get("code"), coding.get("display")
    if isinstance(code, str) and code.strip():
        known = system_of(system) if isinstance(system, str) else ""
        yield Coding(known, code.strip(), display if isinstance(display, str) else "")
