"""The CapabilityStatement of each base, made from the route table: no more and no less than is served.

Source: FHIR R4 CapabilityStatement; PAS 2.2.1 and 2.0.1 CapabilityStatement IntermediaryCapabilities.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import metadata
from typing import Any

from fhir_um.api.exchange import EVERY_TYPE, Answer, Asked, Offer, fhir
from fhir_um.api.negotiation import demand_fhir_json
from profiles.canonicals import CAPABILITY_INTERMEDIARY, EXT_TOPIC_OFFERED, IMPLEMENTATION_GUIDE
from profiles.reading import write_json

_CHANGED = "2026-11-22"
"""When what this statement says last changed (CapabilityStatement.date)."""


_SMART = {
    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
    "code": "SMART-on-FHIR",
    "display": "SMART-on-FHIR",
}
_SECURITY = {
    "service": [{"coding": [_SMART]}],
    "description": "SMART Backend Services: .well-known/smart-configuration below this base says where tokens are had.",
}
"""Source: SMART App Launch 2.2, conformance; FHIR R4 CapabilityStatement.rest.security."""


def show(asked: Asked) -> Answer:
    """`GET [base]/metadata`."""
    demand_fhir_json(asked.http)
    limit = str(asked.house.settings.max_body_bytes)
    rows = (route.offer for route in asked.house.routes if route.guide == asked.guide and route.offer)
    offers = [replace(offer, note=offer.note.replace("{max_body_bytes}", limit)) for offer in rows]
    return fhir(write_json(statement(asked.guide, asked.base_url, offers)), headers={"Cache-Control": "no-cache"})


def statement(guide: str, base_url: str, offers: Iterable[Offer]) -> dict[str, Any]:
    """The statement of one base: what it instantiates, and per resource its interactions and operations."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _CHANGED,
        "kind": "instance",
        "instantiates": [f"{CAPABILITY_INTERMEDIARY}|{guide}"],
        "software": {"name": "fhir-um"} | ({"version": version} if (version := program_version()) else {}),
        "implementation": {"description": f"Prior authorization, Da Vinci PAS {guide}", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "implementationGuide": [f"{IMPLEMENTATION_GUIDE}|{guide}"],
        "rest": [_rest(tuple(offers))],
    }


def _rest(offers: tuple[Offer, ...]) -> dict[str, Any]:
    names = dict.fromkeys(offer.resource for offer in offers if offer.resource not in ("", EVERY_TYPE))
    resources = [_resource(name, [o for o in offers if o.resource in (name, EVERY_TYPE)]) for name in names]
    of_system = _operations(offer for offer in offers if not offer.resource)
    rest = {"mode": "server", "security": _SECURITY, "resource": resources}
    return rest | ({"operation": of_system} if of_system else {})


def _resource(name: str, offers: list[Offer]) -> dict[str, Any]:
    topics = [offer.topic for offer in offers if offer.topic]
    notes = [offer.note for offer in offers if offer.note]
    parts: dict[str, Any] = {
        "extension": [{"url": EXT_TOPIC_OFFERED, "valueCanonical": topic} for topic in topics],
        "supportedProfile": [profile for offer in offers for profile in offer.profiles],
        "documentation": " ".join(notes),
        "interaction": [{"code": offer.interaction} for offer in offers if offer.interaction],
        "searchParam": [{"name": n, "type": kind} for offer in offers for n, kind in offer.parameters],
        "operation": _operations(offers),
    }
    return {"type": name, "versioning": "versioned"} | {key: rows for key, rows in parts.items() if rows}


def _operations(offers: Iterable[Offer]) -> list[dict[str, str]]:
    asked = [offer for offer in offers if offer.operation]
    return [
        {"name": offer.operation, "definition": offer.definition}
        | ({"documentation": offer.note} if offer.note else {})
        for offer in asked
    ]


@cache
def program_version() -> str:
    """The version of this program; empty when it was not installed."""
    try:
        return metadata.version("fhir-um")
    except metadata.PackageNotFoundError:
        return ""
