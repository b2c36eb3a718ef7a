"""How a worksheet looks in our own API: criteria with what was found for each, answers, documents. Plain JSON.

Must not know FHIR or any policy.
"""

from decimal import Decimal
from typing import Any

from fhir_um.api.attachment_views import attachment_view
from fhir_um.api.review_view import person_view
from fhir_um.cases.evidence import Answer, Evidence, EvidenceValue, Observation
from fhir_um.cases.findings import Finding
from fhir_um.cases.model import Case, Line
from fhir_um.cases.readings import standing_readings
from fhir_um.cases.review import Override
from fhir_um.usecases.read_worksheet import Worksheet
from fhir_um.words import Code

_MOST_ZEROS = 100


def worksheet_view(sheet: Worksheet) -> dict[str, Any]:
    """The whole worksheet."""
    rows: tuple[Observation | Answer, ...] = (*sheet.evidence.observations, *sheet.evidence.answers)
    measured = {row.ref: _measured(row) for row in rows}
    return {
        "id": sheet.case.id,
        "version": sheet.case.version,
        "lines": [_line(sheet.case, line, measured) for line in sheet.case.lines],
        "answers": _answers(sheet.evidence),
        "attachments": [attachment_view(row) for row in sheet.attachments],
    }


def _line(case: Case, line: Line, measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    findings = [_finding(finding, standing_readings(case, line, finding), measured) for finding in line.findings]
    return {"sequence": line.sequence, "state": line.state, "why": line.decision.text, "findings": findings}


def _finding(finding: Finding, read: dict[str, Override], measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "policyId": finding.policy_id,
        "policyVersion": finding.policy_version,
        "title": finding.title,
        "truth": finding.truth,
        "missing": list(finding.missing),
        "criteria": [
            {
                "id": criterion.id,
                "label": criterion.label,
                "truth": criterion.truth,
                "found": [{"evidence": ref, **measured.get(ref, {})} for ref in criterion.evidence],
                "reading": _reading(read[criterion.id]) if criterion.id in read else None,
            }
            for criterion in finding.criteria
        ],
    }


def _reading(override: Override) -> dict[str, Any]:
    """How somebody read it; it lapses when what software finds of the criterion changes."""
    return {
        "truth": override.truth,
        "reason": override.reason,
        "evidence": list(override.evidence),
        "by": person_view(override.by),
        "at": override.at.isoformat(),
    }


def _answers(evidence: Evidence) -> list[dict[str, Any]]:
    return [
        {"evidence": row.ref, "form": row.questionnaire, "link": row.link_id, **_measured(row)}
        for row in evidence.answers
    ]


def _measured(row: Observation | Answer) -> dict[str, Any]:
    return {"value": _value(row.value), "unit": row.unit, "on": row.on.isoformat() if row.on else None}


def _value(value: EvidenceValue | None) -> Any:
    """Numbers as text, with every digit as it was written; one with a long row of zeros keeps its exponent."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return f"{value:f}" if isinstance(exponent, int) and abs(exponent) <= _MOST_ZEROS else str(value)
    if isinstance(value, Code):
        return {"system": value.system, "code": value.code}
    return value if value is None or isinstance(value, bool | str) else value.isoformat()
