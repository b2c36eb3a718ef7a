"""Claims systems at the door: find the authorization, count a use, take it back."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors
from tests.fhir_um.parties import story

FHIR = {"Content-Type": "application/fhir+json"}
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
USE = {"useId": "claim-77.1", "dateOfService": "2026-11-10", "units": 1, "providerNpi": "1910010010"}
BILLED = {
    "identifiers": [{"system": "https://harbor.example.test/member-number", "value": "H1009-5006"}],
    "code": {"system": HCPCS, "code": "E1390"},
    "modifiers": [],
    "dateOfService": "2026-11-10",
    "providerNpi": "1910010010",
    "units": 1,
}


@pytest.fixture(scope="module")
def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for all of them: none leaves anything another could stumble over."""
    with open_doors(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('doors') / 'um.db')}") as made:
        yield made


@pytest.fixture(scope="module")
def number(client: FlaskClient) -> str:
    answer = client.post("/fhir/Claim/$submit", data=story("inquiry-ways", "01"), headers=FHIR)
    return str(answer.json["entry"][0]["resource"]["preAuthRef"])


def matched(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/um/v1/auth-match", json=BILLED | changes)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


def test_from_the_match_to_the_last_unit_and_back(client: FlaskClient, number: str) -> None:
    (found,) = matched(client)["matched"]
    assert found["number"] == number
    opening = found["units"]["opening"]
    assert found["units"] | {"unit": ""} == {"unit": "", "opening": opening, "used": "0", "remaining": opening}

    uses = f"/um/v1/authorizations/{number}/uses"
    everything = USE | {"units": int(opening)}
    assert [client.post(uses, json=everything).status_code for _ in range(2)] == [201, 200]
    assert matched(client)["exceptions"][0]["code"] == "exhausted"
    over = client.post(uses, json=USE | {"useId": "claim-78.1"})
    assert "0 of" in assert_outcome(over, Kind.CONFLICT)[0]["details"]["text"]
    shown = client.get(f"/um/v1/authorizations/{number}").json
    assert (shown["standing"], shown["uses"][0]["useId"]) == ("exhausted", "claim-77.1")
    case = client.get(f"/um/v1/cases/{found['caseId']}").json
    assert [line["standing"] for line in case["lines"] if line["authorizationNumber"] == number] == ["exhausted"]

    reversal = f"{uses}/claim-77.1/reversal"
    assert [client.post(reversal).status_code for _ in range(2)] == [201, 200]
    assert matched(client)["matched"][0]["units"]["remaining"] == opening
    assert_outcome(client.post(f"{uses}/claim-99/reversal"), Kind.NOT_FOUND)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"dateOfService": "2025-01-01"}, ["not-yet"]),
        ({"dateOfService": "2039-01-01"}, ["expired"]),
        ({"providerNpi": "1910040041"}, ["other-provider"]),
        ({"units": 500}, ["not-enough-units"]),
        ({"code": {"system": HCPCS, "code": "E0424"}}, ["none-found", "other-code"]),
        ({"payer": "prairie"}, ["none-found"]),
        ({"identifiers": [], "memberId": "harbor-1001"}, ["none-found"]),
        ({"dateOfService": None, "period": {"start": "2026-11-10", "end": "2026-11-12"}}, []),
    ],
)
def test_what_is_in_the_way_is_a_word_with_a_sentence(
    client: FlaskClient, number: str, changes: dict[str, Any], codes: list[str]
) -> None:
    told = matched(client, **changes)

    assert [one["code"] for one in told["exceptions"]] == codes
    assert all(one["text"].endswith(".") for one in told["exceptions"])
    assert bool(told["matched"]) is not bool(codes)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"memberId": "harbor-1009"}, "memberId"),
        ({"identifiers": []}, "memberId"),
        ({"period": {"start": "2026-11-10", "end": "2026-11-12"}}, "dateOfService"),
        ({"dateOfService": None}, "dateOfService"),
        ({"dateOfService": None, "period": {"start": "2026-11-10"}}, "period"),
        ({"dateOfService": "soon"}, "dateOfService"),
        ({"code": {"system": HCPCS, "code": ""}}, "code.code"),
        ({"units": 0}, "units"),
        ({"units": 0.00001}, "units"),
        ({"units": 1e300}, "units"),
        ({"providerNpi": "12"}, "providerNpi"),
        ({"modifiers": ["GP"] * 21}, "modifiers"),
        ({"payer": "p" * 201}, None),
        ({"patientName": "Nora"}, None),
    ],
)
def test_what_cannot_be_asked_is_told(client: FlaskClient, changes: dict[str, Any], path: str | None) -> None:
    answer = client.post("/um/v1/auth-match", json=BILLED | changes)

    assert_outcome(answer, Kind.INVALID, path)
    assert "Nora" not in answer.text


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"useId": ""}, "useId"),
        ({"useId": "a/b"}, "useId"),
        ({"units": -1}, "units"),
        ({"providerNpi": ""}, "providerNpi"),
        ({"useId": "claim-80.1", "dateOfService": "2039-01-01"}, "dateOfService"),
    ],
)
def test_a_use_that_cannot_be_counted_is_refused(
    client: FlaskClient, number: str, changes: dict[str, Any], path: str
) -> None:
    assert_outcome(client.post(f"/um/v1/authorizations/{number}/uses", json=USE | changes), Kind.INVALID, path)


def test_a_number_nobody_was_given_is_not_there(client: FlaskClient) -> None:
    assert_outcome(client.get("/um/v1/authorizations/A000"), Kind.NOT_FOUND)
    assert_outcome(client.post("/um/v1/authorizations/A000/uses", json=USE), Kind.NOT_FOUND)
