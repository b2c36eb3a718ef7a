"""Every story of the fixtures, played in process against the whole application with a fixed clock and fixed chance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.stories.playing import Played, Reply, Request, Story, load_stories, play
from tests.people import people

FIXTURES = Path(__file__).parents[2] / "fixtures"
STORIES = [story for story in load_stories(FIXTURES / "stories") if not story.listens]
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def deps(sqlite_url: str) -> Iterator[Deps]:
    ids, numbers = count(1), count(1)
    made = make_deps(
        Settings(database_url=sqlite_url, mode=Mode.SANDBOX),
        clock=lambda: NOW,
        new_id=lambda: f"00000000-0000-4000-8000-{next(ids):012}",
        new_number=lambda: f"N{next(numbers):09}",
    )
    seed(people(), made)
    yield made
    made.store.close()


@pytest.fixture
def client(deps: Deps, sqlite_url: str) -> FlaskClient:
    return make_app(deps, Settings(database_url=sqlite_url, mode=Mode.SANDBOX)).test_client()


def played(story: Story, client: FlaskClient, run: str, today: datetime = NOW) -> list[Played]:
    def send(request: Request) -> Reply:
        got = client.open(
            request.path,
            method=request.method,
            data=request.body,
            headers={"Content-Type": request.content_type, "Accept": request.content_type, "Host": "127.0.0.1:8080"},
        )
        return Reply(got.status_code, got.data, 0.0)

    return list(play(story, send, run, today.date()))


def faults(steps: list[Played]) -> dict[str, tuple[str, ...]]:
    return {step.step.name: step.faults for step in steps if step.faults}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_goes_as_told_and_can_be_told_again(story: Story, client: FlaskClient) -> None:
    assert faults(played(story, client, "first")) == {}
    assert faults(played(story, client, "second")) == {}


def test_all_stories_go_as_told_on_one_server(client: FlaskClient) -> None:
    assert [story.name for story in STORIES if faults(played(story, client, "together"))] == []


def test_a_story_leaves_a_store_that_verifies(client: FlaskClient, deps: Deps) -> None:
    for story in STORIES:
        played(story, client, "verified")

    checked = deps.store.verify()
    assert checked.faults == []
    assert checked.audit_rows > len(STORIES)


def test_stories_do_not_age(deps: Deps, sqlite_url: str) -> None:
    later = NOW + timedelta(days=25)
    story = next(story for story in STORIES if story.name == "pended-for-documents")
    app = make_app(_at(deps, later), Settings(database_url=sqlite_url, mode=Mode.SANDBOX))

    assert faults(played(story, app.test_client(), "later", later)) == {}


def _at(deps: Deps, instant: datetime) -> Deps:
    return Deps(deps.store, lambda: instant, deps.new_id, deps.new_number, deps.policies, deps.clock_rules)
