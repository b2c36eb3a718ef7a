"""Rulings that are complete, and the opening of evidence before them: what whoever decides has to do and to say."""

from typing import Any

from fhir_um.cases.basis import REQUEST, Basis, Reopening
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import Authorized, Case, CaseId
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.open_evidence import open_evidence
from fhir_um.usecases.read_case import read_case
from fhir_um.usecases.stopping_clocks import stop_for_notice

FALK = "1910200405"
"""A physician of every payer, with a licence and an attestation for years (`fixtures/people/reviewers.yaml`)."""

PROBER = "1999999992"
"""Another one."""

TEXT = "The treatment log shows no trial of conservative care."
EXCEPTION = "The examination shows the need although one criterion is not met."
BASIS = Basis(considered=(REQUEST,), alternative="A trial of conservative care is covered.", attested=True)
RULE = Basis(rule="Evidence of coverage 2026, section 4.2")

PHYSICIAN = Decider("dr-1", Role.PHYSICIAN, human=True, npi=FALK)
NURSE = Decider("rn-1", Role.NURSE, human=True)


def approval(sequence: int = 1, text: str = "", **more: Any) -> Ruling:
    """Of a physician, by exception, so that it holds whatever the criteria say."""
    return Ruling(
        sequence, RulingAction.APPROVE, Reason.CRITERIA_MET, text, **({"basis": Basis(exception=EXCEPTION)} | more)
    )


def denial(sequence: int = 1, reason: Reason = Reason.NOT_NECESSARY, **more: Any) -> Ruling:
    """On clinical grounds, whole; also of a line no policy names."""
    basis = Basis(
        BASIS.considered, ("the treatment log",), BASIS.alternative, attested=True, rule="House criteria 2026.1"
    )
    return Ruling(sequence, RulingAction.DENY_CLINICAL, reason, TEXT, **({"basis": basis} | more))


def reduction(authorized: Authorized, sequence: int = 1, reason: Reason = Reason.NOT_NECESSARY) -> Ruling:
    """Less, or something else, than was asked."""
    basis = Basis(BASIS.considered, (), BASIS.alternative, attested=True, rule="House criteria 2026.1")
    return Ruling(sequence, RulingAction.MODIFY, reason, TEXT, authorized, basis=basis)


def exclusion(sequence: int = 1, reason: Reason = Reason.NOT_COVERED) -> Ruling:
    """Denied as a matter of benefit."""
    return Ruling(sequence, RulingAction.DENY_ADMINISTRATIVE, reason, TEXT, basis=RULE)


def reopening(sequence: int = 1, why: Reopening = Reopening.NEW_EVIDENCE) -> Ruling:
    """A decided line opened again."""
    return Ruling(sequence, RulingAction.REOPEN, Reason.REOPENED, TEXT, basis=Basis(reopening=why))


def move(action: RulingAction, sequence: int = 1, reason: Reason = Reason.MEDICAL_REVIEW, text: str = TEXT) -> Ruling:
    """A ruling that determines nothing: on to somebody else, back, or out."""
    return Ruling(sequence, action, reason, text)


def opened(deps: Deps, caller: Caller, case_id: CaseId, by: Decider = PHYSICIAN) -> Case:
    """The case after that person opened its evidence."""
    return open_evidence(deps, caller, case_id, by)


def decided(deps: Deps, caller: Caller, case_id: CaseId, *rulings: Ruling, by: Decider = PHYSICIAN) -> Case:
    """The case after that person opened its evidence and ruled, on the version it is at."""
    opened(deps, caller, case_id, by)
    version = read_case(deps, caller, case_id).version
    return decide_case(deps, caller, case_id, version, by, rulings)


def basis_body(**changes: Any) -> dict[str, Any]:
    """The JSON of a basis that every adverse decision can rest on."""
    whole = {
        "considered": ["request"],
        "missing": ["the treatment log"],
        "alternative": "A trial of conservative care is covered.",
        "attestation": True,
        "rule": "House criteria 2026.1",
    }
    return whole | changes


def line_body(action: str = "approve", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """The JSON of a ruling on one line, whole: an approval by exception, or a decision with its basis."""
    reasons = {"approve": "criteria-met", "deny-administrative": "not-covered"}
    basis = {"exception": EXCEPTION} if action == "approve" else basis_body()
    reason = reasons.get(action, "not-necessary")
    return {"sequence": sequence, "action": action, "reason": reason, "text": TEXT, "basis": basis} | changes


def decision_body(version: int, *lines: dict[str, Any], role: str = "physician", **reviewer: str) -> dict[str, Any]:
    """The JSON of a decision by a physician whose credentials are on file."""
    return {
        "version": version,
        "role": role,
        "reviewer": {"id": "d-1", "npi": FALK} | reviewer,
        "lines": list(lines or (line_body(),)),
    }


def open_with(client: Any, case_id: str, body: dict[str, Any], **sent: Any) -> Any:
    """The answer to whoever is named in a decision when they open the evidence, sent with a test client of Flask."""
    who = {name: body[name] for name in ("role", "reviewer") if name in body}
    return client.post(f"/um/v1/cases/{case_id}/openings", json=who, **sent)


def tell_of(deps: Deps, case: Case) -> None:
    """Everybody is told of what was decided on the first line."""
    with deps.open_work() as work:
        for recipient in ("member", "provider"):
            stop_for_notice(work, case, 1, deps.clock(), recipient)
