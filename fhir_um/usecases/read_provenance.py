"""Who decided a request, for the party that sent it. Changes nothing; "not yours" and "not there" are one answer."""

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case, CaseId
from fhir_um.cases.provenance import Determined, determined
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal

Made = tuple[Case, tuple[Determined, ...]]
"""A case as it stands, and its determinations, oldest first."""


def determinations_of(deps: Deps, caller: Caller, case_id: CaseId, version: int | None = None) -> Made | None:
    """The caller's own case with its determinations, or those of one version; None when it is not theirs."""
    with deps.open_reading() as reading:
        case = reading.visible.sent(caller.payer_ids, caller.sender, case_id)
        if case is None:
            return None
        events = reading.events_of(case.payer_id, case_id)
    made = determined(events)
    return case, made if version is None else tuple(one for one in made if one.version == version)


def read_determination(deps: Deps, caller: Caller, case_id: CaseId, version: int) -> tuple[Case, Determined]:
    """What one version of the caller's own case decided.

    Raises: Refusal NOT_FOUND when it decided nothing, too.
    """
    found = determinations_of(deps, caller, case_id, version)
    if found is None or not found[1]:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such record here.")
    return found[0], found[1][0]
