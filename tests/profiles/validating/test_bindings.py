"""Codes against value sets: how strictly, what cannot be told, and what a site's own tables add."""

from typing import Any

import pytest

from profiles.issues import Issue
from tests.profiles.definitions import URL, Facts, checker, concept, profile, told, value_set

CLOSED = value_set("set", {"urn:s": ["a", "b"]})
OPEN = value_set("set", {"urn:s": ["a"]}, "urn:open")
UNKNOWN = value_set("set", {}, known=False)


def bound(strength: str, *parts: str, path: str = "code", type_name: str = "Basic", **tables: Any) -> Any:
    """A checker with one profile `p`, whose element is bound to the value set `set`."""
    return checker(*parts, profile("p", type_name, {path: {strength: f"{URL}set|1"}}), tables=tables.get("tables"))


def found(validator: Any, resource: Facts) -> list[Issue]:
    issues: list[Issue] = validator.check(resource, (f"{URL}p",))
    return issues


def basic(*codings: tuple[str, str]) -> Facts:
    rows = [{"system": system, "code": code} for system, code in codings]
    return {"resourceType": "Basic", "code": {"coding": rows, "text": "t"}}


@pytest.mark.parametrize(
    ("strength", "severity"), [("required", "error"), ("most", "error"), ("extensible", "warning")]
)
def test_a_code_outside_is_as_bad_as_the_binding_is_strong(strength: str, severity: str) -> None:
    validator = bound(strength, CLOSED)
    assert told(found(validator, basic(("urn:s", "z")))) == [(severity, "Basic.code", strength)]
    assert told(found(validator, basic(("urn:t", "a")))) == [(severity, "Basic.code", strength)]
    assert found(validator, basic(("urn:s", "b"))) == []


def test_where_codes_are_few_they_are_offered() -> None:
    (issue,) = found(bound("required", CLOSED), basic(("urn:s", "z")))
    assert issue.text == "The code is not in the value set set|1 (a, b); use one that is."
    (issue,) = found(bound("required", value_set("set", {"urn:s": list("abcdefghijklmno")})), basic(("urn:s", "z")))
    assert issue.text == "The code is not in the value set set|1; use one that is."


def test_one_coding_of_the_set_is_enough() -> None:
    assert found(bound("required", CLOSED), basic(("urn:t", "z"), ("urn:s", "a"))) == []


def test_text_alone_will_not_do_for_a_required_binding_only() -> None:
    text = {"resourceType": "Basic", "code": {"text": "t"}}
    assert told(found(bound("required", CLOSED), text)) == [("error", "Basic.code", "required")]
    assert found(bound("extensible", CLOSED), text) == []
    assert found(bound("most", CLOSED), text) == []


def test_what_cannot_be_told_is_said_and_never_taken_as_good_or_bad() -> None:
    validator = bound("required", OPEN)
    assert found(validator, basic(("urn:s", "a"))) == []
    assert told(found(validator, basic(("urn:s", "z")))) == [("error", "Basic.code", "required")]
    assert told(found(validator, basic(("urn:open", "z")))) == [("information", "Basic.code", "value set")]
    assert told(found(validator, basic(("urn:s", "z"), ("urn:open", "z")))) == [
        ("information", "Basic.code", "value set")
    ]
    for part in ((UNKNOWN,), ()):
        assert told(found(bound("required", *part), basic(("urn:s", "a")))) == [
            ("information", "Basic.code", "value set")
        ]


def test_what_cannot_be_told_is_told_once_with_a_count() -> None:
    validator = bound("required", UNKNOWN, path="identifier.type", type_name="Patient")
    rows = [{"type": {"coding": [{"system": "urn:s", "code": "a"}]}, "value": str(n)} for n in range(3)]
    issues = [
        row for row in found(validator, {"resourceType": "Patient", "identifier": rows}) if row.rule == "value set"
    ]
    assert told(issues) == [("information", "Patient.identifier[0].type", "value set")]
    assert "2 more" in issues[0].text and f"{URL}set" in issues[0].text and issues[0].code == "not-supported"


def test_a_mounted_table_of_a_value_set_is_the_whole_of_it() -> None:
    validator = bound("required", UNKNOWN, tables={f"{URL}set": frozenset({"a"})})
    assert found(validator, basic(("urn:any", "a"))) == []
    assert told(found(validator, basic(("urn:any", "z")))) == [("error", "Basic.code", "required")]


