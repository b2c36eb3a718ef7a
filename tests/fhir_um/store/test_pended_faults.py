"""Documents and notifications are checked too: what is altered by hand is told."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from fhir_um.cases.evidence import Evidence
from fhir_um.store.database import Store
from tests.fhir_um.store.stored import opened, put_whole
from tests.fhir_um.store.subscribed import add_active, announced, open_store, subscription
from tests.fhir_um.store.test_attachments import attachment, content

_ALTERED = {
    "bytes": ("UPDATE attachment_pieces SET piece = ''", "attachment a: its bytes cannot be opened"),
    "bytes in the clear": (
        "UPDATE attachment_pieces SET piece = '', sealed_by = ''",
        "attachment a: the bytes do not have the recorded hash",
    ),
    "what was read": ("UPDATE attachments SET evidence = 'e30='", "attachment a: what was read out of it cannot be o"),
    "what was read in the clear": ("UPDATE attachments SET sealed_by = ''", "attachment a: what was read out of it"),
    "bytes gone": ("DELETE FROM attachment_pieces", "attachment a: the bytes do not have the recorded hash"),
    "version": ("UPDATE attachments SET case_version = 9", "attachment a: it became part of a version"),
    "event lost": (
        "DELETE FROM deliveries WHERE event_number = 1",
        "of 2 events 1 are on file, with 1 numbers up to 2",
    ),
    "event invented": ("UPDATE subscriptions SET event_count = 1", "of 1 events 2 are on file"),
    "event doubled": (
        "UPDATE deliveries SET event_number = 2 WHERE event_number = 1",
        "of 2 events 2 are on file, with 1 numbers up to 2",
    ),
    "about nothing": ("UPDATE deliveries SET case_id = 'none' WHERE event_number = 2", "1 events are about no version"),
    "about a version to come": (
        "UPDATE deliveries SET case_version = 7 WHERE event_number > 0",
        "2 events are about no",
    ),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    opened_store = open_store(request.getfixturevalue(f"{request.param}_url"))
    case = put_whole(opened_store, opened())
    add_active(opened_store, subscription())
    for _ in range(2):
        announced(opened_store, case)
    with opened_store.open_work() as work:
        work.attachments.add(attachment(case_id=case.id, case_version=1), Evidence(), content(b"x"))
    yield opened_store
    opened_store.close()


@pytest.mark.parametrize(("change", "fault"), _ALTERED.values(), ids=_ALTERED)
def test_what_was_altered_is_found(store: Store, change: str, fault: str) -> None:
    assert (store.verify().faults, store.verify().pended_records) == ([], 2)

    with store.engine.begin() as connection:
        connection.execute(text(change))

    assert any(fault in found for found in store.verify().faults), store.verify().faults
