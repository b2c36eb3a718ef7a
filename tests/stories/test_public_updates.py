"""The claim-update group of the public conformance suite (2.4), rebuilt as checks; it is one for PAS 2.2.1."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.conformance.inferno.pas_tests import response_faults
from fhir_um.stories.playing import Played, Reply, Request, load_story, play
from tests.conftest import NOW
from tests.serving import actions_of, serving

STORIES = Path(__file__).parents[2] / "fixtures" / "stories"
STEPS = {"approved": "initial", "added": "add an item", "changed": "change an item", "withdrawn": "cancel one"}
STEPS |= {"cancelled": "cancel all"}
CANCELLED = "C"


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with serving(sqlite_url) as made:
        yield made


def played(client: FlaskClient, story: str) -> dict[str, Played]:
    def send(request: Request) -> Reply:
        headers = {"Content-Type": request.content_type, "Accept": request.content_type, "Host": "127.0.0.1:8080"}
        got = client.open(request.path, method=request.method, data=request.body, headers=headers)
        return Reply(got.status_code, got.data, 0.0)

    return {one.step.name: one for one in play(load_story(STORIES / story), send, "suite", NOW.date())}


def came(one: Played) -> tuple[dict[str, Any], int, dict[str, Any]]:
    """The Claim that was sent, and the answer with its status."""
    assert one.request and one.reply
    claim: dict[str, Any] = json.loads(one.request.body)["entry"][0]["resource"]
    return claim, one.reply.status, json.loads(one.reply.body)


@pytest.mark.spec("pas:spec-34")
@pytest.mark.spec("pas:spec-46")
def test_claim_updates_of_the_public_suite_pass(client: FlaskClient) -> None:
    steps = played(client, "prior-authorization")

    for name, what in STEPS.items():
        claim, status, answer = came(steps[name])
        assert list(response_faults(status, answer, "2.2.1")) == [], what
        assert set(actions_of(answer)) == {item["sequence"] for item in claim["item"]}, what

    related = came(steps["added"])[0]["related"][0]
    assert related["relationship"]["coding"][0]["code"] == "prior"
    assert CANCELLED in actions_of(came(steps["withdrawn"])[2]).values()
    assert set(actions_of(came(steps["cancelled"])[2]).values()) == {CANCELLED}
