"""One captured request and the answer that was recorded, in plain values. Must not know where a capture was read from.

Secrets stay in it; whoever sends or shows it leaves them out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec

_READ = msgspec.json.Decoder(float_hook=Decimal)
_WRITE = msgspec.json.Encoder(decimal_format="number")
_DEEPEST = 100
"""No resource is nested so deep; what is deeper is not read as JSON, so that nobody who looks into it gets lost."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
SECRET_MEMBERS = frozenset(
    {"access_token", "refresh_token", "id_token", "client_secret", "client_assertion", "password", "code_verifier"}
)
"""Members of bodies and parameters whose values are never sent unless asked, and never printed."""


_METHOD = re.compile(r"[A-Za-z]{1,20}")


class Unreadable(Exception):
    """This is no capture, or a broken one; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Header names are in lower case; `path` is with its query, as the server had it, `origin` where that was."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes
    answer_type: str = ""
    origin: str = ""

    @property
    def is_of_data(self) -> bool:
        """False for what a browser loads to draw a page: scripts, styles, images, pages."""
        if self.method not in {"GET", "HEAD", "OPTIONS"}:
            return True
        kind = self.answer_type.partition(";")[0].strip().lower()
        return kind.endswith("json") or (not kind and as_json(self.answer) is not None) or not self.answer


def as_json(body: bytes) -> Any:
    """The body as JSON, decimals as they are written; None when it is none."""
    try:
        content = _READ.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return content if _is_shallow(content) else None


def _is_shallow(content: Any) -> bool:
    layer = [content]
    for _ in range(_DEEPEST):
        layer = [inner for one in layer for inner in _members(one) if isinstance(inner, dict | list)]
        if not layer:
            return True
    return False


def _members(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def made(
    name: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    status: int,
    answer: bytes,
    answer_headers: Mapping[str, str],
) -> Capture:
    """A capture from what every format has in common. Raises: Unreadable when it is no request that can be sent."""
    parts = urlsplit(url)
    if not _METHOD.fullmatch(method):
        raise Unreadable(f"{name} is no request: its method is {method[:20]!r}.")
    path = f"/{parts.path.lstrip('/')}" + (f"?{parts.query}" if parts.query else "")
    lower = {key.lower(): value for key, value in headers.items()}
    types = {key.lower(): value for key, value in answer_headers.items()}
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return Capture(name, method.upper(), path, lower, body, status, answer, types.get("content-type", ""), origin)


def as_text(content: Any) -> str:
    """The same as JSON on one line."""
    return _WRITE.encode(content).decode()
