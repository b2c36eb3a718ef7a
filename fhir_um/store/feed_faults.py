"""What does not fit together between the event feed and the cases it tells of. Must not repair anything.

Every step of a case is told by exactly one row of the feed, and the rows of a case stand in the order of its steps.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from fhir_um.store.feed import is_cursor
from fhir_um.store.feed_tables import event_feed, feed_followers
from fhir_um.store.found import as_found

Found = Row[*tuple[Any, ...]]

_OF_CASE = (
    select(*as_found(event_feed))
    .where(event_feed.c.payer_id == bindparam("of_payer"), event_feed.c.case_id == bindparam("of_case"))
    .order_by(event_feed.c.txid, event_feed.c.position)
)
_FOLLOWERS = select(feed_followers.c.name, feed_followers.c.cursor).order_by(feed_followers.c.name)


def feed_faults(connection: Connection, payer_id: str, case_id: str, steps: int) -> Iterator[str]:
    """Every fault of the feed about a case that has so many steps."""
    rows = connection.execute(_OF_CASE, {"of_payer": payer_id, "of_case": case_id}).all()
    if not all(isinstance(value, int) for row in rows for value in (row.txid, row.position, row.first, row.last)):
        yield "its rows of the event feed cannot be read"
        return
    yield from _coverage_faults(rows, steps)
    if [row.first for row in rows] != sorted(row.first for row in rows):
        yield "the event feed tells its steps in another order"


def follower_faults(connection: Connection) -> Iterator[str]:
    """Followers of ours that stand nowhere in the feed."""
    for name, cursor in connection.execute(_FOLLOWERS):
        if not (isinstance(cursor, str) and is_cursor(cursor)):
            yield f"event feed: the cursor of {name} is none"


def _coverage_faults(rows: Sequence[Found], steps: int) -> Iterator[str]:
    """Ranges are compared with each other, not counted out: an altered one may be as long as it likes."""
    told = 0
    for row in sorted(rows, key=lambda row: (row.first, row.last)):
        if row.first > told + 1:
            yield f"the event feed does not tell events {told + 1} to {row.first - 1}"
        if row.first <= told or row.last < row.first:
            yield f"the event feed tells event {row.first} twice or backwards"
        told = max(told, row.last)
    if told < steps:
        yield f"the event feed does not tell events {told + 1} to {steps}"
    elif told > steps:
        yield f"the event feed tells events {steps + 1} to {told}, which are not there"
