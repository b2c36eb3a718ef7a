"""Worklists over HTTP: pages without names, pull next, assign, lock, send to supervisors."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"
NURSE = {"role": "nurse", "reviewer": {"id": "rn-1"}}
OTHER = {"role": "nurse", "reviewer": {"id": "rn-2", "npi": "1999999992"}}
MANAGER = {"role": "operations-manager", "reviewer": {"id": "m-1"}}
WHY = "The member called again."


def submitted(client: FlaskClient, code: str = "E0181", mark: str = "1") -> str:
    """The id of a case that waits for a nurse: equipment other than the wheelchair of the story."""
    body = next(STORY.glob("02-*.request.json")).read_text().replace("K0823", code)
    bundle = json.loads(body)
    bundle["identifier"]["value"] += mark
    answer = client.post("/fhir/Claim/$submit", data=json.dumps(bundle), headers=FHIR)
    assert answer.status_code == 200, answer.text
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


@pytest.fixture
def case_id(client: FlaskClient) -> str:
    return submitted(client)


@pytest.fixture
def queue(client: FlaskClient, case_id: str) -> str:
    (name,) = [row["queue"] for row in client.get("/um/v1/worklists").json["queues"] if row["waiting"]]
    assert name == "nurse-dme"
    return str(name)


def test_queues_are_listed_with_what_waits(client: FlaskClient, queue: str, case_id: str) -> None:
    rows = {row["queue"]: row for row in client.get("/um/v1/worklists").json["queues"]}

    assert {"intake", "late", "physician", "nurse-imaging"} <= rows.keys()
    assert rows[queue] == {
        "queue": queue,
        "title": "Nurse: equipment",
        "roles": ["nurse", "therapist"],
        "waiting": 1,
        "unassigned": 1,
        "dueAt": client.get(f"/um/v1/cases/{case_id}").json["dueAt"],
    }


def test_a_page_has_what_chooses_work_and_nobodys_name(client: FlaskClient, queue: str, case_id: str) -> None:
    answer = client.get(f"/um/v1/worklists/{queue}")

    (item,) = answer.json["items"]
    assert answer.json["next"] is None
    assert (item["caseId"], item["code"], item["lines"], item["state"]) == (case_id, "E0181", [1], "nurse-review")
    assert (item["assignee"], item["lock"], item["escalation"]) == (None, None, None)
    case = client.get(f"/um/v1/cases/{case_id}").json
    for secret in (case["memberId"], "memberId", "Whitfield", "diagnos"):
        assert secret not in answer.text


def test_whom_a_page_told_of_stands_in_the_audit_log(client: FlaskClient, queue: str, case_id: str) -> None:
    client.get(f"/um/v1/worklists/{queue}")

    rows = client.get(f"/um/v1/audit?case={case_id}").json["rows"]

    assert "GET /um/v1/worklists/<queue>" in {row["action"] for row in rows}


def test_pages_follow_each_other_by_cursor(client: FlaskClient, queue: str, case_id: str) -> None:
    second = submitted(client, "E0182", "2")

    first = client.get(f"/um/v1/worklists/{queue}?limit=1").json
    last = client.get(f"/um/v1/worklists/{queue}?limit=1&after={first['next']}").json

    assert {row["caseId"] for row in (*first["items"], *last["items"])} == {case_id, second}
    assert last["next"] is None
    elsewhere = client.get(f"/um/v1/worklists/intake?after={first['next']}")
    assert_outcome(elsewhere, Kind.INVALID, "after")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("assignee=unassigned", 1),
        ("assignee=rn-1", 0),
        ("priority=standard&lineOfBusiness=COMM", 1),
        ("lineOfBusiness=MA", 0),
        ("dueBefore=2026-01-01T00:00:00Z", 0),
        ("dueBefore=2027-01-01T00:00:00%2B01:00", 1),
        ("state=nurse-review&specialty=durable-equipment", 1),
        ("flag=late", 0),
    ],
)
def test_filters_narrow_down(client: FlaskClient, queue: str, query: str, count: int) -> None:
    assert len(client.get(f"/um/v1/worklists/{queue}?{query}").json["items"]) == count


@pytest.mark.parametrize(
    ("path", "kind", "place"),
    [
        ("nurse-dme?priority=soon", Kind.INVALID, "priority"),
        ("nurse-dme?state=approved", Kind.INVALID, "state"),
        ("nurse-dme?flag=blue", Kind.INVALID, "flag"),
        ("nurse-dme?dueBefore=2026-01-01", Kind.INVALID, "dueBefore"),
        ("nurse-dme?dueBefore=tomorrow", Kind.INVALID, "dueBefore"),
        ("nurse-dme?assignee=me", Kind.INVALID, "assignee"),
        ("nurse-dme?limit=0", Kind.INVALID, "limit"),
        ("nurse-dme?colour=red", Kind.INVALID, ""),
        ("mine", Kind.INVALID, "assignee"),
        ("mine?assignee=unassigned", Kind.INVALID, "assignee"),
        ("nurse-astrology", Kind.NOT_FOUND, "queue"),
    ],
)
def test_what_cannot_be_listed_is_refused(client: FlaskClient, path: str, kind: Kind, place: str) -> None:
    assert_outcome(client.get(f"/um/v1/worklists/{path}"), kind, place)


def test_somebody_pulls_works_and_gives_back(client: FlaskClient, queue: str, case_id: str) -> None:
    taken = client.post(f"/um/v1/worklists/{queue}/next", json=NURSE)
    assert taken.status_code == 200, taken.text
    assert (taken.json["item"]["caseId"], taken.json["item"]["assignee"]) == (case_id, "rn-1")
    assert client.post(f"/um/v1/worklists/{queue}/next", json=OTHER).json == {"item": None}
    assert len(client.get("/um/v1/worklists/mine?assignee=rn-1").json["items"]) == 1

    locked = client.post(f"/um/v1/cases/{case_id}/locks", json=NURSE | {"queue": queue})
    assert locked.json["item"]["lock"] == {"by": "rn-1", "until": "2026-11-20T15:15:00+00:00", "reason": None}
    refused = client.post(f"/um/v1/cases/{case_id}/locks", json=OTHER | {"queue": queue})
    assert_outcome(refused, Kind.CONFLICT)
    lifted = client.delete(f"/um/v1/cases/{case_id}/locks/{queue}?reviewer=rn-1")
    assert lifted.json["item"]["lock"] is None

    address = f"/um/v1/cases/{case_id}/assignments"
    assert_outcome(client.post(address, json=OTHER | {"queue": queue, "assignee": "rn-2"}), Kind.CONFLICT)
    back = client.post(address, json=NURSE | {"queue": queue})
    assert (back.json["item"]["assignee"], back.json["item"]["assignedAt"]) == (None, None)


def test_a_manager_gives_work_to_others_and_takes_locks_over(client: FlaskClient, queue: str, case_id: str) -> None:
    client.post(f"/um/v1/worklists/{queue}/next", json=NURSE)
    client.post(f"/um/v1/cases/{case_id}/locks", json=NURSE | {"queue": queue})

    kept = client.post("/um/v1/assignments", json=MANAGER | {"from": "rn-1", "to": "rn-2"}).json
    assert (kept["items"], kept["locked"], kept["more"]) == ([], 1, False)
    over = client.post(f"/um/v1/cases/{case_id}/locks", json=MANAGER | {"queue": queue, "reason": WHY})
    assert over.json["item"]["lock"]["reason"] == WHY
    client.delete(f"/um/v1/cases/{case_id}/locks/{queue}?reviewer=m-1")
    done = client.post("/um/v1/assignments", json=MANAGER | {"from": "rn-1", "to": "rn-2"}).json

    assert [item["assignee"] for item in done["items"]] == ["rn-2"]


def test_a_case_is_sent_to_supervisors(client: FlaskClient, queue: str, case_id: str) -> None:
    answer = client.post(f"/um/v1/cases/{case_id}/escalations", json=NURSE | {"reason": WHY})

    assert answer.json["item"]["escalation"] == {"by": "rn-1", "at": "2026-11-20T15:00:00+00:00", "reason": WHY}
    (late,) = client.get("/um/v1/worklists/late").json["items"]
    assert (late["caseId"], late["priority"]) == (case_id, "expedited")


@pytest.mark.parametrize(
    ("path", "body", "kind", "place"),
    [
        ("worklists/nurse-dme/next", {"role": "nurse"}, Kind.INVALID, "reviewer.id"),
        ("worklists/nurse-dme/next", NURSE | {"role": "wizard"}, Kind.INVALID, "role"),
        ("worklists/nurse-dme/next", NURSE | {"x": 1}, Kind.INVALID, ""),
        ("worklists/nurse-dme/next", {"role": "intake", "reviewer": {"id": "i"}}, Kind.NOT_ALLOWED, ""),
        ("worklists/mine/next", NURSE, Kind.NOT_FOUND, "queue"),
        ("worklists/none/next", NURSE, Kind.NOT_FOUND, "queue"),
        ("cases/{case}/assignments", NURSE | {"queue": "mine"}, Kind.NOT_FOUND, "queue"),
        ("cases/{case}/assignments", NURSE | {"queue": "nurse-drug"}, Kind.NOT_FOUND, "queue"),
        ("cases/none/assignments", NURSE | {"queue": "nurse-dme"}, Kind.NOT_FOUND, ""),
        ("cases/{case}/assignments", NURSE | {"queue": "nurse-dme", "assignee": "x" * 201}, Kind.INVALID, "assignee"),
        ("cases/{case}/locks", NURSE, Kind.INVALID, ""),
        ("cases/{case}/escalations", NURSE | {"reason": "no"}, Kind.INVALID, "reason"),
        ("assignments", NURSE | {"from": "a", "to": "b"}, Kind.NOT_ALLOWED, ""),
        ("assignments", MANAGER | {"to": "b"}, Kind.INVALID, "from"),
    ],
)
def test_what_cannot_be_done_is_refused(
    client: FlaskClient, case_id: str, path: str, body: dict[str, Any], kind: Kind, place: str
) -> None:
    assert_outcome(client.post(f"/um/v1/{path.format(case=case_id)}", json=body), kind, place)


def test_whose_lock_is_lifted_must_be_said(client: FlaskClient, queue: str, case_id: str) -> None:
    assert_outcome(client.delete(f"/um/v1/cases/{case_id}/locks/{queue}"), Kind.INVALID, "reviewer")
