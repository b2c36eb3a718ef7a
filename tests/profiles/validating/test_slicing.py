"""Slices of lists: which item belongs to which, how many there may be, and what is asked of them."""

from typing import Any

import pytest

from tests.profiles.definitions import (
    URL,
    Facts,
    as_extension,
    bundle,
    checker,
    concept,
    errors,
    extension,
    profile,
    value_set,
)


def codings(*codes: str) -> Facts:
    """A Basic whose code has these codings, all of one system."""
    return {"resourceType": "Basic", "code": {"coding": [{"system": "urn:s", "code": code} for code in codes]}}


def sliced(slicing: Facts, **slices: Facts) -> str:
    """A profile of Basic with slices of `code.coding`, told apart by `code`."""
    rows: dict[str, Facts] = {"code.coding": {"slicing": slicing}}
    for name, facts in slices.items():
        rows[f"code.coding:{name}"] = {key: value for key, value in facts.items() if key != "code"}
        rows[f"code.coding:{name}.code"] = {"fixed": facts["code"], "fixedType": "Code"}
    return profile("p", "Basic", rows)


BY_CODE = {"by": [["value", "code"]]}


def test_a_slice_has_its_own_minimum_and_maximum() -> None:
    validator = checker(sliced(BY_CODE, a={"code": "a", "min": 1, "max": "1"}, b={"code": "b", "max": "2"}))
    assert errors(validator, codings("a", "b", "b", "c"), "p") == []
    assert errors(validator, codings("b"), "p") == [("Basic.code.coding", "slice a min")]
    assert errors(validator, codings("a", "a", "b", "b", "b"), "p") == [
        ("Basic.code.coding", "slice a max"),
        ("Basic.code.coding", "slice b max"),
    ]


def test_a_missing_list_tells_the_slice_that_had_to_be_in_it() -> None:
    validator = checker(sliced(BY_CODE, a={"code": "a", "min": 2}))
    assert errors(validator, {"resourceType": "Basic", "code": {"text": "t"}}, "p") == [
        ("Basic.code.coding", "slice a")
    ]


@pytest.mark.parametrize(("rules", "found"), [("open", []), ("closed", [("Basic.code.coding[1]", "slicing")])])
def test_closed_slicing_lets_nothing_else_in(rules: str, found: list[tuple[str, str]]) -> None:
    validator = checker(sliced({**BY_CODE, "rules": rules}, a={"code": "a"}))
    assert errors(validator, codings("a", "z"), "p") == found


def test_what_a_slice_asks_is_asked_of_its_items_alone() -> None:
    part = profile(
        "p",
        "Basic",
        {
            "code.coding": {"slicing": BY_CODE},
            "code.coding:a.code": {"fixed": "a", "fixedType": "Code"},
            "code.coding:a.display": {"min": 1},
            "code.coding:a.version": {"max": "0"},
        },
    )
    resource = codings("a", "b")
    resource["code"]["coding"][0]["version"] = "1"
    resource["code"]["coding"][1]["version"] = "1"
    assert sorted(errors(checker(part), resource, "p")) == [
        ("Basic.code.coding[0].display", "min"),
        ("Basic.code.coding[0].version", "max"),
    ]


def test_by_pattern_a_slice_takes_what_includes_it() -> None:
    part = profile(
        "p",
        "Observation",
        {
            "category": {"slicing": {"by": [["pattern", "$this"]]}},
            "category:lab": {"min": 1, "pattern": concept("urn:s", "lab"), "patternType": "CodeableConcept"},
        },
    )
    validator = checker(part)
    more = {"coding": [{"system": "urn:t", "code": "x"}, {"system": "urn:s", "code": "lab", "display": "Laboratory"}]}
    base = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    assert errors(validator, {**base, "category": [more]}, "p") == []
    assert errors(validator, {**base, "category": [concept("urn:t", "lab")]}, "p") == [
        ("Observation.category", "slice lab min")
    ]


def test_a_pattern_above_the_discriminator_tells_slices_apart_too() -> None:
    part = profile(
        "p",
        "Observation",
        {
            "category": {"slicing": {"by": [["value", "coding.code"], ["value", "coding.system"]]}},
            "category:lab": {"max": "1", "pattern": concept("urn:s", "lab"), "patternType": "CodeableConcept"},
        },
    )
    base = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    lab, other = concept("urn:s", "lab"), concept("urn:s", "other")
    assert errors(checker(part), {**base, "category": [lab, other, other]}, "p") == []
    assert errors(checker(part), {**base, "category": [lab, lab]}, "p") == [("Observation.category", "slice lab max")]


def test_by_a_required_value_set_a_slice_takes_its_codes() -> None:
    part = profile(
        "p",
        "Basic",
        {
            "code.coding": {"slicing": {"by": [["value", "$this"]]}},
            "code.coding:known": {"min": 1, "required": f"{URL}set|1"},
        },
    )
    validator = checker(part, value_set("set", {"urn:s": ["a"]}))
    assert errors(validator, codings("z", "a"), "p") == []
    assert errors(validator, codings("z"), "p") == [("Basic.code.coding", "slice known min")]


