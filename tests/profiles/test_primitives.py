"""The primitive types of FHIR in JSON."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.primitives import PRIMITIVES, ends_before_it_starts


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "2026"),
        ("date", "2026-02"),
        ("date", "2024-02-29"),
        ("dateTime", "2026-02-20"),
        ("dateTime", "2026-02-20T09:30:00.123456789Z"),
        ("dateTime", "2016-12-31T23:59:60Z"),
        ("instant", "2005-05-02T11:01:00+05:00"),
        ("decimal", Decimal("1.00")),
        ("decimal", 100),
        ("positiveInt", 1),
        ("unsignedInt", 0),
        ("integer", -5),
        ("code", "a b"),
        ("string", "line\r\n\tline"),
        ("string", "\u200bzero width"),
        ("uri", "urn:x:\u200b"),
        ("uri", "urn:trnorg:9012345678"),
        ("time", "09:30:00"),
        ("boolean", False),
    ],
)
def test_value_is_one(kind: str, value: Any) -> None:
    assert PRIMITIVES[kind][0](value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "2026-02-30"),
        ("date", "2025-02-29"),
        ("date", "2026-2-3"),
        ("date", "0000-01-01"),
        ("date", "2026-01-01\n"),
        ("date", "٢٠٢٦"),
        ("date", 2026),
        ("dateTime", "2026-02-20T09:30Z"),
        ("dateTime", "2026-02-20T09:30:00"),
        ("dateTime", "2026-02-20T24:00:00Z"),
        ("instant", "2026-02-20"),
        ("string", "a\0b"),
        ("string", "bell\a"),
        ("string", "\x1b[31m"),
        ("base64Binary", "AAAA\0"),
        ("code", "a\0"),
        ("code", "a\x1fb"),
        ("uri", "urn:x:\0"),
        ("uri", "urn:x\u2028y"),
        ("id", "a\0"),
        ("decimal", "1.0"),
        ("decimal", True),
        ("decimal", Decimal("1E+1000")),
        ("decimal", Decimal("1E-1000")),
        ("decimal", 10**40),
        ("positiveInt", 0),
        ("positiveInt", True),
        ("positiveInt", Decimal("1.0")),
        ("positiveInt", 2**31),
        ("code", " a"),
        ("code", ""),
        ("uri", "a b"),
        ("id", "x" * 65),
        ("string", ""),
        ("boolean", "true"),
    ],
)
def test_value_is_none(kind: str, value: Any) -> None:
    assert not PRIMITIVES[kind][0](value)


@pytest.mark.parametrize(
    ("start", "end", "backwards"),
    [
        ("2026-03-01", "2026-03-01", False),
        ("2026-03-02", "2026-03-01", True),
        ("2026-03-02", "2026-03", False),
        ("2026-03-02", "2026-02", True),
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00+02:00", True),
        ("2026-03-01T10:00:00Z", "2026-03-01", False),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z", False),
    ],
)
def test_period_runs_backwards(start: str, end: str, backwards: bool) -> None:
    assert ends_before_it_starts(start, end) is backwards


@given(st.dates(), st.dates())
def test_days_run_backwards_only_when_they_do(one: Any, other: Any) -> None:
    assert ends_before_it_starts(one.isoformat(), other.isoformat()) is (other < one)
