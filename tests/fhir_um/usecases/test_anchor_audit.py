"""Once a day (UTC) the end of the audit log is put on record and said aloud."""

import logging
from datetime import date

import pytest

from fhir_um.cases.auditing import Act, AuditEntry, AuditSearch
from fhir_um.usecases.anchor_audit import anchor_daily, see_anchors


def logged(deps, at) -> None:
    with deps.open_work(alone=True) as work:
        work.audit.add(AuditEntry(at, "sign-in", Act.EXECUTE))


def test_each_day_gets_one_anchor_once_there_is_a_log(bare, clock, caplog: pytest.LogCaptureFixture) -> None:
    assert anchor_daily(bare) == 0
    logged(bare, clock())

    with caplog.at_level(logging.INFO, logger="fhir_um"):
        assert [anchor_daily(bare), anchor_daily(bare)] == [1, 0]
        clock.move(hours=9)
        assert anchor_daily(bare) == 1

    first, second = see_anchors(bare)
    assert (first.day, first.sequence) == (date(2026, 3, 2), 1)
    assert (second.day, second.sequence) == (date(2026, 3, 3), 2)
    assert [line.given["anchor"] for line in caplog.records] == [f"1:{first.hash}", f"2:{second.hash}"]
    assert bare.store.verify_audit().fault == ""
    with bare.open_reading() as reading:
        rows = reading.audit.search((), AuditSearch(action="audit-anchor"))
    assert {(row.entry.client_id, row.entry.person) for row in rows} == {("engine", "")}