def test_by_type_an_entry_goes_to_the_slice_of_its_resource() -> None:
    part = profile(
        "p",
        "Bundle",
        {
            "entry": {"slicing": {"by": [["type", "resource"]], "rules": "closed"}},
            "entry:patient": {"min": 1, "max": "1"},
            "entry:patient.resource": {"types": {"Patient": {}}, "min": 1},
            "entry:basic.resource": {"types": {"Basic": {"as": [f"{URL}basic"]}}},
        },
    )
    validator = checker(part, profile("basic", "Basic", {"created": {"min": 1}}))
    patient = ("urn:uuid:1", {"resourceType": "Patient", "active": True})
    basic: tuple[str, Any] = ("urn:uuid:2", {"resourceType": "Basic", "code": {"text": "t"}})
    claim = ("urn:uuid:3", {"resourceType": "Group", "type": "person", "actual": True})
    assert errors(validator, bundle(patient, basic), "p") == [("Bundle.entry[1].resource.created", "min")]
    assert errors(validator, bundle(claim), "p") == [
        ("Bundle.entry[0]", "slicing"),
        ("Bundle.entry", "slice patient min"),
    ]


def test_by_the_type_of_a_choice_a_slice_takes_items_that_chose_it() -> None:
    part = profile(
        "p",
        "Observation",
        {
            "component": {"slicing": {"by": [["type", "value"]]}},
            "component:measured": {"max": "1"},
            "component:measured.value[x]": {"types": {"Quantity": {}, "Range": {}}},
        },
    )
    base = {"resourceType": "Observation", "status": "final", "code": {"text": "t"}}
    measured = {"code": {"text": "t"}, "valueQuantity": {"value": 1}}
    said = {"code": {"text": "t"}, "valueString": "x"}
    assert errors(checker(part), {**base, "component": [measured, said, said]}, "p") == []
    assert errors(checker(part), {**base, "component": [measured, said, measured]}, "p") == [
        ("Observation.component", "slice measured max")
    ]


def test_by_existence_a_slice_takes_items_that_have_or_lack_an_element() -> None:
    part = profile(
        "p",
        "Patient",
        {
            "identifier": {"slicing": {"by": [["exists", "period"]]}},
            "identifier:dated": {"max": "1"},
            "identifier:dated.period": {"min": 1},
            "identifier:undated": {"max": "1"},
            "identifier:undated.period": {"max": "0"},
        },
    )
    validator = checker(part)
    dated, undated = {"value": "1", "period": {"start": "2026"}}, {"value": "2"}
    assert errors(validator, {"resourceType": "Patient", "identifier": [dated, undated]}, "p") == []
    assert errors(validator, {"resourceType": "Patient", "identifier": [dated, dated]}, "p") == [
        ("Patient.identifier", "slice dated max")
    ]
    assert errors(validator, {"resourceType": "Patient", "identifier": [undated, undated]}, "p") == [
        ("Patient.identifier", "slice undated max")
    ]


PEOPLE = profile(
    "p",
    "Group",
    {
        "member": {"slicing": {"by": [["profile", "entity.resolve()"]]}},
        "member:named": {"min": 1},
        "member:named.entity": {"types": {"Reference": {"to": [f"{URL}named"]}}},
        "member:named.period": {"min": 1},
    },
)


def people(*names: str) -> Facts:
    """A Bundle with a Group of patients, of whom some have a name."""
    members = [{"entity": {"reference": f"urn:uuid:{index}"}} for index in range(len(names))]
    group = {"resourceType": "Group", "type": "person", "actual": True, "member": members}
    patients = [
        (
            f"urn:uuid:{index}",
            {"resourceType": "Patient", **({"name": [{"family": name}]} if name else {"active": True})},
        )
        for index, name in enumerate(names)
    ]
    group["meta"] = {"profile": [f"{URL}p"]}
    return bundle(("urn:uuid:g", group), *patients)


def test_by_profile_a_slice_takes_what_refers_to_a_resource_that_meets_it() -> None:
    validator = checker(PEOPLE, profile("named", "Patient", {"name": {"min": 1}}))
    assert errors(validator, people("", "A")) == [("Bundle.entry[0].resource.member[1].period", "min")]
    assert errors(validator, people("", "")) == [("Bundle.entry[0].resource.member", "slice named min")]


