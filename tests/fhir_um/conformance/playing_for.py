"""Small scenes, checks and servers for tests of the runner: nothing of PAS or CRD."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.hiding import Secrets
from fhir_um.conformance.listening import Ear
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Strength
from fhir_um.conformance.stage import Scene, Suite
from fhir_um.conformance.staging import House, Staging
from fhir_um.conformance.tester import Tester
from fhir_um.conformance.wire import Got, Sending

SERVER = "http://payer.test"
TESTER = Tester(server=SERVER, patience_seconds=0.2)
STORY = """
title: One request
shows: What is asked and answered.
written_on: 2026-11-02
steps:
  - {name: asked, who: A clinic, asks: for something, path: /fhir/Claim/$submit, request: 01-ask.request.json,
     marks: [approved], expect: {status: 200}}
  - {name: found, who: A clinic, asks: what became of it, path: "/fhir/ClaimResponse/${asked.case_id}", method: GET,
     expect: {status: 200}}
  - {name: tidied, who: A clinic, asks: to cancel, path: /fhir/Claim/$submit, request: 01-ask.request.json, after: true,
     expect: {status: 200}}
"""
REQUEST = {
    "resourceType": "Bundle",
    "identifier": {"value": "MSG-1"},
    "entry": [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Claim", "id": "c1"}},
        {"resource": {"resourceType": "Patient", "identifier": [{"value": "H1", "system": "urn:old"}]}},
    ],
}
RESPONSE = {"resourceType": "ClaimResponse", "id": "case-1", "outcome": "complete"}


def exchange(key: str = "scene/step", *marks: str, **changes: Any) -> Exchange:
    """One exchange that went well."""
    scene, _, step = key.partition("/")
    usual: dict[str, Any] = {
        "scene": scene,
        "step": step,
        "marks": frozenset(marks),
        "version": "2.2.1",
        "method": "POST",
        "url": f"{SERVER}/fhir/Claim/$submit",
        "sent_headers": {"content-type": "application/fhir+json"},
        "sent": b'{"resourceType": "Bundle"}',
        "status": 200,
        "headers": {"content-type": "application/fhir+json"},
        "body": json.dumps(RESPONSE).encode(),
        "milliseconds": 12.0,
    }
    return Exchange(**(usual | changes))


def answering(content: Any = RESPONSE, status: int = 200) -> Callable[[Sending], Got]:
    """A server that always says the same."""
    return lambda _sending: Got(status, {"content-type": "application/fhir+json"}, json.dumps(content).encode(), 5.0)


class Recorder:
    """A server that says what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: Got) -> None:
        self.asked: list[Sending] = []
        self._answers = list(answers)

    def __call__(self, sending: Sending) -> Got:
        self.asked.append(sending)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def got(content: Any, status: int = 200, **headers: str) -> Got:
    """An answer in JSON."""
    return Got(status, headers, json.dumps(content).encode(), 5.0)


def written_story(folder: Path, story: str = STORY) -> Path:
    """A folder of stories with one, `one-request`."""
    place = folder / "one-request"
    place.mkdir(parents=True)
    (place / "story.yaml").write_text(story)
    (place / "01-ask.request.json").write_text(json.dumps(REQUEST))
    return folder


@contextmanager
def housed(
    transport: Callable[[Sending], Got], stories: Path = Path(), tester: Tester = TESTER, environ: Any = None
) -> Iterator[House]:
    """What a stage takes, around that server."""
    credentials = Credentials(tester, transport, environ or {})
    with Ear(tester.listen, credentials.published_keys) as ear:
        credentials.keys_url = ear.keys_url
        yield House(transport, credentials, ear, Secrets(), stories, pause=lambda _seconds: None)


@contextmanager
def staged(
    transport: Callable[[Sending], Got], stories: Path = Path(), tester: Tester = TESTER, version: str = "2.2.1"
) -> Iterator[Staging]:
    """A stage before that server, in the scene `scene`."""
    with housed(transport, stories, tester) as house:
        stage = Staging(tester, version, house)
        stage.begin("scene")
        yield stage


def check(check_id: str = "tiny.status.ok", **changes: Any) -> Check:
    """A check that every request is answered with 200."""
    usual: dict[str, Any] = {
        "id": check_id,
        "title": "A request is answered with 200",
        "strength": Strength.SHALL,
        "judge": Each(("submit",), not_ok),
        "requirements": ("pas:spec-33",),
        "public": ("pas-v221:2.1.1.02",),
    }
    return Check(**(usual | changes))


def not_ok(exchange: Exchange) -> list[Fault]:
    """What is wrong when it is."""
    return [] if exchange.status == 200 else [Fault(f"The status is {exchange.status}.", "ClaimResponse.outcome")]


def sending(name: str = "asks") -> Scene:
    """A scene of one request."""
    return Scene(
        name, "One request", lambda stage: _sent(stage.send("asked", "POST", f"{stage.base}/Claim/$submit", b"{}"))
    )


def _sent(_exchange: Exchange) -> None:
    return None


def suite(*checks: Check, scenes: tuple[Scene, ...] = ()) -> Suite:
    """A suite of one scene, unless told otherwise."""
    return Suite("tiny", "A tiny suite", "2.2.1", scenes or (sending(),), checks or (check(),))
