"""`fhir-um fake-payer`: its rules, where it listens, and what it tells of what comes."""

import argparse
from pathlib import Path

import pytest
import yaml

from fhir_um.commands import fake_payer
from fhir_um.settings import Settings
from fhir_um.simulators.listening import Asked, Listener, Told
from fhir_um.simulators.payer_rules import DEFAULT, read_rules


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    fake_payer.add_parser(parser.add_subparsers())
    args = parser.parse_args(["fake-payer", *argv])
    code: int = args.func(args, Settings())
    return code


def test_the_default_rules_are_printed_as_a_file_to_begin_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rules") == 0

    printed = capsys.readouterr().out
    (tmp_path / "rules.yaml").write_text(printed)
    assert read_rules(tmp_path / "rules.yaml") == read_rules()
    assert yaml.safe_load(printed) == yaml.safe_load(DEFAULT.read_text("utf-8"))


def test_it_says_where_it_listens_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--port", "0", "--for", "0.01") == 0

    printed = capsys.readouterr().out
    assert "kept in memory" in printed
    for place in ("/fhir\n", "/2.0.1/fhir\n", "/cds-services\n", "/2.0.1/cds-services\n"):
        assert place in printed


def test_faulty_rules_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.yaml").write_text("claims: [{outcome: perhaps}]")

    assert run("--rules", str(tmp_path / "rules.yaml")) == 2
    assert "rule 1 of `claims`" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(lambda _asked: Told()) as server:
        assert run("--port", server.url.rpartition(":")[2]) == 1

    assert "cannot be listened at: Address already in use" in capsys.readouterr().err


def test_what_comes_is_told_without_ids_unless_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked("GET", "/2.0.1/fhir/ClaimResponse/17-ann", "", {}, b"ann-lee")

    fake_payer._teller(False)(asked, Told())
    brief = capsys.readouterr().out
    fake_payer._teller(True)(asked, Told(body=b"answer"))
    whole = capsys.readouterr().out

    assert "GET /2.0.1/fhir/ClaimResponse: 200" in brief and "ann" not in brief
    assert "17-ann" in whole and "> ann-lee" in whole and "< answer" in whole


def test_no_secret_is_told_and_nothing_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    channel = b'{"header": ["Authorization: Bearer planted-2"]}'
    body = b'{"fhirAuthorization": {"access_token": "planted-1"}, "channel": ' + channel + b"}"

    fake_payer._teller(verbose=True)(
        Asked("POST", "/fhir/\x1b[2J", "", {}, body), Told(body=b"Bearer planted-3\x1b[2J")
    )

    said = capsys.readouterr().out
    assert "planted" not in said
    assert "\x1b" not in said
