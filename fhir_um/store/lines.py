"""What hangs on single lines of a case: numbers handed out and clocks. Must not know how either is made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, insert, select, update

from fhir_um.cases.alarms import armed
from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome, Deadline
from fhir_um.cases.model import OVER, Case, CaseId, IssuedNumber, LineState, PayerId
from fhir_um.store.columns import Instant, as_key
from fhir_um.store.documents import considered_of, document, tolls_of
from fhir_um.store.prepared import Prepared
from fhir_um.store.retention_tables import purged_numbers
from fhir_um.store.tables import clocks, issued_numbers
from fhir_um.store.writing import insert_or_replace

_INSERT_NUMBER = Prepared(insert(issued_numbers))
_GONE = Prepared(
    select(purged_numbers.c.number).where(
        purged_numbers.c.number.in_(bindparam("given", expanding=True)),
        purged_numbers.c.payer_id == bindparam("of_payer"),
    )
)
_HAND_ON = (
    update(issued_numbers)
    .where(issued_numbers.c.payer_id == bindparam("of_payer"), issued_numbers.c.number == bindparam("given"))
    .values(case_id=bindparam("to_case"), sequence=bindparam("to_sequence"))
)
_PUT_CLOCK = Prepared(insert_or_replace(clocks))
_STOP = Prepared(
    update(clocks)
    .where(
        clocks.c.payer_id == bindparam("of_payer"),
        clocks.c.case_id == bindparam("of_case"),
        clocks.c.sequence.in_(bindparam("over", expanding=True)),
        clocks.c.stopped_at.is_(None),
    )
    .values(
        stopped_at=bindparam("at", type_=Instant),
        outcome=case((clocks.c.due_at < bindparam("at", type_=Instant), ClockOutcome.LATE), else_=ClockOutcome.MET),
        alarm_at=None,
    )
)
_WITHOUT_NOTICE = OVER | {LineState.NO_ACTION}
"""What is over needs no letter, and what needs no authorization was told so in the answer."""
_CLOCKS = (
    select(clocks)
    .where(clocks.c.payer_id == bindparam("payer_id"), clocks.c.case_id == bindparam("case_id"))
    .order_by(clocks.c.sequence, clocks.c.kind)
)


def add_numbers(connection: Connection, payer_id: PayerId, numbers: Sequence[IssuedNumber]) -> None:
    """Record numbers handed out; a number is handed out once per payer, for ever.

    Raises: ValueError for a number of a case that is gone; IntegrityError for one of a case that is there.
    """
    given = [each.number for each in numbers]
    if given and _GONE.rows(connection, {"of_payer": payer_id, "given": given}):
        raise ValueError("a number was handed out before, for a case that was purged")
    _INSERT_NUMBER.change(
        connection,
        [
            {
                "payer_id": payer_id,
                "number": each.number,
                "kind": each.kind,
                "case_id": each.case_id,
                "sequence": each.sequence,
                "issued_at": each.issued_at,
            }
            for each in numbers
        ],
    )


def hand_on_number(connection: Connection, payer_id: PayerId, number: str, case_id: CaseId, sequence: int) -> None:
    """Have a number that was handed out find another case and line."""
    named = {"of_payer": payer_id, "given": number, "to_case": case_id, "to_sequence": sequence}
    connection.execute(_HAND_ON, named)


def put_clocks(connection: Connection, payer_id: PayerId, running: Sequence[Clock]) -> None:
    """Start clocks, or replace those of the same lines and kinds; each is armed for its next alarm."""
    _PUT_CLOCK.change(connection, [_row(payer_id, armed(clock)) for clock in running])


def _row(payer_id: PayerId, clock: Clock) -> dict[str, Any]:
    return {
        "payer_id": payer_id,
        "case_id": clock.case_id,
        "sequence": clock.sequence,
        "rule_id": clock.deadline.rule_id,
        "source": clock.deadline.source,
        "start_at": clock.deadline.start_at,
        "due_at": clock.deadline.due_at,
        "considered": document(clock.deadline.considered),
        "stopped_at": clock.stopped_at,
        "kind": clock.kind,
        "basis": clock.basis,
        "day_method": clock.day_method,
        "zone": clock.zone,
        "tolls": document(clock.tolls),
        "extension_days": clock.extension_days,
        "alarm": clock.alarm,
        "alarm_at": clock.alarm_at,
        "outcome": clock.outcome,
        "notice": " ".join(clock.notice),
        "told": " ".join(clock.told),
    }


def stop_clocks(connection: Connection, saved: Case, at: datetime) -> None:
    """Stop the clocks of every line nobody has to be told of by a letter any more: in time, or late."""
    over = [line.sequence for line in saved.lines if line.state in _WITHOUT_NOTICE]
    if over:
        _STOP.change(connection, [{"of_payer": saved.payer_id, "of_case": saved.id, "over": over, "at": at}])


def clocks_of(connection: Connection, payer_id: PayerId, case_id: CaseId) -> tuple[Clock, ...]:
    """The clocks of a case, by line and kind."""
    rows = connection.execute(_CLOCKS, {"payer_id": payer_id, "case_id": as_key(case_id)})
    return tuple(clock_of(row) for row in rows)


def clock_of(row: Row[Any]) -> Clock:
    """A whole row of the table as a clock."""
    return Clock(
        case_id=CaseId(row.case_id),
        sequence=row.sequence,
        deadline=Deadline(row.rule_id, row.source, row.start_at, row.due_at, considered_of(row.considered)),
        stopped_at=row.stopped_at,
        kind=ClockKind(row.kind),
        basis=row.basis,
        day_method=row.day_method,
        zone=row.zone,
        tolls=tolls_of(row.tolls),
        extension_days=row.extension_days,
        alarm=row.alarm,
        alarm_at=row.alarm_at,
        outcome=ClockOutcome(row.outcome) if row.outcome else None,
        notice=tuple(row.notice.split()),
        told=tuple(row.told.split()),
    )
