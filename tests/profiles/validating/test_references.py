"""What a reference points to: its type, the profile it has to meet, and where it is looked for."""

import pytest

from tests.profiles.definitions import URL, Facts, bundle, checker, errors, profile, told

CORE = "http://hl7.org/fhir/StructureDefinition/"
NAMED = profile("named", "Patient", {"name": {"min": 1}})
BORN = profile("born", "Patient", {"birthDate": {"min": 1}})


def author(*targets: str) -> str:
    """A profile of Basic whose author must be one of these."""
    return profile("p", "Basic", {"author": {"types": {"Reference": {"to": list(targets)}}}})


def basic(reference: str, **more: Facts) -> Facts:
    """A Basic that claims the profile and refers to its author."""
    return {
        "resourceType": "Basic",
        "meta": {"profile": [f"{URL}p"]},
        "code": {"text": "t"},
        "author": {"reference": reference},
        **more,
    }


PATIENT: Facts = {"resourceType": "Patient", "id": "1", "active": True}
GROUP: Facts = {"resourceType": "Group", "id": "1", "type": "person", "actual": True}
AT = "Bundle.entry[0].resource.author.reference"


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/1",
        "Patient/1/_history/3",
        "http://example.org/fhir/Patient/1",
        "http://example.org/fhir/Patient/1/_history/3",
        "http://elsewhere.example.org/Patient/1",
    ],
)
def test_the_address_alone_tells_the_type(reference: str) -> None:
    wrong, right = checker(author(f"{CORE}Group")), checker(author(f"{CORE}Patient"))
    assert errors(wrong, basic(reference)) == [("Basic.author.reference", "target")]
    assert errors(right, basic(reference)) == []
    assert errors(checker(author(f"{CORE}Group", f"{CORE}Patient")), basic(reference)) == []
    assert errors(checker(author(f"{CORE}Resource")), basic(reference)) == []


@pytest.mark.parametrize("reference", ["urn:uuid:9", "http://example.org/page", "Nothing/1", "x", "/", "Patient"])
def test_of_what_is_not_here_and_says_no_type_nothing_is_held_against_the_sender(reference: str) -> None:
    assert [row for row in errors(checker(author(f"{CORE}Group")), basic(reference)) if row[1] == "target"] == []


@pytest.mark.parametrize(
    ("full_url", "reference", "own"),
    [
        ("urn:uuid:7", "urn:uuid:7", "urn:uuid:1"),
        ("http://example.org/fhir/Patient/1", "http://example.org/fhir/Patient/1", "urn:uuid:1"),
        ("http://example.org/fhir/Patient/1", "Patient/1", "http://example.org/fhir/Basic/1"),
        ("http://example.org/fhir/Patient/1", "Patient/1/_history/2", "http://example.org/fhir/Basic/1"),
    ],
)
def test_an_entry_of_the_bundle_is_held_against_the_profile(full_url: str, reference: str, own: str) -> None:
    validator = checker(author(f"{URL}named"), NAMED)
    message = bundle((own, basic(reference)), (full_url, PATIENT))
    assert errors(validator, message) == [("Bundle.entry[1].resource.name", "min")]
    named = {**PATIENT, "name": [{"family": "F"}]}
    assert errors(validator, bundle((own, basic(reference)), (full_url, named))) == []


def test_the_resource_found_tells_the_type_not_the_address() -> None:
    message = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", GROUP))
    assert errors(checker(author(f"{CORE}Patient")), message) == [(AT, "target")]


def test_what_stands_before_the_reference_is_held_against_the_profile_too() -> None:
    validator = checker(author(f"{URL}named"), NAMED)
    message = bundle(("urn:uuid:2", PATIENT), ("urn:uuid:1", basic("urn:uuid:2")))
    issues = validator.check(message)
    assert told(issues) == [("error", "Bundle.entry[1].resource.author.reference", "target profile")]
    assert "name" in issues[0].text and "named 1" in issues[0].text


def test_a_profile_asked_backwards_may_look_at_the_resource_and_what_it_refers_to() -> None:
    asking = profile(
        "named",
        "Patient",
        {".": {"rules": {"t-1": ["error", "%resource.active and link.other.resolve().active"]}}},
    )
    linked = {**PATIENT, "link": [{"other": {"reference": "urn:uuid:3"}, "type": "seealso"}]}
    message = bundle(("urn:uuid:2", linked), ("urn:uuid:3", PATIENT), ("urn:uuid:1", basic("urn:uuid:2")))
    assert errors(checker(author(f"{URL}named"), asking), message) == []
    message["entry"][1]["resource"] = {**PATIENT, "active": False}
    assert errors(checker(author(f"{URL}named"), asking), message) == [
        ("Bundle.entry[2].resource.author.reference", "target profile")
    ]


