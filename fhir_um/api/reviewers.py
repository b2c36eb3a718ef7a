"""`/um/v1/reviewers`: the payer's clinicians, their licences and attestations. Must not know who decides what."""

from fhir_um.api.bodies import read_shape
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.reviewer_views import CredentialIn, credential_of, reviewer_view
from fhir_um.usecases.keep_reviewers import keep_reviewers, see_reviewers


def list_all(asked: Asked) -> Answer:
    """Everybody on file with the caller's payers, by NPI, and whether licence and attestation are valid today (UTC)."""
    on = asked.deps.clock().date()
    found = see_reviewers(asked.deps, asked.caller)
    return plain({"reviewers": [reviewer_view(one, on) for one in found]})


def put(asked: Asked, npi: str) -> Answer:
    """Puts a clinician on file, or in the place of what is on file about them."""
    given = credential_of(read_shape(asked, CredentialIn), npi, asked.caller.home_payer)
    keep_reviewers(asked.deps, asked.caller, (given,))
    return plain(reviewer_view(given, asked.deps.clock().date()))
