"""The checker as a command."""

from pathlib import Path

import pytest

from profiles.__main__ import main

FOLDER = Path(__file__).parents[2] / "fixtures/broken"


def test_check_says_taken_and_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(FOLDER / "good.request.json")]) == 0
    assert "taken as a PAS 2.2.1 request" in capsys.readouterr().out


def test_check_prints_issues_with_paths_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FOLDER / name) for name in ("good.request.json", "period-backwards.request.json")]

    assert main(["check", "--no-base-model", "--version-of-guide", "2.0.1", *files]) == 1
    printed = capsys.readouterr().out
    assert "refused (invalid)" in printed
    assert "Bundle.entry[0].resource.item[0].servicedPeriod" in printed


def test_check_exits_2_when_a_file_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "absent.json")]) == 2
    assert "cannot be opened" in capsys.readouterr().err


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--help"])

    assert stopped.value.code == 0
    assert "Exit code" in capsys.readouterr().out
