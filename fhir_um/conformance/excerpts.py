"""The part of a message that a fault is about, short enough to read. Must not know what is wrong with it."""

import re
from typing import Any

import msgspec

from fhir_um.conformance.kept import set_out

MOST_LINES = 32
MOST_CHARACTERS = 4_000
_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,9})\]")


def excerpt(body: bytes, path: str = "") -> str:
    """What stands at a path (`Bundle.entry[0].resource.outcome`) and around it, else the beginning; cut when long."""
    content = _content(body)
    found = at_path(content, path) if path and content is not None else None
    return cut(set_out(msgspec.json.encode(found)) if found is not None and found is not content else set_out(body))


def at_path(content: Any, path: str) -> Any:
    """What a path ends at when that is a list with something in it, else the innermost object on the way.

    A type at the head of the path is that of the message, or of the first resource in it that is of that type.
    """
    around = content
    for number, (name, index) in enumerate(_PART.findall(path)):
        step = _step(content, name, index)
        if step is None and number == 0 and name[:1].isupper():
            around = content = content if (found := _of_type(content, name)) is None else found
            continue
        if step is None:
            return around
        content = step
        if isinstance(content, dict):
            around = content
    return content if isinstance(content, list) and content else around


def _of_type(content: Any, kind: str) -> Any:
    """The first resource of a type, at any depth."""
    if isinstance(content, dict) and content.get("resourceType") == kind:
        return content
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return next((found for part in parts if (found := _of_type(part, kind)) is not None), None)


def _step(content: Any, name: str, index: str) -> Any:
    if index and isinstance(content, list):
        return content[int(index)] if int(index) < len(content) else None
    return content.get(name) if name and isinstance(content, dict) else None


def cut(text: str) -> str:
    """The text, or its beginning and how much more there is."""
    lines = text[:MOST_CHARACTERS].split("\n")[:MOST_LINES]
    short = "\n".join(lines)
    if len(short) == len(text):
        return text
    return f"{short}\n… {len(text) - len(short)} more characters, in the whole exchange"


def _content(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
