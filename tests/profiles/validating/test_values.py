"""Fixed values and patterns against values of messages."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.validating.values import equals, includes

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b"]), st.just(Decimal("1.0"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "wanted", "same", "within"),
    [
        ("a", "a", True, True),
        ("a", "b", False, False),
        (True, 1, False, False),
        (1, True, False, False),
        (0, False, False, False),
        (1, Decimal("1.0"), True, True),
        (Decimal("1.50"), Decimal("1.5"), True, True),
        ("1", 1, False, False),
        (None, None, True, True),
        ({"a": 1, "b": 2}, {"a": 1}, False, True),
        ({"a": 1}, {"a": 1, "b": 2}, False, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, False, True),
        ([1, 2], [1, 2], True, True),
        ([2, 1], [1, 2], False, True),
        ([1, 2, 3], [3], False, True),
        ([1], [1, 2], False, False),
        ([{"a": 1, "b": 2}], [{"a": 1}], False, True),
        ("a", ["a"], False, False),
        (["a"], "a", False, False),
        ([], [], True, True),
        ({}, [], False, False),
    ],
)
def test_fixed_is_the_same_and_a_pattern_is_within(value: Any, wanted: Any, same: bool, within: bool) -> None:
    assert equals(value, wanted) is same
    assert includes(value, wanted) is within


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(JSON, JSON)
def test_what_is_the_same_is_within_and_everything_is_the_same_as_itself(value: Any, other: Any) -> None:
    assert equals(value, value) and includes(value, value)
    assert equals(value, other) == equals(other, value)
    assert includes(value, other) or not equals(value, other)
    assert includes([value, other], [other, value])
    assert includes({"x": value, "y": other}, {"x": value})
