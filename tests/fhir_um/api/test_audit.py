"""The audit log over HTTP: found, told as FHIR, accounted for; and whoever looks is noted."""

import csv
import json
from io import StringIO
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from fhir_um.api.forms import FORM
from profiles.issues import Kind
from profiles.validating.validator import Validator, shipped_library
from tests.fhir_um.api import attaching
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors

LOG = "/um/v1/audit"
DISCLOSURES = "/um/v1/disclosures"


@pytest.fixture
def waiting(client: FlaskClient) -> str:
    """A case that was submitted and then looked at."""
    case_id = attaching.pended(client)
    client.get(f"/um/v1/cases/{case_id}")
    return case_id


def test_rows_are_found_by_case_and_the_look_is_noted(client: FlaskClient, waiting: str) -> None:
    rows = client.get(f"{LOG}?case={waiting}").json["rows"]

    assert [row["action"] for row in rows] == ["GET /um/v1/cases/<case_id>", "POST /fhir/Claim/$submit"]
    assert {subject["caseId"] for row in rows for subject in row["subjects"]} == {waiting}
    assert rows[0]["previousHash"] == rows[1]["hash"]
    look = client.get(f"{LOG}?case={waiting}").json["rows"][0]
    assert (look["action"], look["detail"], look["purpose"]) == ("GET /um/v1/audit", "rows 1 to 2", "HOPERAT")


def test_pages_go_back_in_time(client: FlaskClient, waiting: str) -> None:
    first = client.get(f"{LOG}?limit=1").json["rows"]
    (second,) = client.get(f"{LOG}?limit=1&before={first[0]['sequence']}").json["rows"]

    assert second["sequence"] == first[0]["sequence"] - 1


def test_rows_are_told_as_valid_audit_events(client: FlaskClient, waiting: str) -> None:
    client.get(f"/um/v1/cases/{waiting}-not")

    answer = client.get(f"{LOG}?format=fhir")

    found = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1").check(json.loads(answer.data))
    assert [issue for issue in found if issue.severity == "error"] == []
    assert [entry["resource"]["outcome"] for entry in answer.json["entry"]] == ["4", "0", "0"]
    assert answer.mimetype == "application/fhir+json"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("since=yesterday", Kind.INVALID),
        ("until=2026-03-01T12:00:00", Kind.INVALID),
        ("limit=0", Kind.INVALID),
        ("before=x", Kind.INVALID),
        ("surname=x", Kind.INVALID),
        ("format=xml", Kind.NOT_ACCEPTABLE),
        ("case=a&case=b", Kind.INVALID),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(client: FlaskClient, query: str, kind: Kind) -> None:
    assert_outcome(client.get(f"{LOG}?{query}"), kind)
    assert_outcome(client.post(f"{LOG}/_search", data=query, content_type=FORM), kind)


def test_a_member_is_looked_for_in_a_form_and_in_no_address(client: FlaskClient, waiting: str) -> None:
    member = client.get(f"/um/v1/cases/{waiting}").json["memberId"]

    answer = client.get(f"{LOG}?member={member}")

    assert_outcome(answer, Kind.INVALID, "member")
    assert "POST at /um/v1/audit/_search" in answer.text
    assert member not in answer.text
    rows = client.post(f"{LOG}/_search", data={"member": member}).json["rows"]
    assert {subject["memberId"] for row in rows for subject in row["subjects"]} == {member}
    assert rows[-1]["action"] == "POST /fhir/Claim/$submit"
    assert client.post(f"{LOG}/_search", data={"member": "nobody"}).json["rows"] == []


def test_a_form_asks_for_what_a_query_asks_for(client: FlaskClient, waiting: str) -> None:
    asked = {"case": waiting, "since": "2020-01-01T00:00:00+00:00", "action": "POST /fhir/Claim/$submit"}

    (by_query,) = client.get(LOG, query_string=asked).json["rows"]
    (by_form,) = client.post(f"{LOG}/_search", data=asked).json["rows"]

    assert by_form == by_query
    events = client.post(f"{LOG}/_search", data=asked | {"format": "fhir"})
    assert [entry["resource"]["action"] for entry in events.json["entry"]] == ["E"]
    looks = client.get(f"{LOG}?limit=3").json["rows"]
    assert [(look["action"], look["act"]) for look in looks] == [
        *[(f"POST {LOG}/_search", "R")] * 2,
        (f"GET {LOG}", "R"),
    ]


@pytest.mark.parametrize("path", [f"{LOG}/_search", "/um/v1/disclosures"])
def test_beside_a_form_stands_no_query(client: FlaskClient, path: str) -> None:
    assert_outcome(client.post(f"{path}?member=x", data={"member": "x"}), Kind.INVALID)
    assert_outcome(client.post(path, json={"member": "x"}), Kind.WRONG_TYPE)
    assert_outcome(client.get(path), Kind.NOT_OFFERED)


def test_no_word_of_a_form_leaves_its_place(database_url: str) -> None:
    with open_doors(database_url) as client:
        for text in ("\0", "' OR '1'='1", "%", "\u202e", "x" * 10_000):
            for field in ("client", "person", "case", "member", "action", "outcome", "request"):
                answer = client.post(f"{LOG}/_search", data={field: text})
                assert (answer.status_code, answer.json) == (200, {"rows": []}), (field, text[:9])
            answer = client.post("/um/v1/disclosures", data={"member": text, "payer": text})
            assert (answer.status_code, answer.json) == (200, {"disclosures": []}), text[:9]


def test_what_was_told_of_a_member_as_json_and_csv(client: FlaskClient, waiting: str) -> None:
    member = client.get(f"/um/v1/cases/{waiting}").json["memberId"]
    asked = {"member": member, "payer": "harbor"}

    told = client.post(DISCLOSURES, data=asked).json["disclosures"]
    rows = list(csv.DictReader(StringIO(client.post(DISCLOSURES, data=asked | {"format": "csv"}).text)))

    assert [row["what"] for row in told] == ["POST /fhir/Claim/$submit", *["GET /um/v1/cases/<case_id>"] * 2]
    assert told[0]["cases"] == [f"{waiting} version 1"]
    assert {row["why"] for row in told} == {"COVAUTH", "HOPERAT"}
    assert [row["what"] for row in rows[:3]] == [row["what"] for row in told]
    assert len(rows) == 4
    assert client.post(DISCLOSURES, data={"member": "nobody"}).json["disclosures"] == []
    since = asked | {"since": "2100-01-01T00:00:00Z"}
    assert client.post(DISCLOSURES, data=since).json["disclosures"] == []


def test_disclosures_are_of_one_member(client: FlaskClient) -> None:
    for form in ({}, {"member": ""}, {"payer": "harbor"}):
        assert_outcome(client.post(DISCLOSURES, data=urlencode(form), content_type=FORM), Kind.INVALID, "member")
    assert_outcome(client.get("/um/v1/members/harbor-1001/disclosures"), Kind.NOT_FOUND)


def test_refusals_again_and_again_are_told_with_what_is_looked_for(client: FlaskClient) -> None:
    for _ in range(10):
        client.get("/um/v1/cases/nothing")

    answer = client.get(f"{LOG}/alerts").json

    (alert,) = answer["alerts"]
    assert (alert["rule"], alert["who"], alert["count"]) == ("repeated-refusals", "sandbox", 10)
    assert {rule["rule"] for rule in answer["rules"]} >= {"many-members", "off-hours", "own-record"}
    assert client.get(f"{LOG}/alerts?since=2026-12-01T00:00:00Z").json["alerts"] == []
