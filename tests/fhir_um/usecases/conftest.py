"""Dependencies over a seeded database of each kind, with a clock the test moves by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest

from fhir_um.commands.seed import seed
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings
from tests.builders import AT
from tests.people import people


@dataclass
class HandClock:
    at: datetime = AT
    made: count = field(default_factory=lambda: count(1))

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: int) -> None:
        self.at += timedelta(**by)

    def new_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self.made):012d}"

    def new_number(self) -> str:
        return f"{next(self.made):010d}"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def _seeded(database_url: str, clock: HandClock) -> Iterator[Deps]:
    made = make_deps(Settings(database_url=database_url, mode=Mode.SANDBOX), clock, clock.new_id, clock.new_number)
    seed(people(), made)
    yield made
    made.store.close()


@pytest.fixture
def deps(database_url, clock) -> Iterator[Deps]:
    yield from _seeded(database_url, clock)


@pytest.fixture
def bare(database_url, clock) -> Iterator[Deps]:
    """Without payers and members, for what is not about them."""
    made = make_deps(Settings(database_url=database_url, mode=Mode.SANDBOX), clock, clock.new_id, clock.new_number)
    yield made
    made.store.close()


@pytest.fixture
def lite(sqlite_url, clock) -> Iterator[Deps]:
    """On SQLite alone, for rules in which the store has no part."""
    yield from _seeded(sqlite_url, clock)
