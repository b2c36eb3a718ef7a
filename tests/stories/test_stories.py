"""Every story of the fixtures, played on every base it is for, in process and with a clock that stands still."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fhir_um.stories.playing import Story
from tests.houses import FIXTURES, PLAYED, STORIES, House, by_name, faults, house

__all__ = ["FIXTURES"]


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all of them: what one story leaves must not stand in the way of another."""
    with house(sqlite_template, tmp_path_factory.mktemp("stories")) as made:
        yield made


@pytest.mark.parametrize(("story", "version"), PLAYED, ids=by_name)
def test_a_story_goes_as_told_and_can_be_told_again(story: Story, version: str, shared: House) -> None:
    assert faults(shared.play(story, version, f"first-{version}")) == {}
    if version == story.versions[-1]:
        assert faults(shared.play(story, version, f"second-{version}")) == {}


@pytest.mark.parametrize("name", ["several-lines", "answered-in-part", "pended"])
def test_a_story_leaves_a_store_that_verifies(name: str, shared: House) -> None:
    story = next(story for story in STORIES if story.name == name)
    shared.play(story, "2.2.1", "verified")

    checked = shared.deps.store.verify()
    assert checked.faults == []
    assert checked.audit_rows > len(story.steps)


def test_stories_do_not_age(sqlite_template: Path, tmp_path: Path) -> None:
    story = next(story for story in STORIES if story.name == "pended-for-documents")
    with house(sqlite_template, tmp_path) as made:
        made.time.now += timedelta(days=25)

        assert faults(made.play(story, "2.2.1", "later")) == {}
