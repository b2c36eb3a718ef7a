"""A determination as a FHIR R4 Provenance: who made it, for whom, from what, by which policy. Must not know HTTP.

Source: FHIR R4 Provenance; US Core 6.1 Provenance (author, and on whose behalf); um-domain SEC12.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case, Decision, Line
from fhir_um.cases.provenance import Determined
from fhir_um.cases.roles import Role
from fhir_um.translate.elements_out import Json, coded, instant, logical_reference
from profiles.canonicals import NPI
from profiles.reading import write_json

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_PARTICIPANT = f"{_TERMINOLOGY}/provenance-participant-type"
_OPERATION = f"{_TERMINOLOGY}/v3-DataOperation"
_ACT_REASON = f"{_TERMINOLOGY}/v3-ActReason"
_SOFTWARE = "Rules of the payer, carried out by software"
_IN_NO_NAME = "A person of the payer, in the role given"


def provenance(case: Case, made: Determined, base_url: str) -> bytes:
    """One determination, as a read gives it."""
    return write_json(_provenance(case, made, base_url))


def provenance_bundle(found: tuple[Case, tuple[Determined, ...]] | None, base_url: str, link: Json) -> bytes:
    """The determinations of a case as a search gives them."""
    entries = [_entry(found[0], made, base_url) for made in found[1]] if found else []
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "link": [link]}
    return write_json(bundle | ({"entry": entries} if entries else {}))


def provenance_id(case: Case, made: Determined) -> str:
    """The id of the record of one version's determination."""
    return f"{case.id}-{made.version}"


def _entry(case: Case, made: Determined, base_url: str) -> Json:
    url = f"{base_url}/Provenance/{provenance_id(case, made)}"
    return {"fullUrl": url, "resource": _provenance(case, made, base_url), "search": {"mode": "match"}}


def _provenance(case: Case, made: Determined, base_url: str) -> Json:
    decisions = [line.decision for line in made.lines]
    return {
        "resourceType": "Provenance",
        "id": provenance_id(case, made),
        "target": [{"reference": f"{base_url}/ClaimResponse/{case.id}/_history/{made.version}"}],
        "occurredDateTime": instant(made.at),
        "recorded": instant(made.at),
        "reason": [coded(_ACT_REASON, "COVAUTH")],
        "activity": coded(_OPERATION, "CREATE" if made.version == 1 else "UPDATE"),
        "agent": list(_agents(case, decisions)),
        "entity": list(_entities(case, made.lines, base_url)),
    }


def _agents(case: Case, decisions: list[Decision]) -> Iterator[Json]:
    """Everybody who decided, each once, then software that helped, then the payer, who answers for it."""
    payer = logical_reference(case.request.payer)
    for decider in dict.fromkeys(decision.decider for decision in decisions):
        yield _decider(decider, payer)
    tools = (decision.basis.software_used for decision in decisions if decision.basis is not None)
    for tool in dict.fromkeys(filter(None, tools)):
        yield {"type": coded(_PARTICIPANT, "assembler"), "who": {"display": tool}, "onBehalfOf": payer}
    yield {"type": coded(_PARTICIPANT, "custodian"), "who": payer}


def _decider(decider: Decider, payer: Json) -> Json:
    if decider.role == Role.ENGINE:
        who: Json = {"display": _SOFTWARE}
    elif decider.npi:
        who = {"type": "Practitioner", "identifier": {"system": NPI, "value": decider.npi}}
    else:
        who = {"display": _IN_NO_NAME}
    agent = {"type": coded(_PARTICIPANT, "author"), "role": [{"text": decider.role}], "who": who}
    return agent | {"onBehalfOf": payer}


def _entities(case: Case, lines: Iterable[Line], base_url: str) -> Iterator[Json]:
    """The request it answers, what of the chart a person named as weighed, and the policies that were applied."""
    yield {"role": "source", "what": {"reference": f"{base_url}/Claim/{case.id}"}}
    weighed = (ref for line in lines if line.decision.basis for ref in line.decision.basis.considered)
    for url in dict.fromkeys(weighed):
        if url.startswith(("http://", "https://")):
            yield {"role": "source", "what": {"reference": url}}
    applied = {f"{one.policy_id}|{one.policy_version}": one.title for line in lines for one in line.findings}
    for version, title in applied.items():
        system = f"{base_url}/NamingSystem/policy"
        what: dict[str, Any] = {"identifier": {"system": system, "value": version}}
        yield {"role": "derivation", "what": what | ({"display": title} if title else {})}
