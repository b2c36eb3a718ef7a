"""The benchmark of measures fills a store that the measures can be taken from."""

from datetime import UTC, datetime

from bench.measures import fill
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.usecases.measure_year import measure_year
from tests.people import people


def test_made_up_lines_are_all_counted(database_url: str) -> None:
    deps = make_deps(Settings(database_url=database_url), lambda: datetime(2026, 6, 1, tzinfo=UTC))
    seed(people(), deps)

    fill(deps, 0, 40)
    fill(deps, 40, 90)
    counts = dict(measure_year(deps, "harbor", 2025, hiding=False).rows[0].counts)
    with deps.open_reading() as work:
        clocks = list(
            work.facts.clock_runs("harbor", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
        )
    deps.store.close()

    assert 50 < counts["all.received"] <= 90
    assert counts["all.decided"] >= counts["all.received"] - 2
    assert 10 < len(clocks) < 60
