"""Long lists of our own API in pages: where a page begins, how long it is, and how it tells where the next one begins.

A cursor is for us alone: callers hand it back as they got it. It carries a check of its own, so that a part of one, or
one of another list, is told as such; it opens no door, because every query asks whose rows they are.
Must not know any list.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

import msgspec
from werkzeug.datastructures import MultiDict

from fhir_um.api.query import is_whole
from fhir_um.errors import Kind, Refusal

PAGE = ("after", "limit")
"""The parameters of every list in pages."""

MOST_ROWS = 200
USUAL_ROWS = 50
LONGEST_CURSOR = 600
"""Characters."""

Value = str | int | datetime
_CHECK_BYTES = 6

Key = TypeVar("Key", bound=tuple[Value, ...])


@dataclass(frozen=True, slots=True)
class Page(Generic[Key]):
    """What of a list is wanted: up to `limit` rows, after the row with that key, or from the first for None."""

    after: Key | None
    limit: int


def read_page(given: MultiDict[str, str], of: str, key: type[Key], usual: int = USUAL_ROWS) -> Page[Key]:
    """The page that `after` and `limit` ask for; `of` names the list and `key` what its rows are in order by.

    Raises: Refusal INVALID for a cursor that is none of this list, or a limit that is none.
    """
    written = given.get("after", "")
    return Page(_read_cursor(written, of, key) if written else None, read_limit(given, usual))


def read_limit(given: MultiDict[str, str], usual: int = USUAL_ROWS) -> int:
    """How many rows are wanted. Raises: Refusal INVALID unless it is a whole number from 1 to `MOST_ROWS`."""
    text = given.get("limit", str(usual))
    if not is_whole(text) or not 1 <= int(text) <= MOST_ROWS:
        raise _unusable("limit", f"limit must be a whole number from 1 to {MOST_ROWS}.")
    return int(text)


def cursor_of(of: str, key: tuple[Value, ...]) -> str:
    """The cursor after the row with that key, in the list of that name.

    >>> cursor_of("cases", ("a", 1))
    'rSLeQ9HuWyJjYXNlcyIsImEiLDFd'
    """
    said = msgspec.json.encode((of, *key))
    return urlsafe_b64encode(_check(said) + said).rstrip(b"=").decode()


def paged(name: str, rows: Iterable[Any], following: str | None) -> dict[str, Any]:
    """A page as it is answered: its rows under that name, and the cursor of the next page, null on the last one."""
    return {name: list(rows), "next": following}


def _read_cursor(written: str, of: str, key: type[Key]) -> Key:
    wrong = _unusable("after", "after must be the `next` of an answer of this list, just as it was given.")
    if len(written) > LONGEST_CURSOR:
        raise wrong
    try:
        kept = urlsafe_b64decode(written.encode("ascii") + b"=" * (-len(written) % 4))
        check, said = kept[:_CHECK_BYTES], kept[_CHECK_BYTES:]
        name, *values = msgspec.json.decode(said, type=list[Any])
        found = msgspec.convert(values, key)
    except (binascii.Error, UnicodeEncodeError, ValueError, msgspec.MsgspecError) as fault:
        raise wrong from fault
    if name != of or check != _check(said) or cursor_of(of, found) != written:
        raise wrong
    return found


def _check(said: bytes) -> bytes:
    return sha256(said).digest()[:_CHECK_BYTES]


def _unusable(name: str, text: str) -> Refusal:
    return Refusal.of(Kind.INVALID, "value", text, name)