def test_of_several_profiles_one_must_be_met() -> None:
    validator = checker(author(f"{URL}named", f"{URL}born"), NAMED, BORN)
    for met in ({"name": [{"family": "F"}]}, {"birthDate": "2026"}):
        assert errors(validator, bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", {**PATIENT, **met}))) == []
    message = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT))
    assert errors(validator, message) == [(AT, "target profile")]


def test_a_profile_beside_the_plain_type_asks_nothing_more() -> None:
    validator = checker(author(f"{URL}named", f"{CORE}Patient"), NAMED)
    assert errors(validator, bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT))) == []


def test_a_profile_nobody_has_is_not_checked() -> None:
    validator = checker(author(f"{URL}nobody"))
    message = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT))
    assert told(validator.check(message)) == [("information", AT, "profile")]


def test_a_contained_resource_is_found_by_its_id() -> None:
    validator = checker(author(f"{URL}named"), NAMED)
    assert errors(validator, basic("#1", contained=[PATIENT])) == [("Basic.contained[0].name", "min")]
    assert errors(validator, basic("#1", contained=[{**PATIENT, "name": [{"family": "F"}]}])) == []
    assert errors(validator, basic("#1", contained=[GROUP])) == [("Basic.author.reference", "target")]


def test_a_fragment_must_be_contained() -> None:
    assert errors(checker(), basic("#2", contained=[])) != []
    assert ("Basic.author", "ref-1") in errors(checker(author(f"{CORE}Patient")), basic("#2"))


def test_a_contained_resource_may_refer_to_its_container_and_to_its_neighbours() -> None:
    one = {"resourceType": "Basic", "id": "a", "code": {"text": "t"}, "subject": {"reference": "#b"}}
    other = {"resourceType": "Basic", "id": "b", "code": {"text": "t"}, "subject": {"reference": "#"}}
    validator = checker(author(f"{CORE}Patient"))
    assert errors(validator, basic("Patient/1", contained=[one, other], subject={"reference": "#a"})) == []


def test_two_entries_of_one_address_are_no_answer() -> None:
    """The Bundle is wrong by bdl-7; which of the two was meant is not guessed."""
    validator = checker(author(f"{URL}named"), NAMED)
    message = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT), ("urn:uuid:2", PATIENT))
    assert errors(validator, message) == [("Bundle", "bdl-7")]


def test_a_bundle_inside_is_looked_through_first_and_then_the_one_around_it() -> None:
    validator = checker(author(f"{URL}named"), NAMED)
    named = {**PATIENT, "name": [{"family": "F"}]}
    inner = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT))
    found = errors(validator, bundle(("urn:uuid:0", inner), ("urn:uuid:2", named)))
    assert found == [("Bundle.entry[0].resource.entry[1].resource.name", "min")]
    inner = bundle(("urn:uuid:1", basic("urn:uuid:2")))
    assert errors(validator, bundle(("urn:uuid:0", inner), ("urn:uuid:2", named))) == []
    found = errors(validator, bundle(("urn:uuid:0", inner), ("urn:uuid:2", PATIENT)))
    assert found == [("Bundle.entry[1].resource.name", "min")]


def test_a_bundle_in_parameters_is_a_bundle() -> None:
    validator = checker(author(f"{URL}named"), NAMED)
    inner = bundle(("urn:uuid:1", basic("urn:uuid:2")), ("urn:uuid:2", PATIENT))
    message = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": inner}]}
    assert errors(validator, message) == [("Parameters.parameter[0].resource.entry[1].resource.name", "min")]


@pytest.mark.parametrize("reference", [5, None, [], {}, ["Patient/1"], "P" * 100_000 + "/1", "http://" + "a" * 100_000])
def test_a_reference_of_any_form_is_told_or_left_but_never_stops_the_walk(reference: object) -> None:
    resource = {"resourceType": "Basic", "code": {"text": "t"}, "author": {"reference": reference}}
    found = errors(checker(author(f"{CORE}Patient")), resource, "p")
    assert all(path.startswith("Basic.author") for path, _ in found)


def test_a_reference_without_an_address_may_say_its_type() -> None:
    validator = checker(author(f"{CORE}Practitioner"))
    expected = {"Practitioner": [], "urn:other": [], "Patient": [("Basic.author.type", "target")]}
    for kind, found in expected.items():
        resource = {"resourceType": "Basic", "code": {"text": "t"}, "author": {"type": kind, "display": "x"}}
        assert errors(validator, resource, "p") == found


def test_the_address_counts_before_the_type_said() -> None:
    author_of = {"type": "Patient", "reference": "Practitioner/1"}
    resource = {"resourceType": "Basic", "code": {"text": "t"}, "author": author_of}
    assert errors(checker(author(f"{CORE}Practitioner")), resource, "p") == []
