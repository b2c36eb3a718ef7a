"""How the audit log looks in our own API and in a spreadsheet. Must not know how it is kept."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from fhir_um.cases.audit_alerts import NOT_KNOWN, RULES, Alert
from fhir_um.cases.auditing import AuditRow, Subject
from fhir_um.usecases.search_audit import Disclosed

_COLUMNS = ("at", "row", "recipient", "outside", "what", "cases", "why")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row_view(row: AuditRow) -> dict[str, Any]:
    """One row, with its place and hash."""
    entry = row.entry
    return {
        "sequence": row.sequence,
        "at": _at(entry.at),
        "payerId": entry.payer_id,
        "clientId": entry.client_id,
        "person": entry.person,
        "role": entry.role,
        "onBehalfOf": entry.on_behalf_of,
        "action": entry.action,
        "act": entry.act.value,
        "outcome": entry.outcome,
        "status": entry.status,
        "detail": entry.detail,
        "requestId": entry.request_id,
        "remote": entry.remote,
        "purpose": entry.purpose,
        "emergency": entry.emergency,
        "bodyHash": entry.body_hash,
        "subjects": [_subject(one) for one in entry.subjects],
        "previousHash": row.previous,
        "hash": row.hash,
    }


def alert_view(alert: Alert) -> dict[str, Any]:
    """One thing to look at."""
    return {
        "rule": alert.rule.name,
        "sentence": alert.rule.sentence,
        "who": alert.who,
        "beganAt": _at(alert.began_at),
        "endedAt": _at(alert.ended_at),
        "count": alert.count,
        "firstRow": alert.first_row,
        "lastRow": alert.last_row,
    }


def rules_view() -> list[dict[str, Any]]:
    """What is looked for, and what cannot be told."""
    known = [
        {"rule": rule.name, "moreThan": rule.threshold, "seconds": int(rule.window.total_seconds())} for rule in RULES
    ]
    return [*known, *({"rule": name, "notKnown": why} for name, why in NOT_KNOWN.items())]


def disclosure_view(told: Disclosed) -> dict[str, Any]:
    """When, to whom, what and why. Source: 45 CFR 164.528(b)(2)."""
    entry = told.row.entry
    return {
        "at": _at(entry.at),
        "row": told.row.sequence,
        "recipient": told.recipient,
        "outside": told.is_outside,
        "what": entry.action,
        "cases": [f"{one.case_id} version {one.version}" for one in entry.subjects if one.case_id],
        "why": entry.purpose,
    }


def disclosures_csv(rows: Iterable[Disclosed]) -> bytes:
    """The same for a spreadsheet; no cell can be taken for a formula."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in map(disclosure_view, rows):
        writer.writerow(_cell(row[column]) for column in _COLUMNS)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _subject(one: Subject) -> dict[str, Any]:
    return {"payerId": one.payer_id, "memberId": one.member_id, "caseId": one.case_id, "version": one.version}


def _at(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
