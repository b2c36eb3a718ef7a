"""Clocks across cases: whose alarm has come, which run out, and what waits for a decision how long.

Must not know what is done about it. Alarms are found by an index that holds only clocks with one to come; whose they
are is asked of no one there, because the house itself looks after all of them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from fhir_um.cases.clocks import Clock, ClockKind
from fhir_um.cases.forecast import Desk, Waiting
from fhir_um.cases.line_facts import DAY, DeciderKind, micros
from fhir_um.cases.model import PENDED, CaseId, LineState, PayerId
from fhir_um.store.lines import clock_of, put_clocks
from fhir_um.store.measure_tables import determination_facts
from fhir_um.store.tables import case_lines, clocks

_DUE = (
    select(clocks.c.payer_id, clocks.c.case_id)
    .where(clocks.c.alarm_at <= bindparam("at"), clocks.c.alarm_at.is_not(None))
    .order_by(clocks.c.alarm_at)
    .limit(bindparam("most"))
)
_RUNNING = clocks.c.stopped_at.is_(None)
_TOLD_OF = (
    select(clocks)
    .where(
        clocks.c.payer_id.in_(bindparam("payers", expanding=True)),
        _RUNNING,
        clocks.c.alarm >= bindparam("percent"),
    )
    .order_by(clocks.c.due_at, clocks.c.case_id, clocks.c.sequence)
    .limit(bindparam("most"))
)
_WAITING = (
    select(clocks.c.case_id, clocks.c.sequence, clocks.c.due_at, case_lines.c.state)
    .join(
        case_lines,
        (case_lines.c.case_id == clocks.c.case_id)
        & (case_lines.c.payer_id == clocks.c.payer_id)
        & (case_lines.c.sequence == clocks.c.sequence),
    )
    .where(
        clocks.c.payer_id == bindparam("payer_id"),
        _RUNNING,
        clocks.c.kind == ClockKind.DECISION,
        case_lines.c.state.in_(sorted(PENDED)),
    )
    .order_by(clocks.c.due_at, clocks.c.case_id)
)
_FACT = determination_facts.c
_DECIDED = (
    select(_FACT.decider, func.count())
    .where(
        _FACT.received_day >= bindparam("first_day"),
        _FACT.payer_id == bindparam("payer_id"),
        _FACT.decided_at >= bindparam("since"),
        _FACT.superseded_at.is_(None),
    )
    .group_by(_FACT.decider)
)
_LONGEST_DAYS = 90
"""What was decided lately had come at most so long ago; older requests are too few to change a pace."""
_DESKS: dict[str, Desk] = {
    DeciderKind.NURSE: Desk.NURSE,
    DeciderKind.PHYSICIAN: Desk.PHYSICIAN,
    DeciderKind.OTHER: Desk.INTAKE,
}


class ClocksRead:
    """Clocks inside a transaction that reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def alarms_due(self, at: datetime, limit: int) -> tuple[tuple[PayerId, CaseId], ...]:
        """Payer and id of cases with a clock that is to be told about, longest due first, each once."""
        rows = self._connection.execute(_DUE, {"at": at, "most": limit})
        return tuple(dict.fromkeys((PayerId(row.payer_id), CaseId(row.case_id)) for row in rows))

    def told_of(self, payer_ids: Sequence[PayerId], percent: int, limit: int) -> tuple[tuple[PayerId, Clock], ...]:
        """Running clocks of those payers that were told about at that share of their time, first due first."""
        rows = self._connection.execute(_TOLD_OF, {"payers": list(payer_ids), "percent": percent, "most": limit})
        return tuple((PayerId(row.payer_id), clock_of(row)) for row in rows)

    def waiting(self, payer_id: PayerId) -> tuple[Waiting, ...]:
        """Every line of a payer that waits for a decision."""
        rows = self._connection.execute(_WAITING, {"payer_id": payer_id})
        return tuple(Waiting(CaseId(row.case_id), row.sequence, LineState(row.state), row.due_at) for row in rows)

    def decided(self, payer_id: PayerId, since: datetime) -> dict[Desk, int]:
        """How many lines people decided from then on, by the desk they sit at."""
        named = {
            "payer_id": payer_id,
            "since": micros(since),
            "first_day": micros(since) // DAY - _LONGEST_DAYS,
        }
        return {_DESKS[who]: count for who, count in self._connection.execute(_DECIDED, named) if who in _DESKS}


class Clocks(ClocksRead):
    """Clocks inside a transaction that writes."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def put(self, payer_id: PayerId, changed: Sequence[Clock]) -> None:
        """Start clocks, or replace those of the same lines and kinds."""
        put_clocks(self._writing(), payer_id, changed)
