"""Whole hook calls, many at once: each with its assertions, its cards and what became of them. Only reads.

Must not know what they are read for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, select

from fhir_um.cases.guidance import CardTold, Explained, Invocation
from fhir_um.cases.model import PayerId
from fhir_um.store import hooks
from fhir_um.store.tables import hook_cards, hook_invocations

_AT_ONCE = 500
"""How many ids one query names."""

_EVER = datetime.min.replace(tzinfo=UTC)

T = TypeVar("T")


class _Told(msgspec.Struct):
    """Of an invocation's document, the assertions by order."""

    told: dict[str, tuple[str, ...]] = {}


_told = msgspec.json.Decoder(_Told).decode


def hook_calls(connection: Connection, payer_id: PayerId, since: datetime | None) -> tuple[Explained, ...]:
    """Every call of the payer that was received from then on, the oldest first."""
    calls = _calls(connection, payer_id, since or _EVER)
    ids = {call.id: [each for told in _told(call.document).told.values() for each in told] for call in calls}
    named = list(dict.fromkeys(each for told in ids.values() for each in told))
    guidance = {row.id: row for row in _in_parts(named, lambda part: hooks.guidance_named(connection, payer_id, part))}
    cards = defaultdict(list)
    shown = list(_in_parts(list(ids), lambda part: _cards(connection, payer_id, part)))
    for card in shown:
        cards[card.invocation_id].append(card)
    said = defaultdict(list)
    for row in _in_parts([card.id for card in shown], lambda part: hooks.feedback_on(connection, payer_id, part)):
        said[row.card_id].append(row)
    return tuple(
        Explained(
            invocation=call,
            guidance=tuple(guidance[each] for each in ids[call.id] if each in guidance),
            cards=tuple(cards[call.id]),
            feedback=tuple(row for card in cards[call.id] for row in said[card.id]),
        )
        for call in calls
    )


def _in_parts(ids: Sequence[str], query: Callable[[Sequence[str]], Sequence[T]]) -> Iterator[T]:
    """What is found for all ids, asked for some at a time."""
    for start in range(0, len(ids), _AT_ONCE):
        yield from query(ids[start : start + _AT_ONCE])


def _calls(connection: Connection, payer_id: PayerId, since: datetime) -> list[Invocation]:
    table = hook_invocations
    wanted = select(table).where(table.c.payer_id == payer_id, table.c.received_at >= since)
    rows = connection.execute(wanted.order_by(table.c.received_at, table.c.id))
    return [Invocation(**row._mapping) for row in rows]


def _cards(connection: Connection, payer_id: PayerId, invocations: Sequence[str]) -> list[CardTold]:
    wanted = select(hook_cards).where(hook_cards.c.invocation_id.in_(invocations), hook_cards.c.payer_id == payer_id)
    return [CardTold(**row._mapping) for row in connection.execute(wanted.order_by(hook_cards.c.id))]
