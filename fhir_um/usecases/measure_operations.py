"""The operations measures of one payer over a time, as it stood at the end of that time or at a moment that is named.

Must not know a formula. Source: um-domain 4.2.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_um.cases.hook_metrics import HookRecord
from fhir_um.cases.line_facts import micros
from fhir_um.cases.model import PayerId
from fhir_um.cases.operations import WorkedFact, worked
from fhir_um.cases.operations_report import (
    Backlog,
    CallCount,
    ClockCount,
    Gathered,
    HookUse,
    OperationsReport,
    figures_of,
)
from fhir_um.deps import ClockRun, Deps, Reading, Span
from fhir_um.usecases.hook_metrics import hook_metrics

_BANDS = ((1, "under 1 day"), (3, "1 to 2 days"), (7, "3 to 6 days"), (14, "7 to 13 days"), (30, "14 to 29 days"))
_OLDEST = "30 days and more"
_QUICK_SECONDS = 5
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time from `since` up to `until`, seen at `as_of`; of one line of business, or of all when it is empty."""

    since: datetime
    until: datetime
    as_of: datetime
    line_of_business: str = ""


def measure_operations(deps: Deps, payer_id: PayerId, stretch: Stretch) -> OperationsReport:
    """The figures of requests received in that time; clocks are those due in it, calls those made in it."""
    span = Span(payer_id, micros(stretch.since), micros(stretch.until), micros(stretch.as_of), stretch.line_of_business)
    with deps.open_reading() as work:
        done = worked(work.facts.visible(span, WorkedFact), span.as_of)
        clocks = _clocks(work.facts.clock_runs(payer_id, stretch.since, stretch.until), stretch)
        submits = work.facts.calls_of(payer_id, "/Claim/$submit", stretch.since, stretch.until)
        inquiries = work.facts.calls_of(payer_id, "/Claim/$inquire", stretch.since, stretch.until)
        backlog = _backlog(work, span, stretch)
    hooks = _hooks(hook_metrics(deps, stretch.since), payer_id, stretch.until)
    found = Gathered(done, clocks, CallCount(*submits), CallCount(*inquiries), backlog, hooks)
    return OperationsReport(
        payer_id, stretch.line_of_business, stretch.since, stretch.until, stretch.as_of, figures_of(found)
    )


def _clocks(runs: Iterable[ClockRun], stretch: Stretch) -> tuple[ClockCount, ...]:
    met: Counter[tuple[str, str, str]] = Counter()
    late: Counter[tuple[str, str, str]] = Counter()
    a_day_late: Counter[tuple[str, str, str]] = Counter()
    for run in runs:
        if stretch.line_of_business not in ("", run.line_of_business):
            continue
        is_stopped = run.stopped_at is not None and run.stopped_at <= stretch.as_of
        reached = run.stopped_at if run.stopped_at is not None and is_stopped else stretch.as_of
        key = (run.rule_id, run.kind, run.line_of_business)
        if reached > run.due_at:
            late[key] += 1
            a_day_late[key] += reached - run.due_at > _A_DAY
        elif is_stopped:
            met[key] += 1
    return tuple(ClockCount(*key, met[key], late[key], a_day_late[key]) for key in sorted(met.keys() | late.keys()))


def _backlog(work: Reading, span: Span, stretch: Stretch) -> Backlog:
    ever = span._replace(since=None)
    bands = dict.fromkeys((*(name for _, name in _BANDS), _OLDEST), 0)
    for days, count in work.facts.open_ages(ever):
        bands[next((name for below, name in _BANDS if days < below), _OLDEST)] += count
    decided = work.facts.decided_between(ever, micros(stretch.since))
    return Backlog(tuple(bands.items()), decided, (stretch.until - stretch.since) / _A_DAY)


def _hooks(records: Iterable[HookRecord], payer_id: PayerId, until: datetime) -> HookUse:
    calls = [record for record in records if record.payer_id == payer_id and record.received_at < until]
    orders = [order for record in calls for order in record.orders]
    needs = Counter(need for order in orders for need in {told.pa_needed for told in order.coverage if told.pa_needed})
    quick = sum(record.seconds <= _QUICK_SECONDS for record in calls)
    return HookUse(len(calls), quick, len(orders), needs)
