"""Reads and searches of Claim and ClaimResponse for the party that sent the request. Nothing is stored as FHIR here.

PAS asks for neither; both are offered because a poll by id is cheaper than an inquiry. Source: FHIR R4 3.1.0.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from fhir_um.api.exchange import Answer, Asked, fhir, version_headers
from fhir_um.api.negotiation import demand_fhir_json, has_current
from fhir_um.api.searching import MOST_SKIPPED, read_search, search_given, self_link
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.model import Case, CaseId
from fhir_um.cases.submission import CaseSearch
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.response_out import claim_resource, claim_response
from fhir_um.usecases.read_case import read_own, search_own
from profiles.reading import FHIR_JSON, write_json

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


def _read(asked: Asked, case_id: str, render: Render) -> Answer:
    demand_fhir_json(asked.http)
    case, body = read_own(asked.deps, asked.caller, CaseId(case_id))
    headers = version_headers(case)
    if has_current(asked.http, case.version, case.changed_at):
        return Answer(b"", FHIR_JSON, 304, headers, case)
    return fhir(render(asked, case, body), case, headers)


def _search(asked: Asked, resource_type: str, render: Render) -> Answer:
    wanted = read_search(search_given(asked))
    found, more = search_own(asked.deps, asked.caller, wanted)
    base = f"{asked.base_url}/{resource_type}"
    entries = [_entry(f"{base}/{case.id}", render(asked, case, body)) for case, body in found]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if not more and (entries or not wanted.offset):
        bundle["total"] = wanted.offset + len(entries)
    bundle["link"] = _links(asked, base, wanted, more)
    about = (subject_of(case) for case, _ in found)
    return fhir(write_json(bundle | ({"entry": entries} if entries else {})), about=about)


def _links(asked: Asked, base: str, wanted: CaseSearch, more: bool) -> list[dict[str, str]]:
    """This page, and the one after it. A link is followed by GET, so a search by POST has none to what comes after: its
    form is sent again with another `_offset`. Source: FHIR R4 3.1.1.3 (paging).
    """
    links = [self_link(asked, base)]
    after = wanted.offset + wanted.limit
    if asked.http.method == "GET" and more and after <= MOST_SKIPPED:
        query = urlencode({**asked.http.args.to_dict(), "_offset": after})
        links.append({"relation": "next", "url": f"{base}?{query}"})
    return links


def _entry(url: str, resource: bytes) -> dict[str, Any]:
    return {"fullUrl": url, "resource": msgspec.Raw(resource), "search": {"mode": "match"}}


def _as_response(asked: Asked, case: Case, body: bytes) -> bytes:
    return claim_response(case, body, DIALECTS[asked.guide], asked.base_url)


def _as_claim(_asked: Asked, case: Case, body: bytes) -> bytes:
    return claim_resource(case, body)
