"""What is remembered of one request while it runs, for its one log line and its audit row. Never health data."""

import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Request, Response, g, has_request_context

from fhir_um.cases.auditing import AuditEntry, Subject
from fhir_um.cases.caller import Caller
from fhir_um.clock import NewId
from fhir_um.logs import say

_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}")
"""A UUID, or the same digits without dashes, as traces are named. Other words may be somebody's name or number."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "(other)"
"""Stands for any other: it may be somebody's name or number, too."""


@dataclass(slots=True)
class Trail:
    """One request. `route` is the template of its path, never the path; `outcome` names a refusal's kind.

    The rest is for the audit log: who called, `person` among them where no caller is known yet, in which `role`,
    `remote` from where, `action` where a constant name says it better than the route, `detail` a code of ours, `seen`
    whom the answer tells of, `success` its status when nothing goes wrong. `is_noted` says that a row is due then too,
    and may be written along with what is changed from now on. `signed` is that row, `signer` the transaction that
    wrote it, `is_kept` that it was committed.
    """

    request_id: str
    method: str = _OTHER
    started: float = field(default_factory=time.perf_counter)
    route: str = "(none)"
    guide: str = ""
    client_id: str = ""
    case_id: str = ""
    case_version: int | None = None
    outcome: str = "answered"
    bytes_in: int = 0
    body_hash: str = ""
    caller: Caller | None = None
    person: str = ""
    role: str = ""
    remote: str = ""
    action: str = ""
    detail: str = ""
    seen: set[Subject] = field(default_factory=set)
    success: int = 200
    is_noted: bool = False
    signer: object = None
    signed: AuditEntry | None = None
    is_kept: bool = False

    def admit(self, caller: Caller) -> None:
        """Notes who is calling, as the guard found."""
        self.caller, self.client_id = caller, caller.client_id


def open_trail(request: Request, new_id: NewId, remote: str = "") -> Trail:
    """Starts the trail of the current request; a caller's own X-Request-Id is kept when it is a UUID."""
    given = request.headers.get("X-Request-Id", "")
    method = request.method if request.method in _METHODS else _OTHER
    trail = Trail(given if _REQUEST_ID.fullmatch(given) else new_id(), method, remote=remote)
    g.trail = trail
    return trail


def current_trail() -> Trail:
    """The trail of the current request."""
    trail: Trail = g.trail
    return trail


def note(action: str, detail: str = "", person: str = "", role: str = "") -> None:
    """Has a row written about the current request, whatever its route, under that constant name."""
    trail = current_trail()
    trail.is_noted, trail.action, trail.detail = True, action, detail
    trail.person, trail.role = person, role


def see(subjects: Iterable[Subject]) -> None:
    """Notes that the answer to the current request tells of them; without one, as in a command, does nothing."""
    if has_request_context():
        current_trail().seen.update(subjects)


def write_line(response: Response) -> None:
    """The canonical line of the current request."""
    trail = current_trail()
    say(
        logging.INFO,
        "request",
        request_id=trail.request_id,
        method=trail.method,
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
