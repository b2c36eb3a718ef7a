import pytest
from sqlalchemy import text

from fhir_um.cases.model import Course
from fhir_um.store.database import Store
from tests.fhir_um.store.stored import arrived, opened, put


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE case_events SET body = replace(body, 'E1390', 'E1391')", "event 2 does not follow"),
        ("DELETE FROM case_events WHERE sequence = 3", "does not equal the fold"),
        ("DELETE FROM case_events WHERE sequence = 2", "cannot be replayed"),
        ("DELETE FROM case_events", "cannot be replayed"),
        ("UPDATE case_events SET body = '{}' WHERE sequence = 1", "cannot be replayed"),
        ("UPDATE cases SET document = replace(document, 'E1390', 'E1391')", "does not equal the fold"),
        ("UPDATE cases SET document = 'lost'", "the document cannot be read"),
        ("UPDATE cases SET version = 7", "the document is at version 1, the row at 7"),
        ("DELETE FROM issued_numbers", "which was never handed out"),
        ("UPDATE submissions SET body = substr(body, 2)", "do not have the recorded hash"),
    ],
)
def test_what_was_altered_is_found(store: Store, change: str, fault: str) -> None:
    case = put(store, opened("case-1", Course.APPROVE, Course.PEND_REVIEW))
    with store.open_work() as work:
        work.add_submission(arrived(case), ())
    assert store.verify() == []

    with store.engine.begin() as connection:
        connection.execute(text(change))

    assert any(fault in found and "payer payer-1" in found for found in store.verify())


def test_every_case_is_looked_at(store: Store) -> None:
    for number in range(3):
        put(store, opened(f"case-{number}"))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE cases SET version = 7"))

    assert len(store.verify()) == 3
