"""`fhir-um hooks metrics`: what kept hook calls amount to, told to people and as JSON, without the patient."""

import json
import sqlite3
from typing import Any

import pytest

from fhir_um.__main__ import main
from fhir_um.api.metric_views import NOT_TOLD
from tests.fhir_um.api.test_hooks import INSTANCE, sent
from tests.fhir_um.doors import open_doors

TOKEN = "secret-token-of-the-ehr"
_ACCESS = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 30, "scope": "patient/*.rs", "subject": "us"}


@pytest.fixture
def called(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that was asked twice: once about home oxygen, once in a way that cannot be answered."""
    with open_doors(sqlite_url) as client:
        assert sent(client, fhirAuthorization=_ACCESS).status_code == 200
        assert sent(client, extension={"davinci-crd.requestedVersion": "2.2"}, prefetch={}).status_code >= 400
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    return sqlite_url


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["hooks", "metrics", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.spec("crd:metric-1", "crd-check:121")
def test_records_and_measures_are_given_as_json(called: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(capsys)

    answered, refused = sorted(found["records"], key=lambda record: record["httpResponse"])
    assert (answered["hookInstance"], answered["httpResponse"]) == (INSTANCE, 200)
    assert refused["httpResponse"] >= 400 and refused["issue"]
    counts = {(row["measure"], row["name"]): (row["count"], row["of"]) for row in found["measures"]}
    assert counts[5, "authorization satisfied"] == (1, 1)
    assert set(found["byHook"]) == {"order-sign"}
    assert found["byPayer"]["harbor"] == found["measures"]
    assert set(found["notTold"]) == set(NOT_TOLD) and set(found["notMeasured"]) == {"7", "8"}


@pytest.mark.spec("crd-check:121")
def test_measures_are_told_in_lines(called: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hooks", "metrics"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 calls, 1 of them answered with 200, about 1 orders."
    assert [line.split()[0] for line in lines[1:7]] == ["1", "2", "3", "4", "5", "6"]
    assert any("order-sign: 2 calls" in line for line in lines)
    assert any(line.startswith("7  ") for line in lines)


@pytest.mark.parametrize(("since", "calls"), [("2026-11-20", 2), ("2026-11-21", 0)])
def test_only_days_asked_for_are_counted(
    called: str, capsys: pytest.CaptureFixture[str], since: str, calls: int
) -> None:
    assert len(shown(capsys, "--since", since)["records"]) == calls


@pytest.mark.spec("crd:sec-6", "crd-check:120")
def test_nobody_is_named_in_what_is_measured(called: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(shown(capsys))

    assert not any(
        word in text for word in ("nora", "Whitfield", "H1001-6103", "1961", "J44", '"86"', "Practitioner/1")
    )


@pytest.mark.spec("crd:sec-9", "crd-check:120")
def test_token_of_a_call_is_in_no_row(called: str) -> None:
    store = sqlite3.connect(called.removeprefix("sqlite:///"))
    rows = "\n".join(store.iterdump())
    store.close()

    assert INSTANCE in rows
    assert TOKEN not in rows
