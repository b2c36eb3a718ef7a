"""Lookups go through an index that leads to the asked rows: their time must not grow with the cases of others."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from fhir_um.cases.model import PENDED, CaseId, MemberId, SubmissionId
from fhir_um.cases.submission import CaseSearch
from fhir_um.store.database import Store
from fhir_um.store.work import Reading
from fhir_um.words import Identifier
from tests.conftest import now
from tests.fhir_um.store.stored import EHR, PAYER

_CLAIM = Identifier("urn:test:claim", "C1")


@pytest.mark.parametrize(
    ("look_up", "indexes"),
    [
        (lambda work: work.find_for_inquiry(PAYER, "m", frozenset(), 50), ["cases_by_member (member_id=?"]),
        (lambda work: work.find_for_inquiry(PAYER, "m", frozenset({"1", "2"}), 50), ["issued_numbers", "(number=?"]),
        (lambda work: work.find_sent(PAYER, EHR, frozenset({"1"}), 50), ["issued_numbers", "(number=?", "(id=?"]),
        (lambda work: work.find_submission(PAYER, EHR, "0"), ["submissions", "(content_hash=?"]),
        (lambda work: work.submission(PAYER, SubmissionId("s")), ["submissions", "(id=?"]),
        (lambda work: work.find_by_claim(PAYER, EHR, "u", ()), ["claim_identifiers_latest (value=?", "(id=?"]),
        (lambda work: work.find_by_claim(PAYER, EHR, "", (_CLAIM, _CLAIM)), ["claim_identifiers_latest (value=?"]),
        (lambda work: work.worklist(PAYER, PENDED, 50), ["cases_by_due"]),
        (lambda work: work.search(PAYER, EHR, CaseSearch(patient="p")), ["cases_by_patient", "cases_by_member"]),
        (lambda work: work.search(PAYER, EHR, CaseSearch("C1")), ["claim_identifiers_latest (value=?", "(id=?"]),
        (lambda work: work.search(PAYER, EHR, CaseSearch("C1", "s", "p")), ["(value=? AND system=?", "(id=?"]),
        (lambda work: work.member_history(PAYER, MemberId("m")), ["case_lines_used (member_id=?"]),
        (lambda work: work.find_members(PAYER, (_CLAIM,)), ["member_identifiers", "(value=?"]),
        (lambda work: work.load_case(PAYER, CaseId("c")), ["(id=?"]),
        (lambda work: work.events_of(PAYER, CaseId("c")), ["(case_id=?"]),
        (lambda work: work.clocks_of(PAYER, CaseId("c")), ["(case_id=?"]),
    ],
)
def test_lookup_uses_its_index(sqlite_url: str, look_up: Callable[[Reading], object], indexes: list[str]) -> None:
    store = Store(sqlite_url, now)
    plan = plan_of(store, look_up)
    store.close()

    assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT ROW" not in step]
    assert [index for index in indexes if not any(index in step for step in plan)] == []


@pytest.mark.parametrize(
    "look_up",
    [
        lambda work: work.find_for_inquiry(PAYER, "m", frozenset(), 50),
        lambda work: work.find_by_claim(PAYER, EHR, "u", ()),
        lambda work: work.worklist(PAYER, PENDED, 50),
    ],
)
def test_latest_or_earliest_come_from_the_index_without_sorting(
    sqlite_url: str, look_up: Callable[[Reading], object]
) -> None:
    store = Store(sqlite_url, now)
    plan = plan_of(store, look_up)
    store.close()

    assert not [step for step in plan if "TEMP B-TREE" in step]


def plan_of(store: Store, look_up: Callable[[Reading], object]) -> list[str]:
    store.ping()
    asked: list[str] = []
    event.listen(store.engine, "checkout", lambda driver, *_: driver.set_trace_callback(asked.append))
    event.listen(store.engine, "checkin", lambda driver, *_: driver.set_trace_callback(None))
    with store.open_reading() as work:
        look_up(work)
    statements = [sql for sql in asked if sql.startswith("SELECT")]
    assert statements
    with store.engine.connect() as connection:
        return [row[3] for sql in statements for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
