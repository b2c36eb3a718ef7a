"""Every request we hand out, held against the profiles of the base it is for: no error, and nothing to warn of."""

from itertools import product
from pathlib import Path

import pytest

from bench import bodies
from fhir_um.stories.playing import Step, Story, load_stories
from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.reading import Limits, read_bundle, read_json
from profiles.validating.validator import Validator, shipped_library
from tests.validators import validator_for

FIXTURES = Path(__file__).parents[2] / "fixtures"
LIMITS = Limits(max_bytes=100_000, max_depth=64, max_entries=100)
VERSIONS = ("2.2.1", "2.0.1")
STORIES = load_stories(FIXTURES / "stories")
SENT = [(story, step) for story in STORIES for step in story.steps if step.request.endswith(".request.json")]
CRD = Validator(shipped_library(), "hl7.fhir.us.davinci-crd#2.2.0")
IN_ORDER = [(story, step) for story, step in SENT if story.name != "refused"]


def faults(body: bytes, version: str, inquiry: bool) -> list[Issue]:
    """Every error and warning about a request, in strict mode."""
    bundle = read_bundle(body, LIMITS)
    try:
        issues = check_request(bundle, version, inquiry, validator=validator_for(version))
    except Refusal as refusal:
        issues = refusal.issues
    return [issue for issue in issues if issue.severity != "information"]


def faults_of(story: Story, step: Step) -> list[Issue]:
    version = "2.0.1" if step.path.startswith("/2.0.1/") else "2.2.1"
    return faults((story.folder / step.request).read_bytes(), version, step.path.endswith("/$inquire"))


def by_name(value: Story | Step) -> str:
    return value.name


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize(("story", "step"), IN_ORDER, ids=by_name)
def test_a_request_of_a_story_is_valid_on_the_base_it_is_played_on(story: Story, step: Step) -> None:
    assert faults_of(story, step) == []


def test_the_refused_request_has_the_three_faults_its_story_tells_and_no_other() -> None:
    story, step = next(sent for sent in SENT if sent[0].name == "refused")

    found = faults_of(story, step)

    assert [(issue.severity, issue.path) for issue in found] == [
        ("error", told["path"]) for told in step.expect["issues"]
    ]
    assert len(found) == 3


CALLED = [(story, step) for story in STORIES for step in story.steps if step.hook]
CRD_PROFILES = {
    kind: f"http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-{kind.lower()}"
    for kind in ("Coverage", "DeviceRequest", "Organization", "Patient", "Practitioner", "ServiceRequest")
}


@pytest.mark.parametrize(("story", "step"), CALLED, ids=by_name)
def test_what_a_hook_call_carries_is_valid_for_crd(story: Story, step: Step) -> None:
    call = read_json((story.folder / step.hook).read_bytes(), LIMITS)
    bundles = [call["context"]["draftOrders"], *(v for v in call["prefetch"].values() if v["resourceType"] == "Bundle")]
    carried = [call["prefetch"]["patient"], *(entry["resource"] for bundle in bundles for entry in bundle["entry"])]

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
