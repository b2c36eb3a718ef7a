"""Sends captured requests again. Credentials of a capture are never sent unless asked. Must not compare."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from fhir_um.replaying.capture import SECRET_HEADERS, SECRET_MEMBERS, Capture, as_json, as_text
from fhir_um.replaying.guarding import without_secrets
from fhir_um.simulators.calling import NotWhole, whole_body

TIMEOUT_SECONDS = 60
_KEPT_HEADERS = frozenset({"accept", "content-type", "prefer", "if-match", "if-none-match", "if-none-exist"})
"""All others say who sent it, or how, and are not about the request itself."""


class NotSent(Exception):
    """Nobody answers; the text says where."""


@dataclass(frozen=True, slots=True)
class Now:
    """What the server answers now; `status` 0: it was not asked."""

    status: int
    body: bytes
    content_type: str
    milliseconds: float


class Sender:
    """Sends to one server. `headers` go with every request; `with_credentials`: also what the captures carry."""

    def __init__(self, server: str, headers: Mapping[str, str], with_credentials: bool = False, base: str = "") -> None:
        self._server = server.rstrip("/")
        self._headers = dict(headers)
        self._with_credentials = with_credentials
        self._base = urlsplit(base).path.rstrip("/") if base else ""
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def send(self, capture: Capture) -> Now:
        """The answer of the server. Raises: NotSent."""
        url = self._server + self._path(capture)
        start = time.perf_counter()
        try:
            got = self._session.request(
                capture.method,
                url,
                data=self._body(capture) or None,
                headers=self._given(capture),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            body = whole_body(got, TIMEOUT_SECONDS)
        except requests.RequestException as fault:
            raise NotSent(f"Nobody answers at {self._server} ({type(fault).__name__}).") from fault
        except (ValueError, NotWhole) as fault:
            raise NotSent(f"{capture.name} cannot be sent, or its answer not be read: {fault}.") from fault
        took = (time.perf_counter() - start) * 1000
        return Now(got.status_code, body, got.headers.get("Content-Type", ""), took)

    def _path(self, capture: Capture) -> str:
        path, _, query = self._below_base(capture.path).partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if self._with_credentials or name.lower() not in SECRET_MEMBERS]
        if len(kept) == len(pairs):
            return path + (f"?{query}" if query else "")
        return path + (f"?{urlencode(kept)}" if kept else "")

    def _below_base(self, path: str) -> str:
        """The path below the address that the server stands for; one that only begins alike stays as it is."""
        below = path.removeprefix(self._base)
        return below if below[:1] in ("", "/", "?") else path

    def _body(self, capture: Capture) -> bytes:
        content = None if self._with_credentials else as_json(capture.body)
        if not isinstance(content, dict | list):
            return capture.body
        safe = without_secrets(content)
        return capture.body if safe == content else as_text(safe).encode()

    def _given(self, capture: Capture) -> dict[str, str]:
        wanted = _KEPT_HEADERS | SECRET_HEADERS if self._with_credentials else _KEPT_HEADERS
        kept = {name: value for name, value in capture.headers.items() if name in wanted}
        own = {name.lower() for name in self._headers}
        return {name: value for name, value in kept.items() if name not in own} | self._headers


def carries_credentials(capture: Capture) -> bool:
    """True when it is a request for a token: there is nothing else in it."""
    kind = capture.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return False
    return any(name in SECRET_MEMBERS for name, _ in parse_qsl(capture.body.decode(errors="replace")))
