"""`/um/v1/auth-match` and `/um/v1/authorizations`: for the systems that pay claims. Must not know what fits what."""

from fhir_um.api.bodies import read_shape
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.ledger_views import (
    MatchIn,
    UseIn,
    authorization_view,
    claimed,
    insured_and_billed,
    matched_view,
    subject_of,
    use_view,
)
from fhir_um.cases.ledger import Authorization
from fhir_um.usecases.match_authorization import match_authorization
from fhir_um.usecases.use_authorization import read_authorization, record_use, reverse_use

REVERSAL = "/um/v1/authorizations/<number>/uses/<use_id>/reversal"
_MADE, _KNOWN = 201, 200


def match(asked: Asked) -> Answer:
    """Which authorization one line of a claim may be paid under, what remains of it, and else what is in the way."""
    insured, billed = insured_and_billed(read_shape(asked, MatchIn))
    found = match_authorization(asked.deps, asked.caller, insured, billed)
    told = (one.authorization for one in (*found.fitting, *found.near))
    return plain(matched_view(found), about=map(subject_of, told))


def show(asked: Asked, number: str) -> Answer:
    """What was authorized under a number, every use of it, and what remains."""
    found, standing = read_authorization(asked.deps, asked.caller, number)
    return plain(_told(found) | {"standing": standing}, about=(subject_of(found),))


def record(asked: Asked, number: str) -> Answer:
    """Counts units of a claim; the same use sent again counts once, more than remain is refused."""
    given = claimed(read_shape(asked, UseIn))
    found, is_new = record_use(asked.deps, asked.caller, number, given)
    return plain(_told(found), _MADE if is_new else _KNOWN, about=(subject_of(found),))


def take_back(asked: Asked, number: str, use_id: str) -> Answer:
    """Takes a use back: its units may be used again. The use stays on record."""
    found, is_new = reverse_use(asked.deps, asked.caller, number, use_id)
    return plain(_told(found), _MADE if is_new else _KNOWN, about=(subject_of(found),))


def _told(found: Authorization) -> dict[str, object]:
    return authorization_view(found) | {"uses": [use_view(use) for use in found.uses]}
