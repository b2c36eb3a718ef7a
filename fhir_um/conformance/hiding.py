"""Takes secrets out of what is kept of an exchange. Must not send anything, or know what is tested.

The same secret gets the same name in its place everywhere in a run, so that a check can still see that two are equal.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import msgspec

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
SECRET_FIELDS = frozenset(
    {"access_token", "refresh_token", "id_token", "client_secret", "client_assertion", "password", "code_verifier"}
)
_SCHEME = re.compile(r"(Bearer|Basic|Digest|Negotiate)\s+(.+)", re.IGNORECASE | re.DOTALL)
_SHORTEST_ALONE = 8
"""A shorter secret is only taken out where it stands as a whole value."""
_MOST_IN_ONE = 100
_TOO_MANY = b"(a body of more secrets than can be told apart)"


class Secrets:
    """The secrets met in a run, by the name that stands in their place: `(secret 1)`."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._forms: list[tuple[bytes, bytes]] = []

    def name(self, secret: str) -> str:
        """What stands in its place; the scheme before it stays."""
        scheme = _SCHEME.fullmatch(secret.strip())
        lead, alone = (f"{scheme[1]} ", scheme[2].strip()) if scheme else ("", secret.strip())
        if not alone:
            return lead
        return lead + (self._names.get(alone) or self._named(alone))

    def _named(self, secret: str) -> str:
        name = self._names[secret] = f"(secret {len(self._names) + 1})"
        self._forms += _forms(secret, name)
        return name

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, names in lower case, without secrets in the usual ones."""
        lower = {name.lower(): value for name, value in headers.items()}
        return {
            name: self.name(value) if name in SECRET_HEADERS else self._without(value) for name, value in lower.items()
        }

    def body(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body without secrets; everything else stays as it is written, byte for byte."""
        found = tuple(islice(_secrets_of_body(body, headers.get("content-type", "")), _MOST_IN_ONE + 1))
        if len(found) > _MOST_IN_ONE:
            return _TOO_MANY
        for secret in found:
            self.name(secret)
        return self._without_bytes(body)

    def _without(self, text: str) -> str:
        for secret, name in self._names.items():
            if len(secret) >= _SHORTEST_ALONE:
                text = text.replace(secret, name)
        return text

    def _without_bytes(self, body: bytes) -> bytes:
        for form, name in self._forms:
            body = body.replace(form, name)
        return body


def _forms(secret: str, name: str) -> Iterator[tuple[bytes, bytes]]:
    """How a secret may be written, and what stands in its place: in JSON, in a form; a short one as a whole only."""
    written = msgspec.json.encode(secret)
    if len(secret) < _SHORTEST_ALONE:
        yield written, msgspec.json.encode(name)
        return
    yield from ((form, name.encode()) for form in {written[1:-1], quote_plus(secret).encode()})


def _secrets_of_body(body: bytes, content_type: str) -> Iterator[str]:
    if content_type.startswith("application/x-www-form-urlencoded"):
        yield from (value for key, value in parse_qsl(body.decode(errors="replace")) if key in SECRET_FIELDS)
        return
    try:
        yield from _secrets_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


def _secrets_of(content: Any) -> Iterator[str]:
    """Tokens, and what a Subscription wants sent back to it in a header; however deep they lie."""
    left = [content]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += reversed(one)
        elif isinstance(one, dict):
            yield from _secrets_of_members(one)
            left += reversed(one.values())


def _secrets_of_members(members: Mapping[str, Any]) -> Iterator[str]:
    yield from (value for key, value in members.items() if key in SECRET_FIELDS and isinstance(value, str) and value)
    channel = members.get("channel")
    if isinstance(channel, dict):
        yield from _secrets_of_channel(channel.get("header"))


def _secrets_of_channel(header: Any) -> Iterator[str]:
    for line in header if isinstance(header, list) else ():
        value = str(line).partition(":")[2].strip()
        scheme = _SCHEME.fullmatch(value)
        if value:
            yield scheme[2].strip() if scheme else value
