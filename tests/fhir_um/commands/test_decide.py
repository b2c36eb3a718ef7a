"""`fhir-um decide`: the same rules as over HTTP, from the command line."""

import json
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from tests.fhir_um.doors import open_doors

REQUEST = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


@pytest.fixture
def case_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A pended case in the database that the command line is told to use."""
    body = next(REQUEST.glob("02-*.request.json")).read_bytes()
    with open_doors(sqlite_url) as client:
        answer = client.post("/fhir/Claim/$submit", data=body, content_type="application/fhir+json")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


PHYSICIAN = ["--role", "physician", "--reviewer", "d-1", "--npi", "1999999992", "--line", "1"]


def test_line_is_decided(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--version",
        "1",
        *PHYSICIAN,
        "--action",
        "approve",
        "--reason",
        "criteria-met",
        "--text",
        "Need is shown.",
    ]

    assert main(["decide", case_id, *words]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["version"], shown["lines"][0]["state"]) == (2, "approved")


def test_decision_may_come_as_a_file(case_id: str, tmp_path: Path) -> None:
    line = {"sequence": 1, "action": "approve", "reason": "criteria-met"}
    body = {"version": 1, "role": "physician", "reviewer": {"id": "d-1", "npi": "1999999992"}, "lines": [line]}
    file = tmp_path / "decision.json"
    file.write_text(json.dumps(body))

    assert main(["decide", case_id, "--body", str(file)]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--version", "7", *PHYSICIAN, "--action", "approve", "--reason", "criteria-met"], "version 7"),
        (["--version", "1", *PHYSICIAN, "--action", "bless", "--reason", "criteria-met"], "lines[0].action"),
        ([], "reviewer"),
    ],
)
def test_refusal_is_told(case_id: str, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert main(["decide", case_id, *words]) == 1
    assert told in capsys.readouterr().err
