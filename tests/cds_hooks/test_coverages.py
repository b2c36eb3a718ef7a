"""The Coverage a call is about is the patient's own, active, and primary before others."""

import pytest

from cds_hooks.at_hand import AtHand
from cds_hooks.coverages import coverages_of
from tests.cds_hooks.calling import COVERAGE, NOW, Json


def chosen(*coverages: Json) -> list[str]:
    at_hand = AtHand()
    at_hand.add(list(coverages), prefetched=True)
    return [ref.removeprefix("Coverage/") for ref in coverages_of("pat1", at_hand, NOW.date())]


def coverage(id: str, **more: object) -> Json:
    return COVERAGE | {"id": id} | more


def test_the_only_one_is_chosen() -> None:
    assert chosen(coverage("a")) == ["a"]


def test_none_is_chosen_where_there_is_none() -> None:
    assert chosen() == []


def test_own_order_decides_which_comes_first() -> None:
    assert chosen(coverage("a"), coverage("b", order=2), coverage("c", order=1)) == ["c", "b", "a"]


def test_inactive_one_counts_only_where_nothing_is_active() -> None:
    assert chosen(coverage("a", status="cancelled"), coverage("b")) == ["b"]
    assert chosen(coverage("a", status="cancelled")) == ["a"]


@pytest.mark.parametrize("other", ["Patient/other", "https://ehr.example.org/Patient/other"])
def test_another_patients_is_never_chosen(other: str) -> None:
    assert chosen(coverage("a", beneficiary={"reference": other})) == []


@pytest.mark.parametrize(
    "beneficiary", [None, {"display": "x"}, {"reference": "https://ehr.example.org/r4/Patient/pat1"}]
)
def test_beneficiary_may_be_unsaid_or_absolute(beneficiary: Json | None) -> None:
    assert chosen(coverage("a", beneficiary=beneficiary)) == ["a"]


def test_one_without_an_id_cannot_be_named_and_is_not_chosen() -> None:
    nameless = {name: value for name, value in COVERAGE.items() if name != "id"}

    assert chosen(nameless) == []
