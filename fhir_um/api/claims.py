"""`Claim/$submit` and `Claim/$inquire`: read, one use case, write. Must not know what a decision is.

Source: PAS 2.2.1 OperationDefinition Claim-submit and Claim-inquiry; 2.0.1 differs in the dialect only.
"""

from hashlib import sha256

import msgspec

from fhir_um.api.content import read_body
from fhir_um.api.exchange import Answer, Asked, fhir
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.trail import current_trail
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.submission import Submission
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.facts_in import read_evidence
from fhir_um.translate.inquiry_in import read_inquiry
from fhir_um.translate.response_out import Beside, inquiry_response, submit_response
from fhir_um.translate.withholding import may_be_withheld
from fhir_um.usecases.inquire import inquire as find_authorizations
from fhir_um.usecases.read_case import body_behind
from fhir_um.usecases.submit_claim import submit_claim
from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.locating import with_places
from profiles.reading import ReadBundle, read_bundle

_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


def submit(asked: Asked) -> Answer:
    """A new request, an update or a cancellation. Source: PAS 2.2.1 spec-25 to spec-34."""
    body = _body(asked)
    bundle = read_bundle(body, asked.house.limits)
    warnings = _warnings(asked, body, bundle, inquiry=False)
    submission = _submission(asked, body, bundle)
    case = submit_claim(asked.deps, asked.caller, submission)
    behind = body_behind(asked.deps, case, submission)
    return fhir(submit_response(case, behind, DIALECTS[asked.guide], asked.base_url, warnings), case)


def inquire(asked: Asked) -> Answer:
    """What became of earlier requests, by example. Source: PAS 2.2.1 spec-42 to spec-53."""
    body = _body(asked)
    bundle = read_bundle(body, asked.house.limits)
    warnings = _warnings(asked, body, bundle, inquiry=True)
    told = find_authorizations(asked.deps, asked.caller, read_inquiry(bundle))
    limits = (may_be_withheld(told.contact),) if told.is_broad else ()
    beside = Beside(warnings, limits, told.under_part_2, told.own)
    written = inquiry_response(told.found, DIALECTS[asked.guide], asked.base_url, asked.deps.clock(), beside)
    return fhir(written, about=(subject_of(case) for case, _ in told.found))


def _warnings(asked: Asked, body: bytes, bundle: ReadBundle, inquiry: bool) -> tuple[Issue, ...]:
    """What the sender should mend although the request is taken.

    Raises: Refusal when it is not taken, with everything found.
    """
    strictness = asked.house.strictness(asked.caller, asked.guide)
    validator = asked.house.validator(asked.guide)
    try:
        found = check_request(bundle, asked.guide, inquiry, validator=validator, strictness=strictness)
    except Refusal as refusal:
        raise Refusal(refusal.kind, _told(refusal.issues, body)) from refusal
    return _told(found, body)


def _told(issues: tuple[Issue, ...], body: bytes) -> tuple[Issue, ...]:
    """Faults and warnings, each with its place in the text; what could not be checked is told by `$validate` alone."""
    return with_places((issue for issue in issues if issue.severity != "information"), body)


def content_hash(bundle: ReadBundle) -> str:
    """The same for every way to write the same JSON: white space, the order of properties and escapes do not matter.

    The order of a list does, and how a decimal is written: `1.0` and `1.00` are different in FHIR.
    """
    return sha256(_CANONICAL.encode(bundle.resource)).hexdigest()


def _submission(asked: Asked, body: bytes, bundle: ReadBundle) -> Submission:
    return Submission(
        request=read_claim(bundle),
        evidence=read_evidence(bundle),
        body=body,
        content_hash=content_hash(bundle),
        body_hash=current_trail().body_hash,
        guide=asked.guide,
        received_at=asked.deps.clock(),
        differential_updates=DIALECTS[asked.guide].differential_updates,
    )


def _body(asked: Asked) -> bytes:
    demand_fhir_json(asked.http)
    body = read_body(asked.http, asked.house.settings)
    trail = current_trail()
    trail.bytes_in, trail.body_hash = len(body), sha256(body).hexdigest()
    return body
