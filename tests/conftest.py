"""Databases for the tests: a fresh SQLite file or PostgreSQL database each, already migrated, never shared."""

import gc
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fhir_um.settings import SANDBOX_KEY
from fhir_um.store.database import Store
from fhir_um.vault import Vault
from tests.postgresql import PostgreSQL

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def now() -> datetime:
    return NOW


def _migrate(url: str) -> None:
    store = Store(url, now)
    store.migrate()
    store.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server per test process, started on first use."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> str:
    """A migrated PostgreSQL database to copy."""
    name = postgresql.new_database()
    _migrate(postgresql.url(name))
    postgresql.keep_shape(name)
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "fhir-um.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'fhir-um.db')}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    name = postgresql.lend(postgresql_template)
    yield postgresql.url(name)
    postgresql.take_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'directory' / 'empty.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.new_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty, migrated store at a fixed time, once on each kind of database."""
    opened = Store(database_url, now, vault=Vault((SANDBOX_KEY,)))
    yield opened
    opened.close()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: nothing is gained by looking through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
