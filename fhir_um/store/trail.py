"""Who did what (audit). Audit rows never hold health data."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from fhir_um.cases.model import PayerId
from fhir_um.store.tables import audit

_ADD_AUDIT = insert(audit)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One request and what became of it: `outcome` names it, `detail` is a code, `body_hash` SHA-256 of the body.

    `payer_id` is None when the request was refused before a payer was known.
    """

    id: str
    payer_id: PayerId | None
    at: datetime
    client_id: str
    action: str
    outcome: str
    status: int
    detail: str
    request_id: str
    body_hash: str


def add_audit(connection: Connection, row: AuditRow) -> None:
    """Note a request and what became of it."""
    connection.execute(
        _ADD_AUDIT,
        {
            "id": row.id,
            "payer_id": row.payer_id,
            "at": row.at,
            "client_id": row.client_id,
            "action": row.action,
            "outcome": row.outcome,
            "status": row.status,
            "detail": row.detail,
            "request_id": row.request_id,
            "body_hash": row.body_hash,
        },
    )
