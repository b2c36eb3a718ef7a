"""Invents nodes for the FHIRPath oracle: of the right type, with what an expression names, there or not by chance."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from profiles.fhirpath.types import PRIMITIVES, Member, key_of
from tools.fhirpath_definitions import Constraint, Definitions, Json

_DEEPEST = 6
_ROWS = 4
_NAMES = re.compile(r"[A-Za-z]{2,}")
_TEXTS = re.compile(r"'([^']+)'")
_NAMED_TEXTS = re.compile(r"(\w+)\s*!?=\s*'([^']+)'")
_ANY_TEXT = ("x", "#x", "#y", "1234567893", "1234567890", "53D1234567", "1.1", "Name1")
_LIKELY = ("string", "code", "boolean", "decimal", "Coding", "CodeableConcept", "Quantity", "dateTime", "Reference")
_STRUCTURE = ("id", "item", "url")
"""Names that belong to nodes although expressions seldom say them."""
_SIMPLE: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, 1, 5, -1],
    "decimal": [0, 1, 10, -1, Decimal("100.5")],
    "unsignedInt": [0, 1, 2],
    "positiveInt": [1, 2],
    "date": ["2026", "2026-03", "2026-03-01", "2026-02-28"],
    "dateTime": ["2026-03", "2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01T12:00:00+05:00", "2026-02-28"],
    "instant": ["2026-03-01T10:00:00Z", "2026-03-01T12:00:00+05:00"],
    "time": ["10:00:00", "12:30:00"],
}


def invented(constraint: Constraint, definitions: Definitions, chance: random.Random, number: int) -> Iterator[Any]:
    """Nodes of the type a constraint is said of; primitives come from the examples alone."""
    if constraint.type_path not in PRIMITIVES:
        inventor = _Inventor(constraint.expression, definitions, chance)
        for _ in range(number):
            yield inventor.node(constraint.type_path)


class _Inventor:
    """Values are the texts an expression compares with, for the names it compares them with where it says so."""

    def __init__(self, expression: str, definitions: Definitions, chance: random.Random) -> None:
        self._definitions, self._chance = definitions, chance
        self._names = sorted({*_NAMES.findall(expression), *_STRUCTURE})
        self._texts = [*_TEXTS.findall(expression), *_ANY_TEXT]
        self._texts_of: dict[str, list[str]] = defaultdict(list)
        for name, text in _NAMED_TEXTS.findall(expression):
            self._texts_of[name].append(text)
        self._density = 0.5

    def node(self, type_path: str) -> Any:
        """A value of a type; how much of what the expression names it has is a matter of chance too."""
        self._density = self._chance.uniform(0.2, 0.95)
        return self._value(type_path, "", 0)

    def _value(self, type_path: str, name: str, depth: int) -> Any:
        if type_path in PRIMITIVES or type_path.startswith("System."):
            texts = self._texts_of.get(name) or self._texts
            return self._chance.choice(_SIMPLE.get(type_path) or [*texts, *texts, "x"])
        made: Json = {"resourceType": type_path} if self._definitions.is_resource(type_path) else {}
        for child in self._names if depth < _DEEPEST else ():
            member = self._definitions.member(type_path, child)
            if member is not None and self._chance.random() < self._density - depth / 20:
                self._give(made, child, member, depth)
        return made or {"id": "x"}

    def _give(self, made: Json, name: str, member: Member, depth: int) -> None:
        named = [each for each in member.types if each in self._names or each in _LIKELY]
        type_path = self._chance.choice(named or member.types)
        key = key_of(name, type_path) if member.is_choice else name
        if type_path == "Resource":
            type_path = self._chance.choice([each for each in self._names if self._is_concrete(each)] or ["Basic"])
        rows = self._chance.randint(1, _ROWS) if member.many else 1
        values = [self._value(type_path, name, depth + 1) for _ in range(rows)]
        if type_path in PRIMITIVES and not member.many and self._chance.random() < 0.05:
            made["_" + key] = {"extension": [{"url": "http://example.org/x", "valueCode": "unknown"}]}
            if self._chance.random() < 0.5:
                return
        made[key] = values if member.many else values[0]

    def _is_concrete(self, name: str) -> bool:
        return self._definitions.is_resource(name) and name not in ("Resource", "DomainResource")
