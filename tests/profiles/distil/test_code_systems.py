"""The concepts of a code system under the filters a value set may put on them."""

from typing import Any

import pytest

from profiles.distil.code_systems import Concepts

SYSTEM: dict[str, Any] = {
    "property": [{"code": "class"}, {"code": "old"}, {"code": "subsumedBy"}],
    "concept": [
        {"code": "animal", "concept": [{"code": "dog", "concept": [{"code": "poodle"}]}, {"code": "cat"}]},
        {"code": "plant", "property": [{"code": "class", "valueCode": "green"}]},
        {
            "code": "wolf",
            "property": [{"code": "subsumedBy", "valueCode": "dog"}, {"code": "old", "valueBoolean": True}],
        },
    ],
}


@pytest.mark.parametrize(
    ("name", "operation", "value", "expected"),
    [
        ("concept", "is-a", "dog", "dog poodle wolf"),
        ("code", "is-a", "dog", "dog poodle wolf"),
        ("concept", "is-a", "unicorn", ""),
        ("concept", "descendent-of", "animal", "cat dog poodle wolf"),
        ("concept", "is-not-a", "animal", "plant"),
        ("concept", "in", "cat, plant", "cat plant"),
        ("concept", "not-in", "cat,plant", "animal dog poodle wolf"),
        ("concept", "regex", "p.*", "plant poodle"),
        ("class", "=", "green", "plant"),
        ("old", "exists", "true", "wolf"),
        ("old", "exists", "false", "animal cat dog plant poodle"),
        ("old", "=", "true", "wolf"),
        ("parent", "=", "dog", "poodle wolf"),
    ],
)
def test_a_filter_takes_these_codes(name: str, operation: str, value: str, expected: str) -> None:
    selected = Concepts(SYSTEM).selected({"property": name, "op": operation, "value": value})
    assert selected == frozenset(expected.split())


@pytest.mark.parametrize(
    ("name", "operation", "value"),
    [
        ("colour", "=", "green"),
        ("class", "is-a", "green"),
        ("concept", "generalizes", "dog"),
        ("concept", "regex", "("),
    ],
)
def test_a_filter_that_cannot_be_told_says_so(name: str, operation: str, value: str) -> None:
    assert Concepts(SYSTEM).selected({"property": name, "op": operation, "value": value}) is None


def test_every_code_whatever_its_depth() -> None:
    assert Concepts(SYSTEM).all() == frozenset(["animal", "cat", "dog", "plant", "poodle", "wolf"])
