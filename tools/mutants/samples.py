"""A small valid value of any element, for faults that put in what must not be there. Knows no profile."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from profiles.library import Element

if TYPE_CHECKING:
    from tools.mutants.members import Member
    from tools.mutants.walking import Walk

_WRITTEN: dict[str, Any] = {
    "boolean": True,
    "integer": 1,
    "positiveInt": 1,
    "unsignedInt": 1,
    "decimal": Decimal("1.5"),
    "date": "2026-01-31",
    "dateTime": "2026-01-31T10:00:00Z",
    "instant": "2026-01-31T10:00:00Z",
    "time": "10:00:00",
    "base64Binary": "aGVsbG8=",
    "oid": "urn:oid:1.2.3",
    "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "uri": "http://example.org/sample",
    "url": "http://example.org/sample",
    "canonical": "http://example.org/sample",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">Sample</div>',
    "Narrative": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Sample</div>'},
    "Quantity": {"value": 1},
    "Reference": {"display": "Sample"},
    "Identifier": {"system": "http://example.org/sample", "value": "1"},
    "Coding": {"system": "http://example.org/sample", "code": "a"},
    "CodeableConcept": {"text": "Sample"},
    "Extension": {"url": "http://example.org/sample", "valueBoolean": True},
    "Resource": {"resourceType": "Basic", "code": {"text": "Sample"}},
}
_TEXT = "sample"
_INLINE = ("BackboneElement", "Element")


def sample(walk: "Walk", member: "Member") -> Any:
    """A value FHIR itself is content with: what is required and nothing more, or one thing that may be there."""
    type_name, base = member.type_name, member.elements[:1]
    if type_name in _WRITTEN:
        return _WRITTEN[type_name]
    if any(row.kind == "primitive-type" for row in walk.library.lineage(type_name)):
        return _code(walk, base[0]) if type_name == "code" else _TEXT
    below = walk.members(walk.opened(base, type_name))
    required = {row.name: row for row in reversed(below.values()) if row.least and row.type_name != "Extension"}
    if required:
        return {row.key: _wrapped(walk, row) for row in required.values()}
    texts = [row for row in below.values() if row.type_name == "string" and not row.many and row.name != "id"]
    return {texts[0].key: _TEXT} if texts else {"extension": [_WRITTEN["Extension"]]}


def _wrapped(walk: "Walk", member: "Member") -> Any:
    value = sample(walk, member)
    return [value] if member.many else value


def _code(walk: "Walk", element: Element) -> str:
    """The first code of the set that FHIR binds the element to."""
    bound = element.facts.get("required")
    codes = walk.library.value_set(bound, walk.guide).codes if bound else {}
    return min((code for listed in codes.values() for code in listed), default=_TEXT)
