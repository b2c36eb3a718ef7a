"""Every fault in the shape of what was sent, at once and at its place. Must not know any shape; repeats nothing."""

import re
from collections.abc import Iterator
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from fhir_um.errors import Issue, Kind, Refusal

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$?(?P<path>[^`]*)`)?$", re.DOTALL)


def fitted(value: Any, shape: type[T]) -> T:
    """What was sent, in that shape. Raises: Refusal INVALID with every field that is missing, unknown or unusable."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as fault:
        raise Refusal(Kind.INVALID, tuple(_faults(value, shape, "")) or (_misfit(str(fault), shape, ""),)) from fault


def _faults(value: Any, shape: Any, place: str) -> Iterator[Issue]:
    inner = _without_none(shape)
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and value is not None:
        yield from _fields(value, inner, place)
    elif isinstance(value, list) and get_origin(inner) is list:
        for index, child in enumerate(value):
            yield from _faults(child, get_args(inner)[0], f"{place}[{index}]")
    else:
        try:
            msgspec.convert(value, shape)
        except msgspec.ValidationError as fault:
            yield _misfit(str(fault), inner, place)


def _fields(value: Any, shape: type[msgspec.Struct], place: str) -> Iterator[Issue]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    if not isinstance(value, dict):
        yield Issue("value", f"Give an object here, with these fields: {', '.join(sorted(fields))}.", place)
        return
    if shape.__struct_config__.forbid_unknown_fields and not value.keys() <= fields.keys():
        yield Issue("value", f"There is a field here that is not known; these are: {', '.join(sorted(fields))}.", place)
    for name, field in fields.items():
        inside = f"{place}.{name}" if place else name
        if name in value:
            yield from _faults(value[name], field.type, inside)
        elif field.required:
            yield Issue("required", "This field is missing.", inside)


def _misfit(text: str, shape: Any, place: str) -> Issue:
    found = _PLACE.match(text)
    what, inside = (found["what"], found["path"] or "") if found else (text, "")
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        what = f"Must be one of: {', '.join(shape)}"
    elif what.startswith("Invalid enum value"):
        what = "Must be one of the words of the API description"
    return Issue("value", f"{what}.", f"{place}{inside}")


def _without_none(shape: Any) -> Any:
    """`X` for `X | None`; anything else as it is."""
    if get_origin(shape) not in (Union, UnionType):
        return shape
    others = [one for one in get_args(shape) if one is not NoneType]
    return others[0] if len(others) == 1 else shape
