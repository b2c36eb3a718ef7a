"""The whole application in process, over the invented people, with a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask.testing import FlaskClient

from fhir_um.api.exchange import Route
from fhir_um.api.routes import ROUTES
from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, OwnAnswers, Settings
from tests.people import people
from tests.serving import heard_of_answers
from tests.told import hold_to_document

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@contextmanager
def open_doors(
    database_url: str, routes: tuple[Route, ...] = ROUTES, seeded: bool = True, public_url: str = ""
) -> Iterator[FlaskClient]:
    """A client of the application on that database; closed afterwards. A test with a faulty answer fails."""
    settings = Settings(
        database_url=database_url,
        mode=Mode.SANDBOX,
        public_url=public_url,
        requests_per_minute=0,
        check_responses=OwnAnswers.REPORT,
    )
    deps = make_deps(settings, clock=lambda: NOW)
    if seeded:
        seed(people(), deps)
    with heard_of_answers() as faulty:
        yield hold_to_document(make_app(deps, settings, routes), faulty).test_client()
    deps.store.close()
    assert faulty == []
