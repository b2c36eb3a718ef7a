"""Compiled pieces of an expression: functions of the focus and the environment, with what is known of their result.

Must not know the tree of an expression, nor any single function or operator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.types import SYSTEM, KnownTypes
from profiles.fhirpath.values import to_system

One = Callable[[Any, Environment], Any]
"""Focus and environment -> the item, or None for an empty collection.

Raises: EvaluationFault when there are several.
"""
Many = Callable[[Any, Environment], list[Any]]
"""Focus and environment -> the items, in order; the list may be the resource's own and must not be changed."""
Truth = Callable[[Any, Environment], bool | None]

BOOLEAN = "System.Boolean"
STRING = "System.String"
INTEGER = "System.Integer"
DECIMAL = "System.Decimal"


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled piece. Items are plain JSON values or System values while `type` says what they are.

    Without a type each item says it itself: as an `Element`, by its `resourceType`, or by its Python class for a System
    value. With one, only primitives that have a sibling are Elements.
    """

    one: One
    many: Many
    type: str | None
    single: bool
    some: Callable[[Any, Environment], bool]
    constant: tuple[Any, ...] | None = None


def single(one: One, type_name: str | None) -> Code:
    """A piece that never has more than one item."""

    def many(this: Any, env: Environment) -> list[Any]:
        item = one(this, env)
        return [] if item is None else [item]

    def some(this: Any, env: Environment) -> bool:
        return one(this, env) is not None

    return Code(one, many, type_name, True, some)


def several(many: Many, type_name: str | None, some: Callable[[Any, Environment], bool] | None = None) -> Code:
    """A piece that may have any number of items; `some` where their existence is known sooner than they are."""

    def one(this: Any, env: Environment) -> Any:
        return only(many(this, env))

    def any_at_all(this: Any, env: Environment) -> bool:
        return bool(many(this, env))

    return Code(one, many, type_name, False, some or any_at_all)


def constant(items: tuple[Any, ...], type_name: str | None) -> Code:
    """A piece that is the same for every focus."""
    listed = list(items)
    first = items[0] if len(items) == 1 else None
    if len(items) > 1:
        made = several(lambda _this, _env: listed, type_name)
    else:
        made = single(lambda _this, _env: first, type_name)
    return Code(made.one, made.many, made.type, made.single, made.some, items)


NOTHING = constant((), None)

Operator = Callable[[Code, Code, KnownTypes], Code]
"""Left and right -> the operation."""


def the_focus(this: Any, _env: Environment) -> Any:
    """`$this`; steps from it are compiled more directly than steps from anything else."""
    return this


def focus(type_name: str | None) -> Code:
    """`$this`, where it is one item."""
    return single(the_focus, type_name)


def focus_collection(type_name: str | None) -> Code:
    """`$this`, where it is a whole collection, as inside `iif`."""
    return several(the_focus, type_name)


def only(items: list[Any]) -> Any:
    """The one item of a collection, None of an empty one; JSON nulls do not count.

    Raises: EvaluationFault when there are several.
    """
    if len(items) == 1:
        return items[0]
    there = [item for item in items if item is not None]
    if len(there) > 1:
        raise EvaluationFault("One item was expected, there are several")
    return there[0] if there else None


def truth(code: Code) -> Truth:
    """A piece as a condition: one item that is no boolean is true.

    Source: FHIRPath N1 (2.0.0), singleton evaluation of collections.
    """
    one = code.one
    if code.type == BOOLEAN:
        return one

    def told(this: Any, env: Environment) -> bool | None:
        item = one(this, env)
        if item is None or item.__class__ is bool:
            return item
        value = item.value if item.__class__ is Element else item
        return value if value is None or value.__class__ is bool else True

    return told


def system_one(code: Code, types: KnownTypes) -> One:
    """The one item of a piece as a System value."""
    one = code.one
    if code.type is not None and code.type.startswith(SYSTEM):
        return one
    convert = to_system(types, code.type)

    def converted(this: Any, env: Environment) -> Any:
        item = one(this, env)
        return None if item is None else convert(item)

    return converted


def comparand(code: Code, types: KnownTypes) -> One:
    """The one item of a piece as a System value; without any value it stays an Element, which equals no value."""
    one = code.one
    if code.type is not None and code.type.startswith(SYSTEM):
        return one
    convert = to_system(types, code.type)

    def converted(this: Any, env: Environment) -> Any:
        item = one(this, env)
        value = None if item is None else convert(item)
        return item if value is None else value

    return converted


def system_many(code: Code, types: KnownTypes) -> Many:
    """The items of a piece as System values; an item without any value stays an Element."""
    many = code.many
    if code.type is not None and code.type.startswith(SYSTEM):
        return many
    convert = to_system(types, code.type)

    def converted(this: Any, env: Environment) -> list[Any]:
        return [value if (value := convert(item)) is not None else item for item in many(this, env)]

    return converted


def tagged(code: Code, types: KnownTypes) -> Code:
    """The same items, each saying its own type, so that they can stand beside items of other types."""
    name = code.type
    if name is None or name.startswith(SYSTEM) or types.is_resource(name):
        return Code(code.one, code.many, None, code.single, code.some, code.constant)

    def tag(item: Any) -> Any:
        return item if item is None or item.__class__ is Element else Element(item, name)

    if code.single:
        return single(lambda this, env: tag(code.one(this, env)), None)
    return several(lambda this, env: [tag(item) for item in code.many(this, env)], None, code.some)
