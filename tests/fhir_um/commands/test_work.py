"""`fhir-um work`: what waits and who takes it, from the command line."""

import json

import pytest

from fhir_um.__main__ import main
from tests.fhir_um.api.test_worklists import submitted
from tests.fhir_um.doors import open_doors

NURSE = ["--role", "nurse", "--reviewer", "rn-1"]


@pytest.fixture
def case_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case that waits for a nurse in the database that the command line is told to use."""
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with open_doors(sqlite_url) as client:
        return submitted(client)


def test_somebody_sees_what_waits_and_takes_it(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "queues"]) == 0
    assert "nurse-dme" in capsys.readouterr().out
    assert main(["work", "list", "nurse-dme", "--unassigned"]) == 0
    assert case_id in capsys.readouterr().out
    assert main(["work", "next", "nurse-dme", *NURSE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["assignee"] == "rn-1"
    assert main(["work", "list", "mine", "--assignee", "rn-1"]) == 0
    assert f"{case_id}  nurse-dme  line 1  E0181" in capsys.readouterr().out
    assert main(["work", "unassign", case_id, "nurse-dme", *NURSE]) == 0
    assert main(["work", "unlock", case_id, "nurse-dme", "--reviewer", "rn-1"]) == 0
    assert main(["work", "list", "intake"]) == 0
    assert "Nothing waits there." in capsys.readouterr().out


def test_an_item_is_locked_sent_on_and_given_away(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    manager = ["--role", "operations-manager", "--reviewer", "ops-1"]

    assert main(["work", "next", "nurse-dme", *NURSE]) == 0
    assert main(["work", "lock", case_id, "nurse-dme", *NURSE]) == 0
    assert "rn-1  locked until " in capsys.readouterr().out
    assert main(["work", "lock", case_id, "nurse-dme", "--role", "nurse", "--reviewer", "rn-2"]) == 1
    assert "Somebody else works on this until " in capsys.readouterr().err
    assert main(["work", "escalate", case_id, "--reason", "The member called twice.", *NURSE]) == 0
    assert f"{case_id}  late  line 1" in capsys.readouterr().out

    assert main(["work", "reassign", "--from", "rn-1", "--to", "rn-2", *manager]) == 0
    assert "1 stay where they are" in capsys.readouterr().out
    assert main(["work", "unlock", case_id, "nurse-dme", "--reviewer", "rn-1"]) == 0
    assert main(["work", "reassign", "--from", "rn-1", "--queue", "nurse-dme", "--to", "rn-2", *manager]) == 0
    assert "E0181" in capsys.readouterr().out
    assert main(["work", "reassign", "--to", "rn-2", *manager]) == 1
    assert "Say whose work it is" in capsys.readouterr().err


def test_what_is_not_allowed_is_told(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "assign", case_id, "nurse-dme", "--to", "rn-2", *NURSE]) == 1
    assert "an operations manager assigns to others" in capsys.readouterr().err
    assert main(["work", "list", "nurse-astrology"]) == 1
    assert "There is no such queue" in capsys.readouterr().err


def test_what_waits_is_made_anew(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "rebuild"]) == 0
    assert "from 1 cases" in capsys.readouterr().out
