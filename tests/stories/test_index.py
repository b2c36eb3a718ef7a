"""The stories as files: listed, complete, small, told about people on file; and all there is to tell, on both bases."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from fhir_um.conformance import marks
from fhir_um.conformance.crd import marks as crd_marks
from fhir_um.stories.playing import VERSIONS, Step, Story
from tests.houses import FIXTURES, STORIES
from tests.people import people
from tools.story_table import LINES_OF_BUSINESS, insured_by, lines_of_business, with_table

REQUESTS = sorted((FIXTURES / "stories").glob("*/*.request.json"))
LARGEST_BYTES = 30_000
NOBODY = {"H9999-7001", "H9998-7001"}
"""Member numbers that stories use because nobody has them."""
REFUSED = {
    file
    for story in STORIES
    for step in story.steps
    for version in story.versions
    if "refused" in step.marks and (file := story.file_of(step, version))
}
STRANGE = {"refused", "breaks-guide", "prefetch-null", "no-member", "other-payer", "no-coverage"}
"""Marks of hook calls that are about nobody on file, or not told as CRD wants it, on purpose."""
CALLED = sorted(
    {story.folder / step.hook for story in STORIES for step in story.steps if step.hook and not STRANGE & {*step.marks}}
)
ORDERLY = [path for path in REQUESTS if path not in REFUSED]

SUBMIT, INQUIRE, ATTACH, SUBSCRIBE = "Claim/$submit", "Claim/$inquire", "$submit-attachment", "/Subscription"
TOLD: dict[str, tuple[str, set[str]]] = {
    "approved by software": (SUBMIT, {"approved"}),
    "denied by software": (SUBMIT, {"denied"}),
    "pended": (SUBMIT, {"pended"}),
    "needs none": (SUBMIT, {"not-needed"}),
    "somebody else decides": (SUBMIT, {"elsewhere"}),
    "lines in different states": (SUBMIT, {"mixed"}),
    "pended, then approved": (INQUIRE, {"final", "approved"}),
    "pended, then denied": (INQUIRE, {"final", "denied"}),
    "pended, then modified": (INQUIRE, {"final", "modified"}),
    "pended, then approved in part": (INQUIRE, {"final", "mixed"}),
    "pended, then cancelled": (INQUIRE, {"final", "cancelled"}),
    "pended, then the information is sent": (SUBMIT, {"update", "approved"}),
    "pended, then a document is sent": (ATTACH, {"attachment", "pended"}),
    "partial outcome": (SUBMIT, {"partial"}),
    "update": (SUBMIT, {"update", "mixed"}),
    "update refused": (SUBMIT, {"update", "business-error"}),
    "cancelled as a whole": (SUBMIT, {"update", "cancelled"}),
    "renewed": (SUBMIT, {"renewed", "approved"}),
    "sent twice": (SUBMIT, {"repeated"}),
    "asked for twice": (SUBMIT, {"duplicate"}),
    "error of content": (SUBMIT, {"business-error"}),
    "refused": (SUBMIT, {"refused"}),
    "found": (INQUIRE, {"found"}),
    "not found": (INQUIRE, {"not-found"}),
    "inquiry refused": (INQUIRE, {"refused"}),
    "attachment sent twice": (ATTACH, {"repeated"}),
    "attachment refused": (ATTACH, {"refused"}),
    "subscribed": (SUBSCRIBE, {"subscription"}),
    "subscription refused": (SUBSCRIBE, {"subscription", "refused"}),
    "all that must be supported": (SUBMIT, {"must-support"}),
}
"""What must be told on both bases: the door, and the marks of the step."""

HEARD = ({"handshake"}, {"event", "pended"}, {"event", "final", "approved"})
_IN_BOTH = {"33", "51", "52", "57", "61", "65", "67", "71", "77", "95", "T4", "T5"}
ERRORS = {"2.2.1": _IN_BOTH | {"15"}, "2.0.1": _IN_BOTH}
"""X12 901 of the errors of content that stories bring about. 15 is for a line left out, which 2.0.1 allows."""

OF_PAS = {
    marks.APPROVED,
    marks.DENIED,
    marks.PENDED,
    marks.MODIFIED,
    marks.PARTIAL,
    marks.UPDATE,
    marks.CANCELLED,
    marks.RENEWED,
    marks.FOUND,
    marks.NOT_FOUND,
    marks.FINAL,
    marks.REFUSED,
    marks.BUSINESS_ERROR,
    marks.REPEATED,
    marks.MUST_SUPPORT,
    marks.TIDYING,
    marks.HANDSHAKE,
    marks.EVENT,
    marks.MIXED,
    marks.NOT_NEEDED,
    marks.ELSEWHERE,
    marks.DUPLICATE,
    marks.REVIEW,
}


def steps_of(version: str) -> Iterator[Step]:
    """Of all stories that are played on that base."""
    return (step for story in STORIES if version in story.versions for step in story.steps)


def words_of(module: Any) -> set[str]:
    return {value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}


def each(stories: tuple[Story, ...]) -> Any:
    return pytest.mark.parametrize("story", stories, ids=lambda story: story.name)


# --- the index --------------------------------------------------------------------------------------------------------


def test_the_table_of_stories_is_current() -> None:
    page = (FIXTURES / "README.md").read_text("utf-8")

    assert with_table(page) == page, "run: python -m tools.story_table"
    assert re.findall(r"^\| `([a-z0-9.-]+)` \| 2", page, re.MULTILINE) == [story.name for story in STORIES]


def test_every_folder_and_every_file_of_people_is_named() -> None:
    page = (FIXTURES / "README.md").read_text("utf-8")
    files = [*FIXTURES.glob("people/*.yaml")]

    assert [path.name for path in files if f"`{path.name}`" not in page] == []
    assert [path.name for path in FIXTURES.iterdir() if path.is_dir() and f"## {path.name}/" not in page] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_workflow_and_outcome_is_told(version: str) -> None:
    steps = list(steps_of(version))

    missing = [
        what
        for what, (door, wanted) in TOLD.items()
        if not any(door in step.path and wanted.issubset(step.marks) for step in steps)
    ]

    assert missing == []
    assert [wanted for wanted in HEARD if not any(step.hears and wanted.issubset(step.marks) for step in steps)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_error_of_content_is_told(version: str) -> None:
    told = [error for step in steps_of(version) for error in step.expected(version).get("errors", ())]

    assert {str(error["code"]) for error in told} == ERRORS[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_line_of_business_gets_an_approval(version: str) -> None:
    insured = insured_by()
    files = [
        file
        for story in STORIES
        for step in story.steps
        if version in story.versions and "approved" in step.marks and (file := story.file_of(step, version))
    ]

    assert lines_of_business(files, insured) == LINES_OF_BUSINESS


def test_every_word_for_requests_is_used_and_no_other_word() -> None:
    used = {mark for story in STORIES for step in story.steps for mark in step.marks}
    known = words_of(marks) | words_of(crd_marks)

    assert OF_PAS - used == set()
    assert {mark for mark in used - known if not mark.startswith((marks.CARD, marks.OFF))} == set()


# --- the files --------------------------------------------------------------------------------------------------------


@each(STORIES)
def test_a_story_uses_all_its_requests_and_no_others(story: Story) -> None:
    used = {file for step in story.steps for version in story.versions if (file := story.file_of(step, version))}

    assert used == set(story.folder.glob("*.json"))


@each(STORIES)
def test_a_story_is_written_with_known_words_only(story: Story) -> None:
    content = yaml.safe_load((story.folder / "story.yaml").read_text())
    known = {field.name for field in fields(Step)}

    assert set(content) - {"versions"} == {"title", "shows", "written_on", "steps"}
    assert [step["name"] for step in content["steps"] if set(step) - known] == []


@each(STORIES)
def test_the_steps_of_a_story_have_names_and_marks(story: Story) -> None:
    names = [step.name for step in story.steps]
    of_pas = [step for step in story.steps if not step.hook and "cds-services" not in step.path]

    assert len(set(names)) == len(names)
    assert [step.name for step in story.steps if step.after and "cancelled" in step.marks and not step.request] == []
    if not any(step.hook for step in story.steps):
        assert [step.name for step in of_pas if not step.marks] == []


@pytest.mark.parametrize("path", ORDERLY, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_request_is_small_whole_and_about_a_member_on_file(path: Path) -> None:
    members = {i.value for m in people().members for i in m.identifiers} | NOBODY
    entries = json.loads(path.read_text())["entry"]
    urls = [entry["fullUrl"] for entry in entries]

    assert path.stat().st_size < LARGEST_BYTES
    patients = [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Patient"]
    assert {i["value"] for patient in patients for i in patient["identifier"]} <= members
    assert len(set(urls)) == len(urls)


def test_everything_else_that_is_sent_is_small() -> None:
    sent = [*(FIXTURES / "stories").glob("*/*.json")]

    assert [path.name for path in sent if path.stat().st_size >= LARGEST_BYTES] == []


@pytest.mark.parametrize("path", CALLED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_hook_call_is_about_a_member_on_file(path: Path) -> None:
    members = {i.value for m in people().members for i in m.identifiers}
    call = json.loads(path.read_text())
    (coverage,) = call["prefetch"]["coverage"]["entry"]

    assert coverage["resource"]["subscriberId"] in members
    assert coverage["resource"]["beneficiary"]["reference"] == f"Patient/{call['context']['patientId']}"
