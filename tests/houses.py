"""A server in process for all stories of a module, with somebody who delivers and somebody who listens."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient

from fhir_um.app import make_app
from fhir_um.commands.deliver import delivering
from fhir_um.commands.seed import seed
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, OwnAnswers, Settings
from fhir_um.simulators.receiver import Receiver
from fhir_um.stories.playing import Played, Reply, Request, Story, load_stories, play
from profiles.strictness import Strictness
from tests.people import people
from tests.serving import heard_of_answers

FIXTURES = Path(__file__).parents[1] / "fixtures"
STORIES = load_stories(FIXTURES / "stories")
PLAYED = [(story, version) for story in STORIES for version in story.versions]
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
_LATER = timedelta(seconds=30)
_TURNS = 5


def by_name(value: Story | str) -> str:
    """How a test tells which story it plays, and on which base."""
    return value if isinstance(value, str) else value.name


class Time:
    """A clock that stands still, but for those who wait."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class House:
    """One server with its database. Asked again, the same ids and numbers come in the same order."""

    def __init__(self, database_url: str, validation: Strictness = Strictness.STRICT) -> None:
        ids, numbers, self.time = count(1), count(1), Time()
        self.settings = Settings(
            database_url=database_url,
            mode=Mode.SANDBOX,
            validation=validation,
            requests_per_minute=0,
            check_responses=OwnAnswers.REPORT,
        )
        self.deps: Deps = make_deps(
            self.settings,
            clock=self.time,
            new_id=lambda: f"00000000-0000-4000-8000-{next(ids):012}",
            new_number=lambda: f"N{next(numbers):09}",
        )
        seed(people(), self.deps)
        self.client: FlaskClient = make_app(self.deps, self.settings).test_client()

    def send(self, request: Request) -> Reply:
        """Asks, as somebody on this machine."""
        headers = {"Content-Type": request.content_type, "Accept": request.content_type, "Host": "127.0.0.1:8080"}
        got = self.client.open(request.path, method=request.method, data=request.body, headers=headers)
        return Reply(got.status_code, got.data, 0.0)

    def play(
        self, story: Story, version: str, run: str, send: Callable[[Request], Reply] | None = None
    ) -> list[Played]:
        """The whole story; who listens is told at once."""
        with Receiver() as receiver, delivering(self.deps, self.settings) as deliverer:

            def hear(kind: str) -> Reply:
                for _ in range(_TURNS):
                    while deliverer.step():
                        pass
                    if body := receiver.hear(kind, 0):
                        return Reply(200, body, 0.0)
                    self.time.now += _LATER
                return Reply(0, b"", 0.0)

            today = self.time.now.date()
            return list(play(story, send or self.send, run, today, hear, receiver.url, version))


@contextmanager
def house(template: Path, folder: Path, validation: Strictness = Strictness.STRICT) -> Iterator[House]:
    """A server over a database of its own. One that says something faulty fails the test that ends it."""
    made = House(f"sqlite:///{shutil.copy(template, folder / 'fhir-um.db')}", validation)
    with heard_of_answers() as faulty:
        yield made
    made.deps.store.close()
    assert faulty == []


def faults(steps: list[Played]) -> dict[str, tuple[str, ...]]:
    """What was not as told, by step."""
    return {step.step.name: step.faults for step in steps if step.faults}
