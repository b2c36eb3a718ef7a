"""Searching the invented chart: by the parameters that prefetch queries of both versions of CRD and payers use."""

from pathlib import Path
from typing import Any

import pytest

from cds_hooks.templates import PREFETCH
from fhir_um.simulators import chart as charts
from fhir_um.simulators.chart import Chart, read_folder, resources_in

Json = dict[str, Any]
STORIES = Path(__file__).parents[3] / "fixtures" / "stories"
LOINC = "http://loinc.org"


def observation(id: str, code: str, patient: str = "Patient/p", **more: Any) -> Json:
    coding = {"system": LOINC, "code": code}
    return {
        "resourceType": "Observation",
        "id": id,
        "code": {"coding": [coding]},
        "subject": {"reference": patient},
    } | more


CHART = Chart(
    [
        {"resourceType": "Patient", "id": "p"},
        observation("o1", "2708-6"),
        observation("o2", "2703-7", status="final"),
        observation("o3", "2708-6", patient="https://ehr.example.test/fhir/Patient/q"),
        {"resourceType": "Practitioner", "id": "dr"},
        {"resourceType": "Organization", "id": "clinic"},
        {
            "resourceType": "PractitionerRole",
            "id": "role",
            "practitioner": {"reference": "Practitioner/dr"},
            "organization": {"reference": "Organization/clinic"},
        },
        {
            "resourceType": "DeviceRequest",
            "id": "chair",
            "subject": {"reference": "Patient/p"},
            "requester": {"reference": "PractitionerRole/role"},
        },
        {
            "resourceType": "Appointment",
            "id": "visit",
            "participant": [{"actor": {"reference": "Patient/p"}}, {"actor": {"reference": "Location/here"}}],
        },
    ]
)


def found(kind: str, *parameters: tuple[str, str]) -> list[str]:
    return [row["id"] for row in CHART.search(kind, list(parameters), 100).matches]


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ([], ["o1", "o2", "o3"]),
        ([("_id", "o1,o3")], ["o1", "o3"]),
        ([("patient", "p")], ["o1", "o2"]),
        ([("patient", "Patient/q")], ["o3"]),
        ([("subject", "https://elsewhere.example.test/Patient/q")], ["o3"]),
        ([("code", f"{LOINC}|2703-7,{LOINC}|9999-9")], ["o2"]),
        ([("code", "2708-6"), ("patient", "p")], ["o1"]),
        ([("code", "other|2708-6")], []),
        ([("status", "final")], ["o2"]),
        ([("_sort", "-date"), ("unheard-of", "1"), ("patient", "p")], ["o1", "o2"]),
    ],
)
def test_a_search_finds_what_fits_all_it_names(parameters: list[tuple[str, str]], ids: list[str]) -> None:
    assert found("Observation", *parameters) == ids


def test_a_patient_is_found_among_participants() -> None:
    assert found("Appointment", ("patient", "p")) == ["visit"]
    assert found("Appointment", ("patient", "q")) == []


def test_what_it_does_not_know_is_not_in_its_own_link() -> None:
    page = CHART.search("Observation", [("patient", "p"), ("unheard-of", "1")], 100)

    assert page.own == "patient=p"


def test_a_parameter_may_be_unknown_today() -> None:
    page = CHART.search("Observation", [("patient", "p"), ("code", "2703-7")], 100, frozenset({"code"}))

    assert ([row["id"] for row in page.matches], page.own) == (["o1", "o2"], "patient=p")


def test_what_is_included_is_followed_only_where_asked_for() -> None:
    once = [("_id", "chair"), ("_include", "DeviceRequest:requester"), ("_include", "DeviceRequest:patient")]
    onward = [*once, ("_include:iterate", "PractitionerRole:practitioner")]

    assert [row["id"] for row in CHART.search("DeviceRequest", once, 9).included] == ["p", "role"]
    assert [row["id"] for row in CHART.search("DeviceRequest", onward, 9).included] == ["p", "role", "dr"]
    assert CHART.search("DeviceRequest", [("_include", "DeviceRequest:requester:Practitioner")], 9).included == ()


def test_every_page_comes_once() -> None:
    first = CHART.search("Observation", [("_count", "2")], 100)
    second = CHART.search("Observation", [("_count", "2"), ("_from", "2")], 100)

    assert ([row["id"] for row in first.matches], first.next) == (["o1", "o2"], "_count=2&_from=2")
    assert ([row["id"] for row in second.matches], second.next, second.total) == (["o3"], "", 3)


def test_every_parameter_of_the_prefetch_queries_of_2_0_1_is_known() -> None:
    """What a template includes must lead somewhere, or a payer would wait for it in vain."""
    templates = [template for rows in PREFETCH["2.0"].values() for _, template in rows]
    included = {
        pair.partition("=")[2].split(":")[1]
        for template in templates
        for pair in template.split("&")[1:]
        if ":" in pair
    }

    assert included - set(charts._REFERENCES) == set()


def test_a_chart_is_read_from_hook_calls_and_bundles() -> None:
    ids = {f"{row['resourceType']}/{row['id']}" for row in read_folder(STORIES / "crd")}

    assert {"Patient/maeve-byrne", "Coverage/coverage-1016", "DeviceRequest/oxygen", "Observation/spo2-1016"} <= ids
    assert list(resources_in({"resourceType": "OperationOutcome"})) == []


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")

    with pytest.raises(ValueError, match=r"broken\.json is no JSON"):
        list(read_folder(tmp_path))


@pytest.mark.parametrize("value", ["\u00b2", "\u0663", "9" * 5_000, "-1", "x", ""])
def test_a_number_that_is_none_is_passed_over(value: str) -> None:
    chart = Chart([{"resourceType": "Patient", "id": "1"}])

    assert chart.search("Patient", [("_count", value), ("_from", value)], 10).total == 1
