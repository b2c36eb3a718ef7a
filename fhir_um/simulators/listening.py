"""Listens on a port in threads of its own and lets somebody answer. Must not know what is asked or answered.

An answer is a plain value; one that has to break the rules of HTTP on purpose writes to the wire itself. Nothing here
sleeps: what is slow waits for the end of listening, so that closing never waits for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

LARGEST_BYTES = 20_000_000
_MOST_DIGITS = 9
_LONGEST_LINE = 1_000
_PATIENCE_SECONDS = 60
"""Who says nothing for so long is hung up on."""
LOOPBACK = "127.0.0.1"
_LOOKS_EVERY_SECONDS = 0.02
"""How soon closing is noticed."""

SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
"""Headers whose values are never shown or kept."""

_WRITE = msgspec.json.Encoder(decimal_format="number")

FHIR_JSON = "application/fhir+json"
JSON = "application/json"


class Wire(Protocol):
    """The open connection, for answers that are none."""

    stopped: Event

    def write(self, content: bytes) -> None:
        """Send these bytes as they are."""
        ...

    def hang_up(self) -> None:
        """Close the connection after what was written."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came. Header names are in lower case; `path` is without its query and not decoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: tuple[str, int] = ("", 0)

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def steps(self) -> list[str]:
        """The path in parts, decoded."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the query, and of a form in the body, in their order."""
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        form = parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True) if is_form else []
        return parse_qsl(self.query, keep_blank_values=True) + form

    @property
    def content(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def without_secrets(self) -> "Asked":
        """The same request with what must not be kept left out."""
        return replace(self, headers={name: text for name, text in self.headers.items() if name not in SECRET_HEADERS})


@dataclass(frozen=True, slots=True)
class Told:
    """One answer. `after_seconds`: how long it lets the other wait; `hangs_up`: closes the connection after it, unsaid;
    `wire`: writes itself, and all else is left out."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    content_type: str = FHIR_JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float = 0
    hangs_up: bool = False
    wire: Callable[[Wire], None] | None = None


Answer = Callable[[Asked], Told]


def json_told(content: Any, status: int = HTTPStatus.OK, content_type: str = FHIR_JSON) -> Told:
    """An answer that holds this, as JSON; decimals as they were written."""
    return Told(status, _WRITE.encode(content), content_type)


class Listener:
    """Listens as long as the block; every request is put to `answer`, several at a time.

    `port` 0 takes a free one. `tls` is an `ssl.SSLContext`, for a server that is reached by https.
    """

    def __init__(self, answer: Answer, port: int = 0, host: str = LOOPBACK, tls: Any = None) -> None:
        self.stopped = Event()
        handler = type("Bound", (_Handler,), {"put": staticmethod(answer), "stopped": self.stopped})
        self._server = _Server((host, port), handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        shown = host if host not in {"0.0.0.0", "::"} else LOOPBACK  # noqa: S104 compared, not bound
        self.url = f"http{'s' if tls else ''}://{shown}:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(_LOOKS_EVERY_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """The other side hung up: nothing of ours."""


class _Handler(BaseHTTPRequestHandler):
    """One connection; also the `Wire` of an answer that writes itself."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _PATIENCE_SECONDS
    put: Answer
    stopped: Event

    def _take(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self._tell(Told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): text for name, text in self.headers.items()}
        peer = (str(self.client_address[0]), int(self.client_address[1]))
        told = type(self).put(Asked(self.command, parts.path, parts.query, headers, body, peer))
        if told.after_seconds:
            self.stopped.wait(told.after_seconds)
        if told.wire:
            told.wire(self)
        else:
            self._tell(told)
        if told.hangs_up:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_HEAD = _take

    def _body(self) -> bytes | None:
        """The body, sent whole or in chunks; None for one that is too large or has no readable length."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        is_length = length.isascii() and length.isdigit() and len(length) <= _MOST_DIGITS
        return self.rfile.read(int(length)) if is_length and int(length) <= LARGEST_BYTES else None

    def _chunks(self) -> bytes | None:
        """Source: RFC 9112 7.1; extensions and trailers are passed over."""
        found = b""
        while True:
            size = self.rfile.readline(_LONGEST_LINE).partition(b";")[0].strip()
            try:
                count = int(size, 16)
            except ValueError:
                return None
            if not 0 <= count <= LARGEST_BYTES - len(found):
                return None
            if not count:
                while self.rfile.readline(_LONGEST_LINE).strip():
                    pass
                return found
            found += self.rfile.read(count)
            self.rfile.readline(_LONGEST_LINE)

    def _tell(self, told: Told) -> None:
        self.send_response(told.status)
        usual = {"Content-Type": told.content_type, "Content-Length": str(len(told.body))}
        for name, text in {**usual, **told.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    def write(self, content: bytes) -> None:
        """Send these bytes as they are."""
        self.wfile.write(content)

    def hang_up(self) -> None:
        """Close the connection after what was written."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: what comes is told by whoever listens."""
