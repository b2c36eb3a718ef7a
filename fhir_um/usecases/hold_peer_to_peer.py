"""Offer, request, schedule, hold or end a peer-to-peer conversation (T14). Must not know when one may be had.

What comes out of it changes no line: a physician rules. Source: um-domain 2.8 (P2P).
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import PENDED, Case, CaseId, EventKind
from fhir_um.cases.peer_to_peer_rules import is_held_before, window_end
from fhir_um.cases.peer_to_peers import CALL_PATH, THING, CallSaid, Window, call_clocks, next_call
from fhir_um.cases.review import Review
from fhir_um.deps import Deps
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.entries import entry_named


def hold_peer_to_peer(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    version: int,
    by: Decider,
    name: str,
    said: CallSaid,
    call_id: str | None = None,
) -> Case:
    """The case after a step; without a conversation it begins one.

    Raises: VersionConflict; RoleNotAllowed; IllegalMove; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, version, by) as change:
        call = entry_named(change.before.review.peer_to_peers, call_id, THING)
        window = _window(change, said.lines) if call is None else None
        changed = next_call(change.before, call, name, said, by, change.at, deps.new_id(), window)
        change.journal.review(EventKind.PEER_TO_PEER, Review(peer_to_peers=(changed,)), CALL_PATH)
        change.clocks += call_clocks(change.before, changed, change.zone)
    return change.case


def _window(change: Change, sequences: tuple[int, ...]) -> Window:
    """By the rules of today before a determination, and by those of its day after one; the earliest counts."""
    rules, kind, state = change.deps.peer_to_peer_rules, change.before.line_of_business, change.plan_state
    lines = [line for line in map(change.before.line, sequences) if line is not None and line.state not in PENDED]
    zone = change.zone
    ends = [window_end(rules, kind, state, line.decision.at, zone) for line in lines]
    after_until = min((end for end in ends if end is not None), default=None)
    return Window(is_held_before(rules, kind, state, change.today), None if None in ends else after_until)
