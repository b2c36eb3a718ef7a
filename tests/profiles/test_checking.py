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
from profiles.rules import IN_WORDS, MAX_ISSUES
from profiles.strictness import Strictness
from tests.profiles.good_request import CLAIM, PAS, Raw, claim_of, errors_in, resource_of, updated
from tests.validators import validator_for

Find = Callable[..., tuple[Issue, ...]]
LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize("version", ["2.0.1", "2.2.1"])
def test_every_official_request_and_inquiry_is_taken(
    version: str, official: Callable[[str], Iterator[tuple[str, bytes]]]
) -> None:
    taken = 0

    for name, body in official(version):
        resource = json.loads(body)
        if resource["resourceType"] == "Bundle" and resource["entry"][0]["resource"]["resourceType"] == "Claim":
            check_request(
                read_bundle(body, LIMITS), version, inquiry="Inquiry" in name, validator=validator_for(version)
            )
            taken += 1

    assert taken >= 6


INQUIRY_PROFILE = f"{PAS}profile-pas-inquiry-request-bundle"
REQUEST_PROFILE = f"{PAS}profile-pas-request-bundle"


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
    good["type"] = "searchset"
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
        check_request(read(good), "2.2.1", validator=validator_for("2.2.1"))

    assert refused.value.kind is Kind.UNREADABLE
    assert {CLAIM, "Bundle.identifier"} <= {issue.path for issue in refused.value.issues}


@pytest.mark.spec("pas:spec-22")
@pytest.mark.parametrize("strictness", list(Strictness))
def test_sequences_of_supporting_information_are_unique(good: Raw, issues_of: Find, strictness: Strictness) -> None:
    claim = claim_of(good)
    claim["supportingInfo"].append(claim["supportingInfo"][0])

    found = issues_of(good, strictness=strictness)

    assert errors_in(found) == {f"{CLAIM}.supportingInfo[1].sequence"}
    assert {issue.rule for issue in found if issue.severity == "error"} == {IN_WORDS}


@pytest.mark.spec("pas:spec-1")
@pytest.mark.spec("pas:spec-19")
def test_supporting_information_keeps_the_us_core_profile_it_claims(good: Raw, issues_of: Find) -> None:
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs"
    observation = resource_of(good, "Observation")
    assert errors_in(issues_of(good)) == set()

    observation["meta"] = {"profile": [profile]}
    observation.pop("category", None)

    told = [issue for issue in issues_of(good) if issue.profile.startswith(profile)]
    assert ("error", "Bundle.entry[8].resource.category") in [(issue.severity, issue.path) for issue in told]


@pytest.mark.spec("pas:spec-23")
@pytest.mark.parametrize("kind", ["Patient", "Coverage", "Practitioner"])
def test_every_resource_is_held_against_its_pas_profile_without_claiming_it(
    kind: str, good: Raw, issues_of: Find
) -> None:
    resource = resource_of(good, kind)
    resource.pop("meta", None)
    resource.pop("identifier", None)

    told = [issue for issue in issues_of(good) if issue.path.endswith(".identifier") and issue.severity == "error"]

    assert [issue.profile.startswith(PAS) for issue in told][:1] == [True]


def without(name: str, good: Raw) -> Raw:
    """The good request without a part of its Claim, and without what points to it."""
    claim = claim_of(good)
    del claim[name]
    for item in claim["item"]:
        for pointer in ("careTeamSequence", "informationSequence", "diagnosisSequence"):
            item.pop(pointer, None)
    return good


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize("name", ["careTeam", "supportingInfo", "diagnosis"])
def test_missing_optional_elements_are_no_fault(name: str, good: Raw, issues_of: Find) -> None:
    assert errors_in(issues_of(without(name, good))) == set()


def test_what_only_the_profile_needs_is_a_fault_to_the_strict_alone(good: Raw, issues_of: Find) -> None:
    raw = without("identifier", good)

    assert errors_in(issues_of(raw)) == {f"{CLAIM}.identifier"}
    assert [(i.severity, i.path) for i in issues_of(raw, strictness=Strictness.LENIENT)] == [
        ("warning", f"{CLAIM}.identifier")
    ]


