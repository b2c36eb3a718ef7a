"""Writes a ClaimResponse from a case: the root, its errors and its reviewer.

Must not know bundles or bytes; the manner of answering is given.
"""

from fhir_um.cases.asked import Party, SupportingInfo
from fhir_um.cases.model import AUTHORIZED, OVER, PENDED, BusinessError, Case, Decision, LineState
from fhir_um.translate.codes import review_actions
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.elements_out import (
    Json,
    code_extension,
    coded,
    instant,
    needed_concept,
    period,
    string_extension,
)
from fhir_um.translate.line_out import added_item, item, review
from fhir_um.translate.manner import Manner
from fhir_um.translate.naming import member_of, request_reference, requester_of
from fhir_um.translate.notes import Notes
from fhir_um.translate.providers_out import claim_providers, provider_extension
from fhir_um.words import Code, Period
from profiles.canonicals import (
    EXT_CLAIM_RESPONSE_REVIEWER,
    EXT_ERROR_ELEMENT,
    EXT_ERROR_FOLLOWUP_ACTION,
    EXT_ERROR_PATH,
    EXT_TRANSMISSION_IDENTIFIERS,
    NPI,
    PROFILE_CLAIM_INQUIRY_RESPONSE,
    PROFILE_CLAIM_RESPONSE,
    X12_FOLLOWUP_ACTION,
    X12_REJECT_REASON,
)

_STAY = frozenset({"admissionDates", "dischargeDates"})


def claim_response_of(case: Case, manner: Manner) -> Json:
    """The ClaimResponse that says where every line of the case stands now.

    Source: PAS 2.2.1 profile-claimresponse, spec-34, spec-46; section on responses.
    """
    notes, request, dialect, refs = Notes(), case.request, manner.dialect, manner.refs
    lines = sorted(case.lines, key=lambda line: line.sequence)
    stay = _stay(request.supporting_info)
    written: Json = {
        "resourceType": "ClaimResponse",
        "id": case.id,
        "meta": {"profile": [PROFILE_CLAIM_INQUIRY_RESPONSE if manner.inquiry else PROFILE_CLAIM_RESPONSE]},
        "extension": _root_extensions(case, manner),
        "identifier": manner.sent.identifiers(request.claim_identifiers),
        "status": "active",
        "type": needed_concept(request.claim_type),
        "use": "preauthorization",
        "patient": refs.refer(member_of(request)),
        "created": instant(case.changed_at),
        "insurer": refs.refer(request.payer),
        "requestor": {} if request.requester == Party() else refs.refer(requester_of(request)),
        "request": request_reference(request),
        "outcome": outcome(case, dialect),
        **_authorization(case),
        "item": [item(line, request, stay, manner, notes) for line in lines],
        "addItem": [
            added_item(line, request, stay, manner)
            for line in lines
            if dialect.added_items and line.state == LineState.MODIFIED
        ],
        "adjudication": _adjudication(case) if dialect.root_extensions else [],
        "error": [_error(error, dialect, notes) for error in case.errors],
    }
    notes.number(manner.notice)
    written["processNote"] = notes.written()
    return {name: value for name, value in written.items() if value}


def _adjudication(case: Case) -> list[Json]:
    """The decision on the request as a whole: only its cancellation is one, everything else is decided by line."""
    cancelled = case.request.cancel_all and all(line.state in OVER for line in case.lines)
    return [review(review_actions()[LineState.CANCELLED])] if cancelled else []


def _stay(information: tuple[SupportingInfo, ...]) -> tuple[SupportingInfo, ...]:
    told = (i for i in information if i.category.code in _STAY and not i.cancelled and i.timing != Period())
    return tuple({i.category.code: i for i in told}.values())


def outcome(case: Case, dialect: Dialect) -> str:
    """ClaimResponse.outcome; what was decided is on the lines, never here.

    Source: PAS 2.2.1 section on ClaimResponse (complete, error, partial); 2.0.1 says `queued` while a line waits.
    """
    if any(error.sequence is None for error in case.errors):
        return "error"
    if case.errors:
        return "partial"
    return dialect.pended_outcome if any(line.state in PENDED for line in case.lines) else "complete"


