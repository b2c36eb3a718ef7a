"""Keeps what opens doors out of what is sent and what is shown. Must not know what is done with the rest."""

import re
from typing import Any

from fhir_um.replaying.capture import SECRET_HEADERS, SECRET_MEMBERS, as_json, as_text

_ACCESS = "fhirAuthorization"
_HEADERS = "header"
"""Of a Subscription's channel: lines that are sent along with notifications."""

_SECRET_TEXT = re.compile(
    r"(?i)\bbearer +[A-Za-z0-9._~+/=-]{6,}|\bbasic +(?=[a-z+/]*[0-9=])[A-Za-z0-9+/]{8,}=*"
    r"|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
)
"""What follows the names of the two schemes and is no plain word, and whatever is written like a signed token."""

HIDDEN = "(a secret)"


def without_secrets(content: Any) -> Any:
    """The same content without tokens, access of hook calls, and secret headers of Subscriptions."""
    if isinstance(content, list):
        return [without_secrets(one) for one in content]
    if not isinstance(content, dict):
        return content
    kept = {
        key: _lines(one) if key == _HEADERS else without_secrets(one)
        for key, one in content.items()
        if key != _ACCESS and key.lower() not in SECRET_MEMBERS
    }
    return {key: one for key, one in kept.items() if key != _HEADERS or one}


def _lines(header: Any) -> Any:
    if not isinstance(header, list):
        return without_secrets(header)
    return [line for line in header if str(line).partition(":")[0].strip().lower() not in SECRET_HEADERS]


def readable(body: bytes) -> str:
    """A body for people, whatever it holds, without what opens doors."""
    content = as_json(body)
    if isinstance(content, dict | list):
        return hidden(as_text(without_secrets(content)))
    return hidden(body.decode(errors="replace"))


def hidden(text: str) -> str:
    """A text for people, with tokens in it hidden.

    >>> hidden("Authorization: Bearer abc.def")
    'Authorization: (a secret)'
    """
    return _SECRET_TEXT.sub(HIDDEN, text)
