"""A client gives a token back. One transaction. Source: RFC 7009."""

from fhir_um.cases.client import Client
from fhir_um.deps import Deps


def revoke_token(deps: Deps, client: Client, token: str) -> None:
    """The token is over, if it is the client's; any other text changes nothing."""
    with deps.open_work() as work:
        work.clients.revoke(client.id, token)
