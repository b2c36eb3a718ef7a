"""What becomes of everything that goes wrong: the only error handlers. Must not know any single route.

A refusal is an OperationOutcome with all its issues. A fault of ours is a fixed text with the request id and no
OperationOutcome: the same message may work later. Source: PAS 2.2.1 spec-35, spec-38, spec-39.
"""

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from fhir_um.api.envelope import to_response
from fhir_um.api.exchange import Answer, House, fhir, plain
from fhir_um.api.trail import current_trail
from fhir_um.deps import AuditRow
from fhir_um.errors import Kind, Refusal
from fhir_um.logs import frames_of, say
from profiles.outcome import operation_outcome, status_of
from profiles.reading import write_json

_OURS = 500
_RETRY_AFTER_SECONDS = "5"


def install(app: Flask, house: House) -> None:
    """Registers the handlers. Every refusal leaves one audit row, and nothing else, in a store that can be reached."""

    def refused(refusal: Refusal) -> Response:
        current_trail().outcome = refusal.kind.value
        if refusal.kind is not Kind.BUSY:  # the store has just kept the caller waiting; it cannot take a row either
            _audit(house, refusal)
        return to_response(answer_of(refusal, current_trail().request_id))

    def refused_by_flask(fault: HTTPException) -> Response:
        response = refused(_as_refusal(fault))
        if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(fault.valid_methods))
        return response

    def broken(fault: Exception) -> Response:
        trail = current_trail()
        trail.outcome = Kind.BROKEN.value
        name = type(fault).__name__
        say(logging.ERROR, "broken", request_id=trail.request_id, error_type=name, frames=frames_of(fault))
        return to_response(_ours("internal", _OURS, trail.request_id))

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, refused_by_flask)
    app.register_error_handler(Exception, broken)


def answer_of(refusal: Refusal, request_id: str) -> Answer:
    """The answer to a refused request; `request_id` stands in for details when the fault is ours."""
    status = status_of(refusal)
    if status >= _OURS:
        return _ours(refusal.kind.value, status, request_id)
    answer = fhir(write_json(operation_outcome(refusal.issues)))
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    return Answer(answer.body, answer.media, status, headers)


def _ours(word: str, status: int, request_id: str) -> Answer:
    headers = {} if status == _OURS else {"Retry-After": _RETRY_AFTER_SECONDS}
    return plain({"error": word, "requestId": request_id}, status, headers)


def _as_refusal(fault: HTTPException) -> Refusal:
    if isinstance(fault, NotFound):
        return Refusal.of(Kind.NOT_FOUND, "not-found", "There is nothing at this address; see /fhir/metadata.")
    if isinstance(fault, MethodNotAllowed):
        return Refusal.of(Kind.NOT_OFFERED, "not-supported", f"{request.method} is not offered at this address.")
    return Refusal.of(Kind.UNREADABLE, "structure", "The request cannot be read.")


def _audit(house: House, refusal: Refusal) -> None:
    trail = current_trail()
    row = AuditRow(
        id=house.deps.new_id(),
        payer_id=None,
        at=house.deps.clock(),
        client_id=trail.client_id,
        action=f"{request.method} {trail.route}",
        outcome=refusal.kind.value,
        status=status_of(refusal),
        detail=refusal.issues[0].code if refusal.issues else "",
        request_id=trail.request_id,
        body_hash=trail.body_hash,
    )
    try:
        with house.deps.open_work() as work:
            work.add_audit(row)
    except Exception as fault:
        say(logging.ERROR, "audit-lost", request_id=row.request_id, error_type=type(fault).__name__)
