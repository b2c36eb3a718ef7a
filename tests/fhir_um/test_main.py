"""The command line as a whole: verbs, settings faults, databases that are not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fhir_um.__main__ import VERBS, main, make_parser


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", f"sqlite:///{tmp_path}/own.db")
    monkeypatch.delenv("FHIR_UM_MODE", raising=False)


def test_every_verb_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])

    shown = capsys.readouterr().out
    assert stop.value.code == 0
    assert all(verb in shown for verb in VERBS)


def test_no_verb_is_an_error() -> None:
    with pytest.raises(SystemExit) as stop:
        make_parser(()).parse_args([])

    assert stop.value.code == 2


def test_nothing_asked_shows_what_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_environ: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fhir_um.settings.Settings.from_env", interrupted)

    assert main(["migrate"]) == 130
    assert capsys.readouterr().err == "fhir-um: stopped\n"


@pytest.mark.parametrize(
    "words",
    [["migrate"], ["seed"], ["decide"], ["demo"], ["policy"], ["policy", "explain"], ["hooks", "metrics"], ["verify"]],
)
def test_help_speaks_to_its_reader(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--help"])

    assert "Must not" not in capsys.readouterr().out


def test_unknown_setting_stops_every_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FHIR_UM_PROT", "1")

    assert main(["migrate"]) == 2
    assert "did you mean FHIR_UM_PORT?" in capsys.readouterr().err


def test_migrate_then_verify(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 1
    assert "fhir-um migrate" in capsys.readouterr().err

    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert main(["verify"]) == 0
    assert "sound" in capsys.readouterr().out


def test_serve_refuses_to_start_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"]) == 2
    assert "over TLS" in capsys.readouterr().err


def test_sandbox_refuses_the_network(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")

    assert main(["serve", "--host", "0.0.0.0"]) == 2  # noqa: S104 must be refused
    assert "loopback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["policy", "list"], ["migrate"], ["serve", "--help"], ["decide", "--help"]], ids=" ".join
)
def test_reader_that_goes_away_ends_a_command_quietly(words: list[str]) -> None:
    """As in `fhir-um policy list | head -1`: nobody reads what is written."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "fhir_um", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, b"")
