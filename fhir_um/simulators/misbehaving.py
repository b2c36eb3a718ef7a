"""Answers that no good server gives, to be put in place of honest ones. Must not know what was asked for.

Nothing sleeps: whatever is slow or has no end ends when listening ends.
"""

import gzip
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from fhir_um.simulators.listening import Answer, Told, Wire, json_told

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_DRIP_SECONDS = 0.01


def sends(value: object, status: int = HTTPStatus.OK, **headers: str) -> Answer:
    """That body (bytes as they are, anything else as JSON), status and headers (`Content_Type=...`)."""
    told = Told(status, value) if isinstance(value, bytes) else json_told(value, status)
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _asked: replace(told, headers=given)


def redirects(url: str) -> Answer:
    """To another address."""
    return sends(b"", HTTPStatus.FOUND, Location=url)


def is_late(answer: Answer, seconds: float) -> Answer:
    """The same answer, after so long."""
    return lambda asked: replace(answer(asked), after_seconds=seconds)


def writes(write: Callable[[Wire], None]) -> Answer:
    """Whatever that writes to the open connection."""
    return lambda _asked: Told(wire=write)


def _breaks_after(content: bytes) -> Answer:
    def write(wire: Wire) -> None:
        wire.write(content)
        wire.hang_up()

    return writes(write)


def _goes_on(head: bytes, part: bytes, every_seconds: float = 0) -> Answer:
    """The same part again and again, without end."""

    def write(wire: Wire) -> None:
        wire.write(head)
        while not wire.stopped.wait(every_seconds):
            wire.write(part)

    return writes(write)


def _waits_after(content: bytes) -> Answer:
    def write(wire: Wire) -> None:
        wire.write(content)
        wire.stopped.wait()
        wire.hang_up()

    return writes(write)


never_answers = _waits_after(b"")
"""Takes the request and says nothing."""

drips_headers = _goes_on(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", _DRIP_SECONDS)
"""A byte of a header that never ends, again and again: each one is in time, all together are not."""

drips_body = _goes_on(_HEAD + b"\r\n", b" ", _DRIP_SECONDS)
"""A body that comes a byte at a time."""

floods = _goes_on(_HEAD + b"\r\n", b" " * 65_536)
"""A body without end, as fast as it can."""

claims_huge = _waits_after(_HEAD + b"Content-Length: 99999999999\r\n\r\n{")
"""A length that is never sent."""

breaks_off = _breaks_after(_HEAD + b"Content-Length: 500\r\n\r\n{")
"""Hangs up in the middle of the body."""

floods_headers = _breaks_after(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 5_000 + b"\r\n")
"""Thousands of headers."""

one_huge_header = _breaks_after(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"a" * 100_000 + b"\r\n\r\n")
"""A header of a hundred thousand bytes."""

no_http = _breaks_after(b"220 smtp.example.org ESMTP\r\n")
"""Another protocol."""

hangs_up = _breaks_after(b"")
"""Closes the connection without a word."""

says_wait_forever = _goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
"""One `100 Continue` after the other, and never an answer."""

trails_off = _goes_on(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n")
"""A body of no chunks, and trailers without end."""

SLOW = (never_answers, drips_headers, drips_body, says_wait_forever, trails_off)
"""Those that keep somebody waiting."""


def is_a_bomb(_asked: object) -> Told:
    """A few kilobytes that inflate to twenty megabytes."""
    return Told(body=gzip.compress(b" " * 20_000_000), headers={"Content-Encoding": "gzip"})
