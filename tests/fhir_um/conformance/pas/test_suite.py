"""The suites for PAS as tables: every test of the public suites has its check, every check stands where it may."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fhir_um.commands.demo import FIXTURES
from fhir_um.conformance.model import Check
from fhir_um.conformance.pas.scenes import ONE_VERSION_ONLY, STORIES
from fhir_um.conformance.pas.suite import ONLY_IN, SUITES_PAS, in_order
from fhir_um.stories.playing import load_stories

SUITES = {suite.version: suite for suite in SUITES_PAS}
VERSIONS = sorted(SUITES)
REQUIREMENTS = Path(__file__).parents[4] / "docs" / "requirements-pas.csv"


def group(name: str, count: int) -> list[str]:
    return [f"{name}.{number:02d}" for number in range(1, count + 1)]


SHARED = [
    *group("2.1.1", 4),
    *group("2.2.1", 4),
    *group("2.3.1", 4),
    *group("3.1.1", 3),
    *group("3.1.2", 11),
    *group("3.1.3", 9),
    *group("3.2.1", 3),
    *group("3.2.2", 9),
    *group("3.2.3", 8),
    *group("4", 2),
]
PUBLIC = {
    "2.0.1": [*group("1", 5), *group("2.3.2", 6), *SHARED],
    "2.2.1": [
        *group("1", 4),
        *group("2.3.2", 4),
        *group("2.4.1", 3),
        *group("2.4.2", 3),
        *group("2.4.3", 3),
        *group("2.4.4", 3),
        *group("2.4.5", 2),
        *SHARED,
    ],
}
"""The tests of the public suites for servers, by their numbers (PAS test kit 0.15.1)."""

AT_OUR_DESK = {
    "after-the-service",
    "asked-a-specialist",
    "entered-in-error",
    "made-urgent",
    "more-time",
    "not-made-urgent",
    "opened-again",
    "weighed-together",
    "withdrawn-by-phone",
}
"""Stories of what only our own desk offers: they show nothing about another server."""


@pytest.mark.parametrize("version", VERSIONS)
def test_every_test_of_the_public_suite_has_a_check(version: str) -> None:
    mark = f"pas-v{version.replace('.', '')}:"

    named = {number for check in SUITES[version].checks for number in check.public}

    assert named == {f"{mark}{number}" for number in PUBLIC[version]}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_check_has_an_id_of_its_own_and_stands_after_those_it_rests_on(version: str) -> None:
    seen: set[str] = set()
    for check in SUITES[version].checks:
        assert check.id.startswith("pas.")
        assert check.id not in seen
        assert seen >= set(check.rests_on), check.id
        seen.add(check.id)


def test_what_one_version_alone_asks_for_is_in_its_suite_alone() -> None:
    ids = {version: {check.id for check in SUITES[version].checks} for version in VERSIONS}

    assert ids["2.2.1"] - ids["2.0.1"] == ONLY_IN["2.2.1"]
    assert ids["2.0.1"] - ids["2.2.1"] == ONLY_IN["2.0.1"]


def test_requirements_are_those_of_the_guide() -> None:
    with REQUIREMENTS.open(encoding="utf-8") as lines:
        known = {f"pas:{row['id']}" for row in csv.DictReader(lines)}

    named = {requirement for suite in SUITES_PAS for check in suite.checks for requirement in check.requirements}

    assert named - known == set()
    assert len(named) > 60


@pytest.mark.parametrize("version", VERSIONS)
def test_every_story_about_requests_is_played_on_its_bases(version: str) -> None:
    stories = [story for story in load_stories(FIXTURES / "stories") if not any(step.hook for step in story.steps)]
    stories = [story for story in stories if story.name not in AT_OUR_DESK]
    wanted = {story.name for story in stories if version in story.versions}

    played = {scene.name for scene in SUITES[version].scenes}

    assert wanted - played == set()
    assert {name for name in STORIES if ONE_VERSION_ONLY.get(name, version) == version} == wanted


def test_scenes_have_names_of_their_own() -> None:
    for suite in SUITES_PAS:
        assert [name for name, times in Counter(scene.name for scene in suite.scenes).items() if times > 1] == []


def test_titles_are_sentences_without_a_full_stop() -> None:
    for check in (check for suite in SUITES_PAS for check in suite.checks):
        assert check.title[0].isupper() and not check.title.endswith("."), check.id


def test_checks_are_put_behind_those_they_rest_on() -> None:
    first, second = SUITES["2.2.1"].checks[:2]
    base, above = replace(first, id="pas.base", rests_on=()), replace(second, id="pas.above", rests_on=("pas.base",))

    assert in_order([above, base]) == (base, above)


@pytest.mark.parametrize("rests_on", [("pas.nowhere",), ("pas.itself",)])
def test_a_check_that_cannot_stand_anywhere_is_refused(rests_on: tuple[str, ...]) -> None:
    check: Check = replace(SUITES["2.2.1"].checks[0], id="pas.itself", rests_on=rests_on)

    with pytest.raises(ValueError, match=r"pas\.itself"):
        in_order([check])
