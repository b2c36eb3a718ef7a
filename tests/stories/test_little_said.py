"""A request that says as little as it may is decided all the same, and every answer comes in time."""

import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.stories.playing import Reply, Request, load_story, play
from profiles.checking import check_request
from profiles.issues import Refusal
from profiles.reading import Limits, read_bundle
from profiles.strictness import Strictness
from tests.conftest import NOW
from tests.serving import LEGAL_ACTIONS, actions_of, serving
from tests.stories.test_stories import FIXTURES
from tests.validators import validator_for

VERSION = "2.2.1"
LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)
STORY = load_story(FIXTURES / "stories" / "prior-authorization")
FHIR = {"Content-Type": "application/fhir+json", "Host": "127.0.0.1:8080"}
WITHIN_MS = 15_000 - 5_000
"""What the guide gives a sender from the click to the answer, less what the way may take. Source: PAS 2.2.1 spec-7."""


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with serving(sqlite_url) as made:
        yield made


def _is_allowed(request: dict[str, Any]) -> bool:
    """Whether the strict check has nothing against it."""
    body = read_bundle(json.dumps(request).encode(), LIMITS)
    try:
        issues = check_request(body, VERSION, validator=validator_for(VERSION), strictness=Strictness.STRICT)
    except Refusal:
        return False
    return all(issue.severity != "error" for issue in issues)


def _leave_out(held: dict[str, Any], whole: dict[str, Any]) -> None:
    """Takes out of an object, and of all inside it, whatever the whole may do without."""
    for name in [each for each in held if each != "resourceType"]:
        value = held.pop(name)
        if _is_allowed(whole):
            continue
        held[name] = value
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict):
                _leave_out(child, whole)


@pytest.mark.spec("pas:conf-12", "pas:conf-14")
def test_what_may_be_left_out_is_not_needed(client: FlaskClient) -> None:
    request = json.loads((STORY.folder / "01-submit-oxygen.request.json").read_bytes())
    claim = request["entry"][0]["resource"]
    said = len(json.dumps(claim))
    _leave_out(claim, request)
    assert len(json.dumps(claim)) < said * 0.8

    answer = client.post("/fhir/Claim/$submit", data=json.dumps(request), headers=FHIR)

    assert answer.status_code == 200, answer.text
    assert answer.json["entry"][0]["resource"]["outcome"] == "complete"
    assert set(actions_of(answer.json)) == {1}
    assert set(actions_of(answer.json).values()) <= LEGAL_ACTIONS


@pytest.mark.spec("pas:spec-7")
def test_every_answer_of_a_story_comes_in_time(client: FlaskClient) -> None:
    lasted = []

    def send(request: Request) -> Reply:
        begun = perf_counter()
        got = client.open(request.path, method=request.method, data=request.body, headers=FHIR)
        lasted.append((perf_counter() - begun) * 1000)
        return Reply(got.status_code, got.data, lasted[-1])

    assert all(step.faults == () for step in play(STORY, send, "timed", NOW.date()))

    assert len(lasted) >= 5
    assert max(lasted) < WITHIN_MS
