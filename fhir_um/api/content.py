"""How bytes come in: media types, limits counted while reading, gzip, and bodies that stop half way.

Must not know what the bytes mean. A Content-Length is never believed, only what arrives is counted.
"""

import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import IO

from flask import Request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # gunicorn ships no types
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from fhir_um.api.exchange import JSON
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.trail import current_trail
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings
from profiles.reading import FHIR_JSON

_READABLE = frozenset({FHIR_JSON, JSON})
_CHUNK_BYTES = 65_536
_GZIP_WINDOW = 31
"""zlib's way to say: gzip header and trailer, largest window."""


def read_message(request: Request, settings: Settings) -> bytes:
    """The body of a request that is answered in FHIR JSON; its size and hash go on the trail.

    Raises: Refusal NOT_ACCEPTABLE, or as `read_body`.
    """
    demand_fhir_json(request)
    body = read_body(request, settings)
    trail = current_trail()
    trail.bytes_in, trail.body_hash = len(body), sha256(body).hexdigest()
    return body


def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body, inflated when it came gzipped.

    Raises: Refusal WRONG_TYPE (media type, charset, encoding), TOO_BIG, UNREADABLE (stopped half way, broken gzip).
    """
    _demand_json(request)
    body = read_raw(request, settings, settings.max_body_bytes)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise _wrong_type("This Content-Encoding is not supported; send gzip or none.")
    return inflate(body, settings.max_body_bytes)


def read_raw(request: Request, settings: Settings, limit: int) -> bytes:
    """The body as it came, of at most `limit` bytes.

    Raises: Refusal WRONG_TYPE (transfer coding), TOO_BIG, UNREADABLE (stopped half way).
    """
    _demand_plain_transfer(request)
    _set_patience(request, settings.body_timeout_seconds)
    body = _read_counted(request.stream, limit)
    _demand_all(request, len(body))
    return body


def inflate(body: bytes, limit: int) -> bytes:
    """The content of one gzip stream of at most `limit` bytes.

    >>> import gzip; inflate(gzip.compress(b"{}"), 10)
    b'{}'
    """
    engine = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = engine.decompress(body, limit + 1)
    except zlib.error as fault:
        raise _unreadable("The body is said to be gzip but cannot be inflated.") from fault
    if len(content) > limit:
        raise too_big(limit)
    if not engine.eof or engine.unused_data:
        raise _unreadable("The gzip body is cut short or has something after its end.")
    return content


def too_big(limit: int) -> Refusal:
    """The refusal of a body above the limit."""
    return Refusal.of(Kind.TOO_BIG, "too-long", f"The body is larger than the limit of {limit} bytes.")


def _read_counted(stream: IO[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while chunk := _read(stream.read):
        total += len(chunk)
        if total > limit:
            _drain(stream, limit)
            raise too_big(limit)
        parts.append(chunk)
    return b"".join(parts)


def _read(read: Callable[[int], bytes]) -> bytes:
    try:
        return read(_CHUNK_BYTES)
    except RequestEntityTooLarge as fault:
        raise _unreadable("The body is longer than its headers say.") from fault
    except ParseException as fault:
        raise _unreadable("The body does not arrive in time, or not in the chunks it should.") from fault
    except (ClientDisconnected, OSError, ValueError) as fault:
        raise _unreadable("The body stopped before its end.") from fault


def _drain(stream: IO[bytes], limit: int) -> None:
    """Reads on for as much again, so that a sender who writes before reading still sees the answer."""
    left = limit
    while left > 0 and (chunk := _read(stream.read)):
        left -= len(chunk)


def _demand_all(request: Request, received: int) -> None:
    if request.content_length is not None and received < request.content_length:
        raise _unreadable(f"The body stopped after {received} of {request.content_length} bytes.")


def _demand_json(request: Request) -> None:
    media, options = request.mimetype, request.mimetype_params
    if media not in _READABLE:
        named = "This Content-Type" if media else "A request without Content-Type"
        raise _wrong_type(f"{named} is not supported; send {FHIR_JSON}.")
    if options.get("charset", "utf-8").strip('"').lower() not in {"utf-8", "utf8"}:
        raise _wrong_type("Only the charset utf-8 is supported.")
    if options.get("fhirversion", "4.0") not in {"4.0", "4.0.1"}:
        raise _wrong_type("Only FHIR version 4.0 is supported.")


def _demand_plain_transfer(request: Request) -> None:
    """The web server undoes chunks and nothing else, and lets other transfer codings through as they came."""
    coding = request.headers.get("Transfer-Encoding", "chunked").strip().lower()
    if coding not in {"chunked", "identity"}:
        raise _wrong_type("Only the transfer coding chunked is supported; say gzip in Content-Encoding.")


def hurry(request: Request, seconds: float) -> None:
    """The rest of a small request has to come within so many seconds, where the web server can see to it."""
    demand = getattr(request.environ.get("gunicorn.socket"), "hurry", None)
    if demand is not None:
        demand(seconds)


def _set_patience(request: Request, seconds: int) -> None:
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(seconds)


def _wrong_type(text: str) -> Refusal:
    return Refusal.of(Kind.WRONG_TYPE, "not-supported", text)


def _unreadable(text: str) -> Refusal:
    return Refusal.of(Kind.UNREADABLE, "structure", text)
