"""What plain JSON does not say: the types of elements, choices, siblings of primitives, resources of any type."""

from typing import Any

import pytest

from profiles.fhirpath.environment import Element

URL = "http://example.org/x"
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "birthDate": "1970-03",
    "_birthDate": {"id": "b", "extension": [{"url": URL, "valueCode": "about"}]},
    "name": [
        {"family": "Doe", "given": ["A", None, "B"], "_given": [None, {"extension": [{"url": URL}]}, {"id": "g"}]},
        {"_family": {"extension": [{"url": URL, "valueBoolean": True}]}, "period": {"start": "2020"}},
    ],
    "deceasedDateTime": "2025-01-01",
    "contained": [
        {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Who"}]},
        {"resourceType": "Martian", "id": "m", "name": "Zork", "eyeQuantity": {"value": 3}, "skinColour": "green"},
    ],
    "managingOrganization": {"reference": "#d"},
    "extension": [
        {"url": URL, "valueQuantity": {"value": 3, "system": "http://unitsofmeasure.org", "code": "g"}},
        {"url": "http://example.org/y", "valueCode": "c"},
        {"url": "http://example.org/z", "_valueString": {"id": "s"}},
    ],
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("name.given", ["A", None, "B"]),
        ("name.given.count()", [3]),
        ("name.given.extension.url", [URL]),
        ("name.given.id", ["g"]),
        ("name.given.where(hasValue()).count()", [2]),
        ("name[1].family.exists()", [True]),
        ("name[1].family.hasValue()", [False]),
        ("name[1].family = 'Doe'", [False]),
        ("name[1].family != 'Doe'", [True]),
        ("name[1].family in ('Doe' | 'Roe')", [False]),
        ("name[1].family.length()", []),
        (f"name.family.extension('{URL}').value", [True]),
        ("name.family.value", ["Doe"]),
        ("birthDate", ["1970-03"]),
        ("birthDate.id", ["b"]),
        (f"birthDate.extension('{URL}').value", ["about"]),
        ("birthDate.nothing", []),
        ("birthDate < @1970-04", [True]),
        ("birthDate < @1970-03-31", []),
        ("birthDate is date", [True]),
        ("birthDate is FHIR.date", [True]),
        ("birthDate is System.Date", [False]),
        ("birthDate is Date", [True]),
        ("active is Boolean", [True]),
        ("active.type().name", ["boolean"]),
        ("active.not()", [False]),
        ("deceased is dateTime", [True]),
        ("deceased is boolean", [False]),
        ("deceased as dateTime > @2024", [True]),
        ("(deceased as boolean).exists()", [False]),
        ("deceased.ofType(dateTime) > @2024", [True]),
        ("deceased.type().name", ["dateTime"]),
        ("deceasedDateTime", []),
        ("extension.value.ofType(Quantity).code", ["g"]),
        ("extension.value.code", ["g"]),
        ("extension.value.ofType(Quantity) > 2 'g'", [True]),
        ("extension.value.where($this is code)", ["c"]),
        ("extension.value.ofType(string).exists()", [True]),
        ("extension.value.ofType(string).hasValue()", [False]),
        ("extension.value.count()", [3]),
        ("extension.value[1] is string", [True]),
        ("extension.value[1] is FHIR.string", [True]),
        ("extension.value[1] is uri", [False]),
        ("extension[2].value.id", ["s"]),
        ("extension.url.distinct().count()", [3]),
        ("contained.id", ["d", "m"]),
        ("contained.name.family", ["Who"]),
        ("contained[1].name", ["Zork"]),
        ("contained[1].eye.value", [3]),
        ("contained[1].eye is Quantity", [True]),
        ("contained[1].skin.exists()", [False]),
        ("contained.where($this is Practitioner).id", ["d"]),
        ("contained.ofType(Practitioner).name.family", ["Who"]),
        ("contained.ofType(DomainResource).id", ["d"]),
        ("contained.ofType(Resource).count()", [1]),
        ("managingOrganization.resolve().name.family", ["Who"]),
        ("managingOrganization.resolve() is Practitioner", [True]),
        ("managingOrganization.reference.resolve().id", ["d"]),
        ("Patient.active", [True]),
        ("Practitioner.name", []),
        ("DomainResource.id", ["p"]),
        ("%resource.id", ["p"]),
        ("%rootResource.contained.id", ["d", "m"]),
        ("%context.active", [True]),
        ("contact.name.given", []),
        ("nothing", []),
        ("children().count()", [12]),
        ("descendants().where($this is dateTime)", ["2025-01-01", "2020"]),
        ("descendants().ofType(HumanName).family", ["Doe", None, "Who"]),
        ("descendants().as(code)", ["c", "about", "g"]),
        ("descendants().reference", ["#d"]),
        ("name.select(given | family).count()", [5]),
        ("name[0].children().count()", [4]),
        ("birthDate.children().count()", [2]),
        ("extension('http://example.org/y').value = 'c'", [True]),
        ("extension(url).exists()", [False]),
        ("extension({}).exists()", [False]),
        ("name.period.start <= @2021", [True]),
        ("iif(active, name, contained).count()", [2]),
        ("iif(active, birthDate, deceased) is date", [True]),
        ("name.where(family = 'Doe').given.first()", ["A"]),
        ("(name.family | contained.ofType(Practitioner).name.family).count()", [3]),
        ("name.repeat(period).start", ["2020"]),
        ("repeat(contained | name).count()", [6]),
        ("type().name", ["Patient"]),
        ("contained.type().name", ["Practitioner", ""]),
        ("active | birthDate", [True, "1970-03"]),
        ("%resource.descendants().ofType(Quantity).count()", [1]),
    ],
)
def test_patient(text: str, result: list[Any], evaluate: Any) -> None:
    assert evaluate(text, PATIENT) == result


