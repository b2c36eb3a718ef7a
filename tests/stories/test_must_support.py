"""Together the stories say everything the guides mark as must-support: requests as well as answers, on both bases."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fhir_um.conformance.marks import MUST_SUPPORT
from fhir_um.conformance.must_support import (
    INQUIRY_ANSWERS,
    INQUIRY_REQUESTS,
    ORDERS,
    SUBMIT_ANSWERS,
    SUBMIT_REQUESTS,
    Resource,
    missing,
    pas_profile,
    pool,
)
from fhir_um.stories.playing import NEWER, OLDER, VERSIONS, Played, Reply, Request, Story, load_story, play
from profiles.reading import Limits, read_json
from tests.conftest import NOW
from tests.serving import serving
from tests.validators import validator_for

STORIES = Path(__file__).parents[2] / "fixtures" / "stories"
PLAYED = ("must-support", "must-support-nameless", "must-support-withdrawn")
"""What these three say between them is enough; the other stories say some of it again."""
LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)
SUBMIT, INQUIRE = "$submit", "$inquire"
NEVER_SAID: dict[str, str] = {}
"""`profile element` -> why nobody can say it truly. Empty, and meant to stay so."""
BESIDES = {NEWER: ("location", "documentreference"), OLDER: ("location",)}
"""Profiles of what a request carries besides, which no public suite looks at."""

pytestmark = pytest.mark.spec("pas:conf-4", "pas:conf-5", "pas:conf-6")


@dataclass(frozen=True)
class Told:
    """How the stories went on one base, and what was asked and answered, by operation.

    `again` are the answers to the same must-support requests, byte for byte, sent when all was told: as a public suite
    sends them that is given fixed texts.
    """

    version: str
    steps: list[Played]
    asked: dict[str, list[Resource]]
    answered: dict[str, list[Resource]]
    again: dict[str, list[Resource]]


@pytest.fixture(scope="module", params=VERSIONS)
def told(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    store = tmp_path_factory.mktemp("must-support") / "store.db"
    store.write_bytes(sqlite_template.read_bytes())
    with serving(f"sqlite:///{store}") as client:

        def send(asked: Request) -> Reply:
            kind = {"Content-Type": asked.content_type, "Accept": asked.content_type, "Host": "127.0.0.1:8080"}
            got = client.open(asked.path, method=asked.method, data=asked.body, headers=kind)
            return Reply(got.status_code, got.data, 0.0)

        stories = [untidied(load_story(STORIES / name)) for name in PLAYED]
        steps = [step for one in stories for step in play(one, send, "said", NOW.date(), version=request.param)]
        marked = [step.request for step in steps if step.request and MUST_SUPPORT in step.step.marks]
        again = [(one, send(one)) for one in marked]
    said = [(step.request, step.reply) for step in steps if step.request and step.reply]
    return Told(
        request.param,
        steps,
        {op: pool(read_json(sent.body, LIMITS) for sent, _ in of(said, op)) for op in (SUBMIT, INQUIRE)},
        {op: pool(read_json(came.body, LIMITS) for _, came in of(said, op)) for op in (SUBMIT, INQUIRE)},
        {op: pool(read_json(came.body, LIMITS) for _, came in of(again, op)) for op in (SUBMIT, INQUIRE)},
    )


def untidied(story: Story) -> Story:
    """The story without the steps that only tidy up, which take back what it shows."""
    return replace(story, steps=tuple(step for step in story.steps if not step.after))


def of(said: list[tuple[Request, Reply]], operation: str) -> list[tuple[Request, Reply]]:
    return [one for one in said if one[0].path.endswith(operation)]


def lacking(version: str, names: Iterable[str], resources: list[Resource]) -> dict[str, list[str]]:
    """What is never said, by profile, but for what nobody can say."""
    never = {name: missing(pas_profile(name, version), resources) for name in names}
    left = {name: [path for path in paths if f"{name} {path}" not in NEVER_SAID] for name, paths in never.items()}
    return {name: paths for name, paths in left.items() if paths}


def test_the_stories_go_as_told(told: Told) -> None:
    assert {step.step.name: step.faults for step in told.steps if step.faults} == {}


@pytest.mark.spec("pas:ainfo-2", "pas:spec-44")
def test_answers_to_submissions_say_everything(told: Told) -> None:
    assert lacking(told.version, SUBMIT_ANSWERS, told.answered[SUBMIT]) == {}


@pytest.mark.spec("pas:spec-44")
def test_answers_to_inquiries_say_everything(told: Told) -> None:
    assert lacking(told.version, INQUIRY_ANSWERS, told.answered[INQUIRE]) == {}


def test_sent_again_as_they_were_the_same_requests_are_answered_with_everything(told: Told) -> None:
    assert lacking(told.version, SUBMIT_ANSWERS, told.again[SUBMIT]) == {}
    assert lacking(told.version, INQUIRY_ANSWERS, told.again[INQUIRE]) == {}


def test_submissions_say_everything(told: Told) -> None:
    names = (*SUBMIT_REQUESTS, *ORDERS, *BESIDES[told.version])

    assert lacking(told.version, names, told.asked[SUBMIT]) == {}


def test_inquiries_say_everything(told: Told) -> None:
    assert lacking(told.version, INQUIRY_REQUESTS, told.asked[INQUIRE]) == {}


def test_nothing_is_wrong_with_an_answer(told: Told) -> None:
    answers = [each for pools in (told.answered, told.again) for op in (SUBMIT, INQUIRE) for each in pools[op]]
    bundles = [each for each in answers if each["resourceType"] == "Bundle"]

    found = [issue for bundle in bundles for issue in validator_for(told.version).check(bundle)]

    assert [(issue.path, issue.text) for issue in found if issue.severity != "information"] == []


# --- parts of resources that have a profile of their own --------------------------------------------------------------

PARTS = {"identifier": "identifier", "quantity": "quantity", "datatype-timing": "occurrenceTiming"}
"""The profile of a data type -> an element that carries it wherever it stands in a submission."""


def parts(node: Any, name: str) -> Iterator[Resource]:
    """Every object under that name, at any depth."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if key == name:
            yield from child if isinstance(child, list) else [child]
        yield from parts(child, name)


@pytest.mark.parametrize("name", PARTS)
def test_submissions_use_every_part_of_a_data_type(name: str, told: Told) -> None:
    if (name, told.version) == ("quantity", OLDER):
        assert "profile-quantity" not in str(told.asked)  # the older guide has no profile of it
        return

    found = [part for resource in told.asked[SUBMIT] for part in parts(resource, PARTS[name])]

    assert lacking(told.version, [name], found) == {}
