"""Why a case is due when it is, the rules of time, and the forecast, over HTTP."""

import pytest
from flask.testing import FlaskClient

from fhir_um.errors import Kind
from tests.fhir_um.api import attaching
from tests.fhir_um.api.outcomes import assert_outcome


@pytest.fixture
def pended_id(client: FlaskClient) -> str:
    return attaching.pended(client)


def test_every_clock_tells_why_its_date_is_that_one(client: FlaskClient, pended_id: str) -> None:
    case = client.get(f"/um/v1/cases/{pended_id}").json

    answer = client.get(f"/um/v1/cases/{pended_id}/clocks")

    assert answer.status_code == 200, answer.text
    (clock,) = [each for each in answer.json["clocks"] if each["kind"] == "decision"]
    assert (clock["line"], clock["dueAt"], clock["outcome"]) == (1, case["dueAt"], None)
    assert clock["why"].startswith("The decision is to be made and told by ")
    assert clock["toBeTold"] == ["member", "provider"]
    assert [rule["ruleId"] for rule in clock["considered"] if rule["sets"]] == [clock["ruleId"]]
    assert all(rule["why"] and rule["source"] for rule in clock["considered"])


def test_a_case_that_is_not_there_has_no_clocks(client: FlaskClient) -> None:
    assert_outcome(client.get("/um/v1/cases/nothing/clocks"), Kind.NOT_FOUND)


def rule_ids(client: FlaskClient, query: str = "") -> set[str]:
    answer = client.get(f"/um/v1/rules{query}")
    assert answer.status_code == 200, answer.text
    return {rule["id"] for rule in answer.json["rules"]}


def test_the_rule_table_is_told_whole_or_in_part(client: FlaskClient) -> None:
    assert {"D01", "S-CA1", "X01"} <= rule_ids(client)
    assert {"S-NY1", "N01C"} <= rule_ids(client, "?lineOfBusiness=COMM&state=NY&on=2026-08-03")
    assert rule_ids(client, "?lineOfBusiness=COMM&state=NY&on=2026-08-03").isdisjoint({"D01", "S-CA1", "U01"})
    assert "N01C" not in rule_ids(client, "?lineOfBusiness=COMM&on=2026-03-02")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/um/v1/rules?lineOfBusiness=MARS", "lineOfBusiness"),
        ("/um/v1/rules?state=ny", "state"),
        ("/um/v1/rules?on=tomorrow", "on"),
        ("/um/v1/rules?colour=red", ""),
        ("/um/v1/forecast?days=0", "days"),
        ("/um/v1/forecast?days=91", "days"),
    ],
)
def test_what_cannot_be_used_is_refused(client: FlaskClient, path: str, name: str) -> None:
    assert_outcome(client.get(path), Kind.INVALID, name)


def test_the_forecast_tells_what_it_assumes(client: FlaskClient, pended_id: str) -> None:
    answer = client.get("/um/v1/forecast?days=7")

    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["days"], len(told["assumptions"]) > 3) == (7, True)
    desks = {desk["desk"]: desk for payer in told["payers"] if payer["payerId"] == "harbor" for desk in payer["desks"]}
    assert set(desks) == {"intake", "nurse", "physician"}
    assert desks["nurse"]["openByState"] == {"pended-info": 1}
    assert [late["caseId"] for late in desks["nurse"]["late"]] == [pended_id], "nobody decided anything yet"
