"""What tests of retention need around them: a whole case that is decided, and how much of anything is on file."""

from sqlalchemy import text

from fhir_um.cases.model import PENDED, Case
from fhir_um.deps import Deps
from fhir_um.store.tables import metadata
from fhir_um.usecases.submit_claim import submit_claim
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.store.subscribed import subscription
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.attached import attach, call, document, oxygen, tracking
from tests.fhir_um.usecases.subscribers import deliver

EVERYTHING = 1_000_000


def a_year_later(deps: Deps, years: int = 1, days: int = 0) -> None:
    """Move the test's clock by years of the calendar."""
    there = deps.clock.at.replace(year=deps.clock.at.year + years)  # type: ignore[attr-defined]  # the test's own clock
    deps.clock.at = there  # type: ignore[attr-defined]  # as above
    deps.clock.move(days=days)  # type: ignore[attr-defined]  # as above


def listened(deps: Deps, case_payer: str = "harbor") -> None:
    """Somebody listens to the sender, and has shaken hands."""
    with deps.open_work() as work:
        work.subscribers.add(subscription(payer_id=case_payer, sender=a_caller().sender), deps.clock())
    deliver(deps)


def whole_case(deps: Deps, content: bytes = b"a report") -> Case:
    """A case with two documents, decided since, of which its sender was told."""
    case = submit_claim(deps, a_caller(), oxygen(1))
    attach(deps, call(tracking(case), document(content=content)))
    attach(deps, call(tracking(case), document(content=b"x" * 600_000)))
    return done(deps, case)


def done(deps: Deps, case: Case) -> Case:
    """The case, with every line that waits approved by a physician, and told."""
    with deps.open_reading() as work:
        now = work.load_case(case.payer_id, case.id)
    assert now is not None
    waiting = [line.sequence for line in now.lines if line.state in PENDED]
    after = decided(deps, a_caller(), now.id, *map(approval, waiting)) if waiting else now
    deliver(deps)
    return after


def on_file(deps: Deps) -> dict[str, int]:
    """How many rows each table has."""
    with deps.store.engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in metadata.tables}
