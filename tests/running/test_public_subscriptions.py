"""The subscription and pended groups of the public conformance suite on both bases, against real processes.

Server, delivering process and simulated reviewer run unattended; the suite listens only when it waits, so that what
comes too early is lost unless it comes again.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from bench import bodies
from bench.servers import free_port
from fhir_um.stories.playing import load_story, prepare
from profiles.canonicals import EXT_FILTER_CRITERIA, EXT_PAYLOAD_CONTENT, PAS_TOPIC
from tests.running import suite
from tests.running.listener import Listener, listening
from tests.running.processes import command

TOKEN = "session-of-the-suite"
BASES = {"2.0.1": "/2.0.1/fhir", "2.2.1": "/fhir"}
STORIES = {"2.0.1": "prior-authorization-2.0.1", "2.2.1": "prior-authorization"}
HEADERS = {
    "User-Agent": "Ruby FHIR Client",
    "Accept": "application/fhir+json",
    "Content-Type": "application/fhir+json",
}
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Suite:
    """A session of the suite: a server of one version, and a listener."""

    url: str
    version: str
    listener: Listener

    def post(self, path: str, resource: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As its client posts: nothing is followed and nothing preferred."""
        body = json.dumps(resource)
        url = f"{self.url}{BASES[self.version]}/{path}"
        got = requests.post(url, body, headers=HEADERS, allow_redirects=False, timeout=30)
        return got.status_code, got.json()

    def asked(self, step: str) -> dict[str, Any]:
        """A request of the story that was written for this base, with the days of today."""
        story = load_story(bodies.FIXTURES / "stories" / STORIES[self.version])
        told = next(one for one in story.steps if one.name == step)
        bare = type(told)(told.name, told.who, told.asks, told.path, told.expect, request=told.request)
        read: dict[str, Any] = json.loads(prepare(story, bare, {}, "suite", datetime.now(UTC).date()).body)
        return read

    def subscription(self) -> dict[str, Any]:
        """As the suite rewrites the tester's: its own listener, its token, the long past end of its preset."""
        return {
            "resourceType": "Subscription",
            "status": "requested",
            "end": "2020-12-31T12:00:00Z",
            "reason": "R4/B Test Topic-Based Subscription for PAS",
            "criteria": PAS_TOPIC,
            "_criteria": {"extension": [{"url": EXT_FILTER_CRITERIA, "valueString": "org-identifier=1910010010"}]},
            "channel": {
                "type": "rest-hook",
                "endpoint": self.listener.url,
                "payload": "application/fhir+json",
                "_payload": {
                    "extension": [{"url": EXT_PAYLOAD_CONTENT, "valueCode": suite.CONTENT[self.version]}],
                },
                "header": [f"Authorization: Bearer {TOKEN}", "X-Session: 7"],
            },
        }

    def becomes(self, id: str, status: str) -> bool:
        """True when a subscription has that status within the suite's patience."""
        url, patience = f"{self.url}{BASES[self.version]}/Subscription/{id}", Event()
        return _soon(lambda: requests.get(url, timeout=10).json()["status"] == status, patience)


def _soon(holds: Callable[[], bool], patience: Event) -> bool:
    return any(holds() or patience.wait(0.05) for _ in range(20 * PATIENCE_SECONDS))


@pytest.fixture(params=sorted(BASES))
def session(request: pytest.FixtureRequest, seeded_url: str, tmp_path: Path) -> Iterator[Suite]:
    port = free_port()
    settings = {
        "FHIR_UM_DATABASE_URL": seeded_url,
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(port),
        "FHIR_UM_WORKERS": "1",
    }
    server = command(settings, tmp_path / "server.log", "serve")
    reviewer = command(settings, tmp_path / "reviewer.log", "simulate-reviewer", "--after", "1")
    server.start()
    try:
        server.wait_for(port)
        reviewer.start()
        with listening(TOKEN) as listener:
            yield Suite(f"http://127.0.0.1:{port}", request.param, listener)
    finally:
        reviewer.kill()
        server.stop()
    sound = command(settings, tmp_path / "verify.log", "verify").run()
    assert sound.returncode == 0, sound.stdout + sound.stderr


@pytest.mark.spec("pas:spec-54")
@pytest.mark.spec("pas:spec-57")
@pytest.mark.spec("pas:spec-60")
@pytest.mark.spec("pas:spec-61")
def test_subscription_and_pended_groups_of_the_public_suite_pass_unattended(session: Suite) -> None:
    listener, version = session.listener, session.version
    made = _set_up(session)

    status, pended = session.post("Claim/$submit", session.asked("pended"))
    assert list(suite.of_submitted(status, pended, version, "A4")) == []
    assert listener.hear_too_early(PATIENCE_SECONDS).status == 500
    event = listener.wait_for("event-notification", PATIENCE_SECONDS)
    assert list(suite.of_events(listener.of("event-notification"), made, version)) == []
    assert len({one.body for one in listener.of("event-notification")}) == 1
    assert pended["entry"][0]["resource"]["id"] in event.body.decode()

    inquiry = session.asked("found")
    claim = inquiry["entry"][0]["resource"]
    for place in (claim, *claim.get("item", ())):
        place.pop("extension", None)
    status, found = session.post("Claim/$inquire", inquiry)
    assert list(suite.of_inquiry(status, found, version)) == []
    assert listener.came[-1] is event


def _set_up(session: Suite) -> dict[str, Any]:
    """Group 1; the Subscription as the server made it."""
    listener, version, sent = session.listener, session.version, session.subscription()
    assert list(suite.of_input(sent, version)) == []

    status, made = session.post("Subscription", sent)

    assert listener.came == []
    assert list(suite.of_creation(status, made, sent, version)) == []
    assert listener.hear_too_early(PATIENCE_SECONDS).status == 500
    listener.wait_for("handshake", PATIENCE_SECONDS)
    assert list(suite.of_handshake(listener.of("handshake"), made, version)) == []
    assert session.becomes(made["id"], "active")
    return made
