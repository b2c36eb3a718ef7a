"""Resources wherever they stand: their type, the profiles they claim, and which version of a profile is meant."""

from typing import Any

import pytest

from profiles.library import Library
from profiles.validating.resources import MOST_CLAIMED
from profiles.validating.validator import Validator
from tests.profiles.definitions import (
    CORE,
    GUIDE,
    URL,
    Facts,
    bundle,
    checker,
    core_texts,
    errors,
    guide,
    profile,
    told,
)

PATIENT: Facts = {"resourceType": "Patient", "active": True}
NAMED = profile("named", "Patient", {"name": {"min": 1}})
BORN = profile("born", "Patient", {"birthDate": {"min": 1}})


@pytest.mark.parametrize(
    "resource",
    [
        None,
        5,
        "Patient",
        [],
        {},
        {"resourceType": None},
        {"resourceType": 5},
        {"resourceType": ["Patient"]},
        {"resourceType": "Nothing"},
        {"resourceType": "Resource"},
        {"resourceType": "DomainResource"},
        {"resourceType": "HumanName"},
        {"resourceType": "patient"},
        {"resourceType": "../Patient"},
        {"resourceType": "X" * 10_000},
    ],
)
def test_what_is_no_resource_is_told_once(resource: Any) -> None:
    issues = checker().check(resource)
    assert len(issues) == 1 and issues[0].severity == "error" and len(issues[0].text) < 200
    inside = errors(checker(), bundle(("urn:uuid:1", resource)))
    assert inside and all(path.startswith("Bundle.entry[0].resource") for path, _ in inside)


def test_a_resource_is_held_against_every_profile_it_claims() -> None:
    claiming = {**PATIENT, "meta": {"profile": [f"{URL}named", f"{URL}born|1"]}}
    assert sorted(errors(checker(NAMED, BORN), claiming)) == [("Patient.birthDate", "min"), ("Patient.name", "min")]


def test_a_profile_nobody_has_is_information() -> None:
    issues = checker().check({**PATIENT, "meta": {"profile": [f"{URL}nobody"]}})
    assert told(issues) == [("information", "Patient.meta.profile[0]", "profile")]


def test_a_profile_of_another_type_is_an_error() -> None:
    claiming = {"resourceType": "Basic", "code": {"text": "t"}, "meta": {"profile": [f"{URL}named"]}}
    assert errors(checker(NAMED), claiming) == [("Basic.meta.profile[0]", "type")]


def test_the_base_type_as_a_profile_asks_nothing_more() -> None:
    claiming = {**PATIENT, "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}}
    assert checker().check(claiming) == []


@pytest.mark.parametrize("told_profiles", [5, "urn:x", {}, [5], [None], [{}], [[]]])
def test_claims_of_any_form_are_told(told_profiles: Any) -> None:
    assert errors(checker(NAMED), {**PATIENT, "meta": {"profile": told_profiles}})


def test_contained_resources_are_checked_as_resources() -> None:
    inner = {"resourceType": "Patient", "id": "1", "gender": "x", "meta": {"profile": [f"{URL}named"]}}
    resource = {
        "resourceType": "Basic",
        "code": {"text": "t"},
        "subject": {"reference": "#1"},
        "contained": [inner],
    }
    assert sorted(errors(checker(NAMED), resource)) == [
        ("Basic.contained[0].gender", "required"),
        ("Basic.contained[0].name", "min"),
    ]


def test_where_one_profile_is_asked_of_an_entry_it_holds_without_being_claimed() -> None:
    part = profile(
        "p",
        "Bundle",
        {
            "entry": {"slicing": {"by": [["type", "resource"]]}},
            "entry:patient.resource": {"types": {"Patient": {"as": [f"{URL}named"]}}},
        },
    )
    assert errors(checker(part, NAMED), bundle(("urn:uuid:1", PATIENT)), "p") == [
        ("Bundle.entry[0].resource.name", "min")
    ]


def either() -> str:
    return profile(
        "p",
        "Bundle",
        {
            "entry": {"slicing": {"by": [["type", "resource"]]}},
            "entry:patient.resource": {"types": {"Patient": {"as": [f"{URL}named", f"{URL}born"]}}},
        },
    )


def test_of_several_profiles_the_one_that_is_met_counts() -> None:
    validator = checker(either(), NAMED, BORN)
    assert errors(validator, bundle(("urn:uuid:1", {**PATIENT, "birthDate": "2026"})), "p") == []
    assert errors(validator, bundle(("urn:uuid:1", {**PATIENT, "name": [{"family": "F"}]})), "p") == []


def test_of_several_profiles_the_nearest_tells_what_is_missing() -> None:
    more = profile("born", "Patient", {"birthDate": {"min": 1}, "gender": {"min": 1}})
    assert errors(checker(either(), NAMED, more), bundle(("urn:uuid:1", PATIENT)), "p") == [
        ("Bundle.entry[0].resource.name", "min")
    ]


def test_of_several_profiles_the_one_claimed_is_the_one_meant() -> None:
    claiming = {**PATIENT, "meta": {"profile": [f"{URL}born"]}, "name": [{"family": "F"}]}
    assert errors(checker(either(), NAMED, BORN), bundle(("urn:uuid:1", claiming)), "p") == [
        ("Bundle.entry[0].resource.birthDate", "min")
    ]


def test_parameters_hold_resources_and_values() -> None:
    resource = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "a", "resource": {"resourceType": "Patient", "gender": "x"}},
            {"name": "b", "valueString": 5},
            {
                "name": "c",
                "part": [{"name": "d", "resource": {"resourceType": "Patient", "gender": "x"}}, {"valueCode": "x"}],
            },
            {"name": "e", "valueString": "x", "valueCode": "y"},
        ],
    }
    assert errors(checker(), resource) == [
        ("Parameters.parameter[0].resource.gender", "required"),
        ("Parameters.parameter[1].valueString", "type string"),
        ("Parameters.parameter[2].part[0].resource.gender", "required"),
        ("Parameters.parameter[2].part[1].name", "min"),
        ("Parameters.parameter[3].value", ""),
    ]


