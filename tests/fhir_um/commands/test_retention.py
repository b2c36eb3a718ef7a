"""`fhir-um retention`: says what may go, removes it when told to, and keeps what is held."""

import re
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from fhir_um.__main__ import main
from fhir_um.store.database import Store
from fhir_um.vault import new_key
from tests.fhir_um.store.stored import PAYER, opened, payer, put_whole

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def old_case(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with one case that was decided long ago."""
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("FHIR_UM_SECRET_KEYS", new_key())
    with closing(Store(sqlite_url, lambda: LONG_AGO)) as store:
        with store.open_work() as work:
            work.save_payers((payer(),))
        put_whole(store, opened())
        _antedate(store)


def _antedate(store: Store) -> None:
    """The builders know one instant; the case is made to have been changed long before it."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE cases SET changed_at = '2001-01-01T00:00:00.000000+00:00'"))
        connection.execute(text("UPDATE cases SET document = replace(document, '2026-', '2001-')"))


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["retention", *words]) == code
    read = capsys.readouterr()
    return read.out + read.err


def test_report_purge_and_report_of_the_past(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1  case      of 2001  payer payer-1  rule R02" in told(capsys, "report")
    assert "Nothing was removed" in told(capsys, "purge", code=1)
    assert "1  case      payer payer-1  rule R02" in told(capsys, "purge", "--yes", "--limit", "5")
    assert "Nothing may go" in told(capsys, "purge", "--yes")
    assert re.search(r"Purge \S+, .+ UTC, by .+:\n +1  case", told(capsys, "report", "--past"))
    assert "May go: 0" in told(capsys, "report")


def test_a_hold_is_placed_listed_and_released(capsys: pytest.CaptureFixture[str]) -> None:
    placed = told(
        capsys, "hold", "add", "--payer", PAYER, "--case", "case-1", "--reason", "matter 1", "--by", "Counsel"
    )
    id = placed.split()[0]

    assert "case case-1" in placed
    assert "by Counsel: matter 1" in told(capsys, "hold", "list")
    assert "Kept by a legal hold alone: 1" in told(capsys, "report")
    assert "Nothing may go" in told(capsys, "purge", "--yes")
    assert "closed" in told(capsys, "hold", "release", id, "--reason", "closed")
    assert told(capsys, "hold", "list") == ""
    assert id in told(capsys, "hold", "list", "--all")
    assert "May go: 1" in told(capsys, "report")


def test_a_mistyped_hold_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "hold", "add", "--payer", PAYER, "--member", "nobody", "--reason", "matter 1", code=1)

    assert "no member with that id" in said
