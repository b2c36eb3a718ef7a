"""The bill of materials, the licences and the audit say what is there, and what could not be looked at."""

import stat
from pathlib import Path

import pytest

from tools.supply.audit import audit, tell
from tools.supply.bill import with_licences
from tools.supply.licences import Licensed, table
from tools.supply.lock import pinned

A, B = "a" * 64, "b" * 64


def test_the_lock_is_read_with_its_hashes() -> None:
    found = pinned(f"# made by hand\nOne_Thing==1.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\nother==2\n")

    assert found["one-thing"].hashes == (A, B)
    assert found["one-thing"].line() == f"one-thing==1.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}"
    assert found["other"].hashes == ()


def test_a_bill_names_licences_as_cyclonedx_does() -> None:
    bill = {"components": [{"name": name} for name in ("a", "b", "c", "d")]}

    made = with_licences(bill, {"a": "MIT", "b": "MIT OR Apache-2.0", "c": "BSD License"})

    assert [component.get("licenses") for component in made["components"]] == [
        [{"license": {"id": "MIT"}}],
        [{"expression": "MIT OR Apache-2.0"}],
        [{"license": {"name": "BSD License"}}],
        None,
    ]


def test_a_licence_nobody_has_read_stands_out() -> None:
    (line,) = table([Licensed("thing", "1.0", "", False, "")])

    assert "none declared" in line
    assert "NOT ON THE LIST" in line


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0),
        ([{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}], 1),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}], 2),
    ],
)
def test_what_was_not_asked_about_is_no_clean_bill(found, code, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(found) == code

    said = capsys.readouterr()
    assert ("X-1, fixed in 2" in said.out) is (code == 1)
    assert ("NOT audited" in said.err) is (code == 2)


def test_a_database_that_knows_nothing_is_told_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell([{"name": "a", "skip_reason": "not found"}]) == 2

    assert "Nothing was audited" in capsys.readouterr().err


def test_a_database_out_of_reach_is_told_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\necho 'Name or service not known' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    assert audit(tmp_path) == 2

    assert "Nothing was audited" in capsys.readouterr().err
