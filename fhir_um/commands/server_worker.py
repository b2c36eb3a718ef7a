"""The worker process of the web server: our own answer to bytes that are no HTTP request, or come too slowly.

Must not repeat anything of the request, here or in the log: a request line may hold a name or a member number.
"""

import logging
import math
import socket
import time
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]  # gunicorn ships no types
from gunicorn.workers.sync import SyncWorker  # type: ignore[import-untyped]  # gunicorn ships no types

from fhir_um.logs import say
from profiles.issues import Issue
from profiles.outcome import operation_outcome
from profiles.reading import FHIR_JSON, write_json

_SHARE_TO_ARRIVE = 2 / 3
"""How much of the time a worker has for one request may pass until it has arrived; after the whole it is killed."""


class TooSlow(errors.ParseException):  # type: ignore[misc]  # gunicorn ships no types
    """A request that did not arrive in time, however steadily it came."""


class PatientSocket:
    """A connection that is read until a moment and no longer: a timeout alone starts anew with every byte."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._until = time.monotonic() + seconds
        self._pause = seconds

    def settimeout(self, seconds: float) -> None:
        """The longest pause between two parts."""
        self._pause = seconds
        self._connection.settimeout(seconds)

    def shutdown(self, how: int) -> None:
        """The answer is given; what is read after it is only thrown away, by the web server's own rules."""
        self._until = math.inf
        self._connection.shutdown(how)

    def recv(self, size: int) -> bytes:
        """What came next. Raises: TooSlow after the moment; TimeoutError after a longer pause."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TooSlow
        self._connection.settimeout(min(left, self._pause))
        try:
            return self._connection.recv(size)
        except TimeoutError as fault:
            if left <= self._pause:
                raise TooSlow from fault
            raise
        finally:
            self._connection.settimeout(self._pause)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


_BAD_REQUEST = (400, "Bad Request", "structure", "The request is not HTTP this server can read.")
_ANSWERS: dict[type[Exception], tuple[int, str, str, str]] = {
    errors.LimitRequestLine: (414, "URI Too Long", "too-long", "The request line is too long."),
    errors.LimitRequestHeaders: (
        431,
        "Request Header Fields Too Large",
        "too-long",
        "The headers are too many or too long.",
    ),
    TooSlow: (408, "Request Timeout", "timeout", "The request did not arrive in time."),
    errors.ExpectationFailed: (417, "Expectation Failed", "not-supported", "Expect: 100-continue is all that is met."),
    errors.UnsupportedTransferCoding: (
        501,
        "Not Implemented",
        "not-supported",
        "Only the transfer coding chunked is supported.",
    ),
}


class ServerWorker(SyncWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Answers one request at a time. Source of the answers: PAS 2.2.1 spec-35."""

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Called by the web server for each connection."""
        super().handle(listener, PatientSocket(client, self.cfg.timeout * _SHARE_TO_ARRIVE), addr)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by the web server for what never becomes a request, and for a client that went away."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status, phrase, code, text = _ANSWERS.get(type(exc), _BAD_REQUEST)
        say(logging.INFO, "not-a-request", status=status, error_type=type(exc).__name__)
        try:
            client.settimeout(1)
            client.sendall(_answer(status, phrase, code, text))
        except OSError:
            pass  # whoever sent this did not wait for an answer


def _answer(status: int, phrase: str, code: str, text: str) -> bytes:
    body = write_json(operation_outcome((Issue(code, text),)))
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Type: {FHIR_JSON}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
