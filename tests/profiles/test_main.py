"""The verbs of `python -m profiles`, as a shell would run them."""

import subprocess
import sys
from pathlib import Path

import pytest

from profiles.__main__ import main

ROOT = Path(__file__).parents[2]


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])

    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert all(verb in printed for verb in ("check", "guides", "compile"))


def test_module_runs() -> None:
    ran = subprocess.run([sys.executable, "-m", "profiles", "guides"], cwd=ROOT, capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "hl7.fhir.us.davinci-pas#2.2.1" in ran.stdout


def test_nobody_reading_on_is_no_fault() -> None:
    command = f"{sys.executable} -m profiles check fixtures/broken --show all | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (141, "")
    assert len(ran.stdout.splitlines()) == 1


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "checking.md").read_text("utf-8")
    command, *shown = page.partition("```text\n$ ")[2].partition("\n```")[0].splitlines()
    monkeypatch.chdir(ROOT)

    assert main(command.removeprefix("python -m profiles ").split()) == 1
    assert capsys.readouterr().out.splitlines() == shown
