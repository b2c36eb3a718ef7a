"""How measures look in our own JSON and in a spreadsheet. Must not know how they are made.

A count that is hidden is null in JSON and empty in CSV, and says so beside it. Source: PAS 2.2.1, PASMetricData.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.figures import Figure
from fhir_um.cases.operations_report import OperationsReport
from fhir_um.cases.pas_records import DocumentAsked, Exchanged, ItemMeasured, PasRecord
from fhir_um.cases.public_report import PublicReport, Row
from fhir_um.words import Concept, Identifier
from profiles.canonicals import LOINC

_PUBLIC_COLUMNS = ("payer", "year", "level", "group", "name")
_FIGURE_COLUMNS = (
    "measure",
    "title",
    "basis",
    "unit",
    "counted",
    "numerator",
    "denominator",
    "value",
    "hidden",
    "note",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SMALL_CELLS = "Counts of 1 to 10 are hidden, and what would give them away; what is hidden has no number and says so."
DECISION_TIME = (
    "Times end when the last line of a request was first determined, not when notice was given. A request approved in "
    "full counts as approved; one denied or reduced in any part counts as denied. Drugs are left out."
)
NOT_TOLD = {
    "issue": "Refused exchanges are in the audit log and belong to no request.",
    "itemDetail.trn": "No service level trace number is assigned.",
    "itemDetail.assertionId": "Kept with the coverage information, not with the request.",
    "itemDetail.locationType": "Inpatient, outpatient or home is not worked out from the place of service.",
    "supportingDoc": "Which questionnaire a document answered is not kept with the request.",
    "exceptionSubmission": "No exception grant is known here.",
}
"""What PASMetricData asks for and no record has."""


def public_view(report: PublicReport) -> dict[str, Any]:
    """One payer's year."""
    return {
        "payerId": report.payer_id,
        "payer": report.payer_name,
        "year": report.year,
        "basis": report.basis.value,
        "timeZone": report.time_zone,
        "from": _at(report.since),
        "until": _at(report.until),
        "asOf": _at(report.as_of),
        "madeAt": _at(report.made_at),
        "final": report.is_final,
        "excludes": "drugs",
        "notes": [DECISION_TIME, *([SMALL_CELLS] if report.has_hidden_cells else [])],
        "services": figure_view(report.services) | {"list": "/um/v1/pa-list"},
        "groups": [_row_view(row) for row in report.rows],
    }


def operations_view(report: OperationsReport) -> dict[str, Any]:
    """One payer's operations in a time."""
    return {
        "payerId": report.payer_id,
        "lineOfBusiness": report.line_of_business or None,
        "from": _at(report.since),
        "until": _at(report.until),
        "asOf": _at(report.as_of),
        "figures": [figure_view(figure) for figure in report.figures],
    }


def figure_view(figure: Figure) -> dict[str, Any]:
    """One figure."""
    return {
        "id": figure.id,
        "name": figure.name,
        "formula": figure.formula,
        "basis": figure.basis or None,
        "unit": figure.unit,
        "counted": figure.level,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": figure.value,
        "hidden": figure.hidden,
        "note": figure.note or None,
    }


def public_csv(reports: Iterable[PublicReport]) -> bytes:
    """Reports for a spreadsheet, one figure a row."""
    return _csv((*_PUBLIC_COLUMNS, *_FIGURE_COLUMNS), _public_rows(reports))


def operations_csv(report: OperationsReport) -> bytes:
    """A report for a spreadsheet, one figure a row."""
    return _csv(_FIGURE_COLUMNS, map(_figure_cells, report.figures))


def pas_record_view(record: PasRecord) -> dict[str, Any]:
    """One request as PASMetricData; what it does not have is left out."""
    return _said(
        {
            "source": "payer-src",
            "providerId": _identifier(record.provider),
            "groupId": _identifier(record.group),
            "payerId": _identifier(record.payer) or {"value": record.payer_id},
            "exchange": [_exchange(each) for each in record.exchanges],
            "aaaCodes": _errors(record.errors),
            "itemDetail": [_item(item) for item in record.items],
            "requestedDoc": [_document(document) for document in record.documents],
            "businessLine": {"text": record.line_of_business} if record.line_of_business else None,
        }
    )


def _row_view(row: Row) -> dict[str, Any]:
    return {
        "level": row.level.value,
        "id": row.id or None,
        "name": row.label,
        "counts": dict(row.counts),
        "measures": [figure_view(figure) for figure in row.figures],
    }


def _public_rows(reports: Iterable[PublicReport]) -> Iterator[tuple[Any, ...]]:
    for report in reports:
        about = (report.payer_name, report.year)
        yield (*about, "payer", "", report.payer_name, *_figure_cells(report.services))
        for row in report.rows:
            for figure in row.figures:
                yield (*about, row.level.value, row.id, row.label, *_figure_cells(figure))
            for name, count in row.counts:
                cells = (name, "", "", "count", "", "", "", count, count is None, "")
                yield (*about, row.level.value, row.id, row.label, *cells)


def _figure_cells(figure: Figure) -> tuple[Any, ...]:
    said = (figure.id, figure.name, figure.basis, figure.unit, figure.level)
    return (*said, figure.numerator, figure.denominator, figure.value, figure.hidden, figure.note)


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> bytes:
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_cell(value) for value in row)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _exchange(each: Exchanged) -> dict[str, Any]:
    return _said(
        {
            "type": each.type,
            "with": "provider",
            "method": "restful",
            "requestTime": _at(each.requested_at),
            "responseTime": _at(each.responded_at) if each.responded_at else None,
            "httpResponse": str(each.status),
        }
    )


def _item(item: ItemMeasured) -> dict[str, Any]:
    return _said(
        {
            "item": _concept(item.item),
            "initialSubmissionTime": _at(item.asked_at),
            "finalResponseTime": _at(item.final_at) if item.final_at else None,
            "responsesRequired": item.responses,
            "aaaCodes": _errors(item.errors),
            "result": item.result,
            "denialReason": item.denial_reason,
        }
    )


def _document(asked: DocumentAsked) -> dict[str, Any]:
    return _said(
        {
            "docRequest": [_needed(needed) for needed in asked.documents] or [{"text": "said in words"}],
            "timeRequested": _at(asked.asked_at),
            "timeSubmitted": _at(asked.answered_at) if asked.answered_at else None,
        }
    )


def _needed(needed: DocumentNeeded) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": needed.loinc}], "text": needed.label}


def _concept(concept: Concept) -> dict[str, Any]:
    codes = [{"system": code.system, "code": code.code} for code in concept.codes]
    return {"coding": codes} if codes else {"text": "said in words"}


def _errors(errors: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"loopID": loop, "aaaCode": code} for loop, code in errors]


def _identifier(known: Identifier | None) -> dict[str, str] | None:
    return _said({"system": known.system, "value": known.value}) if known else None


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _at(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
