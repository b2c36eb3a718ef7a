"""Systems that follow along: in order, nothing twice, nothing of a member."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.cases.model import EventKind
from profiles.issues import Kind
from tests.fhir_um.api.attaching import pended
from tests.fhir_um.api.outcomes import assert_outcome

FEED = "/um/v1/events"


def _read(client: FlaskClient, **given: str) -> dict[str, Any]:
    answer = client.get(FEED, query_string=given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_a_follower_comes_back_with_the_cursor_it_was_given(client: FlaskClient, case_id: str) -> None:
    first = _read(client, limit="1")
    rest = _read(client, after=first["next"])
    nothing = _read(client, after=rest["next"])

    assert [event["kind"] for event in first["events"] + rest["events"]][:2] == ["opened", "line-requested"]
    assert {event["caseId"] for event in first["events"]} == {case_id}
    assert nothing == {"events": [], "next": rest["next"]}
    pended(client)
    assert _read(client, after=rest["next"])["events"][0]["kind"] == "opened"


def test_a_step_says_where_a_line_went_and_by_which_moves(client: FlaskClient, case_id: str) -> None:
    opened, line = _read(client, caseId=case_id)["events"][:2]

    assert (line["line"], line["from"], line["role"]) == (1, None, "engine")
    assert line["to"]
    assert line["moves"]
    assert line["reason"]
    assert set(line["authorization"]) == {
        "number",
        "administrativeReference",
        "takenOverBy",
        "start",
        "end",
        "dueAt",
    }
    assert opened["request"]["priority"] in {"standard", "expedited"}


def test_what_moved_beside_a_line_has_the_name_it_has_on_the_case(client: FlaskClient) -> None:
    case_id = pended(client)
    acting = {"version": 1, "role": "nurse", "reviewer": {"id": "rn-1"}}
    refusing = {"step": "refuse", "askedBy": "the member", "text": "The member is at home and doing well."}
    asked = client.post(f"/um/v1/cases/{case_id}/priority-requests", json=acting | refusing)

    assert asked.status_code == 201, asked.text
    named = {step["of"] for event in _read(client, caseId=case_id)["events"] for step in event["steps"]}
    assert named == {"priorityRequests"} <= set(asked.json["review"])


def test_nothing_of_the_member_is_told(client: FlaskClient, good: bytes, case_id: str) -> None:
    told = json.dumps(_read(client))

    for word in _words(json.loads(good)):
        assert word not in told


def _words(resource: Any) -> set[str]:
    """Names, codes of services and diagnoses, and texts of the request."""
    if isinstance(resource, dict):
        own = {resource[key] for key in ("family", "code", "display", "text") if isinstance(resource.get(key), str)}
        return {word for word in own if len(word) > 4}.union(*map(_words, resource.values()))
    return set().union(*map(_words, resource)) if isinstance(resource, list) else set()


@pytest.mark.parametrize("kinds", [["opened"], ["opened", "line-moved"], ["opened,line-moved"]])
def test_some_kinds_alone(client: FlaskClient, case_id: str, kinds: list[str]) -> None:
    found = _read(client, kind=kinds)  # type: ignore[arg-type]  # a list is said as often

    assert [event["kind"] for event in found["events"]] == ["opened"]
    assert _read(client, after=found["next"])["events"] == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"after": "x"}, "after"),
        ({"after": "rSLeQ9HuWyJjYXNlcyIsImEiLDFd"}, "after"),
        ({"limit": "0"}, "limit"),
        ({"kind": "nothing"}, "kind"),
        ({"wait": "5"}, None),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(client: FlaskClient, given: dict[str, str], path: str | None) -> None:
    assert_outcome(client.get(FEED, query_string=given), Kind.INVALID, path)


def test_every_kind_is_known(client: FlaskClient) -> None:
    assert _read(client, kind=",".join(EventKind))["events"] == []
