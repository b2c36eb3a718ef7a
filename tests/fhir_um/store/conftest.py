"""A second database beside that of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_um.store.database import Store
from tests.postgresql import PostgreSQL


@pytest.fixture
def older_url(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of the same kind as the store's."""
    if store.engine.dialect.name == "sqlite":
        yield f"sqlite:///{tmp_path / 'older.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.new_database()
    yield server.url(name)
    server.drop_database(name)
