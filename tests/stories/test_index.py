"""The stories as files: listed, complete, small, and told about people who are on file."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from fhir_um.stories.playing import Step, Story, load_stories
from tests.people import people

FIXTURES = Path(__file__).parents[2] / "fixtures"
STORIES = load_stories(FIXTURES / "stories")
HOOKS = sorted((FIXTURES / "stories").glob("*/*.hook.json"))
REQUESTS = sorted((FIXTURES / "stories").glob("*/*.request.json"))
LARGEST_BYTES = 30_000
NOBODY = {"H9999-7001", "H9998-7001"}
"""Member numbers that stories use because nobody has them."""


def by_name(story: Story) -> str:
    return story.name


def test_every_story_is_listed_in_the_readme() -> None:
    listed = re.findall(r"^\| `([a-z0-9.-]+)` \|", (FIXTURES / "README.md").read_text(), re.MULTILINE)

    assert sorted(name for name in listed if not name.endswith(".yaml")) == [story.name for story in STORIES]


@pytest.mark.parametrize("story", STORIES, ids=by_name)
def test_a_story_uses_all_its_requests_and_no_others(story: Story) -> None:
    used = {name for step in story.steps for name in (step.request, step.hook) if name}

    assert used == {path.name for path in story.folder.glob("*.json")}


@pytest.mark.parametrize("story", STORIES, ids=by_name)
def test_a_story_is_written_with_known_words_only(story: Story) -> None:
    content = yaml.safe_load((story.folder / "story.yaml").read_text())
    known = {field.name for field in fields(Step)}

    assert set(content) == {"title", "shows", "written_on", "steps"}
    assert [step["name"] for step in content["steps"] if set(step) - known] == []


@pytest.mark.parametrize("story", STORIES, ids=by_name)
def test_the_steps_of_a_story_have_names_of_their_own(story: Story) -> None:
    names = [step.name for step in story.steps]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_request_is_small_and_about_a_member_on_file(path: Path) -> None:
    members = {i.value for m in people().members for i in m.identifiers} | NOBODY
    resources = [entry["resource"] for entry in json.loads(path.read_text())["entry"]]

    assert path.stat().st_size < LARGEST_BYTES
    patients = [r for r in resources if r["resourceType"] == "Patient"]
    assert {i["value"] for patient in patients for i in patient["identifier"]} <= members


@pytest.mark.parametrize("path", HOOKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_hook_call_is_small_and_about_a_member_on_file(path: Path) -> None:
    members = {i.value for m in people().members for i in m.identifiers}
    call = json.loads(path.read_text())
    (coverage,) = call["prefetch"]["coverage"]["entry"]

    assert path.stat().st_size < LARGEST_BYTES
    assert coverage["resource"]["subscriberId"] in members
    assert coverage["resource"]["beneficiary"]["reference"] == f"Patient/{call['context']['patientId']}"


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_request_holds_every_resource_once(path: Path) -> None:
    urls = [entry["fullUrl"] for entry in json.loads(path.read_text())["entry"]]

    assert len(set(urls)) == len(urls)
