"""Faults of references and of what they point to: wrong types, broken profiles, contained resources.

Source: FHIR R4 4.0.1 References; DomainResource.contained.
"""

from collections.abc import Iterator
from typing import Any

from profiles.bundle import relative
from profiles.library import Definition
from tools.mutants.changes import GONE, Change, Edit, Told
from tools.mutants.edges import in_extension
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.walking import Thing

_REFERENCE = "Reference"
_KINDS = ("Patient", "Organization", "Observation", "Medication", "Slot")
_NOBODY = {"resourceType": "Organization", "id": "nobody", "name": "Nobody"}
_TO_NOBODY = {"valueReference": {"reference": "#nobody"}}


def _references(thing: Thing) -> Iterator[tuple[Member, tuple[str | int, ...], dict[str, Any]]]:
    """Every literal reference of an object: its member, where it stands, itself."""
    for member in thing.present:
        if member.type_name == _REFERENCE and thing.is_plain(member):
            value = thing.value[member.key]
            rows = (
                [((member.key, index), row) for index, row in thing.items(member)]
                if member.many
                else [((member.key,), value)]
            )
            for below, row in rows:
                if type(row) is dict and type(row.get("reference")) is str:
                    yield member, below, row


def _targets(thing: Thing, member: Member, value: Any) -> list[list[Definition]]:
    """For each element that names targets, their definitions; nothing when one of them is not at hand."""
    found = []
    for element in (*member.elements, *thing.walk.slices(member, value)):
        named = element.facts.get("types", {}).get(_REFERENCE, {}).get("to", ())
        if named:
            known = [thing.walk.structure(canonical) for canonical in named]
            if None in known:
                return []
            found.append([row for row in known if row is not None])
    return found


def _fits(thing: Thing, kind: str, targets: list[Definition]) -> bool:
    return any(thing.walk.library.is_a(kind, row.type) for row in targets)


def _refused(thing: Thing, targets: list[list[Definition]]) -> str | None:
    """A type that may not be there."""
    return next((kind for kind in _KINDS if any(not _fits(thing, kind, row) for row in targets)), None)


def wrong_type_on_a_server(thing: Thing) -> Iterator[Change]:
    """A reference to a resource elsewhere whose address says that it is of a wrong type."""
    yield from _to("{kind}/elsewhere", thing)


def wrong_type_at_an_address(thing: Thing) -> Iterator[Change]:
    """The same with the whole address."""
    yield from _to("https://elsewhere.example.org/fhir/{kind}/1", thing)


def _to(form: str, thing: Thing) -> Iterator[Change]:
    for member, below, value in _references(thing):
        kind = _refused(thing, _targets(thing, member, value))
        if kind is not None and not member.slices:
            edits = (((*thing.steps, *below, "reference"), form.format(kind=kind)),)
            yield Change(edits, (Told(thing.at(*below, "reference"), "value", "target"),), element=member.path)


def wrong_type_in_bundle(thing: Thing) -> Iterator[Change]:
    """A reference to an entry of a wrong type."""
    entries = _entries(thing)
    for member, below, value in _references(thing):
        targets = _targets(thing, member, value)
        for entry in entries if not member.slices else ():
            kind = str(entry["resource"].get("resourceType"))
            if any(not _fits(thing, kind, row) for row in targets):
                edits = (((*thing.steps, *below, "reference"), entry["fullUrl"]),)
                yield Change(edits, (Told(thing.at(*below, "reference"), "value", "target"),), element=member.path)
                break


def _entries(thing: Thing) -> list[dict[str, Any]]:
    bundle = next((holder for holder in thing.above if holder.type_name == "Bundle"), None)
    rows = bundle.value.get("entry", ()) if bundle else ()
    return [row for row in rows if type(row.get("fullUrl")) is str and type(row.get("resource")) is dict]


def wrong_target_profile(thing: Thing) -> Iterator[Change]:
    """A reference to an entry that lacks what the only profile for its type requires, and claims no profile itself.

    It is told at the entry or at the reference, whichever the checker comes to first; other references may tell it too.
    """
    for member, below, value in _references(thing):
        found = _entry_of(thing, str(value["reference"]))
        if found is None or member.slices:
            continue
        index, resource = found
        for wanted in _wanted(thing, member, value, str(resource["resourceType"])):
            name = _lacking(thing, wanted, resource)
            if name is not None:
                place = f"{thing.root}.entry[{index}].resource"
                edits: tuple[Edit, ...] = ((("entry", index, "resource", name), GONE),)
                if "meta" in resource:
                    edits += ((("entry", index, "resource", "meta"), GONE),)
                here = Told(thing.at(*below, "reference"), "value", "target profile")
                there = Told(f"{place}.{name}", "required")
                yield Change(edits, (there, here), _other_references(thing), f"{member.path} {wanted.url}")


