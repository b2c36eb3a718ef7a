"""Invariants of FHIR itself that stand on nearly everything, written by hand because each is asked hundreds of times.

Same meaning as the expression in the definition; the tests hold one against the other. Source: FHIR R4 4.0.1.
"""

from collections.abc import Callable, Iterator
from typing import Any

from profiles.validating.run import Run

_NPI_DIGITS = 10
_LUHN_OF_PREFIX = 24
_LARGEST_TO_DOUBLE = 4

BY_THE_WALK = frozenset({"ele-1"})
"""Told by the walk itself: an object without value and children."""


def _one_of_value_and_extension(node: dict[str, Any], run: Run) -> bool:
    """ext-1."""
    has_value = False
    for key in node:
        if key[:5] == "value" or key[:6] == "_value":
            has_value = True
    return has_value is not ("extension" in node)


def _no_nested_contained(node: dict[str, Any], run: Run) -> bool:
    """dom-2."""
    return not any("contained" in row for row in _contained(node))


def _contained_are_used(node: dict[str, Any], run: Run) -> bool:
    """dom-3: each contained resource is referred to, or refers to what contains it; without an id it cannot be."""
    rows = list(_contained(node))
    if not rows:
        return True
    named = set(_fragments(node))
    return all(f"#{row.get('id')}" in named or "#" in _fragments(row) for row in rows)


def _contained_without_version(node: dict[str, Any], run: Run) -> bool:
    """dom-4."""
    return not any("versionId" in meta or "lastUpdated" in meta for meta in _metas(node))


def _contained_without_labels(node: dict[str, Any], run: Run) -> bool:
    """dom-5."""
    return not any("security" in meta for meta in _metas(node))


def _fragment_is_contained(node: dict[str, Any], run: Run) -> bool:
    """ref-1."""
    reference = node.get("reference")
    return type(reference) is not str or reference[:1] != "#" or run.resolve(reference) is not None


def _code_has_system(node: dict[str, Any], run: Run) -> bool:
    """qty-3."""
    return "code" not in node or "system" in node or "_system" in node


def _entries_differ(node: dict[str, Any], run: Run) -> bool:
    """bdl-7: a fullUrl stands once, unless the entries are versions."""
    seen: set[tuple[str, str]] = set()
    entries = node.get("entry")
    for entry in entries if type(entries) is list and node.get("type") != "history" else ():
        url = entry.get("fullUrl") if type(entry) is dict else None
        if type(url) is str:
            key = (url, _version(entry.get("resource")))
            if key in seen:
                return False
            seen.add(key)
    return True


def _entry_has_content(node: dict[str, Any], run: Run) -> bool:
    """bdl-5."""
    return "resource" in node or "request" in node or "response" in node


def _address_without_version(node: dict[str, Any], run: Run) -> bool:
    """bdl-8."""
    url = node.get("fullUrl")
    return type(url) is not str or "/_history/" not in url


NATIVE: dict[str, Callable[[dict[str, Any], Run], bool]] = {
    "ext-1": _one_of_value_and_extension,
    "dom-2": _no_nested_contained,
    "dom-3": _contained_are_used,
    "dom-4": _contained_without_version,
    "dom-5": _contained_without_labels,
    "ref-1": _fragment_is_contained,
    "qty-3": _code_has_system,
    "bdl-7": _entries_differ,
    "bdl-5": _entry_has_content,
    "bdl-8": _address_without_version,
}


def _npi_check_digit(node: dict[str, Any], run: Run) -> bool:
    """us-core-17: the ten digits of an NPI, behind the prefix 80840, end in their Luhn check digit."""
    value = node.get("value")
    if (
        type(value) is not str
        or len(value) < _NPI_DIGITS
        or not (value[:_NPI_DIGITS].isascii() and value[:_NPI_DIGITS].isdigit())
    ):
        return False
    total = _LUHN_OF_PREFIX
    for index, digit in enumerate(map(int, value[:_NPI_DIGITS])):
        total += digit if index % 2 else digit * 2 - 9 * (digit > _LARGEST_TO_DOUBLE)
    return total % 10 == 0


NATIVE_BY_EXPRESSION: dict[str, Callable[[dict[str, Any], Run], bool]] = {
    "32d86c434babafcb8301266af2f455e196988da88a76b345a280ac3805144dea": _npi_check_digit,
}
"""Invariants of guides that cost too much as expressions, by the SHA-256 of the text; any other text is compiled."""


def _contained(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rows = node.get("contained")
    for row in rows if type(rows) is list else ():
        if type(row) is dict:
            yield row


def _metas(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in _contained(node):
        if type(row.get("meta")) is dict:
            yield row["meta"]


def _fragments(value: Any) -> Iterator[str]:
    """Every text that may name a contained resource."""
    ahead = [value]
    while ahead:
        here = ahead.pop()
        if type(here) is dict:
            ahead.extend(here.values())
        elif type(here) is list:
            ahead.extend(here)
        elif type(here) is str and here[:1] == "#":
            yield here


def _version(resource: Any) -> str:
    meta = resource.get("meta") if type(resource) is dict else None
    version = meta.get("versionId") if type(meta) is dict else None
    return version if type(version) is str else ""
