"""Reads the parameters of a FHIR search and of its pages, by GET or by POST. Must not know what is found.

Source: FHIR R4 3.1.1 (search), 3.1.1.3 (paging).
"""

from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from fhir_um.api.exchange import Asked
from fhir_um.api.forms import read_fields
from fhir_um.api.negotiation import demand_fhir_json
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


def search_given(asked: Asked) -> MultiDict[str, str]:
    """What is searched by: the query and, by POST, the form too; the same in both is given twice.

    Raises: Refusal NOT_ACCEPTABLE when FHIR JSON is not welcome; as `read_fields`.
    Source: FHIR R4 3.1.1.1 (search by POST).
    """
    given = asked.http.args
    if asked.http.method == "POST":
        fields = read_fields(asked.http, asked.house.settings)
        given = MultiDict([*given.items(multi=True), *fields.items(multi=True)])
    demand_fhir_json(asked.http, given)
    return given


def self_link(asked: Asked, base: str) -> dict[str, str]:
    """Where the search was sent, with the query the caller wrote. What came in a form comes back in no address."""
    address = f"{base}/_search" if asked.http.method == "POST" else base
    query = asked.http.query_string.decode("ascii", "replace")
    return {"relation": "self", "url": f"{address}?{query}" if query else address}


def read_search(given: MultiDict[str, str]) -> CaseSearch:
    """The search in house words.

    Raises: Refusal INVALID for a parameter we do not know or cannot use, and when none narrows the search.
    """
    faults = (*faults_of(given, _SEARCHABLE), *_value_faults(given), *_page_faults(given))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    system, value = split_token(given.get("identifier", ""))
    return CaseSearch(
        identifier_value=value,
        identifier_system=system,
        patient=unescaped(given.get("patient", "")),
        limit=min(int(given.get("_count", MOST_RESULTS)), MOST_RESULTS),
        offset=int(given.get("_offset", 0)),
    )


def _value_faults(given: MultiDict[str, str]) -> Iterator[Issue]:
    wanted = {name: given.get(name, "") for name in _BY}
    if not any(wanted.values()):
        yield Issue("required", "Search by identifier or by patient.", "identifier")
    for name, text in wanted.items():
        if has_alternatives(text):
            yield Issue("not-supported", _ONE_VALUE, name)


def _page_faults(given: MultiDict[str, str]) -> Iterator[Issue]:
    count, offset = given.get("_count", "1"), given.get("_offset", "0")
    if not is_whole(count) or int(count) < 1:
        yield Issue("value", "_count must be a whole number from 1.", "_count")
    if not is_whole(offset) or int(offset) > MOST_SKIPPED:
        yield Issue("value", f"_offset must be a whole number up to {MOST_SKIPPED}.", "_offset")
