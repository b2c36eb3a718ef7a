"""The demo on the command line: what is printed, and what it ends with."""

import argparse
import json
from pathlib import Path

import pytest
import requests
import responses

from fhir_um.auth.client_keys import new_key
from fhir_um.commands import demo
from fhir_um.settings import Settings
from fhir_um.stories.answers import SeenCase, SeenError, SeenLine

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
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/um/v1/cases/7", json=CASE)

    code = run(fixtures, "one-question")

    told = capsys.readouterr().out
    assert code == 0
    assert " 1. A reviewer: to see a case" in told
    assert "GET /um/v1/cases/7" in told
    assert "line 1: nurse-review (waits for a nurse) · reason pending-review · due 2026-11-09 17:00 UTC" in told
    assert "As expected, every step." in told


@responses.activate
def test_an_inquiry_that_finds_nothing_says_so(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = fixtures / "stories" / "one-question" / "story.yaml"
    story.write_text(STORY.replace("method: GET, path: /um/v1/cases/7", "path: /fhir/Claim/$inquire"))
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.post(f"{SERVER}/fhir/Claim/$inquire", json={"resourceType": "Parameters"})

    run(fixtures, "one-question")

    assert "    nothing found\n" in capsys.readouterr().out


@responses.activate
def test_an_unexpected_answer_ends_with_1_and_says_what_differs(
    fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/um/v1/cases/7", json=OUTCOME, status=422)

    code = run(fixtures, "one-question")

    told = capsys.readouterr().out
    assert code == 1
    assert "error (required) at Bundle.timestamp: Send Bundle.timestamp." in told
    assert "NOT AS EXPECTED: status should be 200, is 422" in told


@responses.activate
def test_without_a_server_it_says_how_to_start_one(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/readyz", body=requests.ConnectionError("refused"))

    code = run(fixtures, "one-question")

    assert code == 1
    told = capsys.readouterr()
    assert f"Nobody answers at {SERVER} (ConnectionError). Start a server with `make run`" in told.err
    assert told.out == ""


@responses.activate
def test_a_server_that_is_not_ready_is_told(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/readyz", json={"status": "not ready"}, status=503)

    assert run(fixtures, "one-question") == 1
    assert "not ready for a story: it answers 503" in capsys.readouterr().err


def test_what_is_no_address_is_told(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fixtures, "one-question", "--server", "localhost") == 1
    assert "localhost is not an address" in capsys.readouterr().err


def test_a_folder_without_stories_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--all") == 1
    assert "There are no stories" in capsys.readouterr().err


def test_codes_are_told_in_words() -> None:
    line = SeenLine(action="A6", number="N1", reasons=("04", "ZZ"), quantity=12.0)

    told = " ".join(" ".join(demo._case(SeenCase("7", None, "complete", {1: line}, {1: line}))).split())

    assert "answered (outcome complete)" in told
    assert "A6 (authorized with changes) · quantity 12 · number N1 · reason 04 (less than asked), ZZ" in told
    assert "line 1, authorized instead: quantity 12" in told


def test_an_error_of_content_is_told_in_words() -> None:
    case = SeenCase("7", None, "error", {}, {}, (SeenError("67", "C", "Bundle.entry[4]"),))

    told = " ".join(" ".join(demo._case(case)).split())

    assert "fault of content 67 (no such member), follow-up C (correct and send again), at Bundle.entry[4]" in told


@responses.activate
def test_another_server_can_be_named(fixtures: Path) -> None:
    responses.get("http://127.0.0.1:9000/readyz", json={"status": "ready"})
    responses.get("http://127.0.0.1:9000/um/v1/cases/7", json=CASE)

    assert run(fixtures, "one-question", "--server", "http://127.0.0.1:9000/") == 0


@responses.activate
def test_it_plays_as_a_client(fixtures: Path) -> None:
    key = fixtures / "ehr.key"
    key.write_text(json.dumps(new_key("ES384")))
    configuration = {"token_endpoint": "https://um.example.org/oauth/token", "scopes_supported": ["um/cases.read"]}
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/.well-known/smart-configuration", json=configuration)
    responses.post(f"{SERVER}/oauth/token", json={"access_token": "opaque", "expires_in": 300})
    read = responses.get(f"{SERVER}/um/v1/cases/7", json=CASE)

    assert run(fixtures, "one-question", "--client", "ehr-1", "--key", str(key)) == 0
    assert read.calls[0].request.headers["Authorization"] == "Bearer opaque"


@responses.activate
def test_a_server_that_asks_who_is_calling_is_told(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/um/v1/cases/7", json=OUTCOME, status=401)

    assert run(fixtures, "one-question") == 1
    captured = capsys.readouterr()
    assert "play as it: --client ID --key FILE" in captured.err
    assert "NOT AS EXPECTED" not in captured.out


@responses.activate
def test_a_client_signs(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})

    assert run(fixtures, "one-question", "--client", "ehr-1") == 1
    assert "give --key FILE" in capsys.readouterr().err


@responses.activate
def test_verbose_prints_what_went_over_the_wire(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/um/v1/cases/7", json=CASE)

    run(fixtures, "one-question", "--verbose")

    assert f"    < {json.dumps(CASE)}" in capsys.readouterr().out


def test_the_stories_are_named(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fixtures, "--list") == 0
    assert capsys.readouterr().out.split() == ["one-question", "2.2.1", "2.0.1", "One", "question"]


@responses.activate
def test_a_story_is_played_on_the_older_base(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = fixtures / "stories" / "one-question" / "story.yaml"
    story.write_text(STORY.replace("/um/v1/cases/7", "/fhir/ClaimResponse/7"))
    responses.get(f"{SERVER}/readyz", json={"status": "ready"})
    responses.get(f"{SERVER}/2.0.1/fhir/ClaimResponse/7", json=CASE)

    assert run(fixtures, "one-question", "--version", "2.0.1") == 0
    assert "One question  [one-question, 2.0.1, " in capsys.readouterr().out


def test_a_story_of_another_base_is_not_played(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fixtures / "stories" / "one-question" / "story.yaml").write_text(STORY + "versions: ['2.2.1']\n")

    assert run(fixtures, "one-question", "--version", "2.0.1") == 1
    assert "The story one-question is not for 2.0.1, only for 2.2.1." in capsys.readouterr().err


def test_an_unknown_story_is_refused_with_a_hint(fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fixtures, "nothing") == 1
    assert "There is no story nothing" in capsys.readouterr().err


def test_the_shipped_stories_are_found() -> None:
    assert (demo.FIXTURES / "stories" / demo.MAIN_STORY / "story.yaml").is_file()
