"""Faults of extensions: not understood, in the wrong place, with the wrong content. Source: FHIR R4 Extensibility."""

from collections.abc import Iterator
from typing import Any

from tools.mutants.changes import GONE, Change, Told
from tools.mutants.edges import in_extension
from tools.mutants.finders import Finder
from tools.mutants.members import Member
from tools.mutants.samples import sample
from tools.mutants.walking import Thing

_EXTENSION = "Extension"
_STRANGE = {"url": "http://example.org/strange", "valueBoolean": True}
_ELSEWHERE = {
    "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
    "valueAddress": {"text": "Springfield"},
}
"""An extension of Patient."""


def unknown_modifier(thing: Thing) -> Iterator[Change]:
    """A modifier extension that nobody here understands."""
    if "modifierExtension" in thing.members and "modifierExtension" not in thing.value:
        member = thing.members["modifierExtension"]
        if member.most is None:
            told = Told(thing.at("modifierExtension", 0), "extension")
            yield Change((((*thing.steps, "modifierExtension"), [_STRANGE]),), (told,), element=member.path)


def of_another_type(thing: Thing) -> Iterator[Change]:
    """An extension that is known, on what it does not belong to."""
    member = thing.members.get("extension")
    if member is not None and thing.type_name not in ("Patient", _EXTENSION) and member.most is None:
        yield _last(thing, _ELSEWHERE, "extension", "context")


def _last(thing: Thing, extension: dict[str, Any], code: str, rule: str) -> Change:
    place = len(thing.value.get("extension", ()))
    value = {key: row for key, row in extension.items() if key != "url"}
    change = in_extension(thing, value, Told(thing.at("extension", place), code, rule))
    steps, row = change.edits[0]
    put = [extension] if type(row) is list else extension
    return Change(((steps, put),), change.expected, element=thing.type_name)


def _value(thing: Thing) -> Member | None:
    """The value an extension has."""
    return next((row for row in thing.present if row.name == "value[x]"), None)


def wrong_value_type(thing: Thing) -> Iterator[Change]:
    """A value of a type that the extension does not allow."""
    value = _value(thing) if thing.type_name == _EXTENSION else None
    if value is None or not thing.is_plain(value):
        return
    other = next((row for row in thing.members.values() if row.name == "value[x]" and not row.is_allowed()), None)
    if other is not None and other.most != 0:
        new = sample(thing.walk, other)
        edits = (((*thing.steps, value.key), GONE), ((*thing.steps, other.key), new))
        needed = (Told(thing.at("value"), "required"),) if any(row.slices for row in value.elements) else ()
        yield Change(edits, (Told(thing.at(other.key), "structure"),), needed, value.path)


def value_and_extension(thing: Thing) -> Iterator[Change]:
    """Both a value and extensions; the definition of the extension takes one of them away, which may be told too."""
    if thing.type_name != _EXTENSION or "extension" in thing.value or _value(thing) is None:
        return
    taken_away = (Told(thing.at("extension"), "structure", "max"),)
    edits = (((*thing.steps, "extension"), [_STRANGE]),)
    yield Change(edits, (Told(thing.path, "invariant", "ext-1"),), taken_away, thing.elements[-1].path)


def extension_and_value(thing: Thing) -> Iterator[Change]:
    """A value in an extension made of others."""
    if thing.type_name != _EXTENSION or "extension" not in thing.value or _value(thing) is not None:
        return
    taken_away = (Told(thing.at("valueBoolean"), "structure"),)
    edits = (((*thing.steps, "valueBoolean"), True),)
    yield Change(edits, (Told(thing.path, "invariant", "ext-1"),), taken_away, thing.elements[-1].path)


def neither(thing: Thing) -> Iterator[Change]:
    """An extension with nothing but a URL."""
    value = _value(thing) if thing.type_name == _EXTENSION else None
    if value is not None and thing.is_plain(value) and f"_{value.key}" not in thing.value:
        missing = (Told(thing.at("value"), "required"),)
        edits = (((*thing.steps, value.key), GONE),)
        yield Change(edits, (Told(thing.path, "invariant", "ext-1"),), missing, thing.elements[-1].path)


def without_url(thing: Thing) -> Iterator[Change]:
    """An extension nobody can know."""
    if thing.type_name == _EXTENSION and not _is_needed(thing):
        edits = (((*thing.steps, "url"), GONE),)
        yield Change(edits, (Told(thing.at("url"), "required"),), element=thing.elements[-1].path)


def _is_needed(thing: Thing) -> bool:
    """A slice must have it, an invariant looks for it, or what is in it hangs on it."""
    above = thing.above[0]
    urls = f"{thing.value.get('url')}"
    if "extension" in thing.value:
        return True
    mentioned = any(urls in text or "extension" in text for holder in thing.above for text in _own_rules(holder))
    return any(piece.facts.get("min") for piece in thing.slices) or mentioned or above.type_name == _EXTENSION


def _own_rules(thing: Thing) -> list[str]:
    return [text for key, text in thing.rules.items() if not key.startswith(("ele-", "ext-", "dom-"))]


def url_not_a_text(thing: Thing) -> Iterator[Change]:
    """A URL that is a number."""
    if thing.type_name == _EXTENSION and not _is_needed(thing):
        yield Change((((*thing.steps, "url"), 7),), (Told(thing.at("url"), "value"),), element=thing.elements[-1].path)


def bogus_nested_url(thing: Thing) -> Iterator[Change]:
    """In an extension made of others, one that its definition does not have."""
    if thing.type_name == _EXTENSION and "extension" in thing.value and _is_known(thing):
        place = len(thing.value["extension"])
        edits = (((*thing.steps, "extension", place), {"url": "notAPart", "valueBoolean": True}),)
        yield Change(edits, (Told(thing.at("extension", place)),), element=thing.elements[-1].definition.url)


def _is_known(thing: Thing) -> bool:
    return any(element.definition.is_profile and "extension" in element.children for element in thing.elements)


FINDERS: dict[str, Finder] = {
    "unknown-modifier-extension": unknown_modifier,
    "extension-in-the-wrong-place": of_another_type,
    "extension-of-wrong-type": wrong_value_type,
    "extension-with-value-and-extension": value_and_extension,
    "extension-with-extension-and-value": extension_and_value,
    "extension-with-neither": neither,
    "extension-without-url": without_url,
    "extension-with-a-number-for-url": url_not_a_text,
    "bogus-nested-extension": bogus_nested_url,
}
