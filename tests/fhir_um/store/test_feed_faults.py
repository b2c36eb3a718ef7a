"""Whatever is altered in the feed by hand is told."""

import pytest
from sqlalchemy import text

from fhir_um.cases.model import Course
from fhir_um.store.database import Store
from tests.fhir_um.store.stored import moved, opened, put_whole

_ALTERED = {
    "row deleted": ("DELETE FROM event_feed WHERE first = 1", "does not tell events 1 to 2"),
    "last row deleted": ("DELETE FROM event_feed WHERE first = 3", "does not tell events 3 to 3"),
    "all rows deleted": ("DELETE FROM event_feed", "does not tell events 1 to 3"),
    "row shorter": ("UPDATE event_feed SET last = 1 WHERE first = 1", "does not tell events 2 to 2"),
    "row longer": ("UPDATE event_feed SET last = 3 WHERE first = 1", "tells event 3 twice"),
    "row too long": ("UPDATE event_feed SET last = 9 WHERE first = 3", "tells events 4 to 9, which are not there"),
    "row backwards": ("UPDATE event_feed SET last = 0 WHERE first = 3", "twice or backwards"),
    "row added": (
        "INSERT INTO event_feed (txid, payer_id, case_id, first, last, at) "
        "SELECT txid, payer_id, case_id, first, last, at FROM event_feed WHERE first = 3",
        "tells event 3 twice",
    ),
    "order altered": ("UPDATE event_feed SET position = 99, txid = 99999999 WHERE first = 1", "in another order"),
    "cursor altered": ("INSERT INTO feed_followers (name, cursor) VALUES ('letters', 'x')", "the cursor of letters"),
}
_ON_POSTGRESQL_TOO = ("row deleted", "order altered", "cursor altered")
_UNREADABLE = ("UPDATE event_feed SET last = 'soon' WHERE first = 1", "cannot be read")


def _altered(store: Store, statement: str) -> list[str]:
    case = put_whole(store, opened("case-1", Course.PEND_REVIEW))
    journal = moved(case)
    with store.open_work() as work:
        work.save_case(journal.case, 1, tuple(journal.events), (), ())
    assert store.verify().faults == []
    with store.engine.begin() as connection:
        connection.execute(text(statement))
    return store.verify().faults


@pytest.mark.parametrize("what", [*_ALTERED, "unreadable"])
def test_what_was_altered_is_told(store: Store, what: str) -> None:
    if store.engine.dialect.name == "postgresql" and what not in _ON_POSTGRESQL_TOO:
        pytest.skip("shown on SQLite")
    statement, said = _ALTERED.get(what, _UNREADABLE)

    faults = _altered(store, statement)

    assert any(said in fault for fault in faults), faults
