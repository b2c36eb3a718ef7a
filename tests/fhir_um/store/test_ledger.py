"""What was used: counted for the line its number stands for, never changed, gone with the number."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fhir_um.cases.ledger import Use
from fhir_um.cases.model import CaseId, Course, IssuedNumber, PayerId
from fhir_um.cases.retention import Candidate, Going, Kept, Purge, RecordKind
from fhir_um.store.database import Store
from tests.builders import AT, ON
from tests.fhir_um.store.stored import PAYER, opened, put, put_whole

NUMBER = "Acase-1-1"
OTHER = PayerId("another")
ONE = Use("claim-1", NUMBER, date(2026, 3, 10), Decimal("1.50"), "1999999992", AT, "claims")


def kept(store: Store, *uses: Use) -> None:
    with store.open_work() as work:
        for use in uses:
            work.ledger.add(PAYER, use)


def test_uses_are_found_by_number_with_what_was_taken_back(store: Store) -> None:
    case = put(store, opened("case-1", Course.APPROVE, Course.APPROVE))
    assert case.lines[0].authorization_number == NUMBER
    two = replace(ONE, use_id="claim-2", units=Decimal(1))
    kept(store, ONE, two)
    back = replace(two, reversed_at=AT, reversed_by="clerk")
    with store.open_work() as work:
        work.ledger.reverse(PAYER, back)

    with store.open_reading() as reading:
        assert reading.ledger.uses_of(PAYER, NUMBER) == (ONE, back)
        assert reading.ledger.uses_of(PAYER, "Acase-1-2") == ()
        assert reading.ledger.uses_of(OTHER, NUMBER) == ()
        assert reading.ledger.place_of((OTHER, PAYER), NUMBER) == (PAYER, case.id, 1)
        assert reading.ledger.place_of((OTHER,), NUMBER) is None
        assert reading.ledger.place_of((), NUMBER) is None
        assert reading.ledger.place_of((PAYER,), "x" * 5000) is None
        assert reading.ledger.uses_by_line(PAYER, ()) == {}


def test_what_was_used_under_an_earlier_number_of_a_line_still_counts(store: Store) -> None:
    case = put(store, opened())
    kept(store, ONE)
    put(store, opened("case-2"))
    with store.open_work() as work:
        again = IssuedNumber("Aagain", "authorization", case.id, 1, AT)
        work.save_case(replace(case, version=2), 1, (), (again,), ())
    kept(store, replace(ONE, use_id="claim-2", number="Aagain"))

    with store.open_reading() as reading:
        assert [use.use_id for use in reading.ledger.uses_of(PAYER, "Aagain")] == ["claim-1", "claim-2"]

    with store.open_work() as work:
        work.hand_on_number(PAYER, "Aagain", CaseId("case-2"), 1)
    with store.open_reading() as reading:
        assert [use.use_id for use in reading.ledger.uses_of(PAYER, "Aagain")] == ["claim-2"]


def test_a_use_is_recorded_once_and_only_of_a_number_there_is(store: Store) -> None:
    put(store, opened())
    kept(store, ONE)

    with pytest.raises(DatabaseError):
        kept(store, ONE)
    with pytest.raises(DatabaseError):
        kept(store, replace(ONE, number="Anothing"))


def test_uses_go_with_the_case(store: Store) -> None:
    put_whole(store, opened())
    kept(store, ONE)
    going = Going(Candidate(("case-1", PAYER), Kept(RecordKind.CASE, PAYER, ON)), "R01", ON)
    with store.open_work(alone=True) as work:
        work.retention.purge(RecordKind.CASE, [going], Purge("run-1", "somebody", AT))

    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM authorization_uses")).scalar_one() == 0
    assert store.verify().faults == []
