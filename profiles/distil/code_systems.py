"""The concepts of one CodeSystem, its hierarchy, and the filters that value sets put on it. Knows no packages."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from profiles.distil.packages import Resource

_PARENT_PROPERTIES = frozenset({"subsumedBy", "parent"})
_ITSELF = frozenset({"concept", "code"})
_Test = Callable[[list[str]], bool]


class Concepts:
    """Every code of a CodeSystem with what stands above it and its properties."""

    def __init__(self, resource: Resource) -> None:
        self._above: dict[str, set[str]] = {}
        self._values: dict[str, dict[str, list[str]]] = {}
        self._properties = {row["code"] for row in resource.get("property", ())}
        for concept, parent in _walked(resource.get("concept", ()), None):
            self._take(concept, parent)

    def _take(self, concept: Resource, parent: str | None) -> None:
        code = concept["code"]
        above = self._above.setdefault(code, set())
        values = self._values.setdefault(code, {})
        if parent is not None:
            above.add(parent)
        for row in concept.get("property", ()):
            value = _plain(row)
            if row["code"] in _PARENT_PROPERTIES:
                above.add(value)
            values.setdefault(row["code"], []).append(value)

    def all(self) -> frozenset[str]:
        """Every code."""
        return frozenset(self._above)

    def selected(self, row: Resource) -> frozenset[str] | None:
        """The codes that one filter of a value set takes; None when that cannot be told here."""
        name, operation, value = row["property"], row["op"], row["value"]
        if operation in _BY_HIERARCHY:
            return _BY_HIERARCHY[operation](self, value) if name in _ITSELF else None
        test = _test(operation, value)
        if test is None or not (name in self._properties or name in _ITSELF or name in _PARENT_PROPERTIES):
            return None
        return frozenset(code for code in self._above if test(self._held(code, name)))

    def _held(self, code: str, name: str) -> list[str]:
        if name in _ITSELF:
            return [code]
        return sorted(self._above[code]) if name in _PARENT_PROPERTIES else self._values[code].get(name, [])

    def below(self, code: str) -> frozenset[str]:
        """The codes that stand under that one, however deep."""
        found: set[str] = set()
        while fresh := {x for x, above in self._above.items() if above & {code, *found}} - found:
            found |= fresh
        return frozenset(found)

    def below_or_same(self, code: str) -> frozenset[str]:
        """That code, when it exists, and all under it."""
        return self.below(code) | ({code} & self._above.keys())

    def elsewhere(self, code: str) -> frozenset[str]:
        """Every code that is neither that one nor under it."""
        return self.all() - self.below_or_same(code)


_BY_HIERARCHY: dict[str, Callable[[Concepts, str], frozenset[str]]] = {
    "is-a": Concepts.below_or_same,
    "descendent-of": Concepts.below,
    "is-not-a": Concepts.elsewhere,
}


def _test(operation: str, value: str) -> _Test | None:
    """How the values of a property are weighed by that operation."""
    listed = {part.strip() for part in value.split(",")}
    tests: dict[str, _Test] = {
        "=": lambda held: value in held,
        "in": lambda held: not listed.isdisjoint(held),
        "not-in": lambda held: listed.isdisjoint(held),
        "exists": lambda held: bool(held) is (value == "true"),
    }
    if operation == "regex":
        try:
            pattern = re.compile(value)
        except re.error:
            return None
        return lambda held: any(pattern.fullmatch(one) for one in held)
    return tests.get(operation)


def _walked(concepts: Any, parent: str | None) -> Iterator[tuple[Resource, str | None]]:
    for concept in concepts:
        yield concept, parent
        yield from _walked(concept.get("concept", ()), concept["code"])


def _plain(row: Resource) -> str:
    """The value of a concept's property as filters write it."""
    value = next((x for name, x in row.items() if name.startswith("value")), "")
    if isinstance(value, dict):
        return str(value.get("code", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)
