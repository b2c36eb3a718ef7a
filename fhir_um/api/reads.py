"""Reads and searches of Claim and ClaimResponse for the party that sent the request. Nothing is stored as FHIR here.

PAS asks for neither; both are offered because a poll by id is cheaper than an inquiry. Source: FHIR R4 3.1.0.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from fhir_um.api.exchange import Answer, Asked, fhir, version_headers
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.query import faults_of, is_whole
from fhir_um.cases.model import Case, CaseId
from fhir_um.cases.submission import CaseSearch
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.response_out import claim_resource, claim_response
from fhir_um.usecases.read_case import read_own, search_own
from profiles.reading import FHIR_JSON, write_json

_SEARCHABLE = frozenset({"identifier", "patient", "_count", "_format", "_pretty"})
_MOST_RESULTS = 50

Render = Callable[[Asked, Case, bytes], bytes]


def read_claim_response(asked: Asked, case_id: str) -> Answer:
    """The current answer to a request, by case id."""
    return _read(asked, case_id, _as_response)


def read_claim(asked: Asked, case_id: str) -> Answer:
    """The current request as it was received, by case id."""
    return _read(asked, case_id, _as_claim)


def search_claim_responses(asked: Asked) -> Answer:
    """Answers by business identifier or patient."""
    return _search(asked, "ClaimResponse", _as_response)


def search_claims(asked: Asked) -> Answer:
    """Requests by business identifier or patient."""
    return _search(asked, "Claim", _as_claim)


def read_search(asked: Asked) -> CaseSearch:
    """The search in house words.

    Raises: Refusal INVALID for a parameter we do not know or cannot use, and when none narrows the search.
    """
    given = asked.http.args
    faults = list(faults_of(asked.http, _SEARCHABLE))
    if not (given.get("identifier") or given.get("patient")):
        faults.append(Issue("required", "Search by identifier or by patient.", "identifier"))
    count = given.get("_count", str(_MOST_RESULTS))
    if not is_whole(count) or int(count) < 1:
        faults.append(Issue("value", "_count must be a whole number from 1.", "_count"))
    if faults:
        raise Refusal(Kind.INVALID, tuple(faults))
    system, bar, value = given.get("identifier", "").rpartition("|")
    return CaseSearch(value, system if bar else None, given.get("patient", ""), min(int(count), _MOST_RESULTS))


def _read(asked: Asked, case_id: str, render: Render) -> Answer:
    demand_fhir_json(asked.http)
    case, body = read_own(asked.deps, asked.caller, CaseId(case_id))
    headers = version_headers(case)
    if asked.http.if_none_match.contains_weak(str(case.version)):
        return Answer(b"", FHIR_JSON, 304, headers, case)
    return fhir(render(asked, case, body), case, headers)


def _search(asked: Asked, resource_type: str, render: Render) -> Answer:
    demand_fhir_json(asked.http)
    found = search_own(asked.deps, asked.caller, read_search(asked))
    base = f"{asked.base_url}/{resource_type}"
    entries = [_entry(f"{base}/{case.id}", render(asked, case, body)) for case, body in found]
    query = asked.http.query_string.decode("ascii", "replace")
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": f"{base}?{query}"}],
    }
    return fhir(write_json(bundle | ({"entry": entries} if entries else {})))


def _entry(url: str, resource: bytes) -> dict[str, Any]:
    return {"fullUrl": url, "resource": msgspec.Raw(resource), "search": {"mode": "match"}}


def _as_response(asked: Asked, case: Case, body: bytes) -> bytes:
    return claim_response(case, body, DIALECTS[asked.guide], asked.base_url)


def _as_claim(_asked: Asked, case: Case, body: bytes) -> bytes:
    return claim_resource(case, body)
