"""The simulated reviewer at a server: what it sends, and how it ends when the server will not have it."""

import argparse
from pathlib import Path

import pytest
import requests
import responses

from fhir_um.commands import simulate_reviewer
from fhir_um.settings import Settings

SERVER = "http://127.0.0.1:8080"
CASES = f"{SERVER}/um/v1/cases"
LINE = {"sequence": 1, "state": "nurse-review", "service": {"codes": [{"system": "s", "code": "E0601"}]}}
CASE = {"id": "7", "version": 2, "lines": [LINE]}


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    simulate_reviewer.add_parser(parser.add_subparsers())
    args = parser.parse_args(["simulate-reviewer", "--server", SERVER, "--for", "0.1", *argv])
    code: int = args.func(args, Settings())
    return code


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(CASES, json={"cases": [{"id": "7"}]})
        mock.get(f"{CASES}/7", json=CASE)
        mock.post(f"{CASES}/7/openings", json={})
        yield mock


def test_what_waits_is_decided_on_the_version_that_was_read(server, capsys: pytest.CaptureFixture[str]):
    decisions = server.post(f"{CASES}/7/decisions", json=CASE)

    assert run("--after", "0") == 0

    sent = decisions.calls[0].request.body
    assert b'"version": 2' in sent and b'"role": "physician"' in sent
    assert "case 7 line 1: approve (criteria-met)" in capsys.readouterr().out


def test_token_is_sent_and_not_printed(server, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    decisions = server.post(f"{CASES}/7/decisions", json=CASE)
    token = tmp_path / "token"
    token.write_text("made-up-token\n")

    assert run("--after", "0", "--token-file", str(token)) == 0

    assert decisions.calls[0].request.headers["Authorization"] == "Bearer made-up-token"
    assert "made-up-token" not in "".join(capsys.readouterr())


def test_refusal_is_told_with_the_reason_of_the_server(server, capsys: pytest.CaptureFixture[str]):
    error = {"code": "business-rule", "detail": "The role nurse may not."}
    server.post(f"{CASES}/7/decisions", json={"title": "Not allowed", "errors": [error]}, status=403)

    assert run("--after", "0") == 0

    assert "was refused: The role nurse may not." in capsys.readouterr().out


def test_case_that_changed_meanwhile_is_left_to_the_next_look(server, capsys: pytest.CaptureFixture[str]):
    server.post(f"{CASES}/7/decisions", json={}, status=409)

    assert run("--after", "0") == 0

    assert "somebody else was faster" in capsys.readouterr().out


def test_server_that_lets_nobody_in_ends_it(capsys: pytest.CaptureFixture[str]):
    with responses.RequestsMock() as mock:
        mock.get(CASES, json={}, status=401)

        assert run() == 1

    assert "401" in capsys.readouterr().err


def test_nobody_answering_ends_it(capsys: pytest.CaptureFixture[str]):
    with responses.RequestsMock() as mock:
        mock.get(CASES, body=requests.ConnectionError("refused"))

        assert run() == 1

    assert "Nobody answers" in capsys.readouterr().err


def test_rules_that_make_no_sense_end_it_before_anything_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: 7")

    assert run("--rules", str(rules)) == 2
    assert str(rules) in capsys.readouterr().err
