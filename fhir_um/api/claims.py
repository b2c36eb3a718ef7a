"""`Claim/$submit` and `Claim/$inquire`: read, one use case, write. Must not know what a decision is.

Source: PAS 2.2.1 OperationDefinition Claim-submit and Claim-inquiry; 2.0.1 differs in the dialect only.
"""

import hashlib

from fhir_um.api.content import read_body
from fhir_um.api.exchange import Answer, Asked, fhir
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.trail import current_trail
from fhir_um.cases.submission import Submission
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.facts_in import read_evidence
from fhir_um.translate.inquiry_in import read_inquiry
from fhir_um.translate.response_out import inquiry_response, submit_response
from fhir_um.usecases.inquire import inquire as find_authorizations
from fhir_um.usecases.read_case import body_behind
from fhir_um.usecases.submit_claim import submit_claim
from profiles.checking import check_request
from profiles.reading import read_bundle


def submit(asked: Asked) -> Answer:
    """A new request, an update or a cancellation. Source: PAS 2.2.1 spec-25 to spec-34."""
    body = _body(asked)
    bundle = read_bundle(body, asked.house.limits)
    check_request(bundle, asked.guide)
    submission = Submission(
        request=read_claim(bundle),
        evidence=read_evidence(bundle),
        body=body,
        content_hash=current_trail().body_hash,
        guide=asked.guide,
        received_at=asked.deps.clock(),
        differential_updates=DIALECTS[asked.guide].differential_updates,
    )
    case = submit_claim(asked.deps, asked.caller, submission)
    behind = body_behind(asked.deps, case, submission)
    return fhir(submit_response(case, behind, DIALECTS[asked.guide], asked.base_url), case)


def inquire(asked: Asked) -> Answer:
    """What became of earlier requests, by example. Source: PAS 2.2.1 spec-42 to spec-53."""
    bundle = read_bundle(_body(asked), asked.house.limits)
    warnings = check_request(bundle, asked.guide, inquiry=True)
    found = find_authorizations(asked.deps, asked.caller, read_inquiry(bundle))
    at = asked.deps.clock()
    return fhir(inquiry_response(found, DIALECTS[asked.guide], asked.base_url, at, warnings))


def _body(asked: Asked) -> bytes:
    demand_fhir_json(asked.http)
    body = read_body(asked.http, asked.house.settings)
    trail = current_trail()
    trail.bytes_in, trail.body_hash = len(body), hashlib.sha256(body).hexdigest()
    return body
