"""Invariants: what they ask of the caller, what an empty result means, and that no data makes them fail."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.fhirpath.compiling import compile_expression, compile_invariant
from profiles.fhirpath.environment import Environment
from profiles.fhirpath.syntax import FhirPathFault
from profiles.fhirpath.types import KnownTypes

NESTED = 40


def _coverage(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"url": "x", "extension": [{"url": url, "valueCode": code} for url, code in pairs]}


@pytest.mark.parametrize(
    ("pairs", "holds_or_not"),
    [
        ([("covered", "covered"), ("pa-needed", "no-auth")], True),
        ([("covered", "not-covered"), ("pa-needed", "no-auth")], True),
        ([("covered", "covered")], False),
        ([("covered", "not-covered")], False),
    ],
)
def test_a_collection_of_one_is_true_and_an_empty_result_is_not(
    pairs: list[tuple[str, str]], holds_or_not: bool, holds: Any
) -> None:
    """As crd-ci-q2 of CRD 2.0.1 asks."""
    text = (
        "extension.where(url = 'covered' and value != 'not-covered')"
        " implies extension.where(url = 'pa-needed').exists()"
    )
    assert holds(text, _coverage(*pairs), "Extension") is holds_or_not


def test_several_where_one_is_needed_do_not_hold(holds: Any) -> None:
    assert holds("extension implies true", _coverage(("a", "b")), "Extension")
    assert not holds("extension implies true", _coverage(("a", "b"), ("c", "d")), "Extension")


def test_who_resolves_is_the_caller(evaluate: Any) -> None:
    found = {"Practitioner/1": {"resourceType": "Practitioner", "id": "1"}}
    observation = {"resourceType": "Observation", "subject": {"reference": "Practitioner/1"}}
    assert evaluate("subject.resolve().id", observation, "Observation", resolve=found.get) == ["1"]
    assert evaluate("subject.resolve().id", observation, "Observation") == []
    assert evaluate("'#'.resolve().type().name", observation, "Observation") == ["Observation"]
    assert evaluate("'#x'.resolve()", observation, "Observation") == []
    assert evaluate("1.resolve()", observation, "Observation") == []


def test_who_knows_codes_is_the_caller(evaluate: Any) -> None:
    asked = []

    def member_of(item: Any, type_name: str, value_set: str) -> bool | None:
        asked.append((item, type_name, value_set))
        return item == "final"

    observation = {"resourceType": "Observation", "status": "final", "valueString": "x"}
    assert evaluate("status.memberOf('urn:vs')", observation, "Observation", member_of=member_of) == [True]
    assert evaluate("value.memberOf('urn:vs')", observation, "Observation", member_of=member_of) == [False]
    assert asked == [("final", "code", "urn:vs"), ("x", "string", "urn:vs")]
    assert evaluate("status.memberOf('urn:vs')", observation, "Observation") == []
    assert evaluate("meta.memberOf('urn:vs')", observation, "Observation", member_of=member_of) == []


def test_who_knows_profiles_is_the_caller(evaluate: Any) -> None:
    patient = {"resourceType": "Patient", "id": "1"}
    assert evaluate("conformsTo('urn:p')", patient, conforms_to=lambda r, p: r["id"] == "1" and p == "urn:p") == [True]
    assert evaluate("conformsTo('urn:p')", patient) == []
    assert evaluate("id.conformsTo('urn:p')", patient) == []


def test_contained_resources_must_be_referred_to(holds: Any) -> None:
    """As dom-3 asks."""
    text = (
        "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical)))"
        " or descendants().where(reference = '#').exists()).not()).trace('unmatched', id).empty()"
    )
    used = {"resourceType": "Practitioner", "id": "a"}
    unused = {"resourceType": "Practitioner", "id": "b"}
    patient = {"resourceType": "Patient", "managingOrganization": {"reference": "#a"}, "contained": [used]}
    assert holds(text, patient)
    assert not holds(text, {**patient, "contained": [used, unused]})
    by_canonical = {**patient, "contained": [used, unused], "extension": [{"url": "x", "valueCanonical": "#b"}]}
    assert holds(text, by_canonical)


def test_an_environment_may_serve_many_evaluations(types: KnownTypes) -> None:
    rule = compile_invariant("id in (%resource.contained.id | 'x')", "Patient", types)
    environment = Environment()
    answers = []
    for own, contained in (("a", "a"), ("a", "b"), ("x", "b")):
        environment.resource = {"resourceType": "Patient", "id": own, "contained": [{"id": contained}]}
        answers.append(rule(environment.resource, environment))
    assert answers == [True, False, True]


def test_the_root_is_the_resource_unless_told_otherwise(evaluate: Any) -> None:
    patient = {"resourceType": "Patient", "id": "1"}
    assert evaluate("%rootResource.id", patient, root_resource=None) == ["1"]
    assert evaluate("%rootResource.id", patient, root_resource={"resourceType": "Patient", "id": "2"}) == ["2"]


def test_nested_functions_run_within_the_stack(types: KnownTypes) -> None:
    text = "extension.where(" * NESTED + "true" + ")" * NESTED
    deep: dict[str, Any] = {}
    for _ in range(NESTED):
        deep = {"extension": [deep]}
    assert len(compile_expression(text, "Extension", types)(deep, Environment())) == 1


def test_deep_data_needs_no_deep_stack(types: KnownTypes) -> None:
    item: dict[str, Any] = {"linkId": "0"}
    for number in range(1, 5_000):
        item = {"linkId": str(number), "item": [item]}
    distinct = compile_invariant("descendants().linkId.isDistinct()", "Questionnaire.item", types)
    assert distinct(item, Environment())
    doubled = compile_invariant("repeat(item).linkId.isDistinct()", "Questionnaire.item", types)
    assert doubled(item, Environment()) is False, "equality of such items cannot be told"


_WORDS = st.sampled_from(
    [
        *("a", "b", "name", "given", "value", "is", "as", "in", "and", "or", "implies", "where("),
        *("exists(", "all(", "iif(", "$this", "%resource", "(", ")", "[", "]", ".", ",", "|", "&", "+"),
        *("-", "*", "/", "div", "mod", "=", "!=", "~", "<", ">", "'x'", "1", "2.5", "@2026", "@T10", "{"),
        *("}", "true", "`q`", "matches(", "repeat(", "not()", "toString()"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=25).map(" ".join)))
def test_a_text_is_compiled_or_refused(types: KnownTypes, text: str) -> None:
    try:
        rule = compile_invariant(text, "Patient", types)
    except FhirPathFault as fault:
        assert 0 <= fault.position <= len(text)
    else:
        assert rule({"resourceType": "Patient", "name": [{"given": ["x"]}]}, Environment()) in (True, False)


RULES = [
    ("name.given.exists() or name.family.matches('^x*$')", "Patient"),
    ("deceased is boolean implies (deceased as boolean) = active", "Patient"),
    ("birthDate <= deceased and deceased != birthDate + 1 year", "Patient"),
    ("extension.value.code in ('a' | 'b') or extension.value > 3 'mg'", "Patient"),
    ("contained.where('#' + id in %resource.descendants().reference).empty()", "Patient"),
    ("descendants().as(canonical) = '#'", "Patient"),
    ("children().count() > id.count()", "Patient"),
    ("name.repeat(period | extension).isDistinct()", "Patient"),
    ("(name | contact.name).select(family & use).isDistinct()", "Patient"),
    ("name.period.all(start.hasValue().not() or end.hasValue().not() or start <= end)", "Patient"),
    ("birthDate.extension.value ~ birthDate or active.toInteger() div 2 = 0", "Patient"),
    ("managingOrganization.resolve().name.family.substring(0, 1).toInteger().power(2) > 1", "Patient"),
    ("extension.exists() != value.exists()", "Extension"),
    ("value.ofType(Quantity).value.round(2) < 7 and value.toString().htmlChecks()", "Extension"),
]
_KEYS = st.sampled_from(
    [
        *("resourceType", "id", "name", "_name", "given", "_given", "family", "period", "start", "end"),
        *("extension", "url", "valueString", "valueQuantity", "valueCode", "_valueCode", "valueBoolean"),
        *("birthDate", "_birthDate", "deceasedBoolean", "deceasedDateTime", "active", "contained"),
        *("value", "code", "unit", "system", "managingOrganization", "reference"),
    ]
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["Patient", "Practitioner", "#x", "2026-03", "2026-03-01T10:00:00Z", "a", "mg"]),
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=6)),
    max_leaves=25,
)


@pytest.mark.parametrize(("text", "type_path"), RULES)
@settings(max_examples=60, deadline=None)
@given(node=_JSON)
def test_no_data_makes_an_invariant_fail(types: KnownTypes, text: str, type_path: str, node: Any) -> None:
    resource = node if isinstance(node, dict) else None
    before = json.dumps(node, default=str)
    rule = compile_invariant(text, type_path, types)
    answer = rule(node, Environment(resource=resource, root_resource=resource))
    assert answer in (True, False)
    assert rule(node, Environment(resource=resource, root_resource=resource)) is answer
    assert json.dumps(node, default=str) == before


def test_what_is_the_same_for_every_focus_is_found_anew_in_each_evaluation(types: KnownTypes) -> None:
    rule = compile_invariant("name.given.all(%resource.contained.id contains $this)", "Patient", types)
    among = compile_invariant("name.given.intersect(%resource.contained.id).exists()", "Patient", types)
    first = compile_invariant("name.given.all(startsWith(%resource.contained.first().id))", "Patient", types)
    environment = Environment()
    for name, contained in (("a", "a"), ("a", "b"), ("b", "b")):
        patient = {"resourceType": "Patient", "name": [{"given": [name]}], "contained": [{"id": contained}]}
        environment.resource = patient
        for compiled in (rule, among, first):
            assert compiled(patient, environment) is (name == contained)


def test_of_contained_resources_with_one_id_the_first_is_meant(types: KnownTypes) -> None:
    rule = compile_invariant("managingOrganization.resolve().name.exists()", "Patient", types)
    environment = Environment()
    named, bare = {"resourceType": "Patient", "id": "a", "name": [{"family": "F"}]}, {"id": "a"}
    for listed, holds in (([named, bare], True), ([bare, named], False), ([5, {"id": 5}], False), ("x", False)):
        patient = {"resourceType": "Patient", "managingOrganization": {"reference": "#a"}, "contained": listed}
        environment.resource = patient
        assert rule(patient, environment) is holds
