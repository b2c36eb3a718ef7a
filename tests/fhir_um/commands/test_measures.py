"""`fhir-um measures`: reports to the screen and to files, publishing, and making facts anew."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from tests.fhir_um.invented_year import invented, write
from tests.people import people


@pytest.fixture
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    deps = make_deps(Settings(database_url=sqlite_url, mode=Mode.SANDBOX), lambda: datetime(2026, 6, 1, tzinfo=UTC))
    seed(people(), deps)
    write(deps, list(invented(seed=2, count=40, year=2025)))
    deps.store.close()
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    return sqlite_url


def test_rebuild_then_report_in_every_format(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "rebuild"]) == 0
    assert "The facts are made anew: " in capsys.readouterr().out

    assert main(["measures", "cms", "2025", "--payer", "harbor", "--whole"]) == 0
    text = capsys.readouterr().out
    assert "Harbor Example Health Plan 2025" in text
    assert "hidden" not in text

    out = tmp_path / "year.json"
    assert main(["measures", "cms", "2025", "--publish", "--format", "json", "--out", str(out)]) == 0
    reports = json.loads(out.read_text("utf-8"))["reports"]
    assert [report["payerId"] for report in reports] == ["harbor", "prairie"]
    assert reports[0]["groups"][0]["counts"]["all.received"]

    capsys.readouterr()
    assert main(["measures", "cms", "2025", "--payer", "harbor", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("payer,year,level,group,name,measure")


def test_operations_of_some_days(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["measures", "operations", "--from", "2025-01-01", "--to", "2025-12-31", "--payer", "harbor"]

    assert main(["measures", "rebuild"]) == main(words) == 0
    assert "K01" in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["reports"][0]["payerId"] == "harbor"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["operations", "--format", "csv"], "Say whose with --payer"),
        (["operations", "--from", "2025-02-02", "--to", "2025-01-01"], "--to is before --from"),
    ],
)
def test_what_makes_no_sense_is_refused(
    database: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measures", *words]) == 2
    assert said in capsys.readouterr().err


def test_payer_that_is_not_there(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "cms", "2025", "--payer", "nobody"]) == 1
    assert "No such payer." in capsys.readouterr().err


@pytest.mark.parametrize("year", ["25", "twenty", "20255"])
def test_a_year_has_four_digits(year: str) -> None:
    with pytest.raises(SystemExit):
        main(["measures", "cms", year])
