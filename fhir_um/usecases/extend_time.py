"""Propose, grant or refuse more time to decide (T28). Must not know what a rule allows.

A notice is owed for what is granted; it follows the event. Source: um-domain 2.3 T28, 2.8, I7.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock, running_decisions
from fhir_um.cases.deadlines import days_to_extend, extended, grounds_to_extend
from fhir_um.cases.deciders import Decider
from fhir_um.cases.extensions import EXTENSION_PATH, THING, ExtensionSaid, Room, extended_line, next_extension
from fhir_um.cases.model import Case, CaseId, EventKind, Line, LineState
from fhir_um.cases.review import Extension, ExtensionGround, ExtensionState, Review
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.entries import entry_named
from fhir_um.usecases.retiming_calls import retime_calls

_FOR_INFORMATION = frozenset({ExtensionGround.NONCONTRACT_INFORMATION, ExtensionGround.MEMBER_INTEREST})
"""Grounds that are about something that is not there yet."""


def extend_time(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    version: int,
    by: Decider,
    name: str,
    said: ExtensionSaid,
    extension_id: str | None = None,
) -> Case:
    """The case after a step; without an extension it proposes one.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        extension = entry_named(change.before.review.extensions, extension_id, THING)
        later = _later(change, extension or said)
        rooms = {n: _room(clock, later[n]) for n, clock in running_decisions(change.kept_clocks).items()}
        changed = next_extension(change.before, extension, name, said, by, change.at, deps.new_id(), rooms)
        change.journal.review(EventKind.EXTENSION, Review(extensions=(changed,)))
        if changed.state is ExtensionState.GRANTED:
            for line in filter(None, map(change.before.line, changed.sequences)):
                clock = later[line.sequence]
                change.move(extended_line(line, clock.deadline.due_at, change.at), EXTENSION_PATH)
                change.clocks.append(clock)
            retime_calls(change)
    return change.case


def _later(change: Change, asked: Extension | ExtensionSaid) -> dict[int, Clock]:
    """Each running decision clock as it would be with that extension."""
    found: dict[int, Clock] = {}
    for sequence, clock in running_decisions(change.kept_clocks).items():
        line = change.before.line(sequence)
        ground = asked.ground or ""
        found[sequence] = extended(clock, max(asked.days, 0), ground, change.at, _is_missing(line, ground))
    return found


def _is_missing(line: Line | None, ground: str) -> bool:
    """True when the time is for information that was asked for and is not there."""
    return line is not None and line.state is LineState.PENDED_INFO and ground in _FOR_INFORMATION


def _room(clock: Clock, later: Clock) -> Room:
    grounds = frozenset(grounds_to_extend(clock))
    return Room(clock.deadline.due_at, days_to_extend(clock), grounds, later.deadline.due_at, clock.deadline.rule_id)
