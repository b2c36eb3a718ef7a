"""Whatever came along is found by type and id, whatever key, Bundle or list it came in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.at_hand import AtHand

CONDITION = {"resourceType": "Condition", "id": "c1"}
_RESOURCES = st.fixed_dictionaries(
    {"resourceType": st.sampled_from(["Condition", "Bundle", "Patient", "OperationOutcome", "", 7])},
    optional={"id": st.sampled_from(["1", "2", "", None, 3]), "note": st.integers(0, 2)},
)
_SENT = st.recursive(
    _RESOURCES | st.none() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"resourceType": st.just("Bundle")},
            optional={
                "entry": st.lists(st.fixed_dictionaries({"resource": inner}), max_size=3) | inner,
                "link": st.lists(inner, max_size=2),
            },
        )
    ),
)


def at_hand(*values: Any) -> AtHand:
    made = AtHand()
    for value in values:
        made.add(value, prefetched=True)
    return made


@pytest.mark.spec("crd:found-33", "hooks:prefetch", "crd-check:53")
@pytest.mark.parametrize(
    "value",
    [
        CONDITION,
        [CONDITION],
        {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": CONDITION}]},
        {"resourceType": "Bundle", "entry": [{"resource": CONDITION}]},
        {"entry": [{"resource": CONDITION}]},
        {"resourceType": "Bundle", "entry": {"resource": CONDITION}},
        {"resourceType": "Bundle", "entry": [CONDITION]},
        {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "Bundle", "entry": [{"resource": CONDITION}]}}],
        },
    ],
    ids=["bare", "list", "searchset", "no type", "not even a Bundle", "object for a list", "bare entry", "nested"],
)
def test_resource_is_found_however_it_came(value: Any) -> None:
    found = at_hand(value)

    assert found.by_ref == {"Condition/c1": CONDITION}
    assert found.of_type("Condition") == [CONDITION]
    assert found.counts == {("Condition", True): 1}


@pytest.mark.spec("hooks:prefetch", "crd-check:53")
@pytest.mark.parametrize(
    "value", [None, "text", 7, [], {}, {"resourceType": "OperationOutcome", "id": "1"}, {"resourceType": ""}]
)
def test_what_is_no_resource_is_passed_over(value: Any) -> None:
    assert at_hand(value).by_ref == {}


@pytest.mark.spec("hooks:prefetch", "crd-check:54")
def test_further_page_is_noted() -> None:
    links = [{"relation": "self", "url": "https://a/1"}, {"relation": "next", "url": "https://a/2"}]

    assert at_hand({"resourceType": "Bundle", "link": links}).incomplete == ["https://a/2"]


def test_second_version_of_a_resource_is_noted_and_not_used() -> None:
    changed = CONDITION | {"recordedDate": "2026-01-01"}

    found = at_hand(CONDITION, changed, CONDITION)

    assert found.by_ref == {"Condition/c1": CONDITION}
    assert found.contradicting == {"Condition/c1"}


def test_resource_without_an_id_is_evidence_but_no_target() -> None:
    found = at_hand({"resourceType": "Observation", "note": 1}, {"resourceType": "Observation", "note": 2})

    assert [resource["note"] for resource in found.of_type("Observation")] == [1, 2]
    assert all("/" not in ref for ref in found.by_ref)


@pytest.mark.parametrize(
    "reference",
    [
        "Condition/c1",
        "https://ehr.example.org/r4/Condition/c1",
        "https://other.example.org/Condition/c1/_history/3",
        {"reference": "Condition/c1"},
        "urn:uuid:7",
    ],
)
def test_reference_leads_to_its_resource(reference: Any) -> None:
    found = at_hand({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:7", "resource": CONDITION}]})

    assert found.resolve(reference) == CONDITION


def test_contained_resource_is_found_in_its_container_only() -> None:
    inside = {"resourceType": "Medication", "id": "m"}

    assert at_hand().resolve("#m", {"contained": [inside]}) == inside
    assert at_hand(inside).resolve("#m") is None


@pytest.mark.parametrize("reference", [None, 7, "", {}, {"reference": 1}, {"display": "x"}, "Condition/other"])
def test_reference_to_nothing_leads_nowhere(reference: Any) -> None:
    assert at_hand(CONDITION).resolve(reference) is None


@given(st.lists(_SENT, max_size=5))
def test_nothing_that_is_sent_breaks_the_index(values: list[Any]) -> None:
    found = at_hand(*values)

    assert sum(found.counts.values()) == len(found.by_ref)
    assert found.contradicting <= set(found.by_ref)