def test_a_mounted_table_of_a_code_system_says_which_codes_there_are() -> None:
    validator = bound("required", OPEN, tables={"urn:open": frozenset({"x"})})
    assert told(found(validator, basic(("urn:open", "z")))) == [("error", "Basic.code", "required")]
    assert told(found(validator, basic(("urn:open", "x")))) == [("information", "Basic.code", "value set")]


@pytest.mark.parametrize(
    ("path", "type_name", "resource", "place"),
    [
        ("status", "Observation", {"status": "final"}, "Observation.status"),
        ("meta.tag", "Observation", {"meta": {"tag": [{"system": "urn:s", "code": "z"}]}}, "Observation.meta.tag[0]"),
        ("value[x]", "Observation", {"valueQuantity": {"system": "urn:s", "code": "z"}}, "Observation.valueQuantity"),
        ("value[x]", "Observation", {"valueString": "z"}, "Observation.valueString"),
    ],
)
def test_every_coded_type_is_held_against_the_set(path: str, type_name: str, resource: Facts, place: str) -> None:
    base = {"resourceType": type_name, "status": "final", "code": {"text": "t"}}
    issues = found(bound("required", CLOSED, path=path, type_name=type_name), {**base, **resource})
    assert [row for row in told(issues) if row[0] == "error"] == [("error", place, "required")]


def test_a_code_has_no_system_and_may_come_from_any_of_the_set() -> None:
    resource = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    both = value_set("set", {"urn:s": ["a"], "urn:t": ["final"]})
    assert found(bound("required", both, path="status", type_name="Observation"), resource) == []


@pytest.mark.parametrize(
    ("system", "good", "bad"),
    [
        ("urn:ietf:bcp:13", ["text/plain", "application/fhir+json; charset=utf-8", "image/*"], ["text", "a/b/c", "/x"]),
        ("urn:ietf:bcp:47", ["en", "en-US", "zh-Hant-TW"], ["e", "english please", "en_US"]),
        ("urn:iso:std:iso:4217", ["USD", "EUR"], ["usd", "US", "DOLLAR"]),
    ],
)
def test_systems_with_a_form_are_told_by_their_form(system: str, good: list[str], bad: list[str]) -> None:
    validator = bound("required", value_set("set", {}, system))
    for code in good:
        assert found(validator, basic((system, code))) == [], code
    for code in bad:
        assert told(found(validator, basic((system, code)))) == [("error", "Basic.code", "required")], code


def test_bindings_of_two_definitions_both_hold_and_one_that_both_have_is_told_once() -> None:
    other = profile("q", "Basic", {"code": {"extensible": f"{URL}other|1"}})
    same = profile("r", "Basic", {"code": {"required": f"{URL}set|1"}})
    validator = checker(
        CLOSED,
        value_set("other", {"urn:s": ["c"]}),
        profile("p", "Basic", {"code": {"required": f"{URL}set|1"}}),
        other,
        same,
    )
    issues = validator.check(basic(("urn:s", "z")), tuple(f"{URL}{name}" for name in "pqr"))
    assert sorted(told(issues)) == [("error", "Basic.code", "required"), ("warning", "Basic.code", "extensible")]


@pytest.mark.parametrize("coding", [[], {}, "a", [5], [None], [{"code": 5}], [{}], [{"code": "z"}, 5]])
def test_a_value_that_cannot_be_read_is_told_as_that_and_not_as_a_wrong_code(coding: Any) -> None:
    issues = found(bound("required", CLOSED), {"resourceType": "Basic", "code": {"coding": coding}})
    assert {issue.severity for issue in issues} == {"error"}
    assert all(issue.path.startswith("Basic.code.coding") for issue in issues)


def test_a_long_code_is_shown_in_part() -> None:
    issues = found(
        bound("required", CLOSED), {"resourceType": "Basic", "code": concept("urn:" + "s" * 5000, "z" * 5000)}
    )
    assert len(issues[0].text) < 400


def test_the_value_set_of_the_version_asked_for_decides() -> None:
    new = value_set("set", {"urn:s": ["new"]}, version="2")
    for version, code in (("1", "a"), ("2", "new")):
        validator = checker(CLOSED, new, profile("p", "Basic", {"code": {"required": f"{URL}set|{version}"}}))
        assert found(validator, basic(("urn:s", code))) == []
        assert found(validator, basic(("urn:s", "z"))) != []
