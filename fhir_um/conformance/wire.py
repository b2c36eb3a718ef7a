"""The wire: sends one request over HTTP and takes what comes back. Must not know what is said.

Redirects are not followed, cookies are not kept, certificates are checked, an answer has a largest size and a longest
time. Nothing is raised for an answer of whatever status; when nothing comes back, it is said why.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Thread

import requests

LARGEST_BYTES = 20_000_000
_CHUNK_BYTES = 65_536
_TIMES_FOR_ALL = 2
"""The time to wait for one step bounds each alone; an answer that drips may take this many of them in all."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One request as it goes out; `url` is whole."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Got:
    """What came back; header names in lower case. Status 0: nothing did, and `why` says why."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    milliseconds: float = 0
    why: str = ""


Transport = Callable[[Sending], Got]
"""Sends a request. Never raises for what a server does or does not do."""


class Wire:
    """A transport over HTTP. `ca_file`: who vouches for the server's certificate, in place of the usual authorities;
    `proxy`: the way there, if not straight. What the environment says of either is not asked."""

    def __init__(self, timeout_seconds: float = 30, ca_file: Path | None = None, proxy: str = "") -> None:
        self._timeout = timeout_seconds
        self._verify = str(ca_file) if ca_file else True
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._session = self._opened()

    def _opened(self) -> requests.Session:
        session = requests.Session()
        session.headers.clear()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.trust_env = False
        session.verify, session.proxies = self._verify, self._proxies
        return session

    def __call__(self, sending: Sending) -> Got:
        came: list[Got] = []
        waiting = Thread(target=lambda: came.append(self._got(sending)), daemon=True)
        start = time.perf_counter()
        waiting.start()
        waiting.join(self._timeout * _TIMES_FOR_ALL)
        if came:
            return came[0]
        self._session = self._opened()
        why = f"the answer did not come to its end within {self._timeout * _TIMES_FOR_ALL:g} seconds"
        return Got(0, milliseconds=_since(start), why=why)

    def _got(self, sending: Sending) -> Got:
        start = time.perf_counter()
        try:
            status, headers, body = self._exchanged(sending)
        except requests.RequestException as fault:
            return Got(0, milliseconds=_since(start), why=_in_words(fault, self._timeout))
        except _TooLarge:
            return Got(0, milliseconds=_since(start), why=f"the answer is larger than {LARGEST_BYTES} bytes")
        except ValueError as fault:
            why = f"it cannot be sent, or its answer not be read ({type(fault).__name__})"
            return Got(0, milliseconds=_since(start), why=why)
        return Got(status, headers, body, _since(start))

    def _exchanged(self, sending: Sending) -> tuple[int, dict[str, str], bytes]:
        with self._session.request(
            sending.method,
            sending.url,
            data=sending.body or None,
            headers=dict(sending.headers),
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
        ) as got:
            headers = {name.lower(): value for name, value in got.headers.items()}
            return got.status_code, headers, _whole(got)

    def close(self) -> None:
        """Let go of connections that are kept open."""
        self._session.close()


class _TooLarge(Exception):
    """More came than is taken."""


def _whole(got: requests.Response) -> bytes:
    body = bytearray()
    for chunk in got.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise _TooLarge
    return bytes(body)


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


_WORDS: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.exceptions.SSLError, "its certificate is not accepted; `ca_file` in the profile names another authority"),
    (requests.exceptions.ProxyError, "the proxy in between does not let it through"),
    (requests.exceptions.ConnectTimeout, "nobody answers there within {timeout:g} seconds"),
    (requests.exceptions.Timeout, "no answer came within {timeout:g} seconds"),
    (requests.exceptions.ConnectionError, "nobody listens there, the connection broke, or what came is no HTTP"),
    (requests.exceptions.MissingSchema, "that is no address; one begins with http:// or https://"),
    (requests.exceptions.InvalidSchema, "that is no address; one begins with http:// or https://"),
    (requests.exceptions.InvalidURL, "that is no address"),
    (requests.exceptions.InvalidHeader, "a header of the request or of the answer is none"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (requests.exceptions.ContentDecodingError, "the answer says it is compressed and cannot be unpacked"),
)
"""The first that fits is told."""


def _in_words(fault: requests.RequestException, timeout: float) -> str:
    told = next((words for kind, words in _WORDS if isinstance(fault, kind)), type(fault).__name__)
    return told.format(timeout=timeout)
