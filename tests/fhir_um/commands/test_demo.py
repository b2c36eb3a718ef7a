"""The demo on the command line: what is printed, and what it ends with."""

import argparse
import json
from pathlib import Path

import pytest
import requests
import responses

from fhir_um.commands import demo
from fhir_um.settings import Settings

SERVER = "http://127.0.0.1:8080"
STORY = """
title: One question
shows: What a case looks like.
written_on: 2026-11-02
steps:
  - {name: ask, who: A reviewer, asks: to see a case, method: GET, path: /um/v1/cases/7,
     expect: {status: 200, case_status: pended, lines: {1: {due: given}}}}
"""
CASE = {
    "id": "7",
    "version": 2,
    "status": "pended",
    "lines": [
        {
            "sequence": 1,
            "state": "nurse-review",
            "dueAt": "2026-11-09T17:00:00+00:00",
            "authorizationNumber": "",
            "administrativeReference": "",
            "decision": {"reason": "pending-review", "text": "With a nurse."},
        }
    ],
}
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "required",
            "details": {"text": "Send Bundle.timestamp."},
            "expression": ["Bundle.timestamp"],
        }
    ],
}


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    folder = tmp_path / "stories" / "one-question"
    folder.mkdir(parents=True)
    (folder / "story.yaml").write_text(STORY)
    return tmp_path


def run(fixtures: Path, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    demo.add_parser(parser.add_subparsers())
    args = parser.parse_args(["demo", "--fixtures", str(fixtures), *argv])
    code: int = args.func(args, Settings())
    return code


@responses.activate
def test_a_step_is_told_with_its_answer(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/um/v1/cases/7", json=CASE)

    code = run(fixtures, "one-question")

    told = capsys.readouterr().out
    assert code == 0
    assert " 1. A reviewer: to see a case" in told
    assert "GET /um/v1/cases/7" in told
    assert "line 1: nurse-review · reason pending-review · due 2026-11-09 17:00 UTC" in told
    assert "As expected, every step." in told


@responses.activate
def test_an_unexpected_answer_ends_with_1_and_says_what_differs(
    fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{SERVER}/um/v1/cases/7", json=OUTCOME, status=422)

    code = run(fixtures, "one-question")

    told = capsys.readouterr().out
    assert code == 1
    assert "error (required) at Bundle.timestamp: Send Bundle.timestamp." in told
    assert "NOT AS EXPECTED: status should be 200, is 422" in told


@responses.activate
def test_without_a_server_it_says_how_to_start_one(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/um/v1/cases/7", body=requests.ConnectionError("refused"))

    code = run(fixtures, "one-question")

    assert code == 1
    assert f"Nobody answers at {SERVER} (ConnectionError). Start it with make run." in capsys.readouterr().err


@responses.activate
def test_another_server_can_be_named(fixtures: Path) -> None:
    responses.get("http://127.0.0.1:9000/um/v1/cases/7", json=CASE)

    assert run(fixtures, "one-question", "--server", "http://127.0.0.1:9000/") == 0


@responses.activate
def test_verbose_prints_what_went_over_the_wire(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/um/v1/cases/7", json=CASE)

    run(fixtures, "one-question", "--verbose")

    assert f"    < {json.dumps(CASE)}" in capsys.readouterr().out


def test_the_stories_are_named(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fixtures, "--list") == 0
    assert capsys.readouterr().out.split() == ["one-question", "One", "question"]


def test_an_unknown_story_is_refused_with_a_hint(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fixtures, "nothing") == 1
    assert "There is no story nothing" in capsys.readouterr().err


def test_the_shipped_stories_are_found() -> None:
    assert (demo.FIXTURES / "stories" / demo.MAIN_STORY / "story.yaml").is_file()
