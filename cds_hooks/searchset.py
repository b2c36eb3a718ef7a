"""Reads what an EHR answered: is it FHIR, does it answer what was asked, is there more. Must not know connections.

An EHR may ignore a search parameter it does not know. Where we can tell the extra rows ourselves they are dropped;
otherwise the answer is of no use, for a fact might be missed in it (CRD 2.2.1, query notes: check the `self` link).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_hooks.codings import each
from cds_hooks.desk import Json
from cds_hooks.outbound import Reply, Unusable
from profiles.bundle import relative
from profiles.issues import Refusal
from profiles.reading import Limits, read_json

_MEDIA_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
_MAX_DEPTH = 64
_OF_PATIENT = ("patient", "beneficiary", "subject")
_TOLD_APART = frozenset({*_OF_PATIENT, "status", "_id"})
"""Parameters that `_fits` applies again."""


@dataclass(frozen=True, slots=True)
class Page:
    """The resources of one answer, and the address of the next page or an empty text."""

    resources: tuple[Json, ...]
    next_url: str = ""


def resource_in(reply: Reply, kind: str, id: str) -> Page:
    """The answer to a read.

    Raises: Unusable when it is not that resource.
    """
    value = _json(reply)
    if value.get("resourceType") != kind or value.get("id") != id:
        raise Unusable("another resource")
    return Page((value,))


def page_in(reply: Reply, query: str) -> Page:
    """The answer to a search, or a further page of one.

    Raises: Unusable when it is no searchset, or parameters of the query were ignored that nobody can apply afterwards.
    """
    bundle = _json(reply)
    if bundle.get("resourceType") != "Bundle":
        raise Unusable("no Bundle")
    links = {str(link.get("relation")): link["url"] for link in each(bundle.get("link")) if _is_text(link.get("url"))}
    asked = parse_qs(query)
    if _ignored(asked, links.get("self", "")):
        raise Unusable("another question")
    found = (entry.get("resource") for entry in each(bundle.get("entry")))
    return Page(tuple(_fitting(found, asked)), links.get("next", ""))


def _json(reply: Reply) -> Json:
    if reply.content_type not in _MEDIA_TYPES:
        raise Unusable("another media type")
    try:
        value = read_json(reply.body, Limits(len(reply.body), _MAX_DEPTH, 0))
    except Refusal as refusal:
        raise Unusable("no JSON") from refusal
    if not isinstance(value, dict):
        raise Unusable("no resource")
    return value


def _ignored(asked: dict[str, list[str]], self_url: str) -> set[str]:
    """The parameters an EHR says it did not use; none when it does not say what it used."""
    names = {_name(parameter) for parameter in asked}
    used = {_name(parameter) for parameter in parse_qs(urlsplit(self_url).query)}
    if names.isdisjoint(used):
        return set()
    needed = {name for name in names if not name.startswith("_")} - _TOLD_APART
    return needed - used


def _name(parameter: str) -> str:
    return parameter.partition(":")[0].partition(".")[0]


def _fitting(found: Iterator[Any], asked: dict[str, list[str]]) -> Iterator[Json]:
    for resource in found:
        if isinstance(resource, dict) and _is_text(resource.get("resourceType")) and _fits(resource, asked):
            yield resource


def _fits(resource: Json, asked: dict[str, list[str]]) -> bool:
    """Not of another patient, and of a status and id that were asked for, as far as the resource says."""
    for name in _OF_PATIENT:
        if name in asked and _is_of_another(resource, asked[name][0]):
            return False
    for parameter, member in (("status", "status"), ("_id", "id")):
        said = resource.get(member)
        if parameter in asked and isinstance(said, str) and said not in _values(asked[parameter][0]):
            return False
    return bool(resource["resourceType"] != "OperationOutcome")


def _values(text: str) -> list[str]:
    return [value.rpartition("|")[2] for value in text.split(",")]


def _is_of_another(resource: Json, patient: str) -> bool:
    id = patient.rpartition("/")[2]
    for name in _OF_PATIENT:
        owner = resource.get(name)
        reference = owner.get("reference") if isinstance(owner, dict) else None
        if isinstance(reference, str):
            whose = relative(reference.partition("/_history/")[0])
            return whose.startswith("Patient/") and whose != f"Patient/{id}"
    return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
