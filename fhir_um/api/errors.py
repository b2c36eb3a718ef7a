"""What becomes of everything that goes wrong: the only error handlers. Must not know any single route.

A refusal is an OperationOutcome with all its issues, or, at the addresses of our own API, problem details that say the
same. A fault of ours is a fixed text with the request id: the same message may work later. Source: PAS 2.2.1 spec-35,
spec-38, spec-39; RFC 9457.
"""

import logging
from dataclasses import replace

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from fhir_um.api.auditing import write_row
from fhir_um.api.envelope import to_response
from fhir_um.api.exchange import Answer, House, fhir, is_own_api, plain, request_urn
from fhir_um.api.oauth_errors import NEVER_KEPT, OAUTH, oauth_answer
from fhir_um.api.trail import current_trail
from fhir_um.auth.guard import ScopeMissing
from fhir_um.errors import Kind, Refusal
from fhir_um.logs import frames_of, say
from profiles.issues import TooMany
from profiles.outcome import PROBLEM_JSON, operation_outcome, problem_details, status_of
from profiles.reading import write_json

_OURS = 500
_RETRY_AFTER_SECONDS = "5"
_FIRST_REFUSAL = 400


def install(app: Flask) -> None:
    """Registers the handlers."""

    def refused(refusal: Refusal) -> Response:
        trail = current_trail()
        trail.outcome = refusal.kind.value
        trail.detail = trail.detail or (refusal.issues[0].code if refusal.issues else "")
        return to_response(_answer_here(refusal, trail.request_id))

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
        return to_response(_broken(trail.request_id))

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, refused_by_flask)
    app.register_error_handler(Exception, broken)


def _answer_here(refusal: Refusal, request_id: str) -> Answer:
    """The answer in the way of the address that was asked; whoever sent a token is told what it lacks."""
    answer = answer_of(refusal, request_id)
    if is_own_api(request.path):
        told = write_json(problem_details(refusal, request_urn(request_id)))
        answer = replace(answer, body=told, media=PROBLEM_JSON)
    elif request.path.startswith(OAUTH) and answer.status < _OURS:
        answer = replace(oauth_answer(refusal), headers=answer.headers | NEVER_KEPT)
    challenge = _challenge(refusal) if "Authorization" in request.headers else ""
    return replace(answer, headers=answer.headers | {"WWW-Authenticate": challenge}) if challenge else answer


def _broken(request_id: str) -> Answer:
    if is_own_api(request.path):
        return _answer_here(Refusal(Kind.BROKEN, ()), request_id)
    return _ours("internal", _OURS, request_id)


def _challenge(refusal: Refusal) -> str:
    """Source: RFC 6750 3 and 3.1 (nothing about errors to those who sent no token)."""
    if refusal.kind is Kind.UNKNOWN_CALLER:
        return 'Bearer error="invalid_token"'
    if isinstance(refusal, ScopeMissing):
        return f'Bearer error="insufficient_scope", scope="{refusal.scope.value}"'
    return ""


def answer_of(refusal: Refusal, request_id: str) -> Answer:
    """The answer to a refused request; `request_id` stands in for details when the fault is ours."""
    status = status_of(refusal)
    if status >= _OURS:
        return _ours(refusal.kind.value, status, request_id)
    answer = fhir(write_json(operation_outcome(refusal.issues)))
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    if isinstance(refusal, TooMany):
        headers["Retry-After"] = str(refusal.seconds)
    return Answer(answer.body, answer.media, status, headers)


def leave_trace(house: House, response: Response) -> Response:
    """The answer, once its row is in the audit log.

    Where the row cannot be written, a refusal goes out all the same, and the log says that its row is lost. Anything
    else is withheld: nobody sees health data without a trace.
    """
    trail = current_trail()
    try:
        write_row(house.deps, request, response.status_code)
    except Exception as fault:
        say(logging.ERROR, "audit-lost", request_id=trail.request_id, error_type=type(fault).__name__)
        if response.status_code < _FIRST_REFUSAL:
            trail.outcome = Kind.BUSY.value
            return to_response(_answer_here(Refusal(Kind.BUSY, ()), trail.request_id))
    return response


def _ours(word: str, status: int, request_id: str) -> Answer:
    headers = {} if status == _OURS else {"Retry-After": _RETRY_AFTER_SECONDS}
    return plain({"error": word, "requestId": request_id}, status, headers)


def _somewhere() -> str:
    return "/openapi.json" if is_own_api(request.path) else "/fhir/metadata"


def _as_refusal(fault: HTTPException) -> Refusal:
    if isinstance(fault, NotFound):
        return Refusal.of(Kind.NOT_FOUND, "not-found", f"There is nothing at this address; see {_somewhere()}.")
    if isinstance(fault, MethodNotAllowed):
        return Refusal.of(Kind.NOT_OFFERED, "not-supported", "This method is not offered at this address.")
    return Refusal.of(Kind.UNREADABLE, "structure", "The request cannot be read.")