def test_a_profile_that_is_told_apart_by_itself_comes_to_an_end() -> None:
    ring = profile(
        "ring",
        "Patient",
        {
            "link": {"slicing": {"by": [["profile", "other.resolve()"]]}},
            "link:ring.other": {"types": {"Reference": {"to": [f"{URL}ring"]}}},
            "link:ring.type": {"pattern": "seealso", "patternType": "Code"},
        },
    )
    patients = [
        (
            f"urn:uuid:{index}",
            {
                "resourceType": "Patient",
                "meta": {"profile": [f"{URL}ring"]},
                "link": [
                    {"other": {"reference": f"urn:uuid:{(index + step) % 9}"}, "type": "refer"} for step in (0, 1)
                ],
            },
        )
        for index in range(9)
    ]
    assert {rule for _, rule in errors(checker(ring), bundle(*patients))} <= {"pattern"}


def test_by_an_extension_a_slice_takes_items_that_carry_its_value() -> None:
    scope = f"extension('{URL}extension-scope').value.ofType(boolean)"
    part = profile(
        "p",
        "Claim",
        {
            "careTeam": {"slicing": {"by": [["value", scope]]}},
            "careTeam:all": {"max": "1"},
            "careTeam:all.extension": {"slicing": {"by": [["value", "url"]]}},
            "careTeam:all.extension:scope": {"min": 1, "types": {"Extension": {"as": [f"{URL}extension-scope"]}}},
            "careTeam:all.extension:scope.value[x]": {"pattern": True, "patternType": "Boolean"},
            "careTeam:all.role": {"min": 1},
        },
    )
    validator = checker(part, extension("scope", {"value[x]": {"types": {"boolean": {}}}}, "Claim.careTeam"))
    member = {"sequence": 1, "provider": {"display": "d"}}
    yes = {**member, "extension": [as_extension("scope", valueBoolean=True)]}
    no = {**member, "sequence": 2, "extension": [as_extension("scope", valueBoolean=False)]}
    found = errors(validator, {"resourceType": "Claim", "careTeam": [yes, no, yes]}, "p")
    assert [row for row in found if "careTeam" in row[0]] == [
        ("Claim.careTeam[0].role", "min"),
        ("Claim.careTeam[2].role", "min"),
        ("Claim.careTeam", "slice all max"),
    ]


def test_a_slice_of_a_slice_takes_what_both_take() -> None:
    part = profile(
        "p",
        "Basic",
        {
            "code.coding": {"slicing": {"by": [["value", "system"]]}},
            "code.coding:s": {"slicing": {"by": [["value", "code"]]}},
            "code.coding:s.system": {"fixed": "urn:s", "fixedType": "Uri"},
            "code.coding:s/a": {"max": "1"},
            "code.coding:s/a.system": {"fixed": "urn:s", "fixedType": "Uri"},
            "code.coding:s/a.code": {"fixed": "a", "fixedType": "Code"},
            "code.coding:s/b": {"min": 1},
            "code.coding:s/b.system": {"fixed": "urn:s", "fixedType": "Uri"},
            "code.coding:s/b.code": {"fixed": "b", "fixedType": "Code"},
        },
    )
    validator = checker(part)
    assert errors(validator, codings("a", "b", "z"), "p") == []
    assert errors(validator, codings("a", "a"), "p") == [
        ("Basic.code.coding", "slice s/a max"),
        ("Basic.code.coding", "slice s/b min"),
    ]


def test_slices_of_two_profiles_stand_side_by_side() -> None:
    one = sliced(BY_CODE, a={"code": "a", "min": 1})
    other = profile(
        "q",
        "Basic",
        {
            "code.coding": {"slicing": {"by": [["value", "system"]]}},
            "code.coding:s": {"max": "1"},
            "code.coding:s.system": {"fixed": "urn:s", "fixedType": "Uri"},
        },
    )
    assert errors(checker(one, other), codings("b", "b"), "p", "q") == [
        ("Basic.code.coding", "slice a min"),
        ("Basic.code.coding", "slice s max"),
    ]


@pytest.mark.parametrize("item", [None, 5, "text", [], {}, {"code": 5}, {"code": ["a"]}, {"code": {"code": "a"}}])
def test_an_item_of_any_form_is_of_no_slice_or_one_but_never_stops_the_walk(item: Any) -> None:
    validator = checker(sliced({**BY_CODE, "rules": "closed"}, a={"code": "a", "min": 1}))
    assert errors(validator, {"resourceType": "Basic", "code": {"coding": [item]}}, "p")


def test_ordered_slices_come_in_the_order_of_the_definition() -> None:
    validator = checker(sliced({**BY_CODE, "ordered": True}, a={"code": "a"}, b={"code": "b"}))
    assert errors(validator, codings("a", "z", "b"), "p") == []
    assert errors(validator, codings("b", "a"), "p") == [("Basic.code.coding", "slicing")]


def test_open_at_the_end_means_nothing_else_stands_before_a_slice() -> None:
    validator = checker(sliced({**BY_CODE, "rules": "openAtEnd"}, a={"code": "a"}, b={"code": "b"}))
    assert errors(validator, codings("b", "a", "z"), "p") == []
    assert errors(validator, codings("a", "z", "b"), "p") == [("Basic.code.coding", "slicing")]
