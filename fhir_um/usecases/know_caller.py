"""Who is calling, by an access token: one reading per request, so that what changes about a client counts at once.

Must not know HTTP.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import PayerId
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal


def know_caller(deps: Deps, token: str, certificate: str) -> Caller | None:
    """The caller that token was issued to; None when it is good for nothing, or bound to another certificate.

    Raises: Refusal BUSY while none of the client's payers is on file. Source: RFC 8705 3 (the same certificate).
    """
    at = deps.clock()
    with deps.open_reading() as work:
        grant = work.clients.of_token(token, at)
        if grant is None or (grant.certificate and grant.certificate != certificate):
            return None
        caller = grant.caller(tuple(PayerId(payer.id) for payer in work.directory().payers))
    if not caller.payer_ids:
        raise Refusal.of(Kind.BUSY, "transient", "No payer this client may speak to is on file yet.")
    return caller
