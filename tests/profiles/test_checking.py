"""What a request may and may not be, besides the files of `fixtures/broken`."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.checking import check_request
from profiles.issues import Issue, Kind, Refusal
from profiles.reading import Limits, ReadBundle, read_bundle
from profiles.rules import MAX_ISSUES

Raw = dict[str, Any]
Find = Callable[..., tuple[Issue, ...]]
LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)
CLAIM = "Bundle.entry[0].resource"


def claim_of(raw: Raw) -> Raw:
    claim: Raw = raw["entry"][0]["resource"]
    return claim


def resource_of(raw: Raw, kind: str) -> Raw:
    found: Raw = next(e["resource"] for e in raw["entry"] if e["resource"]["resourceType"] == kind)
    return found


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize("version", ["2.0.1", "2.2.1"])
def test_every_official_request_and_inquiry_is_taken(
    version: str, official: Callable[[str], Iterator[tuple[str, bytes]]]
) -> None:
    taken = 0

    for name, body in official(version):
        resource = json.loads(body)
        if resource["resourceType"] == "Bundle" and resource["entry"][0]["resource"]["resourceType"] == "Claim":
            check_request(read_bundle(body, LIMITS), version, inquiry="Inquiry" in name)
            taken += 1

    assert taken >= 6


INQUIRY_PROFILE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-pas-inquiry-request-bundle"
REQUEST_PROFILE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-pas-request-bundle"


@pytest.mark.parametrize(
    ("profiles", "refused"),
    [
        ([INQUIRY_PROFILE], True),
        ([f"{INQUIRY_PROFILE}|2.2.1"], True),
        ([INQUIRY_PROFILE, f"{INQUIRY_PROFILE}|2.0.1"], True),
        ([INQUIRY_PROFILE, REQUEST_PROFILE], False),
        ([REQUEST_PROFILE], False),
        ([], False),
        ("text", False),
        ([7, {}], False),
    ],
)
def test_inquiry_sent_to_submit_is_refused(good: Raw, issues_of: Find, profiles: Any, refused: bool) -> None:
    good["meta"] = {"profile": profiles}

    told = [issue for issue in issues_of(good) if issue.path == "Bundle.meta.profile" and "$inquire" in issue.text]

    assert bool(told) is refused
    assert [i for i in issues_of(good, inquiry=True) if "$inquire" in i.text] == []


def test_all_faults_are_told_at_once_each_with_its_path(good: Raw, issues_of: Find) -> None:
    good["type"] = "batch"
    claim = claim_of(good)
    claim["use"] = "claim"
    claim["item"][1]["sequence"] = 1
    claim["item"][0]["servicedPeriod"] = {"start": "2026-13-01"}
    del claim["provider"]

    found = issues_of(good)

    assert {issue.path for issue in found if issue.severity == "error"} == {
        "Bundle.type",
        f"{CLAIM}.use",
        f"{CLAIM}.item[1].sequence",
        f"{CLAIM}.item[0].servicedPeriod.start",
        f"{CLAIM}.provider",
    }


@pytest.mark.spec("pas:spec-12")
def test_first_entry_not_a_claim_is_unreadable_and_other_faults_are_told_too(
    good: Raw, read: Callable[[Raw], ReadBundle]
) -> None:
    good["entry"].reverse()
    del good["identifier"]

    with pytest.raises(Refusal) as refused:
        check_request(read(good), "2.2.1")

    assert refused.value.kind is Kind.UNREADABLE
    assert {CLAIM, "Bundle.identifier"} <= {issue.path for issue in refused.value.issues}


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize("name", ["identifier", "careTeam", "supportingInfo", "diagnosis"])
def test_missing_optional_elements_are_no_fault(name: str, good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    del claim[name]
    for item in claim["item"]:
        for pointer in ("careTeamSequence", "informationSequence", "diagnosisSequence"):
            item.pop(pointer, None)

    assert not [issue for issue in issues_of(good) if issue.severity == "error"]


@pytest.mark.spec("pas:spec-24")
def test_what_we_do_not_know_is_let_pass(good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    good["timestamp"] = "2005-05-02T11:01:00+05:00"
    claim["extension"] = [{"url": "https://ehr.example.org/own", "valueString": "x"}]
    claim["item"][0]["extension"].append({"url": "https://ehr.example.org/nested", "extension": [{"url": "a"}]})
    claim["supportingInfo"][0]["category"] = {"coding": [{"system": "https://ehr.example.org/own", "code": "z"}]}
    claim["item"][0]["category"] = {"coding": [{"system": "https://codesystem.x12.org/005010/1365", "code": "999"}]}
    resource_of(good, "Patient")["favoriteColour"] = {"shades": ["blue"]}

    assert issues_of(good) == ()


@pytest.mark.spec("pas:spec-25")
@pytest.mark.parametrize("name", ["item", "supportingInfo"])
def test_info_cancelled_is_understood(name: str, good: Raw, issues_of: Find) -> None:
    url = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/modifierextension-infoCancelled"
    claim_of(good)[name][0]["modifierExtension"] = [{"url": url, "valueBoolean": True}]

    assert issues_of(good) == ()


def updated(good: Raw) -> Raw:
    prior = copy.deepcopy(good["entry"][0])
    prior["fullUrl"] = prior["fullUrl"].replace("claim-1", "claim-0")
    prior["resource"]["id"] = "claim-0"
    prior["resource"]["related"] = [{"claim": {"reference": "Claim/claim-before-that"}}]
    claim_of(good)["related"] = [{"claim": {"reference": "Claim/claim-0"}}]
    good["entry"].append(prior)
    return good


@pytest.mark.spec("pas:spec-66")
def test_claim_before_the_prior_claim_may_be_absent(good: Raw, issues_of: Find) -> None:
    assert issues_of(updated(good)) == ()


@pytest.mark.spec("pas:spec-65")
@pytest.mark.parametrize(("version", "refused"), [("2.2.1", True), ("2.0.1", False)])
def test_prior_claim_may_be_absent_only_in_2_0_1(version: str, refused: bool, good: Raw, issues_of: Find) -> None:
    claim_of(good)["related"] = [{"claim": {"reference": "Claim/claim-0"}}]

    paths = {issue.path for issue in issues_of(good, version)}

    assert (f"{CLAIM}.related[0].claim.reference" in paths) is refused


def test_prior_claim_that_leads_back_is_a_circle(good: Raw, issues_of: Find) -> None:
    updated(good)["entry"][-1]["resource"]["related"][0]["claim"]["reference"] = "Claim/claim-1"

    circles = {issue.path for issue in issues_of(good) if issue.code == "invalid"}

    assert circles == {f"{CLAIM}.related[0].claim.reference", "Bundle.entry[9].resource.related[0].claim.reference"}


def test_encounter_and_condition_may_name_each_other(good: Raw, issues_of: Find) -> None:
    base = "https://ehr.riverbend.example.org/fhir/"
    for kind, rest in (
        ("Encounter", {"diagnosis": [{"condition": {"reference": "Condition/x"}}]}),
        ("Condition", {"encounter": {"reference": "Encounter/x"}}),
    ):
        resource = {"resourceType": kind, "id": "x", **rest}
        good["entry"].append({"fullUrl": f"{base}{kind}/x", "resource": resource})
    claim_of(good)["supportingInfo"][0]["valueReference"]["reference"] = "Encounter/x"
    claim_of(good)["diagnosis"][0] = {"sequence": 1, "diagnosisReference": {"reference": "Condition/x"}}

    assert {issue.severity for issue in issues_of(good)} <= {"warning"}


@pytest.mark.spec("pas:spec-13")
def test_dangling_reference_of_an_entry_nothing_leads_to_is_only_a_warning(good: Raw, issues_of: Find) -> None:
    del claim_of(good)["supportingInfo"], claim_of(good)["item"][0]["informationSequence"]
    resource_of(good, "Observation")["subject"] = {"reference": "Patient/nobody"}

    assert [(i.severity, i.path) for i in issues_of(good)] == [("warning", "Bundle.entry[8]")]


def test_practitioner_role_may_dangle_with_a_warning(good: Raw, issues_of: Find) -> None:
    resource_of(good, "PractitionerRole")["location"] = [{"reference": "Location/nowhere"}]

    assert [(i.severity, i.path) for i in issues_of(good)] == [
        ("warning", "Bundle.entry[4].resource.location[0].reference")
    ]


@pytest.mark.spec("pas:spec-16")
def test_uuid_full_urls_are_taken(good: Raw, issues_of: Find) -> None:
    text = json.dumps(good)
    for number, entry in enumerate(good["entry"]):
        uuid = f"urn:uuid:00000000-0000-4000-8000-{number:012x}"
        name = "/".join(entry["fullUrl"].rsplit("/", 2)[1:])
        text = text.replace(f'"{entry["fullUrl"]}"', f'"{uuid}"').replace(f'"{name}"', f'"{uuid}"')

    assert issues_of(json.loads(text)) == ()


def test_contained_resource_and_its_container_may_refer_to_each_other(good: Raw, issues_of: Find) -> None:
    observation = resource_of(good, "Observation")
    observation["contained"] = [{"resourceType": "Device", "id": "d", "parent": {"reference": "#"}}]
    observation["device"] = {"reference": "#d"}

    assert issues_of(good) == ()


def test_nested_bundle_keeps_its_references_to_itself(good: Raw, issues_of: Find) -> None:
    answers = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "Patient/x"}}
    nested = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": answers}]}
    good["entry"].append({"fullUrl": "https://ehr.riverbend.example.org/fhir/Bundle/b", "resource": nested})
    claim_of(good)["supportingInfo"][0]["valueReference"]["reference"] = "Bundle/b"

    assert {issue.severity for issue in issues_of(good)} <= {"warning"}


def test_whole_cancel_needs_no_items_and_a_request_does(good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    del claim["item"]
    url = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType"
    without = {issue.path for issue in issues_of(good) if issue.severity == "error"}

    claim["extension"] = [{"url": url, "valueCodeableConcept": {"coding": [{"code": "3"}]}}]
    cancelling = {issue.path for issue in issues_of(good) if issue.severity == "error"}

    assert (without, cancelling) == ({f"{CLAIM}.item"}, set())


def test_inquiry_needs_no_items_and_takes_the_subscriber_id_for_a_member_id(good: Raw, issues_of: Find) -> None:
    del claim_of(good)["item"], resource_of(good, "Patient")["identifier"]

    assert not [i for i in issues_of(good, inquiry=True) if i.severity == "error"]


def test_created_may_be_absent_with_a_reason(good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    del claim["created"]
    claim["_created"] = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}

    assert issues_of(good) == ()


@pytest.mark.parametrize("reference", ["#me", {"a": 1}, 3])
def test_patient_must_be_an_entry(reference: object, good: Raw, issues_of: Find) -> None:
    claim_of(good)["contained"] = [{"resourceType": "Patient", "id": "me"}]
    claim_of(good)["patient"] = {"reference": reference}

    assert f"{CLAIM}.patient.reference" in {issue.path for issue in issues_of(good)}


@pytest.mark.parametrize(
    "claim",
    [
        {"item": [{"sequence": 1, "informationSequence": [9]}] * 20_000, "supportingInfo": [{"sequence": 1}] * 20_000},
        {"x": [{"reference": "#a"}] * 20_000, "contained": [{"id": "b"}] * 20_000},
        {"partOf": [{"reference": "Claim/1"}] * 20_000},
    ],
    ids=["sequences", "contained", "circles"],
)
def test_hostile_claims_cost_no_more_than_their_size(claim: Raw) -> None:
    entry = {"fullUrl": "https://ehr.example.org/fhir/Claim/1", "resource": {"resourceType": "Claim", **claim}}
    body = json.dumps({"resourceType": "Bundle", "entry": [entry]}).encode()

    with pytest.raises(Refusal) as refused:
        check_request(read_bundle(body, Limits(10_000_000, 64, 9)), "2.2.1")

    assert len(refused.value.issues) <= 2 * MAX_ISSUES + 2


def test_issues_have_an_end(good: Raw, issues_of: Find) -> None:
    claim_of(good)["item"] = [{"sequence": "x"}] * 1000

    errors = [issue for issue in issues_of(good) if issue.severity == "error"]

    assert len(errors) == MAX_ISSUES + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("Bundle") | st.just("Claim"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "entry", "resource", "fullUrl", "item", "patient", "reference", "extension"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@given(JSON, st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_json_raises_anything_but_refusal(value: object, inquiry: bool) -> None:
    for candidate in (value, {"resourceType": "Bundle", "entry": value}, bundle_of(value)):
        with pytest.raises(Refusal):
            check_request(read_bundle(json.dumps(candidate).encode(), LIMITS), "2.2.1", inquiry)


def bundle_of(value: object) -> Raw:
    claim = {"resourceType": "Claim", "item": value, "patient": value, "insurance": [value]}
    return {"resourceType": "Bundle", "entry": [{"resource": claim}, {"resource": value, "fullUrl": value}]}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can hold something else."""
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            steps.append((value, step))
            steps += places(value[step])
    return steps


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_to_the_good_request_crashes_the_check(data: st.DataObject, good: Raw) -> None:
    raw = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, step = data.draw(st.sampled_from(places(raw)))
        holder[step] = data.draw(JSON)
        if not places(raw):
            break

    for inquiry in (False, True):
        try:
            assert all(i.severity == "warning" for i in check_request(reading(raw), "2.2.1", inquiry))
        except Refusal as refusal:
            assert any(issue.severity == "error" for issue in refusal.issues)


def reading(raw: Raw) -> ReadBundle:
    return read_bundle(json.dumps(raw).encode(), LIMITS)
