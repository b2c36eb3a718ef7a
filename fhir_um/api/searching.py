"""Reads the parameters of a FHIR search and of its pages. Must not know what is found.

Source: FHIR R4 3.1.1 (search), 3.1.1.3 (paging).
"""

from collections.abc import Iterator

from flask import Request

from fhir_um.api.query import faults_of, has_alternatives, is_whole, split_token, unescaped
from fhir_um.cases.submission import CaseSearch
from fhir_um.errors import Issue, Kind, Refusal

MOST_RESULTS = 50
"""Cases on one page."""

MOST_SKIPPED = 1000
"""Cases before a page; what lies further back is found by a narrower search."""

_BY = ("identifier", "patient")
_SEARCHABLE = frozenset({*_BY, "_count", "_offset", "_format", "_pretty"})
_ONE_VALUE = "Several values in one search are not supported; search for each, and write a comma of a value as \\,."


def read_search(request: Request) -> CaseSearch:
    """The search in house words.

    Raises: Refusal INVALID for a parameter we do not know or cannot use, and when none narrows the search.
    """
    faults = (*faults_of(request, _SEARCHABLE), *_value_faults(request), *_page_faults(request))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    given = request.args
    system, value = split_token(given.get("identifier", ""))
    return CaseSearch(
        identifier_value=value,
        identifier_system=system,
        patient=unescaped(given.get("patient", "")),
        limit=min(int(given.get("_count", MOST_RESULTS)), MOST_RESULTS),
        offset=int(given.get("_offset", 0)),
    )


def _value_faults(request: Request) -> Iterator[Issue]:
    given = {name: request.args.get(name, "") for name in _BY}
    if not any(given.values()):
        yield Issue("required", "Search by identifier or by patient.", "identifier")
    for name, text in given.items():
        if has_alternatives(text):
            yield Issue("not-supported", _ONE_VALUE, name)


def _page_faults(request: Request) -> Iterator[Issue]:
    count, offset = request.args.get("_count", "1"), request.args.get("_offset", "0")
    if not is_whole(count) or int(count) < 1:
        yield Issue("value", "_count must be a whole number from 1.", "_count")
    if not is_whole(offset) or int(offset) > MOST_SKIPPED:
        yield Issue("value", f"_offset must be a whole number up to {MOST_SKIPPED}.", "_offset")
