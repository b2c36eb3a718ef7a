"""What is remembered of one request while it runs, for its one log line and its audit row. Never health data."""

import logging
import re
import time
from dataclasses import dataclass, field

from flask import Request, Response, g

from fhir_um.clock import NewId
from fhir_um.logs import say

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Trail:
    """One request. `route` is the template of its path, never the path; `outcome` names a refusal's kind."""

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    route: str = "(none)"
    guide: str = ""
    client_id: str = ""
    case_id: str = ""
    case_version: int | None = None
    outcome: str = "answered"
    bytes_in: int = 0
    body_hash: str = ""


def open_trail(request: Request, new_id: NewId) -> Trail:
    """Starts the trail of the current request; a caller's own X-Request-Id is kept when it is a plain word."""
    given = request.headers.get("X-Request-Id", "")
    trail = Trail(given if _REQUEST_ID.fullmatch(given) else new_id())
    g.trail = trail
    return trail


def current_trail() -> Trail:
    """The trail of the current request."""
    trail: Trail = g.trail
    return trail


def write_line(request: Request, response: Response) -> None:
    """The canonical line of the current request."""
    trail = current_trail()
    say(
        logging.INFO,
        "request",
        request_id=trail.request_id,
        method=request.method,
        route=trail.route,
        guide=trail.guide or None,
        status=response.status_code,
        outcome=trail.outcome,
        client_id=trail.client_id or None,
        case_id=trail.case_id or None,
        case_version=trail.case_version,
        bytes_in=trail.bytes_in,
        bytes_out=response.content_length,
        duration_ms=round((time.perf_counter() - trail.started) * 1000, 2),
    )
