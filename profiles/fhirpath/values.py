"""Values while an expression runs: what is equal, equivalent, before or after; FHIR values as System values.

Must not know the tree of an expression.
Source: FHIRPath N1 (2.0.0), equality, equivalence, comparison; FHIR R4 4.0.1, FHIRPath.
"""

from collections.abc import Callable, Hashable, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, DecimalException
from typing import Any

from profiles.fhirpath import quantities, temporal
from profiles.fhirpath.environment import Element, EvaluationFault
from profiles.fhirpath.quantities import Quantity, quantity_of
from profiles.fhirpath.temporal import Temporal, parse_temporal
from profiles.fhirpath.types import TEMPORAL, KnownTypes

Convert = Callable[[Any], Any]

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def is_number(value: Any) -> bool:
    """An Integer or a Decimal; booleans are none."""
    return value.__class__ is int or value.__class__ is Decimal


def bare(item: Any) -> Any:
    """The JSON value of an item, or the item itself when it carries nothing else."""
    return item.value if item.__class__ is Element else item


def moment_of(item: Any) -> Any:
    """A date or time; a text that is none stays a text."""
    value = bare(item)
    return (parse_temporal(value) or value) if value.__class__ is str else value


def amount_of(item: Any) -> Any:
    """A Quantity; one that cannot be compared stays an object."""
    value = bare(item)
    return (quantity_of(value) or value) if value.__class__ is dict else value


def to_system(types: KnownTypes, type_name: str | None) -> Convert:
    """Items of a type -> System values; without a type each item is asked for its own."""
    if type_name is None:
        return lambda item: to_system(types, item.type)(item) if item.__class__ is Element else item
    if type_name in TEMPORAL:
        return moment_of
    return amount_of if types.is_a(type_name, "Quantity") else bare


def equal(left: Any, right: Any) -> bool | None:
    """`=` of two System values; None when it cannot be told."""
    kind = left.__class__
    if kind is right.__class__:
        if kind is Temporal:
            return temporal.equal(left, right)
        if kind is Quantity:
            order = quantities.compare(left, right)
            return None if order is None else order == 0
        if kind is not dict and kind is not list:
            return bool(left == right)
        return frozen(left) == frozen(right)
    if is_number(left) and is_number(right):
        return bool(left == right)
    if kind is Quantity and is_number(right):
        return equal(left, Quantity(right, "1"))
    if right.__class__ is Quantity and is_number(left):
        return equal(Quantity(left, "1"), right)
    return False


def all_equal(left: Sequence[Any], right: Sequence[Any]) -> bool | None:
    """`=` of two collections of System values, in order."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    answers = [equal(one, other) for one, other in zip(left, right, strict=True)]
    if False in answers:
        return False
    return None if None in answers else True


def equivalent(left: Any, right: Any) -> bool:
    """`~` of two System values: case, white space, and digits beyond the coarser precision do not count."""
    if left.__class__ is str and right.__class__ is str:
        return _normal(left) == _normal(right)
    if is_number(left) and is_number(right):
        return _nearly(Decimal(left), Decimal(right))
    if left.__class__ is Quantity and right.__class__ is Quantity:
        mine, dimensions = quantities.in_base_units(left)
        yours, others = quantities.in_base_units(right)
        return dimensions == others and _nearly(mine, yours)
    if left.__class__ is dict and right.__class__ is dict:
        return left.keys() == right.keys() and all(equivalent(left[name], right[name]) for name in left)
    if left.__class__ is list and right.__class__ is list:
        return all_equivalent(left, right)
    return equal(left, right) is True


def all_equivalent(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """`~` of two collections of System values, in any order."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        found = next((i for i, other in enumerate(rest) if equivalent(one, other)), None)
        if found is None:
            return False
        del rest[found]
    return True


def compare(left: Any, right: Any) -> int | None:
    """Negative, 0 or positive as left is before, at or after right; None when it cannot be told.

    Raises: EvaluationFault for values of kinds that have no order, or none with each other.
    """
    if left.__class__ is right.__class__:
        if left.__class__ is str:
            return int(left > right) - int(left < right)
        if left.__class__ is Temporal:
            return temporal.compare(left, right)
        if left.__class__ is Quantity:
            return quantities.compare(left, right)
    if is_number(left) and is_number(right):
        return int(left > right) - int(left < right)
    if left.__class__ is Quantity and is_number(right):
        return quantities.compare(left, Quantity(right, "1"))
    if right.__class__ is Quantity and is_number(left):
        return quantities.compare(Quantity(left, "1"), right)
    raise EvaluationFault("These values have no order")


def frozen(value: Any) -> Hashable:
    """A key that is the same for equal values and for no others, so that sets can be used.

    Numbers become texts: whose hashes collide, a sender could choose.
    """
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool:
        return ("boolean", value)
    if kind is dict:
        return frozenset((name, frozen(child)) for name, child in value.items())
    if kind is list:
        return tuple(map(frozen, value))
    if kind is int or kind is Decimal:
        return ("number", str(Decimal(value or 0).normalize(_EXACT)))
    if kind is Element:
        return ("element", frozen(value.value), frozen(value.sibling))
    if kind is Quantity:
        amount, dimensions = quantities.in_base_units(value)
        return ("quantity", frozen(amount), dimensions)
    if kind is Temporal:
        return temporal.sortable(value)
    return value if isinstance(value, Hashable) else repr(value)


def number(of: Callable[[], Decimal | int | float]) -> Decimal | int:
    """The result of a calculation.

    Raises: EvaluationFault when there is none, or none of a sensible size.
    """
    try:
        result = of()
        return result if isinstance(result, int) else Decimal(result)
    except (ArithmeticError, ValueError, DecimalException) as fault:
        raise EvaluationFault("No number comes out") from fault


def _normal(text: str) -> str:
    return " ".join(text.casefold().split(" "))


def _nearly(left: Decimal, right: Decimal) -> bool:
    places = min(_places(left), _places(right))
    return round(left, places) == round(right, places)


def _places(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
