"""Whoever has an answer is not told it again, and whoever acts on what is no longer so is told."""

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome

NOTED = "evidence-opened"
OPENING = {"role": "nurse", "reviewer": {"id": "n-1"}}


def tag_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


def act(client: FlaskClient, case_id: str, tag: str):
    return client.post(f"/um/v1/cases/{case_id}/openings", json=OPENING, headers={"If-Match": tag})


@pytest.mark.parametrize("path", ["", "/events", "/worksheet", "/attachments"])
def test_what_the_caller_has_is_not_told_again(client: FlaskClient, case_id: str, path: str) -> None:
    address = f"/um/v1/cases/{case_id}{path}"
    tag = tag_of(client, address)

    same = client.get(address, headers={"If-None-Match": tag})
    strong = client.get(address, headers={"If-None-Match": tag.removeprefix("W/")})
    other = client.get(address, headers={"If-None-Match": 'W/"1"'})

    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert (strong.status_code, other.status_code) == (304, 200)
    assert "Last-Modified" not in other.headers


def test_lists_have_a_tag_too(client: FlaskClient, case_id: str) -> None:
    tag = tag_of(client, "/um/v1/cases")

    assert client.get("/um/v1/cases", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/um/v1/cases?limit=1", headers={"If-None-Match": tag}).status_code in {200, 304}


def test_a_note_shows_in_the_tag_and_not_in_the_version(client: FlaskClient, case_id: str) -> None:
    address = f"/um/v1/cases/{case_id}"
    before = tag_of(client, address)
    assert act(client, case_id, before).status_code == 200

    after = tag_of(client, address)

    assert (before != after, before.split(".")[0]) == (True, after.split(".")[0])
    assert client.get(address, headers={"If-None-Match": before}).status_code == 200


def test_who_acts_on_what_is_no_longer_so_is_told(client: FlaskClient, case_id: str) -> None:
    tag = tag_of(client, f"/um/v1/cases/{case_id}")
    assert act(client, case_id, tag).status_code == 200

    again = act(client, case_id, tag)

    assert_outcome(again, Kind.OUTDATED)
    assert [e["kind"] for e in client.get(f"/um/v1/cases/{case_id}/events").json["events"]].count(NOTED) == 1
    assert act(client, case_id, tag_of(client, f"/um/v1/cases/{case_id}/events")).status_code == 412
    assert act(client, case_id, tag_of(client, f"/um/v1/cases/{case_id}/worksheet")).status_code == 200


@pytest.mark.parametrize("tag", ['W/"1"', '"x"', "1.2", 'W/"1.2.3"', 'W/"99.2"', "", 'W/"", W/"a$"'])
def test_a_tag_that_is_none_of_the_case_is_no_match(client: FlaskClient, case_id: str, tag: str) -> None:
    assert act(client, case_id, tag).status_code == 412


@pytest.mark.parametrize("tag", ["*", 'W/"{}"', '"{}"', 'W/"7.7", W/"{}.0123456789abcdef"'])
def test_any_tag_of_the_case_as_it_is_lets_pass(client: FlaskClient, case_id: str, tag: str) -> None:
    steps = len(client.get(f"/um/v1/cases/{case_id}/events").json["events"])

    assert act(client, case_id, tag.format(f"1.{steps}")).status_code == 200


def test_a_case_of_nobody_stays_not_found(client: FlaskClient) -> None:
    assert_outcome(act(client, "nothing", 'W/"1.2"'), Kind.NOT_FOUND)