def versions() -> Validator:
    """A guide that depends on version 2 of another one, whose versions 1, 2 and 3 are all here."""
    others = [
        guide(profile("core", "Patient", {element: {"min": 1}}, version=f"{version}.0"), key=f"other#{version}.0")
        for version, element in ((1, "name"), (2, "birthDate"), (3, "gender"))
    ]
    mine = guide(
        profile("p", "Basic", {"author": {"types": {"Reference": {"to": [f"{URL}core|1.0"]}}}}),
        depends=("other#2.0", CORE),
    )
    return Validator(Library([*core_texts(), mine, *others]), GUIDE)


@pytest.mark.parametrize(
    ("canonical", "missing"),
    [
        ("core|1.0", "name"),
        ("core|2.0", "birthDate"),
        ("core|3.0", "gender"),
        ("core|3.0.7", "gender"),
        ("core", "birthDate"),
    ],
)
def test_the_version_named_is_meant_and_without_one_that_of_the_guide(canonical: str, missing: str) -> None:
    claiming = {**PATIENT, "meta": {"profile": [f"{URL}{canonical}"]}}
    assert errors(versions(), claiming) == [(f"Patient.{missing}", "min")]


def test_a_version_nobody_has_is_not_taken_for_another() -> None:
    claiming = {**PATIENT, "meta": {"profile": [f"{URL}core|9"]}}

    told = [(issue.severity, issue.path, issue.rule) for issue in versions().check(claiming)]

    assert told == [("information", "Patient.meta.profile[0]", "profile")]


def test_versions_of_one_profile_may_be_in_force_at_once() -> None:
    basic = {"resourceType": "Basic", "code": {"text": "t"}, "author": {"reference": "urn:uuid:2"}}
    basic["meta"] = {"profile": [f"{URL}p"]}
    claiming = {**PATIENT, "meta": {"profile": [f"{URL}core|3.0"]}}
    assert sorted(errors(versions(), bundle(("urn:uuid:1", basic), ("urn:uuid:2", claiming)))) == [
        ("Bundle.entry[1].resource.gender", "min"),
        ("Bundle.entry[1].resource.name", "min"),
    ]


def test_a_guide_nobody_has_takes_the_newest() -> None:
    texts = [
        guide(profile("core", "Patient", {"name": {"min": 1}}, version=version), key=f"other#{version}")
        for version in ("1.9.0", "1.10.0")
    ]
    found = Library([*core_texts(), *texts]).structure(f"{URL}core", "nobody#1")
    assert found is not None and found.version == "1.10.0"


def test_of_very_many_profiles_claimed_the_first_are_looked_at() -> None:
    claimed = [f"urn:x:{index}" for index in range(MOST_CLAIMED)]
    patient = {"resourceType": "Patient", "active": True}
    assert errors(versions(), {**patient, "meta": {"profile": claimed}}) == []
    found = errors(versions(), {**patient, "meta": {"profile": [*claimed, f"{URL}core|1.0"]}})
    assert found == [("Patient.meta.profile", "")]
