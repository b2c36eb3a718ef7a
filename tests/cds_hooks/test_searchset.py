"""What an EHR answers is read for what it is, whatever it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.outbound import Reply, Unusable
from cds_hooks.searchset import page_in, resource_in

NAMES = ["resourceType", "entry", "resource", "link", "relation", "url", "id", "status", "subject", "reference"]
WORDS = ["Bundle", "Patient", "self", "next", "https://ehr.example.org/r4/Coverage?patient=1", "http://[", "Patient/2"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


def reply(value: Any, content_type: str = "application/fhir+json") -> Reply:
    return Reply(200, content_type, json.dumps(value).encode())


def searchset(*resources: Any, self_url: str = "", next_url: str = "") -> Reply:
    links = [{"relation": "self", "url": self_url}, {"relation": "next", "url": next_url}]
    return reply({"resourceType": "Bundle", "link": links, "entry": [{"resource": each} for each in resources]})


@given(ANY_JSON)
def test_any_answer_is_a_page_or_of_no_use(value: Any) -> None:
    for answer in (reply(value), reply({"resourceType": "Bundle", "entry": value, "link": value})):
        try:
            page = page_in(answer, "patient=1&status=active")
        except ValueError:
            continue
        assert all(isinstance(resource["resourceType"], str) for resource in page.resources)


@pytest.mark.parametrize(
    ("resource", "is_kept"),
    [
        ({"subject": {"reference": "Patient/1"}}, True),
        ({"subject": {"reference": "https://ehr.example.org/r4/Patient/1/_history/3"}}, True),
        ({"subject": {"reference": "Patient/2"}}, False),
        ({"patient": {"reference": "https://ehr.example.org/r4/Patient/2/_history/3"}}, False),
        ({"subject": {"reference": "Group/2"}}, True),
        ({"subject": {"display": "somebody"}}, True),
        ({}, True),
        ({"status": "active"}, True),
        ({"status": "cancelled"}, False),
    ],
)
def test_rows_of_others_are_dropped(resource: dict[str, Any], is_kept: bool) -> None:
    row = {"resourceType": "DeviceRequest", "id": "1", **resource}

    assert bool(page_in(searchset(row), "patient=Patient/1&status=active").resources) is is_kept


def test_an_operation_outcome_among_the_rows_is_no_record() -> None:
    assert page_in(searchset({"resourceType": "OperationOutcome", "issue": []}), "patient=1").resources == ()


@pytest.mark.parametrize(
    ("self_url", "is_usable"),
    [
        ("", True),
        ("https://ehr.example.org/r4?_getpages=7", True),
        ("https://ehr.example.org/r4/Observation?patient=1&code=x&_count=50", True),
        ("https://ehr.example.org/r4/Observation?code=x", True),
        ("https://ehr.example.org/r4/Observation?patient=1", False),
    ],
)
def test_the_self_link_says_what_was_answered(self_url: str, is_usable: bool) -> None:
    """What the patient is we see in each row; which codes were left out we cannot."""
    answer, asked = searchset(self_url=self_url), "patient=1&code=x&_sort=-date"

    if is_usable:
        assert page_in(answer, asked).resources == ()
        return
    with pytest.raises(Unusable):
        page_in(answer, asked)


def test_a_read_brings_that_resource_and_no_other() -> None:
    patient = {"resourceType": "Patient", "id": "1"}

    assert resource_in(reply(patient), "Patient", "1").resources == (patient,)
    for answer in (reply(patient | {"id": "2"}), reply(patient, "text/html"), reply([patient])):
        with pytest.raises(Unusable):
            resource_in(answer, "Patient", "1")
