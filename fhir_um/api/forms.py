"""How a form comes in (`application/x-www-form-urlencoded`). Must not know what its fields mean."""

from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict

from fhir_um.api.content import hurry, read_raw
from fhir_um.api.trail import current_trail
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings

FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 65_536
_MOST_SECONDS = 2.0
"""Whoever sends a form is not known yet, and may not keep a process waiting."""

_MOST_FIELDS = 30


def read_form(request: Request, settings: Settings) -> dict[str, str]:
    """The fields of the form; one without a value is not there. Source: RFC 6749 3.2.

    Raises: Refusal UNREADABLE for a field that comes twice; as `read_fields`.
    """
    fields = read_fields(request, settings)
    if len(list(fields.values())) != len(list(fields.items(multi=True))):
        raise _unreadable("A field of the form is there more than once.")
    return {name: value for name, value in fields.items() if value}


def read_fields(request: Request, settings: Settings) -> MultiDict[str, str]:
    """The fields of the form as they came, also those that come again or are empty, as a query is read.

    Raises: Refusal UNREADABLE, WRONG_TYPE, TOO_BIG.
    """
    if request.mimetype != FORM or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal.of(Kind.WRONG_TYPE, "not-supported", f"Send a form as {FORM}, without Content-Encoding.")
    hurry(request, _MOST_SECONDS)
    body = read_raw(request, settings, min(_MOST_BYTES, settings.max_body_bytes))
    current_trail().bytes_in = len(body)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as fault:
        raise _unreadable("The form cannot be read.") from fault
    return MultiDict(pairs)


def _unreadable(text: str) -> Refusal:
    return Refusal.of(Kind.UNREADABLE, "structure", text)
