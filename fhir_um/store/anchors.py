"""Daily anchors of the audit log as rows: made once, never changed. Must not know what the log says."""

from datetime import date

from sqlalchemy import Connection, bindparam, select

from fhir_um.cases.auditing import DayAnchor
from fhir_um.store.ledger_tables import audit_anchors
from fhir_um.store.prepared import Prepared
from fhir_um.store.writing import insert_or_leave

_ALL = select(audit_anchors).order_by(audit_anchors.c.day)
_OF_DAY = Prepared(select(audit_anchors.c.day).where(audit_anchors.c.day == bindparam("of_day")))
_KEEP = Prepared(insert_or_leave(audit_anchors, "day"))


def anchors(connection: Connection) -> tuple[DayAnchor, ...]:
    """Every anchor, oldest first."""
    found = connection.execute(_ALL).all()
    return tuple(DayAnchor(date.fromisoformat(row.day), row.sequence, row.hash, row.at) for row in found)


def is_anchored(connection: Connection, day: date) -> bool:
    """True when that day has its anchor."""
    return _OF_DAY.scalar(connection, {"of_day": day.isoformat()}) is not None


def keep_anchor(connection: Connection, made: DayAnchor) -> bool:
    """Keep the anchor of a day; False when the day has one."""
    row = {"day": made.day.isoformat(), "sequence": made.sequence, "hash": made.hash, "at": made.at}
    return _KEEP.change(connection, [row]) == 1
