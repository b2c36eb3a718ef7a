"""A database of each kind with the demo's people and a few hundred members more, and a server of four processes."""

import pytest

from bench import bodies
from bench.servers import our_server
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from tests.people import people

MEMBERS = 300


@pytest.fixture
def seeded_url(database_url: str) -> str:
    deps = make_deps(Settings(database_url=database_url))
    seed(people(), deps)
    with deps.open_work() as work:
        work.save_members(bodies.bench_members(MEMBERS))
    deps.store.close()
    return database_url


@pytest.fixture
def server(seeded_url, tmp_path):
    with our_server(seeded_url, 4, tmp_path, delivering=1) as running:
        yield running
