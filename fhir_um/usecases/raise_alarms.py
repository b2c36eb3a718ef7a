"""Clocks that reached 75, 90 or 100 of 100 of their time are told about. Nothing is decided for it, and nothing denied.

One transaction for each case: the note in its history, the clock with the instant of its next alarm, and the entry of
the audit log are kept together or not at all. So whoever dies in the middle begins again, and nobody is told twice.
Must not know who calls it, or how often. Source: um-domain 2.3 T27, 2.7.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from fhir_um.cases.alarms import alarm_of
from fhir_um.cases.auditing import Act, AuditEntry, Purpose, engine_entry
from fhir_um.cases.clocks import Clock
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, EventKind, PayerId
from fhir_um.cases.review import Alarm, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.deps import Deps
from fhir_um.usecases.one_by_one import run_each

_MOST_AT_ONCE = 200
_PATH = ("T27",)


def raise_alarms(deps: Deps) -> int:
    """How many cases something was told of; those beyond 200 clocks have their turn at the next call."""
    at = deps.clock()
    with deps.open_reading() as reading:
        due = reading.clocks.alarms_due(at, _MOST_AT_ONCE)
    return run_each([partial(_raise, deps, payer_id, case_id, at) for payer_id, case_id in due])


def _raise(deps: Deps, payer_id: PayerId, case_id: CaseId, at: datetime) -> int:
    """0 when the clocks stopped meanwhile, or somebody else told of them."""
    with deps.open_work(alone=True) as work:
        case = work.load_case_for_change(payer_id, case_id)
        if case is None:
            return 0
        clocks = work.clocks_of(payer_id, case_id)
        told = [(clock, alarm) for clock in clocks if (alarm := alarm_of(clock, at))]
        if not told:
            return 0
        known = {(alarm.id, alarm.due_at) for alarm in case.review.alarms}
        new = tuple(alarm for _, alarm in told if (alarm.id, alarm.due_at) not in known)
        moved = tuple(_moved_on(clock, alarm) for clock, alarm in told)
        if not new:
            work.clocks.put(payer_id, moved)
            return 0
        journal = Journal(case, at, ENGINE)
        journal.review(EventKind.CLOCK_ALARM, Review(alarms=new), _PATH)
        work.save_case(journal.case, case.version, tuple(journal.events), (), moved)
        work.audit.add(_entry(case, new, at))
        return 1


def _moved_on(clock: Clock, alarm: Alarm) -> Clock:
    return replace(clock, alarm=alarm.percent)


def _entry(case: Case, told: tuple[Alarm, ...], at: datetime) -> AuditEntry:
    detail = " ".join(alarm.id for alarm in told)[:200]
    return engine_entry(at, "clock-alarm", Act.EXECUTE, Purpose.OPERATIONS, case, detail)