def _wanted(thing: Thing, member: Member, value: Any, kind: str) -> list[Definition]:
    """The profiles of which there is no choice."""
    found = []
    for row in _targets(thing, member, value):
        fitting = [one for one in row if thing.walk.library.is_a(kind, one.type)]
        if len(fitting) == 1 and fitting[0].is_profile:
            found.append(fitting[0])
    return found


def _lacking(thing: Thing, wanted: Definition, resource: dict[str, Any]) -> str | None:
    """An element that only the profile requires and nothing else hangs on."""
    base = thing.walk.library.lineage(wanted.type)[0].root
    words = thing.walk.words((base, wanted.root))
    for name, element in wanted.root.children.items():
        is_required = element.facts.get("min", 0) > 0 and not base.children.get(name, element).facts.get("min", 0)
        if is_required and name in resource and name not in words and f"_{name}" not in resource:
            return name
    return None


def _entry_of(thing: Thing, reference: str) -> tuple[int, dict[str, Any]] | None:
    bundle = next((holder for holder in thing.above if holder.type_name == "Bundle" and not holder.above), None)
    for index, row in enumerate(bundle.value.get("entry", ()) if bundle else ()):
        url, resource = row.get("fullUrl"), row.get("resource")
        if type(url) is str and type(resource) is dict and reference in (url, relative(url)):
            return index, resource
    return None


def _other_references(thing: Thing) -> tuple[Told, ...]:
    """Every reference of the Bundle may say that its target does not meet what it asks for."""
    bundle = thing.above[-1]
    return tuple(Told(path, "value", "target profile") for path in _paths(bundle.value, bundle.root))


def _paths(value: Any, path: str) -> Iterator[str]:
    if type(value) is dict:
        for name, below in value.items():
            if name == "reference" and type(below) is str:
                yield f"{path}.reference"
            yield from _paths(below, f"{path}.{name}")
    elif type(value) is list:
        for index, below in enumerate(value):
            yield from _paths(below, f"{path}[{index}]")


def to_missing_contained(thing: Thing) -> Iterator[Change]:
    """`#nowhere`."""
    if _may_contain(thing):
        place = len(thing.value.get("extension", ()))
        told = Told(thing.at("extension", place, "valueReference"), "invariant", "ref-1")
        yield in_extension(thing, {"valueReference": {"reference": "#nowhere"}}, told)


def _may_contain(thing: Thing) -> bool:
    """A resource of its own without contained ones, that may have them and extensions."""
    mine = thing.members.get("contained")
    return mine is not None and mine.most is None and "contained" not in thing.value and not thing.is_contained


def _containing(inside: dict[str, Any], rule: str, *, is_used: bool = True) -> Finder:
    """Puts in a contained resource that breaks one rule; what a contained resource contains, nothing may refer to."""

    def find(thing: Thing) -> Iterator[Change]:
        if not _may_contain(thing):
            return
        told = Told(thing.path, "invariant", rule)
        edits: tuple[Edit, ...] = (((*thing.steps, "contained"), [{**_NOBODY, **inside}]),)
        used = in_extension(thing, _TO_NOBODY, told).edits if is_used else ()
        unused = (Told(thing.at("contained", 0), "invariant", "dom-3"),) if "contained" in inside else ()
        yield Change(edits + used, (told,), unused, thing.type_name)

    return find


def contained_of_no_type(thing: Thing) -> Iterator[Change]:
    """A contained resource of a type that FHIR does not have."""
    if _may_contain(thing):
        told = Told(thing.at("contained", 0, "resourceType"), "structure")
        used = in_extension(thing, _TO_NOBODY, told).edits
        edits: tuple[Edit, ...] = (((*thing.steps, "contained"), [{**_NOBODY, "resourceType": "Nobody"}]),)
        yield Change(edits + used, (told,), element=thing.type_name)


FINDERS: dict[str, Finder] = {
    "wrong-target-on-a-server": wrong_type_on_a_server,
    "wrong-target-at-an-address": wrong_type_at_an_address,
    "wrong-target-in-bundle": wrong_type_in_bundle,
    "wrong-target-profile": wrong_target_profile,
    "reference-to-missing-contained": to_missing_contained,
    "contained-never-used": _containing({}, "dom-3", is_used=False),
    "contained-in-contained": _containing({"contained": [{**_NOBODY, "id": "other"}]}, "dom-2"),
    "contained-with-version": _containing({"meta": {"versionId": "1"}}, "dom-4"),
    "contained-with-security-label": _containing({"meta": {"security": [{"code": "a"}]}}, "dom-5"),
    "contained-of-no-type": contained_of_no_type,
}
