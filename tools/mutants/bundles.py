"""Faults of Bundles and of what a resource says of itself. Source: FHIR R4 4.0.1 Bundle, Resource."""

from collections.abc import Callable, Iterator
from typing import Any

from tools.mutants.changes import GONE, Change, Edit, Told
from tools.mutants.finders import Finder
from tools.mutants.walking import Thing

_URL = "urn:uuid:00000000-0000-4000-8000-000000000001"
_BASIC = {"resourceType": "Basic", "code": {"text": "Sample"}}
_SEARCHED = ("searchset", "history")
_CHANGED = ("batch", "transaction", "history")
_FIRST = ("ClaimFirst", "ClaimResponseFirst", "dtrb-1", "dtrb-2", "backport-notification-bundle-r4-1")
_ELSEWHERE = "http://hl7.org/fhir/StructureDefinition/bodyheight"
"""A profile of Observation."""


def _bundles(find: Callable[[Thing], Iterator[Change]]) -> Finder:
    """Looks at Bundles with entries only."""
    return lambda thing: find(thing) if thing.type_name == "Bundle" and thing.value.get("entry") else iter(())


def _rule(thing: Thing, key: str, *edits: Edit, path: str = "") -> Change:
    return Change(edits, (Told(path or thing.path, "invariant", key),), element=f"{thing.elements[-1].definition.url}")


def full_url_twice(thing: Thing) -> Iterator[Change]:
    """Two entries with one address."""
    if thing.value.get("type") != "history":
        size = len(thing.value["entry"])
        rows = [((*thing.steps, "entry", size + more), _entry(thing)) for more in (0, 1)]
        yield _rule(thing, "bdl-7", *rows)


def _entry(thing: Thing) -> dict[str, Any]:
    row: dict[str, Any] = {"fullUrl": _URL, "resource": _BASIC}
    if thing.value.get("type") in ("searchset",):
        row["search"] = {"mode": "match"}
    return row


def total_where_none_may_be(thing: Thing) -> Iterator[Change]:
    """A total in a Bundle that is no answer to a search."""
    member = thing.members["total"]
    if thing.value.get("type") not in _SEARCHED and "total" not in thing.value and member.most != 0:
        yield _rule(thing, "bdl-1", ((*thing.steps, "total"), 1))


def search_where_none_may_be(thing: Thing) -> Iterator[Change]:
    """An entry with `search` in a Bundle that is no answer to one."""
    if thing.value.get("type") != "searchset" and _is_free(thing, "search"):
        yield _rule(thing, "bdl-2", ((*thing.steps, "entry", 0, "search"), {"mode": "match"}))


def request_where_none_may_be(thing: Thing) -> Iterator[Change]:
    """An entry with `request` in a Bundle that asks for nothing."""
    if thing.value.get("type") not in _CHANGED and _is_free(thing, "request"):
        yield _rule(thing, "bdl-3", ((*thing.steps, "entry", 0, "request"), {"method": "GET", "url": "Patient"}))


def response_where_none_may_be(thing: Thing) -> Iterator[Change]:
    """An entry with `response` in a Bundle that answers no batch."""
    if not str(thing.value.get("type")).endswith(("-response", "history")) and _is_free(thing, "response"):
        yield _rule(thing, "bdl-4", ((*thing.steps, "entry", 0, "response"), {"status": "200"}))


def _is_free(thing: Thing, name: str) -> bool:
    """The first entry has no such element, and no profile takes it away."""
    entry = next(thing.walk.below(thing, "entry"), None)
    return entry is not None and name not in entry.value and entry.members[name].most != 0


def entry_without_content(thing: Thing) -> Iterator[Change]:
    """An entry with an address and nothing at it."""
    size = len(thing.value["entry"])
    if not _asks_of_entries(thing):
        row = {"fullUrl": _URL}
        yield _rule(thing, "bdl-5", ((*thing.steps, "entry", size), row), path=thing.at("entry", size))


