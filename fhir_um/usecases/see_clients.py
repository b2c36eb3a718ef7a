"""Every client there is, for an operator. One reading."""

from fhir_um.cases.client import Client
from fhir_um.deps import Deps


def see_clients(deps: Deps) -> tuple[Client, ...]:
    """By id, active or not."""
    with deps.open_reading() as work:
        return work.clients.all()
