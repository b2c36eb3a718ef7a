"""What is in the chart of an invented EHR, and how it is read and searched: a small part of FHIR search, in memory.

Must not know HTTP. A parameter it does not know is left out of the search and out of its `self` link, as FHIR lets a
lenient server do. Source: FHIR R4, search.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

Json = dict[str, Any]
Parameters = list[tuple[str, str]]
_READ = msgspec.json.Decoder(float_hook=Decimal)

_NUMBER = re.compile("[0-9]{1,9}")
_FROM = "_from"
"""Where a page begins: a parameter of our own in `next` links."""

_REFERENCES: dict[str, tuple[str, ...]] = {
    "patient": ("patient", "subject", "beneficiary", "for", "individual", "participant.actor"),
    "subject": ("subject", "patient"),
    "beneficiary": ("beneficiary",),
    "encounter": ("encounter", "context"),
    "requester": ("requester", "orderer"),
    "provider": ("orderer", "provider"),
    "performer": ("performer",),
    "practitioner": ("practitioner", "participant.individual", "participant.actor"),
    "organization": ("organization", "managingOrganization"),
    "location": ("location", "location.location", "locationReference", "participant.actor"),
    "service-provider": ("serviceProvider",),
    "intended-dispenser": ("dispenseRequest.performer",),
    "device": ("codeReference", "device"),
    "medication": ("medicationReference",),
    "payor": ("payor",),
    "insurer": ("insurer",),
    "based-on": ("basedOn",),
}
"""Search parameter -> the elements that hold its references, of whatever type has them."""

_TOKENS = {
    "status": "status",
    "code": "code",
    "category": "category",
    "identifier": "identifier",
    "type": "type",
    "intent": "intent",
    "clinical-status": "clinicalStatus",
}
"""Search parameter -> the element that holds its code."""

_PAIRS = {"_include": False, "_include:iterate": True}
"""Parameters that bring more along, and whether they look at what came along as well."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what a search found: matches, what came along, and the queries of this page and of the next."""

    matches: tuple[Json, ...]
    included: tuple[Json, ...]
    total: int
    own: str
    next: str = ""


class Chart:
    """Resources by `Type/id`; a later one takes the place of an earlier one."""

    def __init__(self, resources: Iterable[Json] = ()) -> None:
        self.resources: dict[str, Json] = {}
        self.add(*resources)

    def add(self, *resources: Json) -> None:
        """Put resources in the chart; of a Bundle, what is in it."""
        for resource in resources:
            if resource.get("resourceType") == "Bundle":
                self.add(*(entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry))
            elif "id" in resource:
                self.resources[f"{resource['resourceType']}/{resource['id']}"] = resource

    def read(self, kind: str, id: str) -> Json | None:
        """One resource, if it is there."""
        return self.resources.get(f"{kind}/{id}")

    def search(self, kind: str, parameters: Parameters, page_size: int, ignored: frozenset[str] = frozenset()) -> Page:
        """What a search for that type finds. `ignored`: parameters that this server does not know today."""
        used = [(name, value) for name, value in parameters if _is_known(name) and name not in ignored]
        start = _number(parameters, _FROM)
        size = _number(used, "_count") or page_size
        found = [
            row
            for ref, row in self.resources.items()
            if ref.startswith(f"{kind}/") and all(_fits(row, *pair) for pair in used)
        ]
        matches = tuple(found[start : start + size])
        more = urlencode([*used, (_FROM, str(start + size))], safe=":/,") if len(found) > start + size else ""
        along = tuple(self._along(matches, used))
        return Page(matches, along, len(found), urlencode(used, safe=":/,"), more)

    def _along(self, matches: tuple[Json, ...], used: Parameters) -> Iterator[Json]:
        """What the matches refer to by the included parameters, each once, and what that refers to where asked for."""
        seen = {_ref(row) for row in matches}
        layer, is_first = list(matches), True
        while layer:
            refs = {
                ref
                for name, value in used
                if name in _PAIRS and (is_first or _PAIRS[name])
                for row in layer
                for ref in _included(row, value)
            }
            layer = [self.resources[ref] for ref in sorted(refs - seen) if ref in self.resources]
            seen |= refs
            is_first = False
            yield from layer


def read_folder(folder: Path) -> Iterator[Json]:
    """The resources in a folder's JSON files (a resource, a Bundle, or a hook call, whose own are taken), or one file.

    Raises: ValueError that names what is not there, or is no JSON; OSError.
    """
    if not folder.exists():
        raise ValueError(f"There is no {folder}.")
    for file in [folder] if folder.is_file() else sorted(folder.rglob("*.json")):
        try:
            content = _READ.decode(file.read_bytes())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            raise ValueError(f"{file} is no JSON: {fault}.") from fault
        yield from resources_in(content)


def resources_in(content: Any) -> Iterator[Json]:
    """Every resource with an id that stands in this, at any depth of Bundles and of other JSON, such as prefetch."""
    if isinstance(content, list):
        for one in content:
            yield from resources_in(one)
    elif isinstance(content, dict):
        if content.get("resourceType") not in {None, "Bundle", "Parameters"}:
            if "id" in content:
                yield content
            return
        for value in content.values():
            yield from resources_in(value)


def _number(parameters: Parameters, name: str) -> int:
    """The first value of that parameter that is a number; 0 when none is."""
    return next((int(value) for own, value in parameters if own == name and _NUMBER.fullmatch(value)), 0)


def _is_known(name: str) -> bool:
    return name in {"_id", "_count", *_PAIRS} or name in _REFERENCES or name in _TOKENS


def _fits(row: Json, name: str, value: str) -> bool:
    wanted = value.split(",")
    if name == "_id":
        return row["id"] in wanted
    if name in _REFERENCES:
        ends = {f"/{'/'.join(one.split('/')[-2:])}" for one in wanted}
        return any(f"/{ref}".endswith(end) for ref in _refs_of(row, name) for end in ends)
    if name in _TOKENS:
        return not set(_codes(row.get(_TOKENS[name]))).isdisjoint(one.removeprefix("|") for one in wanted)
    return True


def _codes(value: Any) -> Iterator[str]:
    """Every way to ask for what an element says: its plain code, and each coding with and without its system."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _codes(one)
    elif isinstance(value, dict):
        yield from _codes(value.get("coding"))
        code = value.get("code", value.get("value"))
        if isinstance(code, str):
            yield code
            yield f"{value.get('system', '')}|{code}"


def _included(row: Json, value: str) -> Iterator[str]:
    """What a row refers to by `Type:parameter`, or `Type:parameter:TargetType`."""
    kind, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if row["resourceType"] == kind and parameter in _REFERENCES:
        yield from (ref for ref in _refs_of(row, parameter) if not target or ref.startswith(f"{target}/"))


def _refs_of(row: Json, parameter: str) -> Iterator[str]:
    """The references of a parameter, each as `Type/id`."""
    for path in _REFERENCES[parameter]:
        for value in _at(row, path.split(".")):
            reference = value.get("reference") if isinstance(value, dict) else None
            if isinstance(reference, str):
                yield "/".join(reference.split("/")[-2:])


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _ref(row: Json) -> str:
    return f"{row['resourceType']}/{row['id']}"
