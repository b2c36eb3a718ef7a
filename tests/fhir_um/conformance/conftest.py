"""A server in this process for whoever tries the runner on one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fhir_um.conformance.house import Office, open_office


@pytest.fixture(scope="session")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo's people, to copy."""
    file = tmp_path_factory.mktemp("planted") / "fhir-um.db"
    shutil.copy(sqlite_template, file)
    with open_office(f"sqlite:///{file}"):
        pass
    return file


@pytest.fixture
def office(seeded: Path, tmp_path: Path) -> Iterator[Office]:
    with open_office(f"sqlite:///{shutil.copy(seeded, tmp_path / 'fhir-um.db')}", is_seeded=True) as opened:
        yield opened
