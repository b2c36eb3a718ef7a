"""The worker process of the web server: who is answered next, who is sent away at once, and what is said to bytes that
are no HTTP request or come too slowly.

Must not repeat anything of the request, here or in the log: a request line may hold a name or a member number.
"""

import logging
import os
import socket
import struct
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from gunicorn import util  # type: ignore[import-untyped]  # gunicorn ships no types
from gunicorn.http import errors  # type: ignore[import-untyped]  # gunicorn ships no types
from gunicorn.workers.sync import SyncWorker  # type: ignore[import-untyped]  # gunicorn ships no types

from cds_hooks.http import BASES as HOOK_BASES
from fhir_um.api import health
from fhir_um.api.envelope import usual_headers
from fhir_um.api.exchange import JSON, is_own_api, request_urn
from fhir_um.clock import new_id
from fhir_um.commands.server_hall import Guest, Hall, has_head, head_of, is_endless
from fhir_um.commands.server_patience import PatientSocket, TooSlow
from fhir_um.logs import say
from fhir_um.settings import Settings
from profiles.issues import Issue, Kind, Refusal
from profiles.outcome import PROBLEM_JSON, operation_outcome, problem_details
from profiles.reading import FHIR_JSON, write_json

_SHARE_TO_ARRIVE = 2 / 3
"""How much of the time a worker has for one request may pass until it has arrived; after the whole it is killed."""

_RETRY_AFTER = {"Retry-After": "5"}
_TCP_INFO = struct.Struct("<8B24I")
_LAST_DATA_RECEIVED = 8 + 11
"""Milliseconds since bytes came last. Source: Linux, include/uapi/linux/tcp.h, `tcpi_last_data_recv`."""

_BAD_REQUEST = (400, "structure", "The request is not HTTP this server can read.")
_ANSWERS: dict[type[Exception], tuple[int, str, str]] = {
    errors.LimitRequestLine: (414, "too-long", "The request line is too long."),
    errors.LimitRequestHeaders: (431, "too-long", "The headers are too many or too long."),
    TooSlow: (408, "timeout", "The request did not arrive in time."),
    errors.ExpectationFailed: (417, "not-supported", "Expect: 100-continue is all that is met."),
    errors.UnsupportedTransferCoding: (501, "not-supported", "Only the transfer coding chunked is supported."),
}


class ServerWorker(SyncWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Answers one request at a time, those that have come. Source of the answers: PAS 2.2.1 spec-35."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        settings: Settings = self.app.settings
        self._usual = usual_headers(settings.base_url.startswith("https:"))
        self._longest_wait_ms = settings.longest_wait_ms
        self._patience_seconds = self.cfg.timeout * _SHARE_TO_ARRIVE
        self._hall = Hall(self._patience_seconds, time.monotonic)

    def accept(self, listener: Any) -> None:
        """Called by the web server when there may be somebody to answer. Raises: OSError when nobody else is there."""
        for guest in self._hall.asking():
            self.handle(listener, guest.client, guest.address)
            self.notify()
        for guest in self._hall.late():
            self._give_up(guest)
        client, address = listener.accept()
        client.setblocking(True)
        util.close_on_exec(client)
        if has_head(client):
            self.handle(listener, client, address)
        else:
            self._hall.bring_in(client, address)

    def wait(self, timeout: float) -> Any:
        """Called by the web server when there is nobody to answer."""
        self.notify()
        ready = self._hall.wait((*(each.fileno() for each in self.sockets), self.PIPE[0]), timeout)
        if self.PIPE[0] in ready:
            os.read(self.PIPE[0], 1)
        return self.sockets

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Called for each request."""
        waited_ms, head = waited(client), head_of(client)
        patient = PatientSocket(client, self._patience_seconds, self._hall.see_off, waited_ms / 1000)
        if is_endless(head):
            self.handle_error(None, patient, addr, errors.LimitRequestHeaders("head"))
            util.close_graceful(patient)
        elif 0 < self._longest_wait_ms < waited_ms and path_of(head) not in health.PATHS:
            self._send_away(patient, path_of(head), waited_ms)
            util.close_graceful(patient)
        else:
            super().handle(listener, patient, addr)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by the web server for what never becomes a request, and for a client that went away."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status, code, text = _ANSWERS.get(type(exc), _BAD_REQUEST)
        say(logging.INFO, "not-a-request", status=status, error_type=type(exc).__name__)
        _send(client, _answer(status, f"{FHIR_JSON}; charset=utf-8", _outcome(code, text), self._usual))

    def _give_up(self, guest: Guest) -> None:
        """Who said nothing hears nothing."""
        if guest.seen_bytes:
            self.handle_error(None, guest.client, guest.address, TooSlow())
        util.close_graceful(PatientSocket(guest.client, self._patience_seconds, self._hall.see_off))

    def _send_away(self, client: PatientSocket, path: str, waited_ms: int) -> None:
        """An answer that comes now is worth more than a good one that comes when nobody waits for it any more."""
        request_id = new_id()
        status, word = int(HTTPStatus.SERVICE_UNAVAILABLE), Kind.BUSY.value
        say(logging.WARNING, "shed", request_id=request_id, status=status, outcome=word, duration_ms=waited_ms)
        headers = {**self._usual, **_RETRY_AFTER, "X-Request-Id": request_id}
        if path.startswith(tuple(HOOK_BASES)):
            headers["Access-Control-Allow-Origin"] = "*"
        told: dict[str, Any] = {"error": word, "requestId": request_id}
        media = JSON
        if is_own_api(path):
            media = PROBLEM_JSON
            told = problem_details(Refusal(Kind.BUSY, ()), request_urn(request_id))
        _send(client, _answer(status, f"{media}; charset=utf-8", msgspec.json.encode(told), headers))


def waited(client: socket.socket) -> int:
    """How many milliseconds ago the last of what a connection has to say came in; 0 where the kernel does not tell.

    What has come in full waits since then. Of a body that still comes the last part counts: whoever is sending is not
    waiting yet. Who connected and was silent until now did not wait either, but for a first look at nothing.
    """
    if sys.platform != "linux":
        return 0
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    return int(_TCP_INFO.unpack(info)[_LAST_DATA_RECEIVED]) if len(info) == _TCP_INFO.size else 0


def path_of(head: bytes) -> str:
    """The path that a request line names; empty when there is none.

    >>> path_of(b"GET /healthz?x=1 HTTP/1.1")
    '/healthz'
    """
    words = head[:4_096].split(b" ", 2)
    return words[1].partition(b"?")[0].decode("latin-1") if len(words) > 1 else ""


def _outcome(code: str, text: str) -> bytes:
    return write_json(operation_outcome((Issue(code, text),)))


def _answer(status: int, media: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    framing = {"Connection": "close", "Content-Type": media, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (framing | dict(headers)).items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _send(client: Any, answer: bytes) -> None:
    try:
        client.settimeout(1)
        client.sendall(answer)
    except OSError:
        pass  # whoever sent this did not wait for an answer
