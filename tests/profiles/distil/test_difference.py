"""What an element adds to the type it stands on."""

from profiles.distil.difference import BaseTypes, Rows, added


def _base() -> BaseTypes:
    base = BaseTypes()
    base.add("Element", {"": {}, "id": {"min": 0, "max": "1", "types": {"string": {}}}})
    base.add("Period", {"": {"rules": {"per-1": ["error", "x"]}}, "end": {"min": 0, "max": "1", "types": {"date": {}}}})
    base.add("Reference", {"": {}, "display": {"min": 0, "max": "1", "types": {"string": {}}}})
    base.add(
        "Thing",
        {
            "": {"min": 0, "max": "*"},
            "when[x]": {"min": 0, "max": "1", "types": {"date": {}, "Period": {}}},
            "part": {"min": 0, "max": "*", "types": {"Element": {}}},
        },
    )
    return base


def test_only_what_is_new_stays() -> None:
    rows: Rows = {"": {"min": 0, "max": "*"}, "part": {"min": 1, "max": "*", "types": {"Element": {}}}}
    assert added("Thing", rows, _base()) == {"part": {"min": 1}}


def test_an_element_inside_a_type_is_compared_with_that_type() -> None:
    rows: Rows = {
        "when[x]": {"min": 0, "max": "1", "types": {"Period": {}}},
        "when[x].end": {"min": 1, "max": "1", "types": {"date": {}}},
        "part.id": {"min": 0, "max": "1", "types": {"string": {}}},
    }
    assert added("Thing", rows, _base()) == {"when[x]": {"types": {"Period": {}}}, "when[x].end": {"min": 1}}


def test_a_slice_stays_even_when_it_adds_nothing_and_has_no_minimum_of_its_own() -> None:
    rows: Rows = {"part:a": {"min": 0, "max": "*", "types": {"Element": {}}}, "part:b": {"min": 2, "max": "*"}}
    assert added("Thing", rows, _base()) == {"part:a": {}, "part:b": {"min": 2}}


def test_rules_that_the_type_has_already_are_gone() -> None:
    rules = {"per-1": ["error", "x"], "mine-1": ["error", "y"]}
    rows: Rows = {"when[x]": {"min": 0, "max": "1", "types": {"Period": {}}, "rules": rules}}
    assert added("Thing", rows, _base())["when[x]"]["rules"] == {"mine-1": ["error", "y"]}


def test_the_value_of_a_primitive_is_no_element_of_json() -> None:
    rows: Rows = {
        "when[x]": {"min": 0, "max": "1", "types": {"date": {}}},
        "when[x].value": {"min": 1, "max": "1"},
        "when[x].value.extension:a": {"min": 1, "max": "1"},
        "part.value": {"min": 1, "max": "1"},
    }
    assert set(added("Thing", rows, _base())) == {"when[x]", "part.value"}
