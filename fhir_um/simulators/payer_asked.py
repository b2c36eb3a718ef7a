"""What a request Bundle asks the fake payer for, in plain values. Must not know rules or answers.

Reads leniently: what is missing is empty. Whoever wants to know whether a request is right asks a real server.
Source: PAS 2.2.1 and 2.0.1, profile-claim and profile-claim-inquiry.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from profiles.canonicals import (
    CERTIFICATION_CANCEL,
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_ITEM_TRACE_NUMBER,
    MODIFIER_INFO_CANCELLED,
    NPI,
)

Json = dict[str, Any]


class NoRequest(Exception):
    """This is nothing a payer can answer; the text says why."""


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One line. `serviced` is the element as it came, with its name."""

    sequence: int
    service: Json
    quantity: Json
    serviced: Json
    traces: tuple[Json, ...]
    cancelled: bool

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """System and code of the service."""
        return tuple(
            (str(each.get("system", "")), str(each.get("code", ""))) for each in self.service.get("coding", ())
        )


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A request, or an inquiry; `entries` is the Bundle as it came, by full URL."""

    claim: Json
    claim_url: str
    entries: dict[str, Json] = field(repr=False)
    member: str
    provider: str
    lines: tuple[AskedLine, ...]
    cancels_all: bool
    prior: frozenset[str]
    """Ids and identifiers of the request it takes the place of."""
    numbers: frozenset[str]
    """Authorization and reference numbers it names."""

    @property
    def names(self) -> frozenset[str]:
        """What this request itself may be called later."""
        ids = {str(self.claim.get("id", "")), self.claim_url}
        return frozenset(ids | {_value(each) for each in self.claim.get("identifier", ())}) - {""}


def read_claim(bundle: Any) -> AskedClaim:
    """A request Bundle. Raises: NoRequest."""
    rows = bundle.get("entry") if isinstance(bundle, dict) else None
    entries = {str(row.get("fullUrl", "")): row.get("resource", {}) for row in rows or () if isinstance(row, dict)}
    if not entries:
        raise NoRequest("This is no Bundle with entries; a request is a Bundle whose first entry is a Claim.")
    url, claim = next(iter(entries.items()))
    if not isinstance(claim, dict) or claim.get("resourceType") != "Claim":
        raise NoRequest("The first entry of the Bundle is no Claim.")
    missing = [name for name in ("patient", "insurer", "provider") if not claim.get(name)]
    if missing:
        raise NoRequest(f"The Claim says nothing of {', '.join(missing)}, which its answer must repeat.")
    numbers = [item.get("sequence") for item in claim.get("item", ())]
    if len(set(numbers)) != len(numbers):
        raise NoRequest("Two lines of the Claim have the same number, so no answer could tell them apart.")
    provider = resolve(entries, claim.get("provider"))
    return AskedClaim(
        claim=claim,
        claim_url=url,
        entries=entries,
        member=_member(entries, claim),
        provider=_npi(provider) or _npi(resolve(entries, provider.get("organization"))),
        lines=tuple(_line(item) for item in claim.get("item", ())),
        cancels_all=_cancels(claim),
        prior=frozenset(_prior(claim)),
        numbers=frozenset(_numbers(claim)),
    )


def resolve(entries: dict[str, Json], reference: Any) -> Json:
    """The entry a reference leads to; empty when there is none."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str):
        return {}
    full = next((url for url in entries if url == target or url.endswith(f"/{target}")), "")
    return entries.get(full, {})


def extensions(element: Json, url: str, name: str = "extension") -> Iterator[Any]:
    """The values of the extensions of that URL."""
    for each in element.get(name, ()):
        if each.get("url") == url:
            yield next((value for key, value in each.items() if key.startswith("value")), None)


def _line(item: Json) -> AskedLine:
    serviced = {name: value for name, value in item.items() if name in ("servicedDate", "servicedPeriod")}
    gone = True in extensions(item, MODIFIER_INFO_CANCELLED, "modifierExtension")
    return AskedLine(
        sequence=int(item.get("sequence", 0)),
        service=item.get("productOrService", {}),
        quantity=item.get("quantity", {}),
        serviced=serviced,
        traces=tuple(extensions(item, EXT_ITEM_TRACE_NUMBER)),
        cancelled=gone or _cancels(item),
    )


def _cancels(element: Json) -> bool:
    types = extensions(element, EXT_CERTIFICATION_TYPE)
    return any(coding.get("code") == CERTIFICATION_CANCEL for concept in types for coding in concept.get("coding", ()))


def _prior(claim: Json) -> Iterator[str]:
    for related in claim.get("related", ()):
        prior = related.get("claim", {})
        if "reference" in prior:
            yield prior["reference"]
            yield prior["reference"].rpartition("/")[2]
        yield from (_value(each) for each in (prior.get("identifier"), related.get("reference")) if each)


def _numbers(claim: Json) -> Iterator[str]:
    for element in (claim, *claim.get("item", ())):
        for url in (EXT_AUTHORIZATION_NUMBER, EXT_ADMINISTRATION_REFERENCE_NUMBER):
            yield from (str(value) for value in extensions(element, url) if value)


def _member(entries: dict[str, Json], claim: Json) -> str:
    patient = resolve(entries, claim.get("patient"))
    numbers = patient.get("identifier", ())
    marked = [each for each in numbers if any(c.get("code") == "MB" for c in each.get("type", {}).get("coding", ()))]
    return next((_value(each) for each in (*marked, *numbers)), "")


def _npi(party: Json) -> str:
    return next((_value(each) for each in party.get("identifier", ()) if each.get("system") == NPI), "")


def _value(identifier: Json) -> str:
    return str(identifier.get("value", ""))
