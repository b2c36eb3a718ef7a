"""Moments and quantities by themselves: reading, order, keys."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.fhirpath.environment import Element
from profiles.fhirpath.quantities import Quantity, compare, quantity_of
from profiles.fhirpath.temporal import Temporal, parse_temporal, shifted, sortable
from profiles.fhirpath.temporal import compare as moments_compare
from profiles.fhirpath.values import equal, equivalent, frozen


def _moment(text: str) -> Temporal:
    moment = parse_temporal(text)
    assert moment is not None
    return moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-13",
        "2026-02-30",
        "0000",
        "2026-03-01T25:00:00Z",
        "2026-03-01T10:60",
        "24:00:00",
        "2026-3-1",
        "2" * 99,
    ],
)
def test_no_moment(text: str) -> None:
    assert parse_temporal(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026", "Date"),
        ("2024-02-29", "Date"),
        ("2026T", "DateTime"),
        ("2016-12-31T23:59:60Z", "DateTime"),
        ("2026-03-01T10:00:00.123456789+14:00", "DateTime"),
        ("10:00:00.5", "Time"),
    ],
)
def test_moment(text: str, kind: str) -> None:
    assert _moment(text).type == f"System.{kind}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONED = st.builds(
    lambda seconds, zone: (_EPOCH + timedelta(seconds=seconds)).astimezone(zone),
    st.decimals(-3_000_000_000, 3_000_000_000, places=3).map(float),
    st.sampled_from([UTC, timezone(timedelta(hours=-5))]),
)


@given(_ZONED, _ZONED)
def test_moments_are_ordered_as_time_is(one: datetime, other: datetime) -> None:
    mine, yours = _moment(one.isoformat()), _moment(other.isoformat())
    assert moments_compare(mine, yours) == (one > other) - (one < other)
    assert (sortable(mine) == sortable(yours)) is (one == other)


@given(_ZONED, st.integers(-100_000_000, 100_000_000))
def test_later_by_seconds(moment: datetime, seconds: int) -> None:
    later = shifted(_moment(moment.isoformat(timespec="microseconds")), seconds, "second")
    assert later is not None
    assert datetime.fromisoformat(later.text) == moment + timedelta(seconds=seconds)


@given(st.dates(), st.integers(-5_000, 5_000), st.sampled_from(["year", "month", "week", "day", "hour", "parsec"]))
def test_later_never_fails(day: object, amount: int, unit: str) -> None:
    later = shifted(_moment(str(day)), amount, unit)
    assert later is None or parse_temporal(later.text) == later


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (Quantity(1, "kg"), Quantity(1000, "g"), 0),
        (Quantity(1, "L"), Quantity(1000, "mL"), 0),
        (Quantity(1, "m3"), Quantity(1000, "L"), 0),
        (Quantity(1, "mmol/L"), Quantity(1, "mol/m3"), 0),
        (Quantity(1, "[lb_av]"), Quantity(1, "kg"), -1),
        (Quantity(50, "%"), Quantity(1, "1"), -1),
        (Quantity(1, "{score}"), Quantity(2, "1"), -1),
        (Quantity(1, "h"), Quantity(60, "minute"), 0),
        (Quantity(1, "mg.m"), Quantity(1, "g.mm"), 0),
        (Quantity(1, "a"), Quantity(1, "year"), None),
        (Quantity(1, "bananas"), Quantity(1, "apples"), None),
        (Quantity(1, "mg//L"), Quantity(1, "mg/L"), None),
        (Quantity(1, "mg" * 40), Quantity(1, "mg"), None),
        (Quantity(1, ""), Quantity(1, "mg"), None),
    ],
)
def test_quantities(one: Quantity, other: Quantity, order: int | None) -> None:
    assert compare(one, other) == order


@pytest.mark.parametrize("element", [{}, {"value": "1"}, {"value": True}, {"value": 1, "comparator": "<"}])
def test_no_quantity(element: dict[str, object]) -> None:
    assert quantity_of(element) is None


_VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-9, 9),
        st.decimals(-9, 9, places=1),
        st.text(max_size=3),
        st.sampled_from(
            [_moment("2026"), _moment("2026-03-01T10:00:00Z"), Quantity(Decimal("1.0"), "g"), Quantity(1000, "mg")]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
)


@given(_VALUES, _VALUES)
def test_a_key_is_the_same_for_equal_values_only(one: object, other: object) -> None:
    assert (frozen(one) == frozen(other)) is (equal(one, other) is True)
    assert equal(one, one) is True
    assert equivalent(one, one)
    assert equal(one, other) == equal(other, one)


def test_true_is_not_one() -> None:
    assert equal({"a": True}, {"a": 1}) is False
    assert equal([1], [Decimal("1.0")]) is True
    assert frozen(Element(None, "code", {"id": "a"})) != frozen(Element(None, "code", {"id": "b"}))
    assert equivalent({"a": "X"}, {"a": "x"})
    assert not equivalent(["a"], ["b"])


def test_numbers_of_one_hash_have_keys_of_their_own() -> None:
    """Whose hashes collide a sender could choose, and make a set as slow as a list."""
    same = [number * sys.hash_info.modulus for number in range(1, 50)]
    assert len({hash(number) for number in same}) == 1
    assert len({hash(frozen(number)) for number in same}) == len(same)
    assert frozen(0) == frozen(Decimal("-0.0")) and frozen(100) == frozen(Decimal("1E+2"))