def _authorization(case: Case) -> Json:
    """preAuthRef is the number of the first authorized line: every number of a case finds the whole case."""
    given = [line for line in case.lines if line.state in AUTHORIZED]
    numbers = [line.authorization_number for line in given if line.authorization_number]
    written: Json = {"preAuthRef": numbers[0]} if numbers else {}
    days = _span([line.period for line in given if line.period])
    return written | ({"preAuthPeriod": period(days)} if days != Period() else {})


def _span(periods: list[Period]) -> Period:
    starts = [p.start for p in periods if p.start]
    ends = [p.end for p in periods if p.end]
    open_start, open_end = len(starts) < len(periods), len(ends) < len(periods)
    return Period(
        None if open_start or not starts else min(starts),
        None if open_end or not ends else max(ends),
    )


def _root_extensions(case: Case, manner: Manner) -> list[Json]:
    if not manner.dialect.root_extensions:
        return []
    providers = [provider_extension(p, manner) for p in claim_providers(case, manner.refs)]
    return [*_transmission(case), _reviewer(case), *providers]


def _transmission(case: Case) -> list[Json]:
    """The envelope ids the other way round: who received now sends."""
    ids = case.request.transmission
    if ids is None or not ids.application_sender or not ids.application_receiver:
        return []
    parts = [
        *string_extension("applicationSenderCode", ids.application_receiver),
        *string_extension("applicationReceiverCode", ids.application_sender),
        *string_extension("interchangeSenderID", ids.interchange_receiver),
        *string_extension("interchangeReceiverID", ids.interchange_sender),
    ]
    return [{"url": EXT_TRANSMISSION_IDENTIFIERS, "extension": parts}]


def _reviewer(case: Case) -> Json:
    """Whether a person took part, and who decided last.

    Source: PAS 2.2.1 extension-claimResponseReviewer.
    """
    lines = [line for line in case.lines if line.state not in OVER]
    reviews = [line.decision for line in lines if line.decision.decider.human]
    reviewed = bool(reviews) or any(line.reviewed for line in lines)
    parts: list[Json] = [{"url": "wasHumanReviewedFlag", "valueBoolean": reviewed}]
    named = [decision for decision in reviews if decision.decider.npi]
    if named:
        parts += _reviewed_by(max(named, key=lambda decision: decision.at))
    return {"url": EXT_CLAIM_RESPONSE_REVIEWER, "extension": parts}


def _reviewed_by(decision: Decision) -> list[Json]:
    decider = decision.decider
    npi = {"system": NPI, "value": decider.npi}
    return [{"url": "reviewerNPI", "valueIdentifier": npi}, *code_extension("reviewerSpecialty", decider.specialty)]


def _error(error: BusinessError, dialect: Dialect, notes: Notes) -> Json:
    """A business error with its X12 codes and where it lies.

    Source: PAS 2.2.1 section on business errors (X12 AAA), profile-claimresponse.error.
    """
    told = code_extension(
        EXT_ERROR_FOLLOWUP_ACTION, Code(X12_FOLLOWUP_ACTION, error.followup) if error.followup else None
    )
    told += _error_element(error, dialect, notes)
    told += string_extension(EXT_ERROR_PATH, error.path)
    written: Json = {"extension": told} if told else {}
    if error.sequence is not None:
        written["itemSequence"] = error.sequence
    return written | {"code": coded(X12_REJECT_REASON, error.code) | ({"text": error.text} if error.text else {})}


def _error_element(error: BusinessError, dialect: Dialect, notes: Notes) -> list[Json]:
    if not dialect.complex_error_element:
        return string_extension(EXT_ERROR_ELEMENT, error.element)
    note = notes.number(error.text)
    parts: list[Json] = [{"url": "processNote", "valuePositiveInt": note}] if note else []
    parts += string_extension("error", error.element)
    return [{"url": EXT_ERROR_ELEMENT, "extension": parts}] if parts else []
