"""What every answer is wrapped in: content type, request id, security headers, gzip. Must not know any route."""

import gzip

from flask import Request, Response

from fhir_um.api.exchange import Answer
from fhir_um.api.trail import current_trail

_SMALLEST_GZIP_BYTES = 1024
_GZIP_LEVEL = 4
_NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'"
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def to_response(answer: Answer) -> Response:
    """The answer as Flask sends it; its case goes on the trail."""
    if answer.case is not None:
        trail = current_trail()
        trail.case_id, trail.case_version = answer.case.id, answer.case.version
    if answer.stream is not None:
        return Response(answer.stream, answer.status, {**answer.headers, "Content-Type": answer.media})
    response = Response(answer.body, answer.status, answer.headers)
    response.headers["Content-Type"] = f"{answer.media}; charset=utf-8"
    return response


def seal(request: Request, response: Response) -> Response:
    """Adds what every answer carries, and compresses a long one for those who take gzip; none that is streamed."""
    headers = response.headers
    headers["X-Request-Id"] = current_trail().request_id
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Content-Security-Policy", _NOTHING_ALLOWED)
    headers.update(_SECURITY)
    headers["Vary"] = "Accept, Accept-Encoding"
    _compress(request, response)
    return response


def page_policy(style_hash: str) -> str:
    """The Content-Security-Policy of a page whose only outside part is its own inline style sheet."""
    return f"{_NOTHING_ALLOWED}; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'self'"


def _compress(request: Request, response: Response) -> None:
    wanted = "gzip" in request.headers.get("Accept-Encoding", "") and request.accept_encodings.quality("gzip") > 0
    body = response.get_data() if wanted and response.status_code != 304 and not response.is_streamed else b""
    if len(body) > _SMALLEST_GZIP_BYTES:
        response.set_data(gzip.compress(body, _GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