@pytest.mark.spec("pas:spec-25")
@pytest.mark.spec("hrex:conf-7")
@pytest.mark.spec("pas:spec-24")
@pytest.mark.parametrize("strictness", list(Strictness))
def test_what_we_do_not_know_is_let_pass(strictness: Strictness, good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    good["timestamp"] = "2005-05-02T11:01:00+05:00"
    part = {"url": "a", "valueBoolean": False}
    claim["extension"] = [{"url": "https://ehr.example.org/own", "valueString": "x"}]
    claim["item"][0]["extension"].append({"url": "https://ehr.example.org/nested", "extension": [part]})
    claim["item"][0]["category"] = {"coding": [{"system": "https://codesystem.x12.org/005010/1365", "code": "999"}]}

    assert issues_of(good, strictness=strictness) == ()


@pytest.mark.spec("pas:spec-24")
def test_a_code_of_ones_own_is_warned_of_where_the_guide_only_prefers_its_own(good: Raw, issues_of: Find) -> None:
    own = {"coding": [{"system": "https://ehr.example.org/own", "code": "z"}]}
    claim_of(good)["supportingInfo"][0]["category"] = own

    assert [(i.severity, i.path) for i in issues_of(good)] == [("warning", f"{CLAIM}.supportingInfo[0].category")]


@pytest.mark.parametrize(
    ("strictness", "told"), [(Strictness.STRICT, ["error"]), (Strictness.LENIENT, ["warning"]), (Strictness.OFF, [])]
)
def test_an_element_nobody_knows_is_a_fault_to_the_strict_alone(
    strictness: Strictness, told: list[str], good: Raw, issues_of: Find
) -> None:
    resource_of(good, "Patient")["favoriteColour"] = {"shades": ["blue"]}

    found = issues_of(good, strictness=strictness)

    assert [issue.severity for issue in found] == told
    assert {issue.path for issue in found} <= {"Bundle.entry[1].resource.favoriteColour"}


@pytest.mark.spec("pas:spec-25")
@pytest.mark.parametrize("version", ["2.0.1", "2.2.1"])
@pytest.mark.parametrize("name", ["item", "supportingInfo"])
def test_info_cancelled_is_understood(name: str, version: str, good: Raw, issues_of: Find) -> None:
    raw = updated(good)
    flag = {"url": f"{PAS}modifierextension-infoCancelled", "valueBoolean": True}
    claim_of(raw)[name][0]["modifierExtension"] = [flag]

    assert issues_of(raw, version) == ()


def test_whole_cancel_needs_no_items_and_a_request_does(good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    del claim["item"]
    asking = errors_in(issues_of(good))

    cancel = {"coding": [{"system": "https://codesystem.x12.org/005010/1322", "code": "3"}]}
    claim["extension"] = [{"url": f"{PAS}extension-certificationType", "valueCodeableConcept": cancel}]
    cancelling = errors_in(issues_of(good))

    assert (asking, cancelling) == ({f"{CLAIM}.item"}, set())


@pytest.mark.parametrize(("version", "needed"), [("2.2.1", set()), ("2.0.1", {f"{CLAIM}.item"})])
def test_inquiry_of_2_2_1_needs_no_items(version: str, needed: set[str], good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    claim["meta"] = {"profile": [f"{PAS}profile-claim-inquiry"]}
    del claim["item"]

    assert errors_in(issues_of(good, version, inquiry=True)) == needed
    assert errors_in(issues_of(good, version, inquiry=True, strictness=Strictness.LENIENT)) == set()


def test_inquiry_may_give_the_lenient_a_subscriber_id_for_a_member_id(good: Raw, issues_of: Find) -> None:
    del resource_of(good, "Patient")["identifier"]
    assert errors_in(issues_of(good, inquiry=True)) == {"Bundle.entry[1].resource.identifier"}

    del resource_of(good, "Coverage")["identifier"]
    assert errors_in(issues_of(good, inquiry=True, strictness=Strictness.LENIENT)) == set()


@pytest.mark.spec("hrex:conf-6")
def test_created_may_be_absent_with_a_reason(good: Raw, issues_of: Find) -> None:
    claim = claim_of(good)
    del claim["created"]
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    claim["_created"] = {"extension": [{"url": url, "valueCode": "unknown"}]}

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
        check_request(read_bundle(body, Limits(10_000_000, 64, 9)), "2.2.1", validator=validator_for("2.2.1"))

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
            check_request(reading(candidate), "2.2.1", inquiry, validator=validator_for("2.2.1"))


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
            taken = check_request(reading(raw), "2.2.1", inquiry, validator=validator_for("2.2.1"))
            assert all(issue.severity != "error" for issue in taken)
        except Refusal as refusal:
            assert any(issue.severity == "error" for issue in refusal.issues)


def reading(raw: object) -> ReadBundle:
    return read_bundle(json.dumps(raw).encode(), LIMITS)


ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}


@pytest.mark.parametrize("strictness", list(Strictness))
@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (("entry", 1, "fullUrl"), "Bundle.entry[1].fullUrl"),
        (("entry", 0, "resource", "status"), f"{CLAIM}.status"),
        (("entry", 0, "resource", "use"), f"{CLAIM}.use"),
        (("entry", 0, "resource", "insurance", 0, "sequence"), f"{CLAIM}.insurance[0].sequence"),
        (("entry", 0, "resource", "item", 0, "sequence"), f"{CLAIM}.item[0].sequence"),
        (("entry", 0, "resource", "insurance"), f"{CLAIM}.insurance"),
        (("entry", 0, "resource", "patient"), f"{CLAIM}.patient"),
    ],
)
def test_a_reason_for_its_absence_does_not_stand_for_what_is_read(
    steps: tuple[Any, ...], path: str, strictness: Strictness, good: Raw, issues_of: Find
) -> None:
    holder: Any = good
    for step in steps[:-1]:
        holder = holder[step]
    del holder[steps[-1]]
    holder[f"_{steps[-1]}"] = ABSENT

    assert path in errors_in(issues_of(good, strictness=strictness))


@pytest.mark.parametrize("strictness", list(Strictness))
def test_a_modifier_among_other_extensions_is_refused(strictness: Strictness, good: Raw, issues_of: Find) -> None:
    """Whoever looks for it among modifiers would overlook that the line is cancelled."""
    cancelled = {"url": f"{PAS}modifierextension-infoCancelled", "valueBoolean": True}
    claim_of(good)["item"][0]["extension"].append(cancelled)

    assert f"{CLAIM}.item[0].extension" in {
        issue.path.rpartition("[")[0] for issue in issues_of(good, strictness=strictness) if issue.severity == "error"
    }


@pytest.mark.spec("pas:spec-25")
@pytest.mark.parametrize("strictness", list(Strictness))
def test_a_modifier_where_there_are_none_is_refused(strictness: Strictness, good: Raw, issues_of: Find) -> None:
    claim_of(good)["type"]["modifierExtension"] = [{"url": "urn:x", "valueBoolean": True}]

    assert f"{CLAIM}.type.modifierExtension" in errors_in(issues_of(good, strictness=strictness))
