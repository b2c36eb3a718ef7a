"""Damages messages: JSON put together wrongly, then the text itself. Must not know what a message means.

Everything is chosen by the `chance` that is handed in, so that what was found once is found again.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

Place = tuple[Any, Any]
"""A container, and the key or index in it."""

_NUMBER_MARK = "\ue000"
"""Around a text that is to be written as a number no Python number has."""

_RAW_NUMBER = re.compile(r'"\\ue000([^"]*)\\ue000"')
_STEEP, _WIDE, _LONG = 70, 300, 20_000


def _number(text: str) -> str:
    return f"{_NUMBER_MARK}{text}{_NUMBER_MARK}"


ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    -(2**200),
    1e308,
    _number("1e999999999"),
    _number("-1e-999999999"),
    _number("1E400"),
    _number("0e999999999"),
    _number("9" * 4_400),
    _number("0." + "3" * 2_000),
    "",
    " ",
    "\0",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202eabc",
    "e\u0301" * 40,
    "\U0001f9d1\u200d\U0001f4bb",
    "\u0130\u0131\u017f\u1e9e",
    "\u0663\u0664",
    "x" * _LONG,
    "a|b|c",
    "\\,\\|",
    "#",
    "#a",
    "Patient/",
    "Patient/../../etc",
    "//x",
    "urn:uuid:",
    "urn:oid:2.16.840.1." + "1." * 500,
    "http://",
    "http://[::1",
    "https://a/b|1|2",
    "javascript:alert(1)",
    "2026-02-30",
    "0000-00-00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:60-12:00",
    "2026-01-01T24:00:00Z",
    "20260101",
    "2026-W01-1",
    "12:00",
    "<div xmlns='http://www.w3.org/1999/xhtml'>" + "<b>" * 200,
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "%PDF-",
    "====",
    "QQ==",
    "${jndi:ldap://x}",
    "{{context.patientId}}",
    "' OR 1=1 --",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"resourceType": []},
    {"resourceType": "Bundle", "entry": [{}]},
    {"reference": "#"},
    {"extension": [{}]},
)
"""Values that are seldom meant."""


def damaged(chance: Random, document: Any) -> bytes:
    """The document with a few faults in its structure, and seldom one in its text."""
    whole = [deepcopy(document)]
    for _ in range(chance.choice([1, 1, 1, 1, 2, 4])):
        chance.choice(_CHANGES)(chance, whole)
    text = written(whole[0])
    return garbled(chance, text) if chance.random() < 0.1 else text


def written(value: Any) -> bytes:
    """As JSON, with numbers that Python has not."""
    return _RAW_NUMBER.sub(r"\1", json.dumps(value)).encode("utf-8", "surrogatepass")


def garbled(chance: Random, text: bytes) -> bytes:
    """The text with one fault that has nothing to do with what it says."""
    return chance.choice(_GARBLINGS)(chance, text)


def _places(node: Any) -> Iterator[Place]:
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in rows:
        yield node, key
        yield from _places(child)


def _one(chance: Random, whole: list[Any]) -> Place:
    return chance.choice(list(_places(whole)))


def _odd(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    holder[key] = deepcopy(chance.choice(ODD))


def _drop(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    if holder is not whole:
        del holder[key]


def _double(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    if isinstance(holder, list):
        holder.insert(key, deepcopy(holder[key]))
    else:
        holder[f"_{key}"] = deepcopy(holder[key])


def _rename(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    if isinstance(holder, dict):
        holder[chance.choice(["", "\0", "_", "a.b", "a`b", "a[0]", "x" * 500, "\ud800", "resourceType"])] = holder.pop(
            key
        )


def _wrap(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    holder[key] = chance.choice([[holder[key]], {"value": holder[key]}, str(holder[key])[:_LONG]])


def _borrow(chance: Random, whole: list[Any]) -> None:
    """What stands elsewhere, here; never what this is part of, which would have no end."""
    holder, key = _one(chance, whole)
    other, name = _one(chance, whole)
    holder[key] = deepcopy(other[name])


def _deepen(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    for _ in range(chance.choice([5, _STEEP])):
        holder[key] = chance.choice([[holder[key]], {"extension": [holder[key]]}])


def _multiply(chance: Random, whole: list[Any]) -> None:
    holder, key = _one(chance, whole)
    if len(json.dumps(holder[key])) < _LONG:
        holder[key] = [deepcopy(holder[key]) for _ in range(chance.choice([2, _WIDE]))]


_CHANGES: tuple[Callable[[Random, list[Any]], None], ...] = (
    _odd,
    _odd,
    _odd,
    _drop,
    _double,
    _rename,
    _wrap,
    _borrow,
    _deepen,
    _multiply,
)


def _cut(chance: Random, text: bytes) -> bytes:
    return text[: chance.randint(0, len(text))]


def _flip(chance: Random, text: bytes) -> bytes:
    at = chance.randrange(len(text)) if text else 0
    return text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :]


def _insert(chance: Random, text: bytes) -> bytes:
    at = chance.randint(0, len(text))
    bits = (
        b"\xef\xbb\xbf",
        b"\0",
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"NaN",
        b"-Infinity",
        b"1e9999",
        b",",
    )
    return text[:at] + chance.choice(bits) + text[at:]


def _again(_chance: Random, text: bytes) -> bytes:
    """The first property written twice."""
    end = text.find(b",")
    return text[:end] + b"," + text[1:end] + text[end:] if end > 0 else text + text


def _other_charset(chance: Random, text: bytes) -> bytes:
    return text.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-32", "utf-7"]), "replace")


_GARBLINGS = (_cut, _flip, _insert, _again, _other_charset)
