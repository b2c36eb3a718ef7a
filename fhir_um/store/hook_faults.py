"""What does not hold of the records of hooks: answers, calls, cards and feedback. Must not repair anything.

An answer that tells a number rests on an authorization of the same member; a record is kept for its time and no longer.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, bindparam, func, select, type_coerce

from fhir_um.store.found import NO_INSTANT, FoundInstant
from fhir_um.store.retention_tables import legal_holds, purged_cases, purged_numbers
from fhir_um.store.tables import cases, coverage_assertions, hook_cards, hook_feedback, hook_invocations, issued_numbers
from fhir_um.words import Code

Found = Row[*tuple[Any, ...]]
Check = Callable[[Connection, Found], Iterator[str]]

_OUTCOMES = frozenset({"accepted", "overridden"})
_MEMBER_BEHIND = (
    select(cases.c.member_id)
    .join_from(
        issued_numbers,
        cases,
        (cases.c.payer_id == issued_numbers.c.payer_id) & (cases.c.id == issued_numbers.c.case_id),
    )
    .where(
        issued_numbers.c.payer_id == bindparam("of_payer"),
        issued_numbers.c.number == bindparam("number"),
        issued_numbers.c.kind == "authorization",
    )
)
_MEMBER_OF = select(cases.c.member_id).where(
    cases.c.payer_id == bindparam("of_payer"), cases.c.id == bindparam("case_id")
)
_IS_PURGED = select(purged_cases.c.id).where(
    purged_cases.c.payer_id == bindparam("of_payer"), purged_cases.c.id == bindparam("case_id")
)
_NUMBER_IS_PURGED = select(purged_numbers.c.number).where(
    purged_numbers.c.payer_id == bindparam("of_payer"), purged_numbers.c.number == bindparam("number")
)
_INVOCATION = select(hook_invocations.c.id).where(
    hook_invocations.c.payer_id == bindparam("of_payer"), hook_invocations.c.id == bindparam("invocation_id")
)
_HOLD = select(legal_holds.c.id).where(legal_holds.c.released_at.is_(None)).limit(1)
_LAST_CALL = select(type_coerce(func.max(hook_invocations.c.answered_at), FoundInstant))


class _Said(msgspec.Struct):
    """What the document of an answer repeats of its row; the rest of it may be anything."""

    id: str
    on: str
    expires: str | None = None
    satisfied_pa_id: str = ""


class _Answer(msgspec.Struct):
    assertion: _Said


class _Call(msgspec.Struct):
    told: dict[str, list[str]]


_answer = msgspec.json.Decoder(_Answer).decode
_call = msgspec.json.Decoder(_Call).decode
_object = msgspec.json.Decoder(dict[str, Any]).decode
_codes = msgspec.json.Decoder(tuple[Code, ...]).decode


def overdue(connection: Connection, table: Table) -> Iterator[str]:
    """Rows that were to go before the last call was answered: each call removes what has been kept long enough.

    While a legal hold keeps anything from going, calls remove nothing.
    """
    last = connection.scalar(_LAST_CALL) if connection.scalar(_HOLD) is None else None
    count = connection.scalar(select(func.count()).where(table.c.keep_until < last)) if last else 0
    if count:
        yield f"{count} kept beyond their time"


def _assertion(connection: Connection, row: Found) -> Iterator[str]:
    """The document says what the row says, and what it rests on is there."""
    yield from _times(row, row.told_at)
    yield from _days(row)
    yield from _readable(_codes, row.codes, "its codes")
    try:
        said = _answer(row.document).assertion
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        yield f"the document cannot be read: {error}"
    else:
        named = {"id": said.id, "on_day": said.on, "expires": said.expires, "number": said.satisfied_pa_id}
        for name, value in named.items():
            if row._mapping[name] != value:
                yield f"{name} is not what the document says"
    yield from _authorization(connection, row)
    yield from _use(connection, row)


def _authorization(connection: Connection, row: Found) -> Iterator[str]:
    if not row.number:
        return
    named = {"of_payer": row.payer_id, "number": row.number}
    members = connection.scalars(_MEMBER_BEHIND, named).all()
    if not members and connection.scalar(_NUMBER_IS_PURGED, named):
        return
    if not members:
        yield f"it tells {row.number}, which authorizes nothing"
    elif row.member_id not in members:
        yield f"it tells {row.number}, which is of another member"


def _use(connection: Connection, row: Found) -> Iterator[str]:
    if row.used_by is None:
        return
    named = {"of_payer": row.payer_id, "case_id": row.used_by}
    members = connection.scalars(_MEMBER_OF, named).all()
    if not members and connection.scalar(_IS_PURGED, named):
        return
    if not members:
        yield f"it was submitted as case {row.used_by}, which is not there"
    elif row.member_id not in members:
        yield f"it was submitted as case {row.used_by}, which is of another member"


def _invocation(_: Connection, row: Found) -> Iterator[str]:
    yield from _times(row, row.received_at, row.answered_at)
    yield from _readable(_call, row.document, "the document")


def _card(connection: Connection, row: Found) -> Iterator[str]:
    """A card lives as long as the call that showed it."""
    yield from _times(row)
    named = {"of_payer": row.payer_id, "invocation_id": row.invocation_id}
    if connection.scalar(_INVOCATION, named) is None:
        yield f"the call {row.invocation_id} that showed it is not there"


def _feedback(_: Connection, row: Found) -> Iterator[str]:
    yield from _times(row, row.received_at)
    yield from _readable(_object, row.document, "the document")
    if row.outcome not in _OUTCOMES:
        yield f"{row.outcome} is no outcome of a card"


def _times(row: Found, *instants: datetime) -> Iterator[str]:
    """Those instants of the row, and the end of its time after them, are instants and follow one another."""
    times = (*instants, row.keep_until)
    if NO_INSTANT in times or list(times) != sorted(times):
        yield "its times are none, or do not follow one another"


def _days(row: Found) -> Iterator[str]:
    try:
        days = [date.fromisoformat(day) for day in (row.on_day, row.expires) if day is not None]
    except (ValueError, TypeError):
        yield "its days are none"
        return
    if days != sorted(days):
        yield "its last day is before its first"


def _readable(read: Callable[[str], object], text: str, what: str) -> Iterator[str]:
    try:
        read(text)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        yield f"{what} cannot be read: {error}"


KEPT: tuple[tuple[str, Table, Check], ...] = (
    ("coverage assertion", coverage_assertions, _assertion),
    ("hook call", hook_invocations, _invocation),
    ("card", hook_cards, _card),
    ("feedback", hook_feedback, _feedback),
)
"""What one row is, where it is kept, and what must hold of it."""
