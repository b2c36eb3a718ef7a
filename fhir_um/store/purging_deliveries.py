"""Notifications that were delivered and may be due to go, and how they go. Must not decide which.

The events of a subscription go in order, from the first: what is left is whole from a number on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, or_, select, tuple_, update

from fhir_um.cases.model import PayerId
from fhir_um.cases.retention import Candidate, Going, Kept, RecordKind, day_in
from fhir_um.store.documents import case_of
from fhir_um.store.purging import Key, ZoneOf
from fhir_um.store.retention_tables import purged_cases
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.store.tables import cases
from fhir_um.subscribers.model import OWED, DeliveryState, Standing

_d, _s = deliveries.c, subscriptions.c
_KEY = (_d.subscription_id, _d.payer_id, _d.place)
_NEXT = (
    select(*_KEY, _d.event_number, _d.case_id, _d.state, _d.created_at, _d.delivered_at, _s.standing, _s.removed_at)
    .join(subscriptions, and_(_s.id == _d.subscription_id, _s.payer_id == _d.payer_id))
    .where(
        tuple_(*_KEY) > tuple_(bindparam("after_id"), bindparam("after_payer"), bindparam("after_place")),
        _d.created_at < bindparam("until", type_=_d.created_at.type),
        or_(_d.event_number == 0, _d.event_number > _s.purged_until),
    )
    .order_by(*_KEY)
    .limit(bindparam("most"))
)
_CASES = select(cases.c.document).where(cases.c.id.in_(bindparam("ids", expanding=True)))
_PURGED = select(purged_cases.c.id, purged_cases.c.payer_id, purged_cases.c.line_of_business).where(
    purged_cases.c.id.in_(bindparam("ids", expanding=True))
)
_DROP = delete(deliveries).where(
    _d.subscription_id == bindparam("of_id"), _d.payer_id == bindparam("of_payer"), _d.place == bindparam("at")
)
_EVENT = select(_d.event_number).where(
    _d.subscription_id == bindparam("of_id"), _d.payer_id == bindparam("of_payer"), _d.place == bindparam("at")
)
_NEXT_EVENT_GOES = (
    update(subscriptions)
    .where(
        _s.id == bindparam("of_id"), _s.payer_id == bindparam("of_payer"), _s.purged_until == bindparam("number") - 1
    )
    .values(purged_until=bindparam("number"))
)


def delivery_candidates(
    connection: Connection, zone_of: ZoneOf, until: datetime, after: Key, most: int, to_change: bool
) -> tuple[Candidate, ...]:
    """The next deliveries made before then, by subscription and place; kept from others when `to_change`."""
    id, payer_id, place = after or ("", "", "-1")
    named = {"until": until, "after_id": id, "after_payer": payer_id, "after_place": int(place), "most": most}
    statement = _NEXT.with_for_update(of=deliveries) if to_change else _NEXT
    rows = connection.execute(statement, named).all()
    about = _about(connection, sorted({row.case_id for row in rows if row.case_id}))
    return tuple(_candidate(row, about.get(row.case_id, _About(row.payer_id)), zone_of) for row in rows)


@dataclass(frozen=True, slots=True)
class _About:
    """What a delivery was about: whose case; nobody's member where the case is gone, or where there was none."""

    payer_id: str
    line_of_business: str = ""
    members: frozenset[str] = frozenset()


def _about(connection: Connection, ids: list[str]) -> dict[str, _About]:
    if not ids:
        return {}
    gone = {row.id: _About(row.payer_id, row.line_of_business) for row in connection.execute(_PURGED, {"ids": ids})}
    there = map(case_of, connection.scalars(_CASES, {"ids": ids}))
    return gone | {
        case.id: _About(case.payer_id, case.line_of_business, frozenset({case.member_id} - {""})) for case in there
    }


def _candidate(row: Row[*tuple[Any, ...]], about: _About, zone_of: ZoneOf) -> Candidate:
    zone = zone_of(about.payer_id)
    waits = row.state != DeliveryState.DELIVERED and row.removed_at is None and Standing(row.standing) in OWED
    kept = Kept(
        RecordKind.DELIVERY,
        PayerId(about.payer_id),
        day_in(row.delivered_at or row.created_at, zone),
        line_of_business=about.line_of_business,
        members=about.members,
        case_id=row.case_id or "",
        is_open=waits,
    )
    return Candidate((row.subscription_id, row.payer_id, str(row.place)), kept, zone)


def purge_deliveries(connection: Connection, going: Sequence[Going]) -> list[Going]:
    """Remove deliveries; an event stays while one before it does. Those that went."""
    return [each for each in going if _goes(connection, each.candidate.key)]


def _goes(connection: Connection, key: Key) -> bool:
    named = {"of_id": key[0], "of_payer": key[1], "at": int(key[2])}
    number = connection.execute(_EVENT, named).scalar_one()
    if number and connection.execute(_NEXT_EVENT_GOES, named | {"number": number}).rowcount != 1:
        return False
    connection.execute(_DROP, named)
    return True
