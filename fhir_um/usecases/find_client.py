"""A client by its id, as it is registered now. One reading. Must not know why it is asked for."""

from fhir_um.cases.client import Client
from fhir_um.deps import Deps


def find_client(deps: Deps, id: str) -> Client | None:
    """The client, active or not; None when there is none."""
    with deps.open_reading() as work:
        return work.clients.find(id)
