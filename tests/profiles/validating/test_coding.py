"""Whether a code belongs to a value set: yes, no, or nobody can say."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.library import ValueSet
from profiles.validating.coding import Codes, codings_of, is_readable
from tests.profiles.definitions import GUIDE, URL, library, value_set

SET = ValueSet("urn:set|1", {"urn:s": frozenset({"a"}), "urn:t": frozenset({"b"})}, frozenset({"urn:open"}), True)
CLOSED = ValueSet("urn:set|1", {"urn:s": frozenset({"a"})}, frozenset(), True)
UNKNOWN = ValueSet("urn:set|1", {}, frozenset(), False)


def codes(**tables: frozenset[str]) -> Codes:
    return Codes(
        library(value_set("set", {"urn:s": ["a"]})),
        GUIDE,
        {name.replace("_", ":"): row for name, row in tables.items()},
    )


@pytest.mark.parametrize(
    ("value_set", "system", "code", "answer"),
    [
        (SET, "urn:s", "a", True),
        (SET, "urn:s", "b", False),
        (SET, "urn:t", "b", True),
        (SET, "urn:x", "a", False),
        (SET, "", "a", False),
        (SET, "urn:open", "a", None),
        (SET, None, "b", True),
        (SET, None, "z", None),
        (CLOSED, None, "z", False),
        (UNKNOWN, "urn:s", "a", None),
        (UNKNOWN, None, "a", None),
    ],
)
def test_an_answer_is_certain_or_none(value_set: ValueSet, system: str | None, code: str, answer: bool | None) -> None:
    assert codes().has(value_set, system, code) is answer


def test_a_table_of_a_system_can_only_deny() -> None:
    """Whether a code of the system belongs to the set may depend on more than its being there."""
    held = codes(urn_open=frozenset({"x"}))
    assert held.has(SET, "urn:open", "x") is None
    assert held.has(SET, "urn:open", "y") is False


def test_a_table_of_a_value_set_is_that_value_set() -> None:
    held = Codes(library(value_set("set", {"urn:s": ["a"]})), GUIDE, {f"{URL}set": frozenset({"x"})})
    for canonical in (f"{URL}set", f"{URL}set|1", f"{URL}set|7"):
        found = held.value_set(canonical)
        assert held.has(found, "urn:any", "x") is True and held.has(found, None, "x") is True
        assert held.has(found, "urn:s", "a") is False and held.has(found, None, "a") is False


@pytest.mark.parametrize(
    ("value", "type_name", "rows"),
    [
        ("a", "code", [(None, "a")]),
        ({"system": "urn:s", "code": "a"}, "Coding", [("urn:s", "a")]),
        ({"code": "a"}, "Coding", [("", "a")]),
        ({"system": "urn:s", "code": "mg", "value": 1}, "Quantity", [("urn:s", "mg")]),
        ({"coding": [{"code": "a"}, {"system": "urn:s", "code": "b"}]}, "CodeableConcept", [("", "a"), ("urn:s", "b")]),
        ({"text": "t"}, "CodeableConcept", []),
        ({"coding": "a"}, "CodeableConcept", []),
        ({"coding": [5, None, {"code": 5}, {"code": ["a"]}]}, "CodeableConcept", []),
        ({"system": 5, "code": "a"}, "Coding", [("", "a")]),
        (5, "code", []),
        (None, "CodeableConcept", []),
    ],
)
def test_the_codes_of_a_value(value: Any, type_name: str, rows: list[tuple[str | None, str]]) -> None:
    assert codings_of(value, type_name) == rows


ODD = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["coding", "code", "system"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(ODD, st.sampled_from(["CodeableConcept", "Coding", "Quantity", "code"]), st.sampled_from([SET, CLOSED, UNKNOWN]))
def test_a_value_of_any_form_has_an_answer(value: Any, type_name: str, value_set: ValueSet) -> None:
    assert is_readable(value, type_name) in (True, False)
    for system, code in codings_of(value, type_name):
        assert codes().has(value_set, system, code) in (True, False, None)
