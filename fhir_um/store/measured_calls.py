"""How often an operation was called, and how often that was refused, by the audit log. Must not know a measure."""

from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from fhir_um.cases.model import PayerId
from fhir_um.store.audit_tables import audit_log

_FIRST_REFUSAL = 400


def calls_of(
    connection: Connection, payer_id: PayerId, action_end: str, since: datetime, until: datetime
) -> tuple[int, int]:
    """Calls of an address that ends so, by that payer's own or before a payer was known, and those that were refused.

    A call is one however many rows it left. Callers who were sent away because of too much work left none.
    """
    row = audit_log.c
    calls = (
        select(func.max(row.status).label("status"))
        .where(
            row.at >= since,
            row.at < until,
            row.action.like("%" + action_end),
            or_(row.payer_id == payer_id, row.payer_id.is_(None)),
        )
        .group_by(row.request_id)
        .subquery()
    )
    refused = func.count().filter(calls.c.status >= _FIRST_REFUSAL)
    found = connection.execute(select(func.count(), refused).select_from(calls)).one()
    return found[0], found[1]
