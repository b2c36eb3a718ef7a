"""Issue an access token to a client that has shown who it is. One transaction. Must not know how it has."""

from datetime import timedelta

from fhir_um.cases.client import Client, Issued
from fhir_um.deps import Deps


def issue_token(deps: Deps, client: Client, scopes: tuple[str, ...], certificate: str, seconds: int) -> Issued:
    """A token good for so long, bound to the certificate with that thumbprint if there is one (RFC 8705 3).

    It is issued to the client as it was read: one that was changed meanwhile has a token that opens nothing.
    """
    at = deps.clock()
    issued = Issued(deps.new_token(), scopes, at + timedelta(seconds=seconds), certificate)
    with deps.open_work() as work:
        work.clients.issue(client, issued, at)
    return issued
