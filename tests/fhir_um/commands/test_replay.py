"""`fhir-um replay`: what it prints, what it leaves out, and what it ends with."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fhir_um.commands import replay
from fhir_um.settings import Settings
from fhir_um.simulators.listening import Asked, Listener, Told, json_told

SECRET = "opens-every-door"
HEARD: list[Asked] = []


def answers(asked: Asked) -> Told:
    HEARD.append(asked)
    if asked.path == "/page":
        return Told(body=b"<p>now</p>", content_type="text/html")
    return json_told({"resourceType": "ClaimResponse", "id": str(len(HEARD)), "outcome": "complete"})


@pytest.fixture
def server() -> Iterator[Listener]:
    HEARD.clear()
    with Listener(answers) as running:
        yield running


def row(path: str = "/fhir/Claim/$submit", status: int = 200, **answer: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    body = {"hookInstance": "0b5c4d7e-0000-4000-8000-000000000001", "fhirAuthorization": {"access_token": SECRET}}
    told = {"resourceType": "ClaimResponse", "id": "x", "outcome": "complete"} | answer
    asked = {"method": "POST", "path": f"{path}?access_token={SECRET}", "headers": headers, "body": body}
    return {"request": asked, "response": {"status": status, "body": told}}


def run(server: str, captures: Any, tmp_path: Path, *argv: str) -> int:
    file = tmp_path / "captures.json"
    file.write_text(captures if isinstance(captures, str) else json.dumps(captures))
    parser = argparse.ArgumentParser()
    replay.add_parser(parser.add_subparsers())
    args = parser.parse_args(["replay", str(file), "--server", server, *argv])
    code: int = args.func(args, Settings())
    return code


def test_answers_as_recorded_end_well(server: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(server.url, [row(), row()], tmp_path) == 0

    printed = capsys.readouterr().out
    assert "  1/2 POST /fhir/Claim/$submit?: 200 in" in printed
    assert "2 as recorded, 0 different" in printed
    assert "Compared only for being there: id, " in printed


def test_differences_are_shown_and_end_with_1(
    server: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(server.url, [row(status=201, outcome="queued", preAuthRef="A1"), row()], tmp_path) == 1

    printed = capsys.readouterr().out
    assert "changed  status: 201 → 200" in printed
    assert 'changed  ClaimResponse.outcome: "queued" → "complete"' in printed
    assert 'missing  ClaimResponse.preAuthRef: "A1"' in printed
    assert "3 differences" in printed and "1 as recorded, 1 different" in printed


def test_what_is_ignored_is_not_different(server: Listener, tmp_path: Path) -> None:
    assert run(server.url, [row(outcome="queued")], tmp_path, "--ignore", "ClaimResponse.outcome") == 0


@pytest.mark.parametrize("argv", [(), ("--verbose",), ("--verbose", "--send-credentials")])
def test_no_secret_is_ever_printed(
    argv: tuple[str, ...], server: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(server.url, [row(access_token=SECRET)], tmp_path, *argv)

    assert SECRET not in "".join(capsys.readouterr())
    assert (SECRET in str(HEARD)) is ("--send-credentials" in argv)


def test_a_token_of_ones_own_is_sent(server: Listener, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("of-my-own\n")

    run(server.url, [row()], tmp_path, "--token-file", str(token), "--header", "X-Tenant: north")

    assert (HEARD[0].headers["authorization"], HEARD[0].headers["x-tenant"]) == ("Bearer of-my-own", "north")


def test_a_repeat_is_a_new_request_unless_ids_are_kept(server: Listener, tmp_path: Path) -> None:
    run(server.url, [row()], tmp_path)
    run(server.url, [row()], tmp_path, "--keep-ids")

    new, kept = (asked.content["hookInstance"] for asked in HEARD)
    assert kept == row()["request"]["body"]["hookInstance"] != new


def test_only_the_first_are_sent_and_pages_are_not(
    server: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = {"request": {"path": "/page"}, "response": {"status": 200, "body": "<p>then</p>"}}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    token = {
        "request": {"method": "POST", "path": "/oauth/token", "headers": form, "body": f"client_assertion={SECRET}"}
    }

    lost = {"request": {"method": "POST", "path": "/x", "body": "\ufffd"}, "response": {"status": 200}}
    rows = [page, token | {"response": {"status": 200}}, lost, row(), row()]

    run(server.url, rows, tmp_path, "--only", "4")

    printed = capsys.readouterr().out
    assert len(HEARD) == 1
    assert "GET /page: not sent, it is a page" in printed
    assert "POST /oauth/token: not sent, it asks for a token" in printed
    assert "POST /x: not sent, its body was no text" in printed
    assert "1 as recorded, 0 different, 3 not sent" in printed


def test_answers_that_are_no_json_are_compared_as_text(
    server: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posted = {"request": {"method": "POST", "path": "/page"}, "response": {"status": 200, "body": "<p>then</p>"}}

    assert run(server.url, [posted], tmp_path) == 1
    assert 'changed  body: "<p>then</p>" → "<p>now</p>"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("captures", "argv", "said"),
    [
        ("{", (), "neither JSON nor JSON Lines"),
        ([row()], ("--header", "nothing"), "--header takes a name and a value"),
        ([row()], ("--token-file", "/nowhere/token"), "/nowhere/token: No such file"),
    ],
)
def test_what_cannot_be_used_ends_with_2(
    captures: Any, argv: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("http://127.0.0.1:1", captures, tmp_path, *argv) == 2
    assert said in capsys.readouterr().err


def test_a_server_that_is_not_there_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("http://127.0.0.1:1", [row()], tmp_path) == 2
    assert "Nobody answers at http://127.0.0.1:1" in capsys.readouterr().err
