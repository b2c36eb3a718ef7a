"""Our own API: worklist, one case now and then, its history, decisions, the public list."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


@pytest.fixture
def pended_id(client: FlaskClient) -> str:
    """The id of a case that waits for a person: a power wheelchair."""
    body = next(STORY.glob("02-*.request.json")).read_bytes()
    answer = client.post("/fhir/Claim/$submit", data=body, headers=FHIR)
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


def ruling(version: int = 1, **changes: Any) -> dict[str, Any]:
    line = {"sequence": 1, "action": "approve", "reason": "criteria-met", "text": "The examination shows the need."}
    reviewer = {"id": "d-1", "npi": "1999999992"}
    return {"version": version, "role": "physician", "reviewer": reviewer, "lines": [line | changes]}


def decide(client: FlaskClient, case_id: str, body: dict[str, Any]) -> Any:
    return client.post(f"/um/v1/cases/{case_id}/decisions", json=body)


def test_worklist_names_what_waits(client: FlaskClient, pended_id: str) -> None:
    cases = client.get("/um/v1/cases").json["cases"]

    assert [(case["id"], case["status"]) for case in cases] == [(pended_id, "pended")]
    assert cases[0]["dueAt"]


def test_worklist_by_state(client: FlaskClient, pended_id: str) -> None:
    state = client.get(f"/um/v1/cases/{pended_id}").json["lines"][0]["state"]

    assert len(client.get(f"/um/v1/cases?state={state}&limit=1").json["cases"]) == 1
    assert client.get("/um/v1/cases?state=approved").json["cases"] == []


@pytest.mark.parametrize(
    ("query", "path"),
    [("state=asleep", "state"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=9999", "limit")]
    + [("limit=%D9%A3", "limit"), ("limit=5&limit=6", "limit"), ("colour=red", ""), ("state=", "state")],
)
def test_worklist_refuses_what_it_cannot_use(client: FlaskClient, query: str, path: str) -> None:
    assert_outcome(client.get(f"/um/v1/cases?{query}"), Kind.INVALID, path)


def test_decision_moves_the_line_and_the_version(client: FlaskClient, pended_id: str) -> None:
    answer = decide(client, pended_id, ruling())

    assert answer.status_code == 200, answer.text
    assert (answer.json["version"], answer.json["status"]) == (2, "decided")
    assert answer.json["lines"][0]["authorizationNumber"]
    assert answer.json["lines"][0]["decision"]["by"]["role"] == "physician"
    assert answer.headers["ETag"] == 'W/"2"'


def test_decision_on_an_old_version_conflicts(client: FlaskClient, pended_id: str) -> None:
    decide(client, pended_id, ruling())

    assert_outcome(decide(client, pended_id, ruling()), Kind.CONFLICT)


def test_decision_that_cannot_be_read_is_refused(client: FlaskClient, pended_id: str) -> None:
    assert_outcome(decide(client, pended_id, ruling(action="bless")), Kind.INVALID, "lines[0].action")


def test_nurse_may_not_deny_clinically(client: FlaskClient, pended_id: str) -> None:
    body = ruling(action="deny-clinical", reason="not-necessary", text="Not needed for moving about at home.")

    answer = decide(client, pended_id, body | {"role": "nurse"})

    assert answer.status_code in {403, 422}


def test_case_as_it_stood_before(client: FlaskClient, pended_id: str) -> None:
    decide(client, pended_id, ruling())
    at = client.get(f"/um/v1/cases/{pended_id}").json["receivedAt"]

    assert client.get(f"/um/v1/cases/{pended_id}", query_string={"at": at}).status_code == 200
    assert_outcome(client.get(f"/um/v1/cases/{pended_id}?at=2001-01-01T00:00:00Z"), Kind.NOT_FOUND)


def test_case_as_of_one_of_its_versions(client: FlaskClient, pended_id: str) -> None:
    decide(client, pended_id, ruling())
    address = f"/um/v1/cases/{pended_id}"

    first, second = (client.get(f"{address}?version={version}").json for version in (1, 2))

    assert (first["version"], first["status"]) == (1, "pended")
    assert second == client.get(address).json
    for version in (3, 999999999):
        assert_outcome(client.get(f"{address}?version={version}"), Kind.NOT_FOUND)
    for query in ("version=0", "version=x", "version=", "version=1&at=2026-11-20T15:00:00Z"):
        assert_outcome(client.get(f"{address}?{query}"), Kind.INVALID, "version")


def test_pended_case_tells_which_clock_runs_and_why(client: FlaskClient, pended_id: str) -> None:
    case = client.get(f"/um/v1/cases/{pended_id}").json

    (clock,) = case["clocks"]
    assert (clock["line"], clock["dueAt"], clock["startAt"]) == (1, case["dueAt"], case["receivedAt"])
    assert clock["ruleId"]
    assert clock["source"]
    considered = {row["ruleId"]: row["dueAt"] for row in clock["considered"]}
    assert considered[clock["ruleId"]] == clock["dueAt"] == min(considered.values())


def test_decided_case_has_no_clock_and_its_past_still_tells_its_own(client: FlaskClient, pended_id: str) -> None:
    before = client.get(f"/um/v1/cases/{pended_id}").json["clocks"]

    assert decide(client, pended_id, ruling()).json["clocks"] == []
    assert client.get(f"/um/v1/cases/{pended_id}").json["clocks"] == []
    assert client.get(f"/um/v1/cases/{pended_id}?version=1").json["clocks"] == before


@pytest.mark.parametrize("at", ["yesterday", "2026-03-01T12:00:00"])
def test_moment_needs_a_form_and_a_zone(client: FlaskClient, pended_id: str, at: str) -> None:
    assert_outcome(client.get(f"/um/v1/cases/{pended_id}?at={at}"), Kind.INVALID, "at")


def test_history_is_told_in_order(client: FlaskClient, pended_id: str) -> None:
    decide(client, pended_id, ruling())

    events = client.get(f"/um/v1/cases/{pended_id}/events").json["events"]

    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["kind"] == "opened"
    assert (events[-1]["kind"], events[-1]["to"], events[-1]["actor"]["id"]) == ("line-moved", "approved", "d-1")


@pytest.mark.parametrize("address", ["/um/v1/cases/nobody", "/um/v1/cases/nobody/events"])
def test_unknown_case_is_not_found(client: FlaskClient, address: str) -> None:
    assert_outcome(client.get(address), Kind.NOT_FOUND)


def test_public_list_as_json_csv_and_page(client: FlaskClient) -> None:
    services = client.get("/um/v1/pa-list").json["services"]
    table = list(csv.DictReader(StringIO(client.get("/um/v1/pa-list?format=csv").text)))
    page = client.get("/um/v1/pa-list", headers={"Accept": "text/html"})

    assert len(services) == len(table) > 300
    assert page.mimetype == "text/html"
    assert all(row["code"] in page.text for row in table)


def test_public_list_of_an_unknown_plan_is_not_found(client: FlaskClient) -> None:
    assert_outcome(client.get("/um/v1/pa-list?plan=none-such"), Kind.NOT_FOUND, "plan")


def test_public_list_has_no_licensed_texts(client: FlaskClient) -> None:
    services = client.get("/um/v1/pa-list").json["services"]

    assert [row for row in services if row["system"].endswith("/cpt") and row["label"]] == []
