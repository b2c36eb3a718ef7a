"""`/um/v1/crd`: for the integrator who asks why an EHR was told that. Must not know what a policy says."""

from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.hook_views import explanation_view
from fhir_um.cases.auditing import Subject
from fhir_um.cases.model import MemberId
from fhir_um.usecases.explain_hook import explain_hook


def explain(asked: Asked, name: str) -> Answer:
    """One hook call, by its hookInstance or by the id of a coverage assertion that it was given."""
    found = explain_hook(asked.deps, asked.caller, name)
    about = (Subject(row.payer_id, MemberId(row.member_id)) for row in found.guidance if row.member_id)
    return plain(explanation_view(found), about=about)
