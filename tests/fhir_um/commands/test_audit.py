"""`fhir-um audit`: walks the chain, prints its end, and tells what is in it; commands of an operator are in it too."""

import json

import pytest
from sqlalchemy import create_engine, text

from fhir_um.__main__ import main
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.anchor_audit import anchor_daily
from tests.fhir_um.api import attaching
from tests.fhir_um.doors import open_doors


@pytest.fixture
def url(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A submission, a look at its case, and ten looks at nothing."""
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with open_doors(sqlite_url) as client:
        case_id = attaching.pended(client)
        client.get(f"/um/v1/cases/{case_id}")
        for _ in range(10):
            client.get("/um/v1/cases/nothing")
    return sqlite_url


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["audit", *words]) == 0
    return capsys.readouterr().out


def alter(url: str, *changes: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for change in changes:
            connection.execute(text(change))
    engine.dispose()


def test_a_log_that_holds_and_one_that_was_changed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "The audit log holds: 12 rows" in told(capsys, "verify")
    anchor = told(capsys, "anchor").strip()
    assert anchor.startswith("12:")
    assert "holds" in told(capsys, "verify", "--anchor", anchor)

    alter(url, "DROP TRIGGER audit_log_no_update", "UPDATE audit_log SET outcome = 'answered' WHERE sequence = 5")

    assert main(["audit", "verify"]) == 1
    assert "row 5 was changed. It holds up to row 4." in capsys.readouterr().err
    assert main(["verify"]) == 1
    assert "audit log: row 5 was changed" in capsys.readouterr().err


def test_daily_anchors_are_listed_and_the_log_is_held_against_them(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "anchors") == ""
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX))
    assert anchor_daily(deps) == 1
    deps.store.close()

    assert told(capsys, "anchors").startswith("12:")
    assert "holds: 13 rows" in told(capsys, "verify")
    alter(url, "DROP TRIGGER audit_log_no_delete", "DELETE FROM audit_log WHERE sequence > 10")
    assert main(["audit", "verify"]) == 1
    assert "its end was cut off" in capsys.readouterr().err


def test_an_end_that_was_cut_off(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    anchor = told(capsys, "anchor").split()[0]
    alter(url, "DROP TRIGGER audit_log_no_delete", "DELETE FROM audit_log WHERE sequence > 10")

    assert "10 rows" in told(capsys, "verify")
    assert main(["audit", "verify", "--anchor", anchor]) == 1
    assert "its end was cut off" in capsys.readouterr().err


@pytest.mark.parametrize("anchor", ["12", "12:xyz", "0:" + "0" * 64, ""])
def test_what_is_no_anchor(anchor: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "verify", "--anchor", anchor])
    assert "not an anchor" in capsys.readouterr().err


def test_rows_are_found_and_the_look_is_noted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "search", "--client", "sandbox", "--limit", "3").splitlines()
    assert len(lines) == 3
    assert "GET /um/v1/cases/<case_id>  not-found not-found 404" in lines[0]

    rows = json.loads(told(capsys, "search", "--client", "command-line", "--json"))
    assert [row["action"] for row in rows] == ["command audit search"]
    assert rows[0]["person"]
    assert rows[0]["role"] == "operator"
    assert told(capsys, "search", "--action", "nothing").strip() == "Nothing was found."
    asked_for = json.loads(told(capsys, "search", "--client", "sandbox", "--json"))[0]["requestId"]
    assert len(told(capsys, "search", "--request", asked_for).splitlines()) == 1
    with pytest.raises(SystemExit, match="2"):
        main(["audit", "search", "--outcome", "forbidden"])
    assert "not-allowed" in capsys.readouterr().err


def test_a_member_is_accounted_for(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = json.loads(told(capsys, "search", "--action", "POST /fhir/Claim/$submit", "--json"))
    (subject,) = row["subjects"]
    words = ("disclosures", "--payer", subject["payerId"], "--member", subject["memberId"])

    assert "outside  sandbox  POST /fhir/Claim/$submit  case" in told(capsys, *words)
    assert told(capsys, *words, "--csv").startswith("at,row,recipient,")
    looked = json.loads(told(capsys, *words, "--json"))
    assert [one["what"] for one in looked if not one["outside"]] == ["command audit disclosures"] * 2
    assert told(capsys, *words, "--since", "2099-01-01").strip() == "Nothing was told of that member."


@pytest.mark.parametrize(("payer", "member"), [("harbor", "nobody"), ("nowhere", "harbor-1001")])
def test_a_mistyped_member_is_not_accounted_for(
    url: str, capsys: pytest.CaptureFixture[str], payer: str, member: str
) -> None:
    assert main(["audit", "disclosures", "--payer", payer, "--member", member]) == 1
    assert "no member with that id" in capsys.readouterr().err


def test_what_is_unusual(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "repeated-refusals  sandbox" in told(capsys, "alerts", "--since", "2026-11-20")
    assert json.loads(told(capsys, "alerts", "--since", "2026-11-20", "--json"))[0]["count"] == 10


def test_what_an_operator_does_is_noted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed"]) == 0
    assert main(["decide"]) == 0
    assert main(["hooks", "metrics"]) == 0
    assert main(["deliveries", "list"]) == 0

    rows = json.loads(told(capsys, "search", "--client", "command-line", "--json"))
    assert [row["action"] for row in rows] == [
        "command deliveries list",
        "command hooks metrics",
        "command decide",
        "command seed",
    ]
    assert [bool(row["subjects"]) for row in rows] == [False, False, True, False]
    assert "holds" in told(capsys, "verify")
