"""A conversation is had inside the time to decide, or in a window after an adverse decision; it decides nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.auditing import AuditSearch
from fhir_um.cases.clocks import ClockKind, ClockOutcome
from fhir_um.cases.model import LineState
from fhir_um.cases.peer_to_peers import CallSaid, ruled_after
from fhir_um.cases.review import PeerToPeerOutcome, PeerToPeerState
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, VersionConflict
from fhir_um.usecases.end_calls import end_calls
from fhir_um.usecases.hold_peer_to_peer import hold_peer_to_peer
from fhir_um.usecases.read_case import read_case
from tests.fhir_um.deciding import decided, denial
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.reviewing import DESK, DOCTOR, INTAKE, NURSE, assert_rebuilds, clock_of, referred_case


def step(deps, case, name, by, **said):
    calls = case.review.peer_to_peers
    id = calls[-1].id if calls else None
    return hold_peer_to_peer(deps, DESK, case.id, case.version, by, name, CallSaid(**said), id)


def offered(deps, clock):
    case = referred_case(deps)
    return step(deps, case, "offer", NURSE, lines=(1,), slots=(clock.at + timedelta(days=1),))


def test_from_offer_to_outcome_and_the_ruling_after_it(deps, clock) -> None:
    case = offered(deps, clock)
    case = step(deps, case, "request", INTAKE, clinician="1910010010")
    case = step(deps, case, "schedule", INTAKE, scheduled_at=clock.at + timedelta(days=1), physician=DOCTOR)
    clock.move(days=1)
    before = case.line(1)
    case = step(
        deps,
        case,
        "complete",
        DOCTOR,
        participants=("both physicians",),
        minutes=12,
        new_facts="none",
        outcome=PeerToPeerOutcome.UPHELD,
    )

    (call,) = case.review.peer_to_peers
    stopped = clock_of(deps, case, ClockKind.PEER_TO_PEER)
    assert (call.state, case.line(1)) == (PeerToPeerState.COMPLETED, before)
    assert (stopped.stopped_at, stopped.outcome) == (clock.at, ClockOutcome.MET)
    assert_rebuilds(deps, case)
    ruled = decided(deps, a_caller(), case.id, denial())
    assert ruled_after(ruled, ruled.review.peer_to_peers[0]) == (1,)


def test_nobody_denies_before_it_is_held_or_declined(lite, clock) -> None:
    case = offered(lite, clock)
    case = step(lite, case, "request", INTAKE, clinician="1910010010")

    with pytest.raises(Lacking) as refused:
        decided(lite, a_caller(), case.id, denial())
    assert ["hold it" in issue.text for issue in refused.value.issues] == [True]
    step(lite, case, "decline", INTAKE, note="The clinic called back: no need to talk.")

    assert decided(lite, a_caller(), case.id, denial()).line(1).state is LineState.DENIED_CLINICAL


def test_one_that_is_not_had_in_time_is_over_once(deps, clock) -> None:
    case = offered(deps, clock)
    running = clock_of(deps, case, ClockKind.PEER_TO_PEER)
    clock.at = running.deadline.due_at - timedelta(seconds=1)
    assert end_calls(deps) == 0
    clock.at = running.deadline.due_at

    assert (end_calls(deps), end_calls(deps)) == (1, 0)

    ended = read_case(deps, DESK, case.id)
    assert ended.review.peer_to_peers[0].state is PeerToPeerState.EXPIRED
    assert clock_of(deps, ended, ClockKind.PEER_TO_PEER).stopped_at == clock.at
    assert_rebuilds(deps, ended)
    with deps.open_reading() as reading:
        (row,) = reading.audit.search(("harbor",), AuditSearch(action="end-calls"))
    assert row.entry.subjects[0].case_id == case.id
    assert (row.entry.client_id, row.entry.person) == ("engine", "")


def test_after_an_adverse_decision_it_is_asked_for_in_a_window(lite, clock) -> None:
    case = referred_case(lite)
    case = decided(lite, a_caller(), case.id, denial())
    late = replace(case)
    case = step(lite, case, "request", INTAKE, lines=(1,), clinician="1910010010")

    (call,) = case.review.peer_to_peers
    assert timedelta(days=13) < call.expires_at - clock.at < timedelta(days=16)
    assert clock_of(lite, case, ClockKind.PEER_TO_PEER).deadline.due_at == call.expires_at
    with pytest.raises(VersionConflict):
        step(lite, late, "request", INTAKE, lines=(1,), clinician="1910010010")


def test_when_the_window_is_over_nobody_asks(lite, clock) -> None:
    case = referred_case(lite)
    case = decided(lite, a_caller(), case.id, denial())
    clock.move(days=30)

    with pytest.raises(IllegalMove):
        step(lite, case, "request", INTAKE, lines=(1,), clinician="1910010010")
