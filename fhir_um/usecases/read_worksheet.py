"""What a reviewer needs to decide a case: its findings, and all that its evidence says now.

Changes nothing. Values are read from what the sender sent whenever somebody asks; the case keeps their addresses only.
"""

from dataclasses import dataclass

from fhir_um.cases.attachments import Attachment, ReadChart
from fhir_um.cases.caller import Caller
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import Case, CaseId
from fhir_um.deps import Deps
from fhir_um.usecases.attach_documents import chart_of
from fhir_um.usecases.read_case import read_case


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A case, what its current submission and its attachments say, and the attachments."""

    case: Case
    evidence: Evidence
    attachments: tuple[Attachment, ...]


def read_worksheet(deps: Deps, caller: Caller, case_id: CaseId, read_chart: ReadChart) -> Worksheet:
    """The worksheet of a case of one of the caller's payers. Raises: Refusal NOT_FOUND."""
    case = read_case(deps, caller, case_id)
    with deps.open_reading() as work:
        _, chart = chart_of(work, case, read_chart)
        evidence = chart.evidence.beside(work.attachments.evidence(case.payer_id, case.id))
        return Worksheet(case, evidence, work.attachments.of_case(case.payer_id, case.id))
