"""A database of each kind with the demo's people and a few hundred members more, and a server of four processes."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bench import bodies
from bench.servers import our_server
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from tests.people import people

MEMBERS = 300


@dataclass(frozen=True, slots=True)
class Calm:
    """A server that several tests share: whoever uses it kills nothing, and asks for what nobody else asks for."""

    port: int
    database_url: str


def filled(database_url: str) -> str:
    """The same, with the demo's people and the many members in that database."""
    deps = make_deps(Settings(database_url=database_url))
    seed(people(), deps)
    with deps.open_work() as work:
        work.save_members(bodies.bench_members(MEMBERS))
    deps.store.close()
    return database_url


def faults_in(database_url: str) -> list[str]:
    """What `fhir-um verify` would find there."""
    deps = make_deps(Settings(database_url=database_url))
    faults = deps.store.verify().faults
    deps.store.close()
    return faults


@pytest.fixture
def seeded_url(database_url: str) -> str:
    return filled(database_url)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calm]:
    """A server of four processes, one for each kind of database."""
    folder = tmp_path_factory.mktemp("calm")
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        url = f"sqlite:///{shutil.copy(template, folder / 'fhir-um.db')}"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.url(name := server.lend(request.getfixturevalue("postgresql_template")))
    with our_server(filled(url), 4, folder, delivering=1) as running:
        yield Calm(running.port, url)
    if request.param == "postgresql":
        server.take_back(name)


@pytest.fixture
def server(seeded_url, tmp_path):
    with our_server(seeded_url, 4, tmp_path, delivering=1) as running:
        yield running
