"""Which media type to answer in, and whether the caller has the answer already. Must not know what is answered."""

from collections.abc import Mapping
from datetime import datetime

from flask import Request
from werkzeug.http import parse_options_header

from fhir_um.api.exchange import CSV, HTML, JSON
from fhir_um.errors import Kind, Refusal
from profiles.reading import FHIR_JSON

_FHIR_WORDS = frozenset({"json", "text/json", JSON, FHIR_JSON})
_WELCOME = frozenset({"", "*/*", "application/*", JSON, FHIR_JSON})
_PAGE_WORDS = {"json": JSON, "csv": CSV, "html": HTML, JSON: JSON, CSV: CSV, HTML: HTML}


def demand_fhir_json(request: Request, given: Mapping[str, str] | None = None) -> None:
    """Passes when FHIR JSON is welcome; `_format`, of `given` or else of the query, wins over Accept.

    Raises: Refusal NOT_ACCEPTABLE when only something else is. Source: FHIR R4 3.1.0.1.11; PAS 2.2.1 spec-11 (JSON).
    """
    asked = (request.args if given is None else given).get("_format", "")
    if asked:
        media = parse_options_header(asked.replace(" ", "+"))[0]
        if media.lower() not in _FHIR_WORDS:
            raise _not_acceptable("This _format is not offered; use json.")
    elif not _welcomes_json(request):
        raise _not_acceptable("This server speaks application/fhir+json only; the Accept header excludes it.")


def has_current(request: Request, version: int, changed_at: datetime) -> bool:
    """True when the caller says it has this version: by tag, or, when it names none, by date.

    Source: FHIR R4 3.1.0.5.1 (conditional read); RFC 9110 13.2.2 (a tag is stronger than a date).
    """
    if "If-None-Match" in request.headers:
        return request.if_none_match.contains_weak(str(version))
    since = request.if_modified_since
    return since is not None and changed_at.replace(microsecond=0) <= since


def choose_page(request: Request) -> str:
    """JSON, CSV or HTML, for a table that people and programs read; JSON when nothing is said."""
    asked = request.args.get("format", "").lower()
    if asked:
        if asked not in _PAGE_WORDS:
            raise _not_acceptable("format must be json, csv or html.")
        return _PAGE_WORDS[asked]
    if not request.accept_mimetypes:
        return JSON
    best = request.accept_mimetypes.best_match([JSON, CSV, HTML])
    if best is None:
        raise _not_acceptable("This table is offered as application/json, text/csv and text/html.")
    return best


def _welcomes_json(request: Request) -> bool:
    if request.headers.get("Accept", "") in _WELCOME:
        return True
    ranges = ((text.partition(";")[0].strip().lower(), quality) for text, quality in request.accept_mimetypes)
    return any(quality > 0 and media in _WELCOME for media, quality in ranges)


def _not_acceptable(text: str) -> Refusal:
    return Refusal.of(Kind.NOT_ACCEPTABLE, "not-supported", text)
