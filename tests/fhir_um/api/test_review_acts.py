"""Acts beside a ruling, over HTTP: each machine once from end to end, and what a body may not be."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir_um.api.review_routes import REVIEW_BODIES, REVIEW_ROUTES
from fhir_um.auth.scopes import Scope
from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"
NURSE = {"role": "nurse", "reviewer": {"id": "rn-1"}}
INTAKE = {"role": "intake", "reviewer": {"id": "in-1"}}
DOCTOR = {"role": "physician", "reviewer": {"id": "dr-1", "npi": "1910200405"}}
PEER = {"role": "peer", "reviewer": {"id": "dr-2", "npi": "1999999980", "specialty": "208100000X"}}
MANAGER = {"role": "operations-manager", "reviewer": {"id": "om-1"}}
OFFICER = {"role": "compliance-privacy", "reviewer": {"id": "cp-1"}}
WHY = "The chart of the last visit is not there."


class Desk:
    """Somebody who acts on one case, always on the version it is at."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        body = next(STORY.glob("02-*.request.json")).read_bytes()
        answer = client.post("/fhir/Claim/$submit", data=body, headers=FHIR)
        self.address = f"/um/v1/cases/{answer.json['entry'][0]['resource']['id']}"
        self.case = client.get(self.address).json

    def send(self, place: str, who: dict[str, Any], **said: Any) -> TestResponse:
        body = {"version": self.case["version"], **who, **said}
        return self.client.post(f"{self.address}/{place}", json=body)

    def act(self, place: str, who: dict[str, Any], **said: Any) -> dict[str, Any]:
        """The case after an act that is taken; what it began is answered with 201."""
        answer = self.send(place, who, **said)
        assert answer.status_code == (200 if place.endswith("/steps") else 201), answer.text
        assert answer.headers["ETag"].startswith(f'W/"{answer.json["version"]}.')
        self.case = answer.json
        return self.case

    def list(self, place: str, name: str) -> Any:
        return self.client.get(f"{self.address}/{place}").json[name]

    @property
    def line(self) -> dict[str, Any]:
        line: dict[str, Any] = self.case["lines"][0]
        return line


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return Desk(client)


