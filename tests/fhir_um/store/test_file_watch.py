"""A SQLite file that is moved away, replaced or spoiled under a running store is noticed before anything is lost."""

from pathlib import Path

import pytest

from fhir_um.errors import Kind, Refusal
from fhir_um.store.database import Store
from tests.conftest import now


@pytest.fixture
def opened(sqlite_url: str):
    store = Store(sqlite_url, now)
    store.ping()
    yield store
    store.close()


def _file(store: Store) -> Path:
    return Path(store.engine.url.database)


def test_a_file_moved_away_stops_writing_and_reading_until_it_is_back(opened: Store, tmp_path: Path) -> None:
    file = _file(opened)
    away = file.rename(tmp_path / "away.db")

    for use in (opened.open_work, opened.open_reading):
        with pytest.raises(Refusal) as refused, use():
            pass
        assert refused.value.kind is Kind.BUSY

    away.rename(file)
    opened.ping()


def test_another_file_in_its_place_is_noticed(opened: Store) -> None:
    file = _file(opened)
    copy = file.read_bytes()
    file.unlink()
    file.with_name("other").write_bytes(copy)
    file.with_name("other").rename(file)

    assert "moved or deleted" in opened.fault()


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, this is no database. " * 40)
    store = Store(f"sqlite:///{tmp_path / 'letter.txt'}", now)

    assert "cannot be used" in store.fault()
    store.close()