@pytest.mark.parametrize("focus_type", ["Resource", "DomainResource"])
def test_a_focus_of_any_type_says_its_own(focus_type: str, evaluate: Any) -> None:
    assert evaluate("name.family.first()", PATIENT, focus_type) == ["Doe"]
    assert evaluate("Patient.id", PATIENT, focus_type) == ["p"]
    assert evaluate("Practitioner.id", PATIENT, focus_type) == []
    assert evaluate("$this is Patient and $this is Resource", PATIENT, focus_type) == [True]
    assert evaluate("meta.versionId.empty()", PATIENT, focus_type) == [True]


@pytest.mark.parametrize(
    ("value", "holds_or_not"),
    [
        ({"valueCodeableConcept": {"text": "x"}}, True),
        ({"valueQuantity": {"value": 1}}, False),
        ({"valueString": "x"}, False),
        ({}, False),
    ],
)
def test_the_type_of_a_choice_decides(value: dict[str, Any], holds_or_not: bool, holds: Any) -> None:
    """As us-core-24 asks."""
    observation = {"resourceType": "Observation", "code": {"coding": [{"code": "72166-2"}]}, **value}
    text = "code.coding.where(code in '72166-2'|'11367-0').exists() implies value.is(CodeableConcept)"
    assert holds(text, observation, "Observation") is holds_or_not


def test_a_concrete_quantity_is_a_quantity(evaluate: Any) -> None:
    age = {"value": 3, "system": "http://unitsofmeasure.org", "code": "a"}
    assert evaluate("$this is Quantity and $this > 35 'mo'", age, "Age") == [True]
    assert evaluate("$this = 3 'a'", age, "Age") == [True]
    assert evaluate("$this is Age", age, "Quantity") == [False]


@pytest.mark.parametrize(
    ("low", "high", "result"),
    [
        ({"value": 1, "unit": "mg"}, {"value": 2, "unit": "mg"}, [True]),
        ({"value": 1, "unit": "mg"}, {"value": 2, "unit": "g"}, []),
        ({"value": 1}, {"value": 2}, [True]),
        ({"value": 1, "system": "urn:x", "code": "a"}, {"value": 2, "system": "urn:x", "code": "a"}, [True]),
        ({"value": 1, "system": "urn:x", "code": "a"}, {"value": 2, "system": "urn:y", "code": "a"}, []),
    ],
)
def test_quantities_without_ucum_compare_in_the_same_unit(
    low: Any, high: Any, result: list[bool], evaluate: Any
) -> None:
    extensions = [{"url": "low", "valueQuantity": low}, {"url": "high", "valueQuantity": high}]
    text = "extension.where(url='low').value <= extension.where(url='high').value"
    assert evaluate(text, {"resourceType": "Patient", "extension": extensions}) == result


def test_a_primitive_focus_comes_bare_or_with_its_sibling(evaluate: Any) -> None:
    assert evaluate("$this.toString().length()", "2026-03-01", "date") == [10]
    assert evaluate("hasValue()", "2026", "date") == [True]
    bare = Element(None, "date", {"extension": [{"url": URL}]})
    assert evaluate("hasValue() or extension.exists().not()", bare, "date") == [False]
    assert evaluate("children().count()", bare, "date") == [1]


def test_a_backbone_is_its_path(evaluate: Any) -> None:
    item = {"linkId": "1", "item": [{"linkId": "2", "item": [{"linkId": "3"}]}, {"linkId": "1"}]}
    assert evaluate("repeat(item).linkId", item, "Questionnaire.item") == ["2", "1", "3"]
    assert evaluate("descendants().linkId.isDistinct()", item, "Questionnaire.item") == [True]
    assert evaluate("$this is BackboneElement", item, "Questionnaire.item") == [True]
    assert evaluate("$this is Quantity", item, "Questionnaire.item") == [False]
    survey = {"resourceType": "Questionnaire", "item": [item]}
    assert evaluate("repeat(item).linkId", survey, "Questionnaire") == ["1", "2", "1", "3"]
    assert evaluate("descendants().linkId.isDistinct()", survey, "Questionnaire") == [False]


def test_a_type_nobody_has_defined_is_read_as_it_stands(evaluate: Any) -> None:
    card = {"links": [{"type": "smart"}, {"type": None}], "countInteger": 3, "countdown": 1}
    assert evaluate("links.type", card, "Card") == ["smart"]
    assert evaluate("count", card, "Card") == [3]
    assert evaluate("count is integer", card, "Card") == [True]
    assert evaluate("children().count()", card, "Card") == [4]


@pytest.mark.parametrize(
    ("start", "end", "result"),
    [
        ("2026-03-01", "2026-03-01", [True]),
        ("2026-03-02", "2026-03-01", [False]),
        ("2026-03", "2026-03-01", []),
        ("2026-03-01T10:00:00Z", "2026-03-01T12:00:00+02:00", [True]),
        ("2026-03-01T10:00:01Z", "2026-03-01T12:00:00+02:00", [False]),
        ("2026-03-01T10:00:00.1234567Z", "2026-03-01T10:00:00.1234566Z", [False]),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", [True]),
        ("2026-03-01", "2026-03-01T10:00:00Z", []),
        ("2026-03-01", "2026-03-02T10:00:00Z", [True]),
    ],
)
def test_moments_compare_as_far_as_both_are_written(start: str, end: str, result: list[bool], evaluate: Any) -> None:
    assert evaluate("start <= end", {"start": start, "end": end}, "Period") == result


def test_what_is_no_moment_has_no_order_with_one(holds: Any) -> None:
    assert not holds("start <= end", {"start": "2026-02-30", "end": "2026-03-01"}, "Period")
