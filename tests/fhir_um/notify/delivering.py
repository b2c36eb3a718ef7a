"""A real request that waits for a person, and subscribers to it: for tests of whole notifications."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fhir_um.cases.model import Case
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.subscribers.model import Subscription
from tests.builders import AT
from tests.conftest import now
from tests.fhir_um.store.subscribed import subscription
from tests.serving import serving

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"
BASES = {"2.2.1": "http://127.0.0.1:8080/fhir", "2.0.1": "http://127.0.0.1:8080/2.0.1/fhir"}


@contextmanager
def pended(database_url: str) -> Iterator[tuple[Deps, Case]]:
    """The house after a power wheelchair was asked for, and its case."""
    with serving(database_url) as client:
        body = next(STORY.glob("02-*.request.json")).read_bytes()
        answer = client.post("/fhir/Claim/$submit", data=body, headers={"Content-Type": "application/fhir+json"})
        identity = answer.json["entry"][0]["resource"]["id"]
    deps = make_deps(Settings(database_url=database_url, mode=Mode.SANDBOX), clock=now)
    with deps.open_reading() as reading:
        found = (reading.load_case(payer.id, identity) for payer in reading.directory().payers)
        case = next(case for case in found if case)
    yield deps, case
    deps.store.close()


def listening(case: Case, id: str = "sub-1", **changes: object) -> Subscription:
    """A subscription of the sender of that case."""
    return replace(subscription(id), payer_id=case.payer_id, sender=case.sender, **changes)  # type: ignore[arg-type]  # test data by field name


def announce(deps: Deps, case: Case) -> None:
    with deps.open_work() as work:
        work.subscribers.announce(case, AT)
