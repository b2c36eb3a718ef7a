"""Who signed in, for an operator who reads an id in the log; and an end to somebody's sessions."""

from fhir_um.cases.model import ClientId
from fhir_um.cases.people import Known
from fhir_um.deps import Deps


def see_people(deps: Deps) -> tuple[Known, ...]:
    """Everybody who ever signed in, last first."""
    at = deps.clock()
    with deps.open_reading() as work:
        return work.people.known(at)


def end_sessions(deps: Deps, person_id: ClientId) -> int:
    """Nobody gets in any more with what that person's browsers hold; how many sessions it was."""
    with deps.open_work() as work:
        return work.people.end_sessions(person_id)
