"""Bytes to JSON and back: limits, exact decimals, exact bytes kept. Knows Bundle entries, no rule of any guide."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec

from profiles.issues import Issue, Kind, Refusal
from profiles.locating import with_places

FHIR_JSON = "application/fhir+json"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITE_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one message may be; `max_depth` counts objects and arrays inside one another, and stays below 200."""

    max_bytes: int
    max_depth: int
    max_entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One Bundle entry. What the sender left out is empty."""

    index: int
    full_url: str
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """A Bundle as JSON, and its entries."""

    resource: dict[str, Any]
    entries: tuple[Entry, ...]


class _RawEntry(msgspec.Struct):
    fullUrl: Any = ""
    resource: msgspec.Raw = msgspec.Raw(b"")


class _RawBundle(msgspec.Struct):
    entry: list[_RawEntry]


_VALUES = msgspec.json.Decoder(float_hook=Decimal)
_ENTRIES = msgspec.json.Decoder(_RawBundle)
_WRITER = msgspec.json.Encoder(decimal_format="number")


def read_json(body: bytes, limits: Limits) -> Any:
    """The JSON value of a body; fractions become `Decimal`, so that `1.00` stays `1.00`. A byte order mark is skipped.

    Raises: Refusal TOO_BIG over `max_bytes`, or for more values than a message of that size has; UNREADABLE for bad
    syntax, bad UTF-8, too deep, or a property written twice in one object.

    >>> read_json(b'{"value": 1.00}', Limits(100, 8, 1))
    {'value': Decimal('1.00')}
    """
    if len(body) > limits.max_bytes:
        raise Refusal.of(Kind.TOO_BIG, "too-long", f"The body is larger than {limits.max_bytes} bytes.")
    text = body.removeprefix(_BYTE_ORDER_MARK)
    _demand_few_values(text, limits)
    value = _decoded(text)
    members = _members(value, limits.max_depth)
    if _may_repeat(text, members):
        _refuse_repeated(text)
    return value


_SMALL_BYTES = 200_000
_LEAST_BYTES_PER_VALUE = 20
"""Messages in use have 40 and more; a body of nothing but brackets takes a hundred times its size to hold."""


def _demand_few_values(text: bytes, limits: Limits) -> None:
    """Counts what begins or parts values, in strings too; a message that is small cannot have too many."""
    if len(text) <= _SMALL_BYTES:
        return
    most = limits.max_bytes // _LEAST_BYTES_PER_VALUE
    if text.count(b",") + text.count(b"[") + text.count(b"{") > most:
        raise Refusal.of(Kind.TOO_BIG, "too-costly", f"The body has more than {most} values.")


def read_bundle(body: bytes, limits: Limits) -> ReadBundle:
    """A body that must be a Bundle with entries.

    Raises: Refusal as `read_json`; UNREADABLE when it is no Bundle or has no entries; TOO_BIG for too many entries.
    """
    value = read_json(body, limits)
    faults = tuple(_not_a_bundle(value))
    if faults:
        raise Refusal(Kind.UNREADABLE, faults)
    entries = value["entry"]
    if len(entries) > limits.max_entries:
        text = f"The Bundle has {len(entries)} entries, at most {limits.max_entries} are taken."
        raise Refusal.of(Kind.TOO_BIG, "too-costly", text, "Bundle.entry")
    return ReadBundle(value, tuple(_entry(index, entry) for index, entry in enumerate(entries)))


def raw_entries(body: bytes) -> dict[str, bytes]:
    """The exact bytes of each resource of a Bundle that was read before, by fullUrl."""
    entries = _ENTRIES.decode(body.removeprefix(_BYTE_ORDER_MARK)).entry
    return {entry.fullUrl: bytes(entry.resource) for entry in entries}


def write_json(value: Any) -> bytes:
    """Compact JSON; a `Decimal` is written as the number it was, a `msgspec.Raw` as the bytes it holds."""
    return _WRITER.encode(value)


def _decoded(text: bytes) -> Any:
    try:
        return _VALUES.decode(text)
    except UnicodeDecodeError as fault:
        raise _unreadable(f"The body is not UTF-8: {fault.reason}.") from fault
    except RecursionError as fault:
        raise _unreadable("The body nests objects and arrays too deeply.") from fault
    except ArithmeticError as fault:
        raise _unreadable("The body holds a number that is out of any range.") from fault
    except msgspec.MsgspecError as fault:
        raise _unreadable(f"The body is not JSON: {fault}.") from fault


def _unreadable(text: str, path: str = "") -> Refusal:
    return Refusal.of(Kind.UNREADABLE, "structure", text, path)


def _members(value: Any, max_depth: int) -> int:
    """How many properties all objects have together, found level by level."""
    members = 0
    level = [value]
    for _ in range(max_depth):
        below: list[Any] = []
        for node in level:
            if type(node) is dict:
                members += len(node)
                below.extend(node.values())
            elif type(node) is list:
                below.extend(node)
        if not below:
            return members
        level = below
    if any(isinstance(node, dict | list) for node in level):
        raise _unreadable(f"The body nests objects and arrays more than {max_depth} deep.")
    return members


def _may_repeat(text: bytes, members: int) -> bool:
    """False only when no property can be written twice.

    Without white space every property name ends in `":`, so the count of `":` is never less than the number of
    properties written, and equals the number read only when none was lost to a repetition. One pass instead of a
    second parse, which would cost more than the first.
    """
    return text.translate(None, _WHITE_SPACE).count(b'":') != members


_TWICE = "A property is written twice in one object; this is where it stands first."
"""Not which one, and not in what: those may be anybody's words. Line and column lead there."""


class _Doubled(dict[str, Any]):
    """An object in which a property was written twice; `name` is that property."""

    name: str


def _refuse_repeated(text: bytes) -> None:
    value = json.loads(text, object_pairs_hook=_object, parse_int=str, parse_float=str)
    places = _doubled(value, "$")
    faults = with_places((Issue("structure", _TWICE, place) for place in places), text)
    if faults:
        raise Refusal(Kind.UNREADABLE, tuple(replace(fault, path="") for fault in faults))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    doubled = _Doubled(whole)
    doubled.name = Counter(name for name, _ in pairs).most_common(1)[0][0]
    return doubled


def _doubled(value: Any, place: Any) -> Iterator[str]:
    if isinstance(value, _Doubled):
        yield f"{place}.{value.name}"
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _doubled(child, f"{place}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _doubled(child, f"{place}[{index}]")


_ENVELOPE = ("identifier", "type", "timestamp")
"""What a PAS Bundle carries besides entries; told here too, because nothing is checked after a missing entry."""


def _not_a_bundle(value: Any) -> Iterator[Issue]:
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        yield Issue("structure", "The body is not a FHIR resource: no resourceType.")
        return
    if value["resourceType"] != "Bundle":
        yield Issue("structure", "The body is not a Bundle; send a PAS request Bundle.", "resourceType")
        return
    entries = value.get("entry")
    if not isinstance(entries, list) or not entries:
        yield Issue("required", "The Bundle has no entry; the first one is the Claim.", "Bundle.entry")
        for name in _ENVELOPE:
            if name not in value:
                yield Issue("required", f"Send Bundle.{name}.", f"Bundle.{name}")
        return
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield Issue("structure", "An entry is an object.", f"Bundle.entry[{index}]")


def _entry(index: int, entry: dict[str, Any]) -> Entry:
    full_url = entry.get("fullUrl")
    resource = entry.get("resource")
    return Entry(index, full_url if isinstance(full_url, str) else "", resource if isinstance(resource, dict) else {})
