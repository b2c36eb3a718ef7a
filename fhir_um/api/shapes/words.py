"""The few words the shapes of our own answers are written in. Must not know any answer. Source: JSON Schema 2020-12.

Shapes say what is always there and what it is. They leave room for more: a member that is added breaks nobody.
"""

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
ANYTHING: Schema = {}


def record(always: Schema, sometimes: Schema | None = None, about: str = "") -> Schema:
    """An object with those members; those of `sometimes` may be left out."""
    schema: Schema = {"type": "object", "required": list(always), "properties": always | (sometimes or {})}
    return {"description": about, **schema} if about else schema


def maybe(schema: Schema) -> Schema:
    """That, or null.

    >>> maybe(DAY)
    {'type': ['string', 'null'], 'format': 'date'}
    """
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """A list of that."""
    return {"type": "array", "items": schema}


def one_of(words: Iterable[str]) -> Schema:
    """One of those words."""
    return {"enum": sorted(str(word) for word in words)}


def by_name(schema: Schema) -> Schema:
    """An object with any names, each of which stands for that."""
    return {"type": "object", "additionalProperties": schema}


def shape(name: str) -> Schema:
    """A shape that has a name of its own in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str, row: Schema) -> Schema:
    """A page of a long list, as `api/paging` writes it."""
    return record({name: many(row), "next": maybe({**TEXT, "description": "The cursor of the next page."})})
