"""`Provenance` of determinations, for the party that sent the request. Must not know what one says.

PAS asks for none, and no PAS Bundle carries one. Source: FHIR R4 Provenance, 3.1.1 (search by reference).
"""

import re

from fhir_um.api.exchange import ID, Answer, Asked, fhir
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.query import demand_known, has_alternatives, unescaped
from fhir_um.api.searching import search_given, self_link
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.model import CaseId
from fhir_um.errors import Kind, Refusal
from fhir_um.translate.provenance_out import provenance, provenance_bundle
from fhir_um.usecases.read_provenance import determinations_of, read_determination

_VERSION = r"(?P<version>[1-9][0-9]{0,8})"
_NAMED = re.compile(rf"(?P<case>.+)-{_VERSION}", re.ASCII)
_TARGET = re.compile(rf"ClaimResponse/(?P<case>{ID})(?:/_history/{_VERSION})?", re.ASCII)
_NO_TARGET = "Search by target: a reference to a ClaimResponse of this server, or to one of its versions."


def read(asked: Asked, provenance_id: str) -> Answer:
    """Who decided one version of a request, by case id and version."""
    demand_fhir_json(asked.http)
    named = _NAMED.fullmatch(provenance_id)
    if named is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such record here.")
    case, made = read_determination(asked.deps, asked.caller, CaseId(named["case"]), int(named["version"]))
    return fhir(provenance(case, made, asked.base_url), case)


def search(asked: Asked) -> Answer:
    """Who decided a request, version by version: those whose `target` is that answer."""
    given = search_given(asked)
    demand_known(given, ("target", "_format", "_pretty"))
    named = _target(asked, given.get("target", ""))
    version = int(named["version"]) if named["version"] else None
    found = determinations_of(asked.deps, asked.caller, CaseId(named["case"]), version)
    link = self_link(asked, f"{asked.base_url}/Provenance")
    about = (subject_of(found[0]),) if found else ()
    return fhir(provenance_bundle(found, asked.base_url, link), about=about)


def _target(asked: Asked, text: str) -> re.Match[str]:
    found = _TARGET.fullmatch(unescaped(text).removeprefix(f"{asked.base_url}/"))
    if found is None or has_alternatives(text):
        raise Refusal.of(Kind.INVALID, "value", _NO_TARGET, "target")
    return found
