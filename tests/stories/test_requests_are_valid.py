"""Every request we hand out, held against the profiles of the base it is for: no error, and nothing to warn of."""

from itertools import product

import pytest

from bench import bodies
from fhir_um.stories.playing import Step, Story
from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.reading import Limits, read_bundle, read_json
from profiles.validating.validator import Validator, shipped_library
from tests.houses import FIXTURES, PLAYED, STORIES, by_name
from tests.validators import validator_for

LIMITS = Limits(max_bytes=100_000, max_depth=64, max_entries=100)
VERSIONS = ("2.2.1", "2.0.1")
CRD = Validator(shipped_library(), "hl7.fhir.us.davinci-crd#2.2.0")
SENDING = [(story, version) for story, version in PLAYED if any(step.request for step in story.steps)]
REFUSED = [(story, version) for story, version in SENDING if any("refused" in step.marks for step in story.steps)]


def sent(story: Story) -> list[Step]:
    """The steps that send a Bundle."""
    return [step for step in story.steps if step.request.endswith(".request.json")]


def faults(body: bytes, version: str, inquiry: bool) -> list[Issue]:
    """Every error and warning about a request, in strict mode."""
    try:
        bundle = read_bundle(body, LIMITS)
        issues = check_request(bundle, version, inquiry, validator=validator_for(version))
    except Refusal as refusal:
        issues = refusal.issues
    return [issue for issue in issues if issue.severity != "information"]


def faults_of(story: Story, step: Step, version: str) -> list[Issue]:
    file = story.file_of(step, version)
    assert file is not None
    return faults(file.read_bytes(), version, step.path.endswith("/$inquire"))


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize(("story", "version"), SENDING, ids=by_name)
def test_the_requests_of_a_story_are_valid_on_the_bases_it_is_played_on(story: Story, version: str) -> None:
    """But for those that are there to be refused."""
    found = {step.name: faults_of(story, step, version) for step in sent(story) if "refused" not in step.marks}

    assert {name: issues for name, issues in found.items() if issues} == {}


@pytest.mark.parametrize(("story", "version"), REFUSED, ids=by_name)
def test_what_is_refused_deserves_it(story: Story, version: str) -> None:
    refused = [step for step in sent(story) if "refused" in step.marks]

    assert [step.name for step in refused if not faults_of(story, step, version)] == []


def test_the_refused_request_has_the_three_faults_its_story_tells_and_no_other() -> None:
    story = next(story for story in STORIES if story.name == "refused")
    (step,) = sent(story)

    found = faults_of(story, step, "2.2.1")

    assert [(issue.severity, issue.path) for issue in found] == [
        ("error", told["path"]) for told in step.expect["issues"]
    ]
    assert len(found) == 3


AGAINST_THE_GUIDE = {"refused", "breaks-guide", "prefetch-null"}
"""Marks of hook calls that are not as CRD wants them, on purpose."""
CALLED = [
    (story, step) for story in STORIES for step in story.steps if step.hook and AGAINST_THE_GUIDE.isdisjoint(step.marks)
]
CRD_PROFILES = {
    kind: f"http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-{kind.lower()}"
    for kind in ("Coverage", "DeviceRequest", "Organization", "Patient", "Practitioner", "ServiceRequest")
}


@pytest.mark.parametrize(("story", "step"), CALLED, ids=lambda value: value.name)
def test_what_a_hook_call_carries_is_valid_for_crd(story: Story, step: Step) -> None:
    call = read_json((story.folder / step.hook).read_bytes(), LIMITS)
    given = [value for part in ("context", "prefetch") for value in call[part].values() if isinstance(value, dict)]
    bundles = [value for value in given if value["resourceType"] == "Bundle"]
    inside = [entry["resource"] for bundle in bundles for entry in bundle.get("entry", ())]
    carried = [*(value for value in given if value["resourceType"] != "Bundle"), *inside]

    found = [issue for bundle in bundles for issue in CRD.check(bundle)]
    for resource in carried:
        found += CRD.check(resource, tuple(filter(None, [CRD_PROFILES.get(resource["resourceType"])])))

    assert [issue for issue in found if issue.severity != "information"] == []


@pytest.mark.parametrize(("version", "inquiry"), list(product(VERSIONS, (False, True))))
def test_the_good_request_is_valid_as_a_request_and_as_an_inquiry(version: str, inquiry: bool) -> None:
    assert faults((FIXTURES / "broken/good.request.json").read_bytes(), version, inquiry) == []


@pytest.mark.parametrize("name", ["01-submit-oxygen", "02-submit-wheelchair"])
@pytest.mark.parametrize("size_bytes", [0, bodies.SIZE_BYTES])
def test_what_the_benchmarks_submit_is_valid(name: str, size_bytes: int) -> None:
    body = bodies.template(name, size_bytes).for_member(bodies.number_of(1), "message-1")

    assert faults(body, "2.2.1", inquiry=False) == []


def test_what_the_benchmarks_ask_is_valid() -> None:
    assert faults(bodies.inquiry().for_member(bodies.number_of(1), "message-1"), "2.2.1", inquiry=True) == []
