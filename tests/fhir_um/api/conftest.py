"""The application over a fresh SQLite database with the invented people, and one good request."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.fhir_um.doors import open_doors
from tests.fhir_um.joining import Joining, joining

GOOD = Path(__file__).resolve().parents[3] / "fixtures" / "broken" / "good.request.json"
FHIR = {"Content-Type": "application/fhir+json"}


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    """A client of the whole application."""
    with open_doors(sqlite_url) as made:
        yield made


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joining]:
    """A server that is a member of a trust community, shared by tests that leave nothing another could stumble over."""
    folder = tmp_path_factory.mktemp("house")
    with joining(f"sqlite:///{shutil.copy(sqlite_template, folder / 'house.db')}", folder / "udap") as opened:
        yield opened


@pytest.fixture
def good() -> bytes:
    """A request bundle without a fault."""
    return GOOD.read_bytes()


@pytest.fixture
def case_id(client: FlaskClient, good: bytes) -> str:
    """The id of a case opened by the good request."""
    answer = client.post("/fhir/Claim/$submit", data=good, headers=FHIR)
    assert answer.status_code == 200, answer.text
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity
