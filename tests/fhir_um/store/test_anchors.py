"""Daily anchors: one a day, never changed, and the log is held against every one of them."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fhir_um.cases.auditing import Act, AuditEntry, DayAnchor
from fhir_um.store.database import Store
from tests.builders import AT

MADE = DayAnchor(date(2026, 3, 2), 1, "a" * 64, AT)


def logged(store: Store, anchor: DayAnchor | None = None) -> DayAnchor:
    """A log of one row, and the anchor at its end, or the one given."""
    with store.open_work(alone=True) as work:
        work.audit.add(AuditEntry(AT, "sign-in", Act.EXECUTE))
    with store.open_work(alone=True) as work:
        end = work.audit.end()
        kept = anchor or replace(MADE, sequence=end.sequence, hash=end.hash)
        assert work.audit.keep_anchor(kept)
    return kept


def test_a_day_has_one_anchor_that_stays(store: Store) -> None:
    kept = logged(store)

    with store.open_work(alone=True) as work:
        assert not work.audit.keep_anchor(replace(kept, sequence=99))
        assert work.audit.is_anchored(kept.day)
        assert not work.audit.is_anchored(date(2026, 3, 3))
        assert work.audit.anchors() == (kept,)
    for change in ("UPDATE audit_anchors SET sequence = 2", "DELETE FROM audit_anchors"):
        with pytest.raises(DatabaseError, match="stay as they are"), store.engine.begin() as connection:
            connection.execute(text(change))
    assert store.verify_audit().fault == ""


@pytest.mark.parametrize(
    ("anchor", "told"),
    [(MADE, "row 1 is not the one that was anchored"), (replace(MADE, sequence=5), "its end was cut off")],
)
def test_a_log_that_fits_no_anchor_of_its_own_is_found(store: Store, anchor: DayAnchor, told: str) -> None:
    logged(store, anchor)

    assert told in store.verify_audit().fault
    assert any(told in fault for fault in store.verify().faults)
