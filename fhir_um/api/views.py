"""How a case and its history look in our own API: plain JSON in house words. Must not know FHIR or how it is stored."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fhir_um.api.review_view import person_view, review_view
from fhir_um.cases.asked import Party
from fhir_um.cases.basis import Basis
from fhir_um.cases.clocks import Clock
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import Finding
from fhir_um.cases.model import Authorized, BusinessError, Case, Decision, Event, Line
from fhir_um.cases.standing import standing_of
from fhir_um.policy.model import PaListRow
from fhir_um.words import Concept, Period, Quantity


def case_view(
    case: Case, clocks: tuple[Clock, ...] = (), on: date | None = None, used: Mapping[int, Decimal] | None = None
) -> dict[str, Any]:
    """The whole case; `clocks` say why its pended lines are due when they are.

    `on` is the day for which it is told where decided lines stand, that of the last change without one; `used` is how
    much of each line was used, by line.
    """
    day, units = on or case.changed_at.date(), used or {}
    return {
        **case_row(case),
        "changedAt": _at(case.changed_at),
        "reviewType": case.review_type,
        "memberId": case.member_id,
        "planId": case.plan_id,
        "requester": _party(case.request.requester),
        "claimIdentifiers": [{"system": i.system, "value": i.value} for i in case.request.claim_identifiers],
        "diagnoses": [_concept(d.concept) for d in case.request.diagnoses],
        "lines": [
            _line(line) | {"standing": standing_of(case, line, day, units.get(line.sequence))} for line in case.lines
        ],
        "clocks": [_clock(clock) for clock in clocks],
        "errors": [_error(error) for error in case.errors],
        "review": review_view(case.review),
    }


def case_row(case: Case) -> dict[str, Any]:
    """The case in a worklist: what to do next and by when."""
    return {
        "id": case.id,
        "version": case.version,
        "status": case.status,
        "payerId": case.payer_id,
        "sender": case.sender,
        "receivedAt": _at(case.received_at),
        "priority": case.priority,
        "lineOfBusiness": case.line_of_business,
        "dueAt": _at(case.due_at),
        "lineStates": {str(line.sequence): line.state for line in case.lines},
    }


def event_view(event: Event) -> dict[str, Any]:
    """One step of the history."""
    line = event.line
    return {
        "sequence": event.sequence,
        "version": event.version,
        "at": _at(event.at),
        "kind": event.kind,
        "actor": person_view(event.actor),
        "line": line.sequence if line else None,
        "from": event.before,
        "to": line.state if line else None,
        "moves": list(event.path),
        "reason": line.decision.reason if line else None,
    }


def pa_list_row(row: PaListRow) -> dict[str, Any]:
    """One code of the public list."""
    return {
        "system": row.system,
        "code": row.code,
        "label": row.label,
        "policyId": row.policy_id,
        "title": row.title,
        "outcome": row.outcome,
        "plans": list(row.plans),
    }


def _line(line: Line) -> dict[str, Any]:
    asked = line.request
    return {
        "sequence": line.sequence,
        "state": line.state,
        "service": _concept(asked.service),
        "modifiers": [_concept(m) for m in asked.modifiers],
        "quantity": _quantity(asked.quantity),
        "serviced": _period(asked.serviced),
        "decision": _decision(line.decision),
        "authorizationNumber": line.authorization_number,
        "administrativeReference": line.administrative_reference,
        "previousAuthorizationNumber": line.previous_authorization_number,
        "takenOverBy": line.taken_over_by,
        "issuedOn": _day(line.issued_on),
        "period": _period(line.period),
        "dueAt": _at(line.due_at),
        "documentsDueAt": _at(line.documents_due_at),
        "specialty": line.specialty,
        "documents": [_document(d) for d in line.documents],
        "findings": [_finding(finding) for finding in line.findings],
    }


def _document(needed: DocumentNeeded) -> dict[str, Any]:
    more = {"reportType": needed.report_type, "modifiers": list(needed.modifiers)}
    return {"loinc": needed.loinc, "label": needed.label} | {name: said for name, said in more.items() if said}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "at": _at(decision.at),
        "by": person_view(decision.decider),
        "reason": decision.reason,
        "text": decision.text,
        "authorized": _authorized(decision.authorized),
        "secondSurgicalOpinion": decision.second_opinion,
        "basis": _basis(decision.basis) if decision.basis else None,
    }


def _basis(basis: Basis) -> dict[str, Any]:
    licence = basis.licence
    return {
        "considered": list(basis.considered),
        "missing": list(basis.missing),
        "alternative": basis.alternative,
        "attestation": basis.attested,
        "exception": basis.exception,
        "rule": basis.rule,
        "reopening": basis.reopening,
        "effectiveOn": _day(basis.effective_on),
        "name": basis.name,
        "credential": basis.credential,
        "licence": {"state": licence.state, "number": licence.number} if licence else None,
        "policy": basis.policy,
        "policyHash": basis.policy_hash,
        "softwareUsed": basis.software_used,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "policyId": finding.policy_id,
        "policyVersion": finding.policy_version,
        "policyHash": finding.policy_hash,
        "title": finding.title,
        "truth": finding.truth,
        "missing": list(finding.missing),
        "criteria": [
            {"id": c.id, "label": c.label, "truth": c.truth, "evidence": list(c.evidence)} for c in finding.criteria
        ],
    }


def _authorized(given: Authorized | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {
        "service": _concept(given.service) if given.service else None,
        "modifiers": None if given.modifiers is None else [_concept(m) for m in given.modifiers],
        "quantity": _quantity(given.quantity),
        "period": _period(given.period),
        "provider": _party(given.provider) if given.provider else None,
        "providerRole": given.provider_role,
    }


def _clock(clock: Clock) -> dict[str, Any]:
    deadline = clock.deadline
    return {
        "line": clock.sequence,
        "ruleId": deadline.rule_id,
        "source": deadline.source,
        "startAt": _at(deadline.start_at),
        "dueAt": _at(deadline.due_at),
        "considered": [{"ruleId": rule.rule_id, "dueAt": _at(rule.due_at)} for rule in deadline.considered],
    }


def _error(error: BusinessError) -> dict[str, Any]:
    return {"code": error.code, "line": error.sequence, "path": error.path, "text": error.text}


def _party(party: Party) -> dict[str, Any]:
    return {"npi": party.npi, "name": party.name}


def _concept(concept: Concept) -> dict[str, Any]:
    return {"codes": [{"system": c.system, "code": c.code} for c in concept.codes], "text": concept.text}


def _quantity(quantity: Quantity | None) -> dict[str, Any] | None:
    return None if quantity is None else {"value": str(quantity.value), "unit": quantity.unit or quantity.code}


def _period(period: Period | None) -> dict[str, Any] | None:
    if period is None or (period.start is None and period.end is None):
        return None
    return {"start": _day(period.start), "end": _day(period.end)}


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
