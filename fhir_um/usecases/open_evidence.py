"""Somebody opens the evidence of a case, and that is noted: without it nobody decides. One transaction.

The version of the case stays, so that nobody else's decision conflicts with a look. Source: um-domain 2.11 I5.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, EventKind
from fhir_um.cases.openings import has_opened, last_document_at, new_opening, to_be_seen_since
from fhir_um.cases.review import Review
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import case_for_change


def open_evidence(deps: Deps, caller: Caller, case_id: CaseId, decider: Decider) -> Case:
    """The case, with the opening; as it was while an earlier one by the same person still counts.

    Raises: RoleNotAllowed when the caller may not act as that person; Refusal NOT_FOUND.
    """
    demand_decider(caller, decider)
    at = deps.clock()
    with deps.open_work() as work:
        case = case_for_change(work, caller, case_id)
        documents_at = last_document_at(work.attachments.of_case(case.payer_id, case.id))
        if all(has_opened(case.review, decider.id, to_be_seen_since(line, documents_at)) for line in case.lines):
            return case
        journal = Journal(case, at, decider)
        journal.review(EventKind.EVIDENCE_OPENED, Review(openings=(new_opening(decider, at),)))
        work.save_case(journal.case, case.version, tuple(journal.events), (), ())
        return journal.case
