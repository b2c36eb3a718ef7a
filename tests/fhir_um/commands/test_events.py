"""`fhir-um events`: one line of JSON for each step; a line's cursor leads on."""

import json

import pytest

from fhir_um.__main__ import main
from tests.fhir_um.api import attaching
from tests.fhir_um.doors import open_doors


@pytest.fixture
def case_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case that waits for documents."""
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with open_doors(sqlite_url) as client:
        return attaching.pended(client)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["events", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_step_is_a_line_and_its_cursor_leads_on(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys)

    assert [line["kind"] for line in lines] == ["opened", "line-requested"]
    assert {line["caseId"] for line in lines} == {case_id}
    assert told(capsys, "--after", str(lines[0]["cursor"])) == lines[1:]
    assert told(capsys, "--kind", "opened", "--case", case_id) == lines[:1]
    assert told(capsys, "--case", "another") == []


def test_who_reads_is_noted(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys)

    main(["audit", "search", "--action", "command events"])

    assert "command events" in capsys.readouterr().out


def test_more_is_waited_for(case_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = iter((None, KeyboardInterrupt))

    def pause(_seconds: float) -> None:
        if (fault := next(pauses)) is not None:
            raise fault

    monkeypatch.setattr("fhir_um.commands.events.time.sleep", pause)

    assert main(["events", "--follow"]) == 130
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_cursor_of_something_else_is_refused(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--after", "x"]) == 1
    assert "after must be the `next`" in capsys.readouterr().err
