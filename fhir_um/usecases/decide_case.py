"""A person decides lines of a case: legality checked, history written, subscribers owed the news; one transaction.

Nothing is sent here, so nothing can be lost here. Source: PAS 2.2.1 spec-36, spec-37, spec-60.
"""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.history import Journal
from fhir_um.cases.lifecycle import Move, Ruling, move_for
from fhir_um.cases.model import PENDED, Case, CaseId, EventKind, Line
from fhir_um.cases.placing import Numbers, rule
from fhir_um.deps import Deps, Work
from fhir_um.errors import IllegalMove, VersionConflict
from fhir_um.usecases.read_case import no_such_case


def decide_case(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    expected_version: int,
    decider: Decider,
    rulings: tuple[Ruling, ...],
) -> Case:
    """The case after the rulings; all of them hold or none.

    Raises: VersionConflict when the case changed since the decider read it; RoleNotAllowed; IllegalMove; Refusal
    NOT_FOUND.
    """
    demand_decider(caller, decider)
    at = deps.clock()
    with deps.open_work() as work:
        case = _case_for_change(work, caller, case_id)
        if case.version != expected_version:
            raise VersionConflict(expected_version, case.version)
        moves = _legal_moves(case, rulings, decider)
        on = _day_at_payer(work, case, at)
        journal, numbers = Journal(case, at, decider), Numbers(deps.new_number, case.id, at)
        for line, ruling, move in moves:
            journal.line(EventKind.LINE_MOVED, rule(line, ruling, move, decider, numbers, at, on), (move.name,))
        decided = journal.case
        clocks = _stopped(work, decided)
        work.save_case(decided, case.version, tuple(journal.events), tuple(numbers.issued), clocks)
        work.subscribers.announce(decided, at)
        return decided


def _case_for_change(work: Work, caller: Caller, case_id: CaseId) -> Case:
    for payer_id in caller.payer_ids:
        case = work.load_case_for_change(payer_id, case_id)
        if case is not None:
            return case
    raise no_such_case()


def _day_at_payer(work: Work, case: Case, at: datetime) -> date:
    payer = work.directory().payer(case.payer_id)
    if payer is None:
        raise LookupError(f"payer {case.payer_id} of case {case.id} is not on file")
    return at.astimezone(ZoneInfo(payer.time_zone)).date()


def _legal_moves(case: Case, rulings: tuple[Ruling, ...], decider: Decider) -> list[tuple[Line, Ruling, Move]]:
    if not rulings:
        raise IllegalMove("A decision needs at least one line.", "lines")
    seen: set[int] = set()
    moves: list[tuple[Line, Ruling, Move]] = []
    for index, ruling in enumerate(rulings):
        path = f"lines[{index}]"
        line = case.line(ruling.sequence)
        if line is None or ruling.sequence in seen:
            what = "is ruled twice" if line else "does not exist in this case"
            raise IllegalMove(f"Line {ruling.sequence} {what}.", f"{path}.sequence")
        seen.add(ruling.sequence)
        moves.append((line, ruling, move_for(line, ruling, decider, bool(case.member_id), path)))
    return moves


def _stopped(work: Work, case: Case) -> tuple[Clock, ...]:
    decided = {line.sequence for line in case.lines if line.state not in PENDED}
    return tuple(
        replace(clock, stopped_at=case.changed_at)
        for clock in work.clocks_of(case.payer_id, case.id)
        if clock.stopped_at is None and clock.sequence in decided
    )
