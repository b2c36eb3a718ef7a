"""More time moves the line and its clock, once, by what the rule allows; and what hangs on them."""

from datetime import timedelta

import pytest

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.extensions import ExtensionSaid
from fhir_um.cases.peer_to_peers import CallSaid
from fhir_um.cases.review import ExtensionGround, ExtensionState
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.usecases.extend_time import extend_time
from fhir_um.usecases.hold_peer_to_peer import hold_peer_to_peer
from tests.fhir_um.usecases.reviewing import DESK, DOCTOR, MANAGER, NURSE, assert_rebuilds, clock_of, waiting_case

SAID = ExtensionSaid((1,), ExtensionGround.EXTRAORDINARY, 15, "The storm closed the clinic that has the records.")


def step(deps, case, name, by, said=SAID):
    extensions = case.review.extensions
    id = extensions[-1].id if extensions else None
    return extend_time(deps, DESK, case.id, case.version, by, name, said, id)


def test_granted_it_moves_the_line_the_clock_and_the_calls(deps, clock) -> None:
    case = waiting_case(deps)
    offer = CallSaid((1,), (clock.at + timedelta(days=1),))
    case = hold_peer_to_peer(deps, DESK, case.id, case.version, NURSE, "offer", offer)
    due_at, other = case.line(1).due_at, case.line(2).due_at
    clock.move(days=14)

    case = step(deps, step(deps, case, "propose", NURSE), "grant", MANAGER)

    (extension,) = case.review.extensions
    moved = clock_of(deps, case, ClockKind.DECISION)
    assert (extension.state, extension.due_before) == (ExtensionState.GRANTED, ((1, due_at),))
    assert case.line(1).due_at == moved.deadline.due_at == due_at + timedelta(days=15)
    assert (moved.extension_days, case.line(2).due_at) == (15, other)
    assert case.review.peer_to_peers[0].expires_at == case.line(1).due_at
    assert clock_of(deps, case, ClockKind.PEER_TO_PEER).deadline.due_at == case.line(1).due_at
    assert_rebuilds(deps, case)


def test_it_is_not_taken_twice_nor_late_nor_on_any_ground(lite, clock) -> None:
    case = waiting_case(lite)
    for said in (
        ExtensionSaid((1,), ExtensionGround.MEMBER_REQUEST, 5, SAID.text),
        ExtensionSaid((1,), ExtensionGround.EXTRAORDINARY, 16, SAID.text),
    ):
        with pytest.raises(IllegalMove):
            step(lite, case, "propose", NURSE, said)
    case = step(lite, step(lite, case, "propose", NURSE), "grant", DOCTOR)
    with pytest.raises(IllegalMove):
        extend_time(lite, DESK, case.id, case.version, NURSE, "propose", SAID)
    proposed = extend_time(
        lite, DESK, case.id, case.version, NURSE, "propose", ExtensionSaid((2,), SAID.ground, 3, SAID.text)
    )
    clock.move(days=15)
    with pytest.raises(IllegalMove):
        step(lite, proposed, "grant", DOCTOR)
    with pytest.raises(RoleNotAllowed):
        step(lite, proposed, "grant", NURSE)


def test_refused_it_moves_nothing(lite) -> None:
    case = step(lite, waiting_case(lite), "propose", NURSE)

    refused = step(lite, case, "refuse", DOCTOR, ExtensionSaid(note="The records arrived this morning."))

    assert refused.lines == case.lines
    assert refused.review.extensions[0].state is ExtensionState.REFUSED
