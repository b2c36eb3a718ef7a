"""The walk over objects: what may be there, what must, and what may not be empty."""

from typing import Any

import pytest

from tests.profiles.definitions import checker, errors, profile, told

PLAIN = checker()


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ({"resourceType": "Patient", "adress": []}, [("Patient.adress", "unknown-element")]),
        ({"resourceType": "Patient", "name": [{"famly": "F"}]}, [("Patient.name[0].famly", "unknown-element")]),
        ({"resourceType": "Patient", "_name": [{}]}, [("Patient._name", "unknown-element")]),
        ({"resourceType": "Patient", "": 1}, [("Patient.``", "unknown-element")]),
        ({"resourceType": "Patient", "contact": [{"x": 1}]}, None),
        ({"resourceType": "Patient", "deceasedString": "x"}, [("Patient.deceasedString", "unknown-element")]),
        ({"resourceType": "Patient", "deceased": True}, [("Patient.deceased", "unknown-element")]),
        ({"resourceType": "Patient", "name": [{"resourceType": "HumanName", "text": "t"}]}, None),
    ],
)
def test_what_no_definition_knows_is_an_error(resource: Any, found: list[tuple[str, str]] | None) -> None:
    told_errors = errors(PLAIN, resource)
    assert told_errors if found is None else told_errors == found


def test_a_near_name_is_suggested() -> None:
    (issue,) = PLAIN.check({"resourceType": "Patient", "birthdate": "2026"})
    assert "birthDate" in issue.text
    (issue,) = PLAIN.check({"resourceType": "Patient", "qqqqqq": "2026"})
    assert "qqqqqq" not in issue.text and "take it out" in issue.text


def test_a_strange_name_is_shown_in_part_and_quoted() -> None:
    (issue,) = PLAIN.check({"resourceType": "Patient", "x" * 10_000: 1})
    assert len(issue.path) < 100 and len(issue.text) < 200
    (issue,) = PLAIN.check({"resourceType": "Patient", "a b": 1})
    assert issue.path == "Patient.`a b`"


def test_what_must_be_there_is_told_at_its_own_place() -> None:
    assert errors(PLAIN, {"resourceType": "Observation", "code": {"text": "t"}}) == [("Observation.status", "min")]
    assert errors(PLAIN, {"resourceType": "Patient", "link": [{"other": {"display": "d"}}]}) == [
        ("Patient.link[0].type", "min")
    ]


def test_the_one_who_asks_is_named() -> None:
    validator = checker(profile("p", "Patient", {"birthDate": {"min": 1}}))
    (issue,) = validator.check({"resourceType": "Patient", "active": True}, ("http://example.org/p",))
    assert (issue.rule, issue.profile, issue.code) == ("min", "http://example.org/p|1", "required")
    assert "birthDate" in issue.text and "p 1" in issue.text


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"resourceType": "Patient", "maritalStatus": {}}, "Patient.maritalStatus"),
        ({"resourceType": "Patient", "name": [{}]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "name": []}, "Patient.name"),
        ({"resourceType": "Patient", "name": [{"id": "x"}]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "name": {"text": "t"}}, "Patient.name"),
        ({"resourceType": "Patient", "name": [[{"text": "t"}]]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "maritalStatus": [{"text": "t"}]}, "Patient.maritalStatus"),
        ({"resourceType": "Patient", "maritalStatus": "t"}, "Patient.maritalStatus"),
        ({"resourceType": "Patient", "name": [None]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "maritalStatus": None}, "Patient.maritalStatus"),
        ({"resourceType": "Patient", "active": None}, "Patient.active"),
    ],
)
def test_nothing_is_empty_and_everything_has_its_form(resource: Any, path: str) -> None:
    assert errors(PLAIN, resource) == [(path, rule) for _, rule in errors(PLAIN, resource)] != []


def test_an_id_alone_is_enough_for_a_resource() -> None:
    assert errors(PLAIN, {"resourceType": "Patient", "id": "x"}) == []
    assert errors(PLAIN, {"resourceType": "Patient"}) == []


def test_content_given_elsewhere_is_the_same_content() -> None:
    """contentReference: `Questionnaire.item.item` has what `Questionnaire.item` has."""
    below = {"linkId": "2", "type": "group", "item": [{"type": "string", "x": 1}]}
    item = {"linkId": "1", "type": "group", "item": [below]}
    resource = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    assert sorted(errors(PLAIN, resource)) == [
        ("Questionnaire.item[0].item[0].item[0].linkId", "min"),
        ("Questionnaire.item[0].item[0].item[0].x", "unknown-element"),
    ]


def test_what_a_profile_says_of_the_first_level_is_not_said_of_the_next() -> None:
    validator = checker(profile("p", "Questionnaire", {"item.text": {"min": 1}, "item.item.prefix": {"min": 1}}))
    below = {"linkId": "2", "type": "group", "item": [{"linkId": "3", "type": "display"}]}
    item = {"linkId": "1", "type": "group", "item": [below]}
    resource = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    assert errors(validator, resource, "p") == [
        ("Questionnaire.item[0].item[0].prefix", "min"),
        ("Questionnaire.item[0].text", "min"),
    ]


def test_the_same_fault_in_two_profiles_is_told_for_each_rule_once() -> None:
    parts = [profile(name, "Patient", {"birthDate": {"min": 1}}) for name in "pq"]
    issues = checker(*parts).check({"resourceType": "Patient"}, ("http://example.org/p", "http://example.org/q"))
    assert told(issues) == [("error", "Patient.birthDate", "min")]
