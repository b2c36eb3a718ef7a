"""What an expression is evaluated in: the resource around the focus, and the questions only the caller can answer.

Must not know how a Bundle is searched, how terminology is kept, or what time it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class EvaluationFault(Exception):
    """An expression that has no answer for this data, such as several items where one is needed."""


@dataclass(slots=True)
class Element:
    """A value with what its JSON alone does not say: its type, and for a primitive its `_name` sibling.

    `value` is None for a primitive that has nothing but an id or extensions.
    """

    value: Any
    type: str
    sibling: dict[str, Any] | None = None


def _resolves_nothing(_reference: str) -> dict[str, Any] | None:
    return None


def _knows_no_codes(_item: Any, _type_name: str, _value_set: str) -> bool | None:
    return None


def _knows_no_profiles(_resource: dict[str, Any], _profile: str) -> bool | None:
    return None


@dataclass(slots=True)
class Environment:
    """`resource` is the innermost resource around the focus, `root_resource` the one that contains it, if any does.

    `resolve` is asked for everything but contained resources, which are found here; `member_of` gets the plain
    JSON value, its type and the value set; `conforms_to` a resource and a profile. None means: cannot be told.
    One environment serves one evaluation at a time. What is below `now` is the evaluation's own.
    """

    resource: dict[str, Any] | None = None
    root_resource: dict[str, Any] | None = None
    resolve: Callable[[str], dict[str, Any] | None] = _resolves_nothing
    member_of: Callable[[Any, str, str], bool | None] = _knows_no_codes
    conforms_to: Callable[[dict[str, Any], str], bool | None] = _knows_no_profiles
    now: datetime | None = None
    context: Any = None
    index: int = 0
    total: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    inside: tuple[Any, dict[str, dict[str, Any]]] = field(default_factory=lambda: (None, {}))
    """The list of contained resources that was asked last, and what is in it by id."""
