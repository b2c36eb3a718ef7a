"""`fhir-um clocks`: dates, rules, what runs out, and the forecast, in lines for people."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.commands.opening import demand_known_zones, open_house
from fhir_um.settings import Settings, SettingsFault
from fhir_um.usecases.raise_alarms import raise_alarms
from tests.fhir_um.api import attaching
from tests.fhir_um.doors import NOW, open_doors


@pytest.fixture
def case_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case that waits for documents."""
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with open_doors(sqlite_url) as client:
        return attaching.pended(client)


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["clocks", *words]) == code
    return capsys.readouterr().out


def test_a_case_and_why_it_is_due_then(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, case_id)

    assert text.startswith("line 1, decision: runs\n  The decision is to be made and told by ")
    assert "calendar days from receipt of the request" in text
    assert told(capsys, "nothing", code=1) == ""


def test_the_rules_of_a_coverage_and_state(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "rules", "--line-of-business", "COMM", "--state", "CA", "--on", "2026-08-03")

    assert "S-CA1  decision, 5 business_days from information" in text
    assert "S-NY1" not in text and "D01 " not in text
    assert "not in force" in told(capsys, "rules")


def test_what_runs_out(case_id: str, capsys: pytest.CaptureFixture[str], sqlite_url: str) -> None:
    assert told(capsys, "alarms") == "Nothing is late, and nothing soon will be.\n"
    deps = open_house(Settings(database_url=sqlite_url))
    raise_alarms(replace(deps, clock=lambda: NOW + timedelta(days=60)))
    deps.store.close()

    assert f"case {case_id} line 1, decision by " in told(capsys, "alarms")


def test_the_forecast(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "forecast", "--days", "7")

    assert "payer harbor\n" in text
    assert "never cleared at this pace" in text
    assert "- Nothing new comes in" in text


def test_a_house_with_a_zone_that_is_none_does_not_serve(sqlite_url: str, lost_zone: None) -> None:
    deps = open_house(Settings(database_url=sqlite_url))
    try:
        with pytest.raises(SettingsFault, match="No IANA time zone .* is on file for harbor"):
            demand_known_zones(deps)
    finally:
        deps.store.close()


@pytest.fixture
def lost_zone(sqlite_url: str) -> None:
    """A payer as an old program may have left it."""
    with open_doors(sqlite_url):
        pass
    deps = open_house(Settings(database_url=sqlite_url))
    with deps.open_work() as work:
        harbor = next(payer for payer in work.directory().payers if payer.id == "harbor")
        work.save_payers((replace(harbor, time_zone="Mars/Olympus"),))
    deps.store.close()


def test_a_rule_table_that_is_not_sound_stops_every_command(
    case_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "rules.csv"
    own.write_text("id\n", encoding="utf-8")
    monkeypatch.setenv("FHIR_UM_CLOCK_RULES", str(own))

    assert main(["clocks", "rules"]) != 0
    assert "FHIR_UM_CLOCK_RULES" in capsys.readouterr().err
