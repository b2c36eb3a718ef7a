"""A transport without sockets: asks a WSGI application in this process. Must not know what the application is.

For whoever tests a server of their own in Python, from pytest, without starting it; and for our own tests.
"""

import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from fhir_um.conformance.wire import Got, Sending

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HERE = "127.0.0.1"
_BARE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
"""Headers that WSGI names without `HTTP_`."""


class InProcess:
    """Asks that application, as somebody on this machine would over HTTP."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, sending: Sending) -> Got:
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_fault: Any) -> Callable[[bytes], None]:
            said[:] = [int(status.split()[0]), {name.lower(): value for name, value in headers}]
            return lambda _late: None

        start = time.perf_counter()
        answered = self._application(environ_of(sending), start_response)
        try:
            body = b"".join(answered)
        finally:
            if hasattr(answered, "close"):
                answered.close()
        return Got(said[0], said[1], body, (time.perf_counter() - start) * 1000)


def environ_of(sending: Sending) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) tells it."""
    parts = urlsplit(sending.url)
    headers = {"host": parts.netloc, "content-length": str(len(sending.body))} | {
        name.lower(): value for name, value in sending.headers.items()
    }
    return {
        "REQUEST_METHOD": sending.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or HERE,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HERE,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(sending.body),
        "wsgi.errors": _Silent(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    } | {_BARE.get(name, "HTTP_" + name.upper().replace("-", "_")): value for name, value in headers.items()}


class _Silent:
    """Where an application may write what went wrong; nobody reads it."""

    def write(self, text: str) -> int:
        """Takes it."""
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Takes them."""

    def flush(self) -> None:
        """Nothing is kept."""
