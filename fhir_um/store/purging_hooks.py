"""Records of hooks whose time is over, and how they go. Must not decide which, or know what they say.

Each record carries the end of its time. Calls remove what is over by themselves (`store.hooks`) as long as nobody has
placed a legal hold; while one holds, records go by a purge alone, which looks at each.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, bindparam, delete, select, tuple_

from fhir_um.cases.model import PayerId
from fhir_um.cases.retention import Candidate, Going, Kept, RecordKind, day_in
from fhir_um.store.purging import Key, ZoneOf
from fhir_um.store.tables import coverage_assertions, hook_cards, hook_feedback, hook_invocations

_TABLES: dict[str, Table] = {
    table.name: table for table in (hook_feedback, hook_cards, hook_invocations, coverage_assertions)
}
"""In the order they go: what was said of a card before the card, that before its call, answers last of all."""

_calls = hook_invocations.c
_ABOUT = select(coverage_assertions.c.payer_id, coverage_assertions.c.instance, coverage_assertions.c.member_id).where(
    coverage_assertions.c.instance.in_(bindparam("instances", expanding=True))
)


def _next(table: Table) -> Select[*tuple[object, ...]]:
    """The next rows of a table that are over: key, end, and the hook instance they belong to."""
    key = (table.c.id, table.c.payer_id)
    return (
        _with_instance(table)
        .where(
            tuple_(*key) > tuple_(bindparam("after_id"), bindparam("after_payer")),
            table.c.keep_until < bindparam("until", type_=table.c.keep_until.type),
        )
        .order_by(*key)
        .limit(bindparam("most"))
    )


def _with_instance(table: Table) -> Select[*tuple[object, ...]]:
    key = (table.c.id, table.c.payer_id, table.c.keep_until)
    if table is coverage_assertions:
        return select(*key, table.c.instance, table.c.used_by)
    if table is hook_invocations:
        return select(*key, table.c.instance)
    if table is hook_cards:
        return select(*key, _calls.instance).outerjoin(hook_invocations, _shown_by(table))
    shown = and_(hook_cards.c.id == table.c.card_id, hook_cards.c.payer_id == table.c.payer_id)
    return select(*key, _calls.instance).outerjoin(hook_cards, shown).outerjoin(hook_invocations, _shown_by(hook_cards))


def _shown_by(cards: Table) -> ColumnElement[bool]:
    return and_(_calls.id == cards.c.invocation_id, _calls.payer_id == cards.c.payer_id)


_NEXT = {name: _next(table) for name, table in _TABLES.items()}


def hook_candidates(
    connection: Connection, zone_of: ZoneOf, until: datetime, after: Key, most: int, to_change: bool
) -> tuple[Candidate, ...]:
    """The next records of hooks that were to be kept until before then, table by table."""
    del to_change  # nothing changes them
    begun, id, payer_id = after or (hook_feedback.name, "", "")
    names = list(_TABLES)
    for name in names[names.index(begun) :]:
        named = {"until": until, "after_id": id, "after_payer": payer_id, "most": most}
        rows = connection.execute(_NEXT[name], named).all()
        if rows:
            about = _members(connection, {row.instance for row in rows} - {None})
            return tuple(_candidate(name, row, about, zone_of) for row in rows)
        id, payer_id = "", ""
    return ()


def _members(connection: Connection, instances: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """The members that hook instances were about; one that is not known is an empty text."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in connection.execute(_ABOUT, {"instances": sorted(instances)}) if instances else ():
        found[row.payer_id, row.instance].add(row.member_id)
    return found


def _candidate(
    name: str, row: Row[*tuple[object, ...]], about: dict[tuple[str, str], set[str]], zone_of: ZoneOf
) -> Candidate:
    members = about.get((row.payer_id, row.instance), set())
    zone = zone_of(row.payer_id)
    kept = Kept(
        RecordKind.HOOK,
        PayerId(row.payer_id),
        day_in(row.keep_until, zone),
        members=frozenset() if "" in members else frozenset(members),
        case_id=(row.used_by or "") if name == coverage_assertions.name else "",
    )
    return Candidate((name, row.id, row.payer_id), kept, zone)


def purge_hooks(connection: Connection, going: Sequence[Going]) -> None:
    """Remove those records."""
    for name, table in _TABLES.items():
        named = [
            {"of_id": id, "of_payer": payer_id}
            for kept_in, id, payer_id in (each.candidate.key for each in going)
            if kept_in == name
        ]
        if named:
            gone = delete(table).where(table.c.id == bindparam("of_id"), table.c.payer_id == bindparam("of_payer"))
            connection.execute(gone, named)
