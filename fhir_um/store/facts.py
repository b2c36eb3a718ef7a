"""Facts about lines: written case by case, read in one stretch. Must not know a measure, or how a fact is made."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, func, insert, or_, select

from fhir_um.cases.line_facts import DAY, Fact
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.measure_tables import determination_facts, measure_reports
from fhir_um.store.measured_calls import calls_of
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import clocks
from fhir_um.store.writing import insert_or_replace

Some = TypeVar("Some", bound=NamedTuple)

_AT_ONCE = 5_000
_FORGET = delete(determination_facts).where(
    determination_facts.c.case_id == bindparam("of_case"), determination_facts.c.payer_id == bindparam("of_payer")
)
_ADD = Prepared(insert(determination_facts))
_REPORT = select(measure_reports.c.made_at, measure_reports.c.document).where(
    measure_reports.c.year == bindparam("of_year"),
    measure_reports.c.payer_id == bindparam("of_payer"),
    measure_reports.c.basis == bindparam("of_basis"),
)
_PUT_REPORT = Prepared(insert_or_replace(measure_reports))


class Span(NamedTuple):
    """Facts wanted: of one payer, of requests received from `since` up to `until`, as they stood at `as_of`."""

    payer_id: PayerId
    since: int | None
    until: int
    as_of: int
    line_of_business: str = ""


class ClockRun(NamedTuple):
    """How one clock ran: by which rule, for which kind of coverage, when it was due and when it stopped."""

    rule_id: str
    kind: str
    line_of_business: str
    due_at: datetime
    stopped_at: datetime | None


class FactsRead:
    """Facts and reports inside a transaction that reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def visible(self, span: Span, kind: type[Some]) -> Iterator[Some]:
        """The facts in force then, the lines of a request one after the other; read little by little.

        Only the fields of that kind of row are read: of a million rows each costs a quarter of a second.
        """
        row = determination_facts.c
        ordered = _facts(span, *(row[name] for name in kind._fields)).order_by(
            row.received_day, row.case_id, row.payer_id, row.sequence
        )
        options = {"yield_per": _AT_ONCE, "stream_results": True}
        for rows in self._connection.execution_options(**options).execute(ordered).partitions():
            yield from map(kind._make, rows)

    def open_ages(self, span: Span) -> Iterator[tuple[int, int]]:
        """For each day of receipt, how many lines were open then: neither decided nor ended."""
        row = determination_facts.c
        still = and_(
            or_(row.decided_at.is_(None), row.decided_at > span.as_of),
            or_(row.ended_at.is_(None), row.ended_at > span.as_of),
        )
        age = ((span.as_of - row.asked_at) // DAY).label("age")
        query = _facts(span, age, func.count()).where(still).group_by("age")
        for days, count in self._connection.execute(query):
            yield int(days), count

    def decided_between(self, span: Span, since: int) -> int:
        """How many lines were first decided in that time, whenever they came."""
        row = determination_facts.c
        query = _facts(span, func.count()).where(row.first_decided_at >= since, row.first_decided_at < span.until)
        found: int = self._connection.execute(query).scalar_one()
        return found

    def clock_runs(self, payer_id: PayerId, since: datetime, until: datetime) -> Iterator[ClockRun]:
        """The clocks that were due in that time; one of a whole case has the coverage of its first line."""
        clock, row = clocks.c, determination_facts.c
        line = case((clock.sequence == 0, 1), else_=clock.sequence)
        of_line = and_(
            row.case_id == clock.case_id,
            row.payer_id == clock.payer_id,
            row.sequence == line,
            row.superseded_at.is_(None),
        )
        query = (
            select(
                clock.rule_id,
                clock.kind,
                func.coalesce(row.line_of_business, ""),
                clock.due_at,
                clock.stopped_at,
            )
            .join_from(clocks, determination_facts, of_line, isouter=True)
            .where(clock.payer_id == payer_id, clock.due_at >= since, clock.due_at < until)
        )
        options = {"yield_per": _AT_ONCE, "stream_results": True}
        for rows in self._connection.execution_options(**options).execute(query).partitions():
            yield from map(ClockRun._make, rows)

    def calls_of(self, payer_id: PayerId, action_end: str, since: datetime, until: datetime) -> tuple[int, int]:
        """See `measured_calls.calls_of`."""
        return calls_of(self._connection, payer_id, action_end, since, until)

    def of_case(self, payer_id: PayerId, case_id: CaseId) -> tuple[Fact, ...]:
        """Every fact of a case, by line and number."""
        row = determination_facts.c
        query = (
            select(determination_facts)
            .where(row.case_id == case_id, row.payer_id == payer_id)
            .order_by(row.sequence, row.number)
        )
        return tuple(map(Fact._make, self._connection.execute(query)))

    def cases_received(
        self, payer_ids: Sequence[PayerId], since: int, until: int, after: tuple[int, str], limit: int
    ) -> tuple[tuple[int, PayerId, CaseId], ...]:
        """Day, payer and id of the next cases that came in that time, by day and id."""
        row = determination_facts.c
        day, case_id = after
        query = (
            select(row.received_day, row.payer_id, row.case_id)
            .distinct()
            .where(
                row.payer_id.in_(payer_ids),
                row.received_day.between(max(since // DAY, day), (until - 1) // DAY),
                row.received_at >= since,
                row.received_at < until,
                or_(row.received_day > day, row.case_id > case_id),
            )
            .order_by(row.received_day, row.case_id)
            .limit(limit)
        )
        return tuple((found[0], PayerId(found[1]), CaseId(found[2])) for found in self._connection.execute(query))

    def report(self, payer_id: PayerId, year: int, basis: str) -> tuple[datetime, str] | None:
        """The report published last about that year, and when it was made."""
        named = {"of_year": year, "of_payer": payer_id, "of_basis": basis}
        row = self._connection.execute(_REPORT, named).first()
        return None if row is None else (row.made_at, row.document)


class Facts(FactsRead):
    """Facts and reports inside a transaction that writes."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def replace(self, payer_id: PayerId, case_id: CaseId, facts: Sequence[Fact]) -> None:
        """These are the facts of that case from now on."""
        self._writing().execute(_FORGET, {"of_case": case_id, "of_payer": payer_id})
        _ADD.change(self._writing(), [fact._asdict() for fact in facts])

    def put_report(self, payer_id: PayerId, year: int, basis: str, made_at: datetime, document: str) -> None:
        """Publish a report in the place of the one before it."""
        row = {"payer_id": payer_id, "year": year, "basis": basis, "made_at": made_at, "document": document}
        _PUT_REPORT.change(self._writing(), [row])


def _facts(span: Span, *columns: Any) -> Select[Any]:
    """What is asked of the facts of that span."""
    row = determination_facts.c
    query = select(*columns).where(
        row.payer_id == span.payer_id,
        row.received_day <= (span.until - 1) // DAY,
        row.received_at < span.until,
        row.since <= span.as_of,
        or_(row.superseded_at.is_(None), row.superseded_at > span.as_of),
    )
    if span.since is not None:
        query = query.where(row.received_day >= span.since // DAY, row.received_at >= span.since)
    if span.line_of_business:
        query = query.where(row.line_of_business == span.line_of_business)
    return query
