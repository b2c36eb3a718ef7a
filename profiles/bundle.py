"""How references in a Bundle find their entry. Must not know cases, rules of a guide, or how bytes are read.

Source: FHIR R4 4.0.1, Bundle "Resolving references in Bundles"; PAS 2.2.1 spec-13, spec-16.
"""

import re
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

RESTFUL = re.compile(r"(?P<base>https?://[^\s?#]+/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
"""The address of a resource on a FHIR server, without a version."""

LONGEST_URL = 2048
"""Characters of a fullUrl; relative references are not read against a longer one."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


class Located(Protocol):
    """Anything that is an entry: an address and a resource."""

    @property
    def full_url(self) -> str: ...
    @property
    def resource(self) -> dict[str, Any]: ...


E = TypeVar("E", bound=Located)


def absolute(reference: str, full_url_of_container: str) -> str:
    """The address a reference means: relative ones against the server of the resource they stand in, versions dropped.

    A `#fragment`, and a relative reference in a resource that is not on a server, stay as they are.

    >>> absolute("Patient/1/_history/2", "https://ehr.example.org/fhir/Claim/9")
    'https://ehr.example.org/fhir/Patient/1'
    """
    unversioned = reference.partition("/_history/")[0]
    if reference.startswith("#") or _ABSOLUTE.match(reference):
        return unversioned
    if len(full_url_of_container) > LONGEST_URL:
        return unversioned
    container = RESTFUL.fullmatch(full_url_of_container)
    return container["base"] + unversioned if container else unversioned


def relative(url: str) -> str:
    """The address of a resource on a server without its server, as `Type/id`; any other text stays as it is.

    >>> relative("https://ehr.example.org/fhir/Patient/1"), relative("urn:uuid:1"), relative("Patient/1")
    ('Patient/1', 'urn:uuid:1', 'Patient/1')
    """
    found = RESTFUL.fullmatch(url) if len(url) <= LONGEST_URL else None
    return f"{found['type']}/{found['id']}" if found else url


def references_of(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """Every literal reference of a resource, with its path in it: `item[0].extension[1].valueReference`."""
    found: list[tuple[str, str]] = []
    for name, value in resource.items():
        if isinstance(value, dict | list):
            _collect_references(value, name, found)
    return found


def _collect_references(value: dict[str, Any] | list[Any], path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                _collect_references(item, f"{path}[{index}]", found)
        return
    reference = value.get("reference")
    if isinstance(reference, str):
        found.append((path, reference))
    for name, member in value.items():
        if isinstance(member, dict | list):
            _collect_references(member, f"{path}.{name}", found)


class Resolver(Generic[E]):
    """The entries of one Bundle, found by reference."""

    def __init__(self, entries: Sequence[E]) -> None:
        self._entries: dict[str, list[E]] = {}
        for entry in entries:
            self._entries.setdefault(entry.full_url, []).append(entry)

    def matches(self, reference: str, container: Located) -> tuple[E, ...]:
        """Every entry a reference in `container` hits; more than one is a fault of the Bundle."""
        return tuple(self._entries.get(absolute(reference, container.full_url), ()))

    def resolve(self, reference: str, container: Located) -> E | None:
        """The entry a reference in `container` means, or None: absent, ambiguous, or a contained resource."""
        found = self.matches(reference, container)
        return found[0] if len(found) == 1 else None
