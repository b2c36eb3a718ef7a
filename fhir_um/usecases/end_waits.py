"""Lines whose documents did not come in time go to a person, who decides by what is there. Nothing is denied for it.

Rules that count from when all that is needed is there count from then on: nothing more is waited for. Must not know who
calls it, or how often. Source: utilization-management lifecycle, move T10.
"""

from dataclasses import replace
from datetime import datetime

from fhir_um.cases.auditing import Act, Purpose, engine_entry
from fhir_um.cases.clocks import Clock, running_decisions
from fhir_um.cases.deadlines import informed
from fhir_um.cases.history import Journal
from fhir_um.cases.information_requests import information_clocks
from fhir_um.cases.lifecycle import NOT_INFORMED_PATHS
from fhir_um.cases.model import Case, CaseId, EventKind, Line, LineState, PayerId
from fhir_um.cases.placing import give_up_waiting
from fhir_um.cases.roles import ENGINE
from fhir_um.deps import Deps

_MOST_AT_ONCE = 200


def end_waits(deps: Deps) -> int:
    """How many cases went on; those beyond 200 go on at the next call. Each case is a transaction of its own."""
    at = deps.clock()
    with deps.open_reading() as reading:
        over = reading.waits_over(at, _MOST_AT_ONCE)
    return sum(_end(deps, payer_id, case_id, at) for payer_id, case_id in over)


def _end(deps: Deps, payer_id: PayerId, case_id: CaseId, at: datetime) -> bool:
    """False when what was waited for came meanwhile."""
    with deps.open_work(alone=True) as work:
        case = work.load_case_for_change(payer_id, case_id)
        lines = _waited_out(case, at) if case else []
        if case is None or not lines:
            return False
        journal, clocks = Journal(case, at, ENGINE), work.clocks_of(payer_id, case_id)
        decisions = running_decisions(clocks)
        started: list[Clock] = []
        for line in lines:
            clock = informed(decisions[line.sequence], at)
            started += [clock] * (clock != decisions[line.sequence])
            moved = replace(give_up_waiting(line, at), due_at=clock.deadline.due_at)
            journal.line(EventKind.LINE_MOVED, moved, NOT_INFORMED_PATHS[moved.state])
        started += information_clocks(journal.case, clocks, at)
        work.save_case(journal.case, case.version, tuple(journal.events), (), tuple(started))
        work.subscribers.announce(journal.case, at)
        work.audit.add(engine_entry(at, "end-waits", Act.UPDATE, Purpose.OPERATIONS, journal.case))
        return True


def _waited_out(case: Case, at: datetime) -> list[Line]:
    return [
        line
        for line in case.lines
        if line.state is LineState.PENDED_INFO and line.documents_due_at and line.documents_due_at <= at
    ]
