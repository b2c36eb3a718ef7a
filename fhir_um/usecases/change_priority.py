"""Grant or refuse a faster decision, or take one back (T31): lines that wait are due sooner, and never later.

Must not know who finds a case urgent. The time of the expedited rules counts from receipt of the request. Where that is
over already when somebody asks, it counts from the asking: nothing is made late by hurrying it. Source: um-domain 2.3
T31, I16; 42 CFR 422.570, 422.572(a).
"""

from datetime import date

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Deadline
from fhir_um.cases.deadlines import clock_of, decision_deadline
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import PENDED, Case, CaseId, EventKind, Line, LineState, Priority, ReviewType
from fhir_um.cases.priorities import PRIORITY_PATH, PrioritySaid, hastened, next_priority
from fhir_um.cases.review import Review
from fhir_um.cases.zones import zone_of
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.retiming_calls import retime_calls
from fhir_um.usecases.timing import facts_of, review_type_of_line


def change_priority(
    deps: Deps, caller: Caller, case_id: CaseId, version: int, by: Decider, name: str, said: PrioritySaid
) -> Case:
    """The case after somebody answered a request for a faster decision, or took one back.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        request, priority = next_priority(change.before, name, said, by, change.at, deps.new_id(), _is_over(change))
        change.journal.review(EventKind.PRIORITY_ASKED, Review(priorities=(request,)), PRIORITY_PATH)
        if priority is not change.before.priority:
            change.set_priority(priority)
        if priority is Priority.EXPEDITED:
            _hasten(change)
    return change.case


def _is_over(change: Change) -> bool:
    """True when every line that waits was given already when it was asked for."""
    on = _received_on(change)
    waiting = [line.request for line in change.before.lines if line.state in PENDED]
    kinds = {review_type_of_line(request, on) for request in waiting}
    return kinds == {ReviewType.RETROSPECTIVE}


def _received_on(change: Change) -> date:
    return change.before.received_at.astimezone(zone_of(change.zone)).date()


def _hasten(change: Change) -> None:
    for line in change.before.lines:
        deadline = _expedited(change, line)
        sooner = hastened(line, deadline.due_at, change.at)
        if sooner is not None:
            change.move(sooner, PRIORITY_PATH)
            change.clocks.append(clock_of(change.before.id, line.sequence, deadline, change.zone))
    retime_calls(change)


def _expedited(change: Change, line: Line) -> Deadline:
    deps, case, zone = change.deps, change.before, change.zone
    plan = change.work.directory().plan(case.plan_id)
    on = _received_on(change)
    facts = facts_of(line.request, plan, Priority.EXPEDITED, on, deps.drug_codes, case.line_of_business)
    waits = line.state is LineState.PENDED_INFO
    counted = decision_deadline(deps.clock_rules, facts, case.received_at, zone, waits)
    if counted.due_at > change.at:
        return counted
    return decision_deadline(deps.clock_rules, facts, change.at, zone, waits)
