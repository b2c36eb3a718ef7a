"""Who may act on a case, as data. Must not know how people sign in.

Source: utilization-management roles; a clinical denial or reduction takes a physician (42 CFR 422.566(d) and the
state laws that follow it).
"""

from enum import StrEnum

from fhir_um.cases.deciders import Decider


class Role(StrEnum):
    """The part somebody plays, on a line of a case or around it."""

    ENGINE = "engine"
    PROVIDER = "provider"
    INTAKE = "intake"
    NURSE = "nurse"
    THERAPIST = "therapist"
    PHARMACIST = "pharmacist"
    BEHAVIORAL_HEALTH = "behavioral-health"
    PHYSICIAN = "physician"
    PEER = "peer"
    OPERATIONS_MANAGER = "operations-manager"
    APPEALS_COORDINATOR = "appeals-coordinator"
    APPEALS_PHYSICIAN = "appeals-physician"
    CASE_MANAGER = "case-manager"
    POLICY_AUTHOR = "policy-author"
    POLICY_APPROVER = "policy-approver"
    AUDITOR = "auditor"
    COMPLIANCE_PRIVACY = "compliance-privacy"
    DELEGATE = "delegate"
    IT_ADMIN = "it-admin"


PHYSICIANS = frozenset({Role.PHYSICIAN, Role.PEER})
CLINICIANS = PHYSICIANS | {Role.NURSE, Role.THERAPIST, Role.PHARMACIST, Role.BEHAVIORAL_HEALTH}
ADMINISTRATIVE_DENIERS = CLINICIANS | {Role.INTAKE, Role.OPERATIONS_MANAGER}
REVIEWERS = ADMINISTRATIVE_DENIERS | {Role.APPEALS_COORDINATOR, Role.COMPLIANCE_PRIVACY}
"""Those who act on a line in some way; which way, the table of moves says."""

ENGINE = Decider(id="engine", role=Role.ENGINE, human=False)
"""Software acting by rule: it may approve, ask, route and apply explicit benefit exclusions, nothing else."""


def requester(client_id: str) -> Decider:
    """The sender of a request, as the one who cancels or changes it."""
    return Decider(id=client_id, role=Role.PROVIDER, human=True)
