"""What every answer is wrapped in: content type, request id, security headers, gzip. Must not know any route."""

import gzip
from collections.abc import Mapping

from flask import Request, Response

from fhir_um.api.exchange import Answer
from fhir_um.api.trail import current_trail
from fhir_um.cases.auditing import subject_of

_SMALLEST_GZIP_BYTES = 1024
_GZIP_LEVEL = 4
_NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'"
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONLY_TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""A year. Whether other hosts below this name speak TLS too is not ours to say. Source: RFC 6797 6.1, 7.2."""


def to_response(answer: Answer) -> Response:
    """The answer as Flask sends it; whom it tells of goes on the trail."""
    trail = current_trail()
    trail.seen.update(answer.about)
    if answer.case is not None:
        trail.case_id, trail.case_version = answer.case.id, answer.case.version
        trail.seen.add(subject_of(answer.case))
    if answer.stream is not None:
        return Response(answer.stream, answer.status, {**answer.headers, "Content-Type": answer.media})
    response = Response(answer.body, answer.status, answer.headers)
    response.headers["Content-Type"] = f"{answer.media}; charset=utf-8"
    for cookie in answer.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response


def usual_headers(is_https: bool) -> dict[str, str]:
    """What every answer carries, unless it has a policy of its own; `is_https`: the world reaches us by TLS."""
    policy = {"Cache-Control": "no-store", "Content-Security-Policy": _NOTHING_ALLOWED}
    return policy | _SECURITY | (_ONLY_TLS if is_https else {})


def seal(request: Request, response: Response, usual: Mapping[str, str]) -> Response:
    """Adds what every answer carries, and compresses a long one for those who take gzip; none that is streamed."""
    headers = response.headers
    headers["X-Request-Id"] = current_trail().request_id
    for name, value in usual.items():
        headers.setdefault(name, value)
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
