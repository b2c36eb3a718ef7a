"""Our own API: worklist, one case now and then, its history, decisions, the public list."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.attaching import pended
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome, issues_told
from tests.fhir_um.deciding import basis_body, decision_body, line_body, open_with

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


@pytest.fixture
def pended_id(client: FlaskClient) -> str:
    """The id of a case that waits for a person: a power wheelchair."""
    body = next(STORY.glob("02-*.request.json")).read_bytes()
    answer = client.post("/fhir/Claim/$submit", data=body, headers=FHIR)
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


def ruling(version: int = 1, action: str = "approve", **changes: Any) -> dict[str, Any]:
    return decision_body(version, line_body(action, **changes))


def decide(client: FlaskClient, case_id: str, body: dict[str, Any]) -> Any:
    """The answer to a decision by somebody who opened the evidence before."""
    open_with(client, case_id, body)
    return client.post(f"/um/v1/cases/{case_id}/decisions", json=body)


def test_worklist_names_what_waits(client: FlaskClient, pended_id: str) -> None:
    cases = client.get("/um/v1/cases").json["cases"]

    assert [(case["id"], case["status"]) for case in cases] == [(pended_id, "pended")]
    assert cases[0]["dueAt"]


def test_worklist_comes_in_pages(client: FlaskClient, pended_id: str) -> None:
    """Each case once, whether it is due or not."""
    others = [pended(client, identifier={"system": "urn:test", "value": f"again-{n}"}) for n in range(3)]
    expected = [pended_id, *others]
    whole = [case["id"] for case in client.get("/um/v1/cases").json["cases"]]
    found, after = [], ""
    while after is not None:
        page = client.get("/um/v1/cases", query_string={"limit": 2} | ({"after": after} if after else {})).json
        found += [case["id"] for case in page["cases"]]
        after = page["next"]

    assert found == whole
    assert sorted(whole) == sorted(set(expected))


def test_a_cursor_of_another_list_is_refused(client: FlaskClient) -> None:
    feed = client.get("/um/v1/events").json["next"]

    assert_outcome(client.get("/um/v1/cases", query_string={"after": feed}), Kind.INVALID, "after")


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
    assert answer.headers["ETag"].startswith('W/"2.')


def test_decision_on_an_old_version_conflicts(client: FlaskClient, pended_id: str) -> None:
    decide(client, pended_id, ruling())

    assert_outcome(decide(client, pended_id, ruling()), Kind.CONFLICT)


def test_decision_that_cannot_be_read_is_refused(client: FlaskClient, pended_id: str) -> None:
    assert_outcome(decide(client, pended_id, ruling(action="bless")), Kind.INVALID, "lines[0].action")


def test_an_opening_answers_with_the_worksheet_and_is_told(client: FlaskClient, pended_id: str) -> None:
    answer = open_with(client, pended_id, ruling())

    assert answer.status_code == 200, answer.text
    assert answer.json["lines"][0]["findings"][0]["criteria"][0]["reading"] is None
    case = client.get(f"/um/v1/cases/{pended_id}").json
    assert case["version"] == 1
    assert [opening["by"]["id"] for opening in case["review"]["openings"]] == ["d-1"]
    assert client.get(f"/um/v1/cases/{pended_id}/events").json["events"][-1]["kind"] == "evidence-opened"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"role": "nurse"}, "reviewer.id"),
        ({"role": "nurse", "reviewer": {"id": "a", "npi": "1"}}, "reviewer.npi"),
        ({"role": "janitor", "reviewer": {"id": "a"}}, "role"),
        ({"role": "nurse", "reviewer": {"id": "a"}, "version": 1}, ""),
    ],
)
def test_an_opening_says_who_opens(client: FlaskClient, pended_id: str, body: dict[str, Any], path: str) -> None:
    assert_outcome(client.post(f"/um/v1/cases/{pended_id}/openings", json=body), Kind.INVALID, path)


def test_nobody_opens_what_is_not_there(client: FlaskClient) -> None:
    assert_outcome(open_with(client, "nothing", ruling()), Kind.NOT_FOUND)


def test_a_decision_without_an_opening_is_refused_by_its_line(client: FlaskClient, pended_id: str) -> None:
    answer = client.post(f"/um/v1/cases/{pended_id}/decisions", json=ruling())

    assert_outcome(answer, Kind.INVALID, "lines[0]")


def test_everything_a_denial_lacks_is_told_at_once(client: FlaskClient, pended_id: str) -> None:
    bare = basis_body(considered=["urn:not-of-this-case"], alternative="", attestation=False)

    answer = decide(client, pended_id, ruling(action="deny-clinical", text="No.", basis=bare))

    places = {place for issue in issues_told(answer) for place in issue["expression"]}
    assert places == {
        "lines[0].text",
        "lines[0].basis.alternative",
        "lines[0].basis.attestation",
        "lines[0].basis.considered[0]",
    }


def test_a_decision_shows_what_it_rests_on(client: FlaskClient, pended_id: str) -> None:
    ref = client.get(f"/um/v1/cases/{pended_id}/worksheet").json["answers"][0]["evidence"]
    body = ruling(action="deny-clinical", basis=basis_body(considered=["request", ref], effectiveOn="2026-12-01"))

    basis = decide(client, pended_id, body).json["lines"][0]["decision"]["basis"]

    assert (basis["considered"], basis["effectiveOn"]) == (["request", ref], "2026-12-01")
    assert basis["credential"] == "MD"
    assert basis["licence"]["number"]
    assert basis["policy"].startswith("power-wheelchair ")


def test_a_reading_is_kept_with_the_version_it_was_made_of(client: FlaskClient, pended_id: str) -> None:
    finding = client.get(f"/um/v1/cases/{pended_id}").json["lines"][0]["findings"][0]
    criteria = [{"id": each["id"], "truth": "met", "reason": "Seen in the letter."} for each in finding["criteria"]]

    answer = decide(client, pended_id, ruling(basis=None, criteria=criteria))

    assert answer.status_code == 200, answer.text
    reading = answer.json["review"]["readings"][0]
    assert (reading["policyVersion"], reading["truth"]) == (finding["policyVersion"], "met")
    shown = client.get(f"/um/v1/cases/{pended_id}/worksheet").json["lines"][0]["findings"][0]["criteria"][0]
    assert shown["reading"]["reason"] == "Seen in the letter."


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
