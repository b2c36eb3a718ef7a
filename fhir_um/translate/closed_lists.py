"""The lists a guide closes for what an answer repeats of a line. Must not know what was asked or decided.

A request that came with codes of other lists, where the operator lets it pass, is answered without them: the line is
known by its number. Source: PAS 2.0.1 and 2.2.1, required bindings of extension-itemAuthorizedDetail and of addItem in
profile-claimresponse-base, and the value sets they name.
"""

from dataclasses import replace

from fhir_um.cases.asked import LineRequest
from fhir_um.words import Concept
from profiles.canonicals import (
    CPT,
    DATA_ABSENT_REASON,
    HCPCS,
    ICD9_CM,
    ICD10_PCS,
    NDC,
    REVENUE_CODES,
    X12_NURSING_HOME_LEVEL,
    X12_NURSING_HOME_STATUS,
    X12_SERVICE_TYPE,
)

SERVICES = frozenset({HCPCS, CPT, NDC, ICD9_CM, ICD10_PCS, X12_SERVICE_TYPE, DATA_ABSENT_REASON})
MODIFIERS = frozenset({HCPCS, CPT})


def repeatable(content: LineRequest) -> LineRequest:
    """What a line is about, with those concepts alone that have a code in the list closed for them."""
    return replace(
        content,
        service=_of(SERVICES, content.service) or Concept(),
        service_end=_of(SERVICES, content.service_end),
        modifiers=tuple(modifier for modifier in content.modifiers if _of(MODIFIERS, modifier)),
        revenue=_of({REVENUE_CODES}, content.revenue),
        category=_of({X12_SERVICE_TYPE}, content.category),
        nursing_home_level=_of({X12_NURSING_HOME_LEVEL}, content.nursing_home_level),
        nursing_home_status=_of({X12_NURSING_HOME_STATUS}, content.nursing_home_status),
    )


def _of(systems: frozenset[str] | set[str], words: Concept | None) -> Concept | None:
    return words if words and any(words.code_in(system) for system in systems) else None
