"""The primitive types of FHIR R4 as they stand in JSON: is this value one? Knows no resource.

Source: FHIR R4 4.0.1, Data Types, regular expressions of the primitive types.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_YEAR = r"(?:[1-9]\d\d\d|0[1-9]\d\d|00[1-9]\d|000[1-9])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_DATE = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?", re.ASCII)
_DATE_TIME = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_TIME}{_ZONE})?)?)?", re.ASCII)
_INSTANT = re.compile(rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}", re.ASCII)
_CLOCK = re.compile(_TIME, re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CODE = re.compile(r"[^\s\x00-\x1f]+(?: [^\s\x00-\x1f]+)*")
_URI = re.compile(r"[^\s\x00-\x1f]+")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_EXPONENT = 30
"""Powers of ten a decimal may reach either way; no amount or quantity comes near, and larger ones exhaust memory."""

FULL_DATE_LENGTH = len("2026-01-31")

Check = Callable[[Any], bool]


def _text(pattern: re.Pattern[str]) -> Check:
    matches = pattern.fullmatch
    return lambda value: type(value) is str and matches(value) is not None


def _dated(pattern: re.Pattern[str]) -> Check:
    matches = pattern.fullmatch
    return lambda value: type(value) is str and matches(value) is not None and _on_the_calendar(value)


def _on_the_calendar(value: str) -> bool:
    if len(value) < FULL_DATE_LENGTH:
        return True
    try:
        date.fromisoformat(value[:FULL_DATE_LENGTH])
    except ValueError:
        return False
    return True


def _whole(least: int) -> Check:
    return lambda value: type(value) is int and least <= value <= _LARGEST_INTEGER


def has_control_character(text: str) -> bool:
    """True when a text holds a character no FHIR string may: below U+0020, except tab and line ends.

    PostgreSQL cannot keep U+0000 at all. Source: FHIR R4 2.24.0.1, string.

    >>> has_control_character("two\\nlines"), has_control_character("a\\0")
    (False, True)
    """
    return not text.isprintable() and _CONTROL.search(text) is not None


def _is_string(value: Any) -> bool:
    return type(value) is str and value != "" and (value.isprintable() or _CONTROL.search(value) is None)


def _is_base64(value: Any) -> bool:
    """By its characters alone, which costs a millisecond per megabyte: whether it is whole, its reader finds out."""
    return type(value) is str and value != "" and value.isascii() and not value.encode().translate(None, _BASE64)


def _is_spaceless(value: Any) -> bool:
    if type(value) is not str or value == "":
        return False
    return " " not in value and (value.isprintable() or _URI.fullmatch(value) is not None)


def _is_code(value: Any) -> bool:
    return _is_spaceless(value) or (type(value) is str and _CODE.fullmatch(value) is not None)


def _is_xhtml(value: Any) -> bool:
    return _is_string(value) and value.lstrip().startswith("<div") and value.rstrip().endswith(">")


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


def _is_decimal(value: Any) -> bool:
    if type(value) is int:
        return bool(abs(value) < 10**_LARGEST_EXPONENT)
    if type(value) is not Decimal:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_LARGEST_EXPONENT and value.adjusted() <= _LARGEST_EXPONENT


PRIMITIVES: dict[str, tuple[Check, str]] = {
    "boolean": (_is_boolean, "true or false, without quotes"),
    "code": (_is_code, "a code: text without outer or double spaces"),
    "date": (_dated(_DATE), "a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": (_dated(_DATE_TIME), "a date, or a date and time with seconds and time zone (2026-03-01T09:30:00Z)"),
    "decimal": (
        _is_decimal,
        f"a number, without quotes, of at most {_LARGEST_EXPONENT} digits on either side of the point",
    ),
    "id": (_text(_ID), "an id: 1 to 64 letters, digits, dashes and points"),
    "instant": (_dated(_INSTANT), "a date and time with seconds and time zone (2026-03-01T09:30:00Z)"),
    "integer": (_whole(-_LARGEST_INTEGER - 1), "a whole number of 32 bits, without quotes or point"),
    "positiveInt": (_whole(1), "a whole number from 1 to 2147483647, without quotes"),
    "unsignedInt": (_whole(0), "a whole number from 0 to 2147483647, without quotes"),
    "string": (_is_string, "a text that is not empty and has no control characters"),
    "markdown": (_is_string, "a text that is not empty and has no control characters"),
    "canonical": (_is_spaceless, "a canonical URL without spaces"),
    "oid": (_text(_OID), "an OID such as urn:oid:1.2.3"),
    "uuid": (_text(_UUID), "a UUID in lower case such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "xhtml": (_is_xhtml, "XHTML: a div element"),
    "base64Binary": (_is_base64, "a base64 text: letters, digits, +, / and ="),
    "time": (_text(_CLOCK), "a time of day with seconds and without zone (09:30:00)"),
    "uri": (_is_spaceless, "a URI without spaces"),
    "url": (_is_spaceless, "a URL without spaces"),
}
"""By type name: the check, and what a person should send."""


def ends_before_it_starts(start: str, end: str) -> bool:
    """True when a Period of two valid dateTimes runs backwards, as far as both are written.

    >>> ends_before_it_starts("2026-03-01", "2026-02"), ends_before_it_starts("2026-03-01", "2026")
    (True, False)
    """
    if "T" in start and "T" in end:
        try:
            return datetime.fromisoformat(end) < datetime.fromisoformat(start)
        except ValueError:
            pass  # a leap second, which Python cannot hold: compare the days
    length = min(len(start), len(end), FULL_DATE_LENGTH)
    return end[:length] < start[:length]
