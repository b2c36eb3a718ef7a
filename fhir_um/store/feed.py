"""The event feed: every step of every case, in an order that followers can trust. Must not know what a step means.

A follower that keeps its cursor misses nothing and is told nothing twice: a row is shown only when no transaction that
is still open can put another one before it. `FeedRow.cursor` is a text for us alone; `api` makes it opaque.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from fhir_um.cases.model import CaseId, Event, MemberId, PayerId
from fhir_um.store.columns import as_key
from fhir_um.store.documents import event_of
from fhir_um.store.engine import lock_key
from fhir_um.store.feed_tables import event_feed, feed_followers
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import case_events, cases
from fhir_um.store.writing import ByDatabase, insert_or_replace

BEGINNING = ""
"""The cursor before everything."""

MOST_EVENTS = 1_000
"""Read at once."""

_CURSOR = re.compile(r"(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,8})", re.ASCII)
_LAST = select(event_feed.c.txid).order_by(event_feed.c.txid.desc(), event_feed.c.position.desc()).limit(1)
_OWN_TXID = literal_column("pg_current_xact_id()::text::bigint", BigInteger)
_TXID = func.greatest(_OWN_TXID, func.coalesce(_LAST.scalar_subquery(), 0))
_ADD = Prepared(ByDatabase(sqlite.insert(event_feed).values(txid=0), postgresql.insert(event_feed).values(txid=_TXID)))
_PLACE = Prepared(select(feed_followers.c.cursor).where(feed_followers.c.name == bindparam("of_name")))
_KEEP = Prepared(insert_or_replace(feed_followers))
_MEMBER = (
    select(cases.c.member_id)
    .where(cases.c.id == event_feed.c.case_id, cases.c.payer_id == event_feed.c.payer_id)
    .scalar_subquery()
    .label("member_id")
)
"""No join: whichever way the cases are found, the feed is walked in its order."""

_NO_LONGER_CHANGES = text("event_feed.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""On PostgreSQL: every transaction with a number up to that of the row has ended."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One step of a case, and the cursor after it. `member_id` is whom the case is about, for the audit log alone."""

    cursor: str
    payer_id: PayerId
    case_id: CaseId
    member_id: MemberId
    event: Event


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Steps in order, and the cursor to go on from: past everything that was looked at, wanted or not."""

    rows: tuple[FeedRow, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class FeedSearch:
    """What to read: of which payers (None: all), after which cursor, how many; of some kinds or of one case only."""

    payer_ids: Collection[PayerId] | None
    cursor: str = BEGINNING
    limit: int = MOST_EVENTS
    kinds: frozenset[str] = frozenset()
    case_id: CaseId | None = None


def add_to_feed(connection: Connection, payer_id: PayerId, case_id: CaseId, events: Sequence[Event]) -> None:
    """Note that this transaction adds those steps to that case; nothing when there are none."""
    if events:
        first, last = events[0], events[-1]
        row = {"payer_id": payer_id, "case_id": case_id, "first": first.sequence, "last": last.sequence, "at": last.at}
        _ADD.change(connection, [row])


def read_feed(connection: Connection, wanted: FeedSearch) -> FeedPage:
    """The steps after that cursor that are final.

    Of some kinds only, it looks at up to `MOST_EVENTS` steps. Raises: ValueError for a cursor that is none of ours.
    """
    txid, position, sequence = _place(wanted.cursor)
    statement = _steps(connection, wanted)
    most = MOST_EVENTS if wanted.kinds else min(wanted.limit, MOST_EVENTS)
    named: dict[str, Any] = {"txid": txid, "position": position, "sequence": sequence, "most": most}
    named |= {"payers": sorted(wanted.payer_ids)} if wanted.payer_ids is not None else {}
    named |= {"of_case": as_key(wanted.case_id)} if wanted.case_id is not None else {}
    rows: list[FeedRow] = []
    reached = wanted.cursor
    for found in connection.execute(statement, named):
        reached = f"{found.txid}.{found.position}.{found.sequence}"
        if not wanted.kinds or found.kind in wanted.kinds:
            rows.append(FeedRow(reached, found.payer_id, found.case_id, found.member_id, event_of(found.body)))
        if len(rows) == wanted.limit:
            break
    return FeedPage(tuple(rows), reached)


class FeedRead:
    """The feed inside a transaction that reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def after(self, payer_ids: Collection[PayerId] | None, cursor: str, limit: int) -> tuple[FeedRow, ...]:
        """The next steps of those payers, or of all for None; see `read_feed`."""
        return self.page(FeedSearch(payer_ids, cursor, limit)).rows

    def page(self, wanted: FeedSearch) -> FeedPage:
        """See `read_feed`."""
        return read_feed(self._connection, wanted)

    def place_of(self, name: str) -> str:
        """How far that follower of ours has read: the cursor of the last step it knows, empty for none."""
        return _PLACE.scalar(self._connection, {"of_name": name}) or BEGINNING


class Feed(FeedRead):
    """The feed inside a transaction of a follower: what it writes and how far it has read are kept together."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def place_of(self, name: str) -> str:
        """See `FeedRead.place_of`; nobody else follows under that name until the transaction ends."""
        lock_key(self._writing(), f"feed\n{name}")
        return super().place_of(name)

    def keep_place(self, name: str, cursor: str) -> None:
        """Note how far that follower has read."""
        _KEEP.change(self._writing(), [{"name": name, "cursor": cursor}])


def is_cursor(written: str) -> bool:
    """True for a cursor of this feed, and for the one before everything.

    >>> is_cursor("0.12.3"), is_cursor(""), is_cursor("12")
    (True, True, False)
    """
    return written == BEGINNING or _CURSOR.fullmatch(written) is not None


def _place(cursor: str) -> tuple[int, int, int]:
    if cursor == BEGINNING:
        return -1, 0, 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ValueError("no cursor of the event feed")
    return int(found[1]), int(found[2]), int(found[3])


def _steps(connection: Connection, wanted: FeedSearch) -> Select[Any]:
    row, step = event_feed.c, case_events.c
    of_row = and_(
        step.case_id == row.case_id, step.payer_id == row.payer_id, step.sequence.between(row.first, row.last)
    )
    txid, position = _given("txid"), _given("position")
    here, there = tuple_(row.txid, row.position), tuple_(txid, position)
    clauses = [here >= there, (here > there) | (step.sequence > _given("sequence"))]
    if connection.dialect.name == "postgresql":
        clauses.append(_NO_LONGER_CHANGES)  # type: ignore[arg-type]  # a text is a clause too
    if wanted.payer_ids is not None:
        clauses.append(row.payer_id.in_(bindparam("payers", expanding=True)))
    if wanted.case_id is not None:
        clauses.append(row.case_id == bindparam("of_case"))
    return (
        select(row.txid, row.position, row.payer_id, row.case_id, _MEMBER, step.sequence, step.kind, step.body)
        .join_from(event_feed, case_events, of_row)
        .where(*clauses)
        .order_by(row.txid, row.position, step.sequence)
        .limit(bindparam("most"))
    )


def _given(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)