@pytest.fixture(scope="module")
def untouched(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for acts that come to nothing, shared by them."""
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("untouched") / "um.db")
    with open_doors(f"sqlite:///{file}") as client:
        yield Desk(client)


def test_information_is_drafted_released_and_listed(desk: Desk) -> None:
    documents = [{"loinc": "11506-3", "label": "Progress note"}]
    desk.act("information-requests", INTAKE, lines=[1], text=WHY, documents=documents)
    (draft,) = desk.list("information-requests", "drafts")
    desk.act(f"information-requests/{draft['id']}/steps", DOCTOR, step="release")

    sent = desk.list("information-requests", "informationRequests")[-1]
    assert (draft["state"], desk.line["state"]) == ("draft", "pended-info")
    assert (sent["state"], sent["line"], sent["dueAt"]) == ("issued", 1, desk.line["documentsDueAt"])
    assert "11506-3" in [each["loinc"] for each in sent["outstanding"]]
    assert desk.case["review"]["informationDrafts"][0]["releasedBy"]["id"] == "dr-1"


def test_a_conversation_is_offered_held_and_listed(desk: Desk) -> None:
    slot = desk.line["dueAt"]
    desk.act("peer-to-peers", NURSE, step="offer", lines=[1], slots=[slot])
    (call,) = desk.list("peer-to-peers", "peerToPeers")
    steps = f"peer-to-peers/{call['id']}/steps"
    desk.act(steps, INTAKE, step="request", clinician="1910010010")
    physician = {"id": "dr-1", "npi": "1910200405"}
    desk.act(steps, INTAKE, step="schedule", scheduledAt=slot, physician=physician)
    said = {"participants": ["both physicians"], "minutes": 12, "newFacts": "none", "outcome": "upheld"}
    desk.act(steps, DOCTOR, step="complete", **said)

    (held,) = desk.list("peer-to-peers", "peerToPeers")
    assert (held["state"], held["minutes"], held["outcome"], held["ruledAfter"]) == ("completed", 12, "upheld", [])
    assert desk.line["state"] == "physician-review"


def test_a_specialist_is_asked_and_answers(desk: Desk) -> None:
    desk.act("opinions", DOCTOR, line=1, specialty="208100000X", question="Would a walker do as well at home?")
    assert desk.line["state"] == "specialist-review"
    (asked,) = desk.list("opinions", "opinions")
    steps = f"opinions/{asked['id']}/steps"
    desk.act(steps, PEER, step="accept", noConflict=True)
    desk.act(steps, PEER, step="give", opinion="It would not, the shoulder is weak.", recommends="approve")

    assert desk.list("opinions", "opinions")[0]["recommends"] == "approve"
    assert desk.line["state"] == "physician-review"


def test_more_time_is_proposed_and_refused(desk: Desk) -> None:
    grounds = ("information-needed-in-member-interest", "extraordinary", "member-request")
    answers = [desk.send("extensions", NURSE, lines=[1], ground=each, days=3, text=WHY) for each in grounds]
    desk.case = next(answer.json for answer in answers if answer.status_code == 201)
    (proposed,) = desk.list("extensions", "extensions")
    due_at = desk.line["dueAt"]
    desk.act(f"extensions/{proposed['id']}/steps", MANAGER, step="grant")

    (granted,) = desk.list("extensions", "extensions")
    assert (granted["state"], granted["dueBefore"]) == ("granted", {"1": due_at})
    assert desk.line["dueAt"] > due_at


def test_a_line_is_voided_by_two(desk: Desk) -> None:
    desk.act("voidings", MANAGER, lines=[1], reason="Keyed in for another member.")
    (proposed,) = desk.list("voidings", "voidings")
    desk.act(f"voidings/{proposed['id']}/steps", OFFICER, step="confirm")

    assert desk.list("voidings", "voidings")[0]["state"] == "confirmed"
    assert (desk.line["state"], desk.case["status"]) == ("voided", "cancelled")


def test_a_case_is_made_urgent_and_not_again(desk: Desk) -> None:
    due_at = desk.line["dueAt"]
    desk.act("priority-requests", INTAKE, askedBy="the physician", supportedByPhysician=True, text=WHY)

    assert (desk.case["priority"], desk.line["dueAt"] < due_at) == ("expedited", True)
    assert desk.list("priority-requests", "priorityRequests")[0]["granted"] is True
    again = desk.send("priority-requests", INTAKE, askedBy="the physician", supportedByPhysician=True, text=WHY)
    assert again.status_code == 422


@pytest.mark.parametrize(
    ("place", "who", "said", "kind", "path"),
    [
        ("extensions", NURSE, {"ground": "because", "lines": [1], "days": 1, "text": WHY}, Kind.INVALID, "ground"),
        ("extensions", NURSE, {"lines": [1], "days": 1, "text": WHY}, Kind.INVALID, ""),
        ("voidings", MANAGER, {"lines": [1], "reason": WHY, "colour": "red"}, Kind.INVALID, ""),
        ("voidings", MANAGER, {"lines": [1], "reason": "so"}, Kind.INVALID, "reason"),
        ("voidings", MANAGER, {"lines": [1], "reason": "x" * 20_001}, Kind.INVALID, "reason"),
        ("voidings", MANAGER, {"lines": [1] * 101, "reason": WHY}, Kind.INVALID, "lines"),
        ("voidings", NURSE, {"lines": [1], "reason": WHY}, Kind.NOT_ALLOWED, ""),
        ("voidings", MANAGER, {"lines": [1], "reason": WHY, "version": 0}, Kind.INVALID, "version"),
        ("voidings", MANAGER, {"lines": [1], "reason": WHY, "version": 9}, Kind.CONFLICT, ""),
        ("voidings/nothing/steps", OFFICER, {"step": "confirm"}, Kind.NOT_FOUND, ""),
        ("opinions", DOCTOR | {"reviewer": {"id": "d", "npi": "1"}}, {"line": 1, "specialty": "x", "question": WHY},
         Kind.INVALID, "reviewer.npi"),
        ("peer-to-peers", NURSE, {"step": "offer", "lines": [1], "slots": ["2026-11-21T10:00:00"]},
         Kind.INVALID, "slots"),
        ("peer-to-peers", NURSE, {"step": "offer", "lines": [1], "slots": ["0001-01-01T00:00:00+14:00"]},
         Kind.INVALID, "slots"),
        ("peer-to-peers", NURSE, {"step": "offer", "lines": [1], "slots": ["9999-12-31T23:59:59-12:00"]},
         Kind.INVALID, "slots"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_its_place(
    untouched: Desk, place: str, who: dict[str, Any], said: dict[str, Any], kind: Kind, path: str
) -> None:
    assert_outcome(untouched.send(place, who, **said), kind, path)


def test_every_act_has_its_shape_and_needs_more_than_reading() -> None:
    posts = [route for route in REVIEW_ROUTES if route.method == "POST"]

    assert {route.handler for route in posts} == set(REVIEW_BODIES)
    assert Scope.READ_CASES not in {route.scope for route in posts}