def _asks_of_entries(thing: Thing) -> bool:
    """A profile requires something of every entry."""
    below = thing.walk.opened(thing.members["entry"].elements, "BackboneElement")
    return any(member.least for member in thing.walk.members(below).values()) or thing.value.get("type") in _CHANGED


def full_url_of_a_version(thing: Thing) -> Iterator[Change]:
    """An address that names a version."""
    size = len(thing.value["entry"])
    row = {**_entry(thing), "fullUrl": "http://example.org/fhir/Basic/1/_history/1"}
    if thing.value.get("type") not in _CHANGED:
        yield _rule(thing, "bdl-8", ((*thing.steps, "entry", size), row), path=thing.at("entry", size))


def wrong_first_entry(thing: Thing) -> Iterator[Change]:
    """The entry that must come first comes second."""
    entries = thing.value["entry"]
    for key in _FIRST:
        if key in thing.rules and len(entries) > 1 and _type(entries[1]) != _type(entries[0]):
            edits = (((*thing.steps, "entry", 0), entries[1]), ((*thing.steps, "entry", 1), entries[0]))
            yield _rule(thing, key, *edits)


def _type(entry: dict[str, Any]) -> Any:
    return entry.get("resource", {}).get("resourceType")


def type_of_no_resource(thing: Thing) -> Iterator[Change]:
    """A resource of a type that FHIR does not have, beside the others."""
    yield from _another_entry(thing, {"resourceType": "Basics", "code": {"text": "Sample"}})


def without_type(thing: Thing) -> Iterator[Change]:
    """A resource that does not say what it is."""
    yield from _another_entry(thing, {"code": {"text": "Sample"}})


def _another_entry(thing: Thing, resource: dict[str, Any]) -> Iterator[Change]:
    size = len(thing.value["entry"])
    if thing.value.get("type") not in _CHANGED:
        told = Told(thing.at("entry", size, "resource", "resourceType"), "structure")
        row = {**_entry(thing), "resource": resource}
        yield Change((((*thing.steps, "entry", size), row),), (told,), element=thing.elements[-1].definition.url)


def not_an_object(thing: Thing) -> Iterator[Change]:
    """An entry whose resource is a text."""
    size = len(thing.value["entry"])
    if thing.value.get("type") not in _CHANGED:
        told = Told(thing.at("entry", size, "resource"), "structure")
        row = {**_entry(thing), "resource": "text"}
        yield Change((((*thing.steps, "entry", size), row),), (told,), element=thing.elements[-1].definition.url)


def profile_of_another_type(thing: Thing) -> Iterator[Change]:
    """A resource that claims a profile of another type of resource, besides its own."""
    meta = thing.value.get("meta")
    if thing.is_resource and thing.type_name != "Observation" and type(meta) is dict and meta.get("profile"):
        size = len(meta["profile"])
        told = Told(thing.at("meta", "profile", size), "value", "type")
        yield Change((((*thing.steps, "meta", "profile", size), _ELSEWHERE),), (told,), element=thing.type_name)


def root_of_no_type(thing: Thing) -> Iterator[Change]:
    """A message that does not say what it is."""
    if not thing.steps:
        told = (Told("Resource.resourceType", "structure"), Told(f"{thing.type_name}.resourceType", "structure"))
        yield Change(((("resourceType",), GONE),), told, element=thing.type_name)


FINDERS: dict[str, Finder] = {
    "full-url-twice": _bundles(full_url_twice),
    "total-where-none-may-be": _bundles(total_where_none_may_be),
    "search-where-none-may-be": _bundles(search_where_none_may_be),
    "request-where-none-may-be": _bundles(request_where_none_may_be),
    "response-where-none-may-be": _bundles(response_where_none_may_be),
    "entry-without-content": _bundles(entry_without_content),
    "full-url-of-a-version": _bundles(full_url_of_a_version),
    "wrong-first-entry": _bundles(wrong_first_entry),
    "resource-of-no-type": _bundles(type_of_no_resource),
    "resource-without-type": _bundles(without_type),
    "resource-not-an-object": _bundles(not_an_object),
    "profile-of-another-type": profile_of_another_type,
    "message-without-type": root_of_no_type,
}
