"""A body in the wrong shape is refused with every fault of it, each at its place; nothing that was sent is repeated."""

from enum import StrEnum
from typing import Any

import msgspec
import pytest

from fhir_um.api.decision_in import DecisionIn
from fhir_um.api.misfits import fitted
from fhir_um.errors import Kind, Refusal


class Way(StrEnum):
    BY_SEA = "by-sea"
    BY_LAND = "by-land"


class PlaceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    town: str
    house: int = 0


class TripIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    way: Way
    days: int
    first: PlaceIn
    stops: list[PlaceIn] = []
    last: PlaceIn | None = None
    note: PlaceIn | str | None = None


def faults(value: Any, shape: type[Any] = TripIn) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        fitted(value, shape)
    assert caught.value.kind is Kind.INVALID
    return [(issue.path, issue.text) for issue in caught.value.issues]


def test_what_has_the_shape_is_taken() -> None:
    given = fitted({"way": "by-sea", "days": 2, "first": {"town": "A"}, "last": None, "note": "x"}, TripIn)

    assert given == TripIn(Way.BY_SEA, 2, PlaceIn("A"), note="x")


def test_everything_that_is_missing_is_told_at_once() -> None:
    missing = "This field is missing."

    assert faults({}) == [("way", missing), ("days", missing), ("first", missing)]
    assert faults({}, DecisionIn) == [("version", missing), ("role", missing), ("lines", missing)]


def test_each_fault_is_told_at_its_place() -> None:
    sent = {"way": "by-Smith", "days": "Smith", "first": {"Smith": 1}, "stops": [{"town": "A"}, {}, "Smith"], "last": 4}
    told = faults(sent | {"note": 1})

    assert told == [
        ("way", "Must be one of: by-sea, by-land."),
        ("days", "Expected `int`, got `str`."),
        ("first", "There is a field here that is not known; these are: house, town."),
        ("first.town", "This field is missing."),
        ("stops[1].town", "This field is missing."),
        ("stops[2]", "Give an object here, with these fields: house, town."),
        ("last", "Give an object here, with these fields: house, town."),
        ("note", "Expected `str | object | null`, got `int`."),
    ]
    assert "Smith" not in str(told)


@pytest.mark.parametrize("sent", [None, [], "Smith", 3, {"Smith": 1}])
def test_what_is_no_object_at_all_is_told(sent: Any) -> None:
    assert faults(sent)
    assert "Smith" not in str(faults(sent))
