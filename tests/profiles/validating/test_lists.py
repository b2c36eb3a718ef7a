"""Elements that repeat: how many there may be."""

import pytest

from profiles.validating.lists import MOST_ITEMS
from tests.profiles.definitions import Facts, checker, errors, profile


def named(number: int) -> Facts:
    return {"resourceType": "Patient", "name": [{"text": str(index)} for index in range(number)]}


@pytest.mark.parametrize(("number", "found"), [(1, ["min"]), (2, []), (3, []), (4, ["max"])])
def test_a_list_has_its_least_and_its_most(number: int, found: list[str]) -> None:
    validator = checker(profile("p", "Patient", {"name": {"min": 2, "max": "3"}}))
    assert errors(validator, named(number), "p") == [("Patient.name", rule) for rule in found]


def test_the_narrowest_of_several_definitions_counts() -> None:
    one = profile("p", "Patient", {"name": {"min": 1, "max": "3"}})
    other = profile("q", "Patient", {"name": {"min": 2}})
    third = profile("r", "Patient", {"name": {"max": "2"}})
    validator = checker(one, other, third)
    issues = validator.check(named(3), tuple(f"http://example.org/{name}" for name in "pqr"))
    assert [(issue.rule, issue.profile) for issue in issues] == [("max", "http://example.org/r|1")]
    issues = validator.check(named(1), tuple(f"http://example.org/{name}" for name in "pqr"))
    assert [(issue.rule, issue.profile) for issue in issues] == [("min", "http://example.org/q|1")]


def test_where_a_profile_wants_one_it_is_still_a_list() -> None:
    validator = checker(profile("p", "Patient", {"name": {"max": "1"}}))
    assert errors(validator, named(1), "p") == []
    assert errors(validator, {"resourceType": "Patient", "name": {"text": "t"}}, "p") == [("Patient.name", "")]


def test_a_list_too_long_to_look_at_is_told_once() -> None:
    issues = checker().check(named(MOST_ITEMS + 1))
    assert [(issue.path, issue.code) for issue in issues] == [("Patient.name", "too-costly")]
    assert str(MOST_ITEMS) in issues[0].text


def test_every_item_is_looked_at() -> None:
    resource = named(5)
    resource["name"][4] = {"text": 5}
    resource["name"][1] = {"use": "x"}
    assert errors(checker(), resource) == [("Patient.name[1].use", "required"), ("Patient.name[4].text", "type string")]
