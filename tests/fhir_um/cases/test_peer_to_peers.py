"""A conversation from its offer to its end: inside the time to decide, with a physician of the payer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from fhir_um.cases.clocks import ClockKind, ClockOutcome
from fhir_um.cases.model import Case, Course, LineState
from fhir_um.cases.peer_to_peers import (
    STEPS,
    CallSaid,
    Window,
    awaits_call,
    call_clocks,
    next_call,
    open_calls,
    retimed_calls,
    ruled_after,
)
from fhir_um.cases.review import PeerToPeer, PeerToPeerOutcome, PeerToPeerState, Review
from fhir_um.cases.roles import ENGINE, PHYSICIANS, Role
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, DEADLINE, case_of
from tests.fhir_um.cases.stepping import ACTS, somebody, walk

CASE = case_of(Course.PEND_PHYSICIAN, Course.PEND_REVIEW, Course.APPROVE)
DUE = DEADLINE.due_at
TOMORROW = AT + timedelta(days=1)
NURSE, INTAKE, DOCTOR = somebody(Role.NURSE, "rn-1", ""), somebody(Role.INTAKE, "i-1", ""), somebody(id="d-1")
OPEN = Window(is_before=True, after_until=DUE)
FULL = CallSaid(
    lines=(1,),
    slots=(TOMORROW,),
    scheduled_at=TOMORROW,
    physician=DOCTOR,
    clinician="1234567893",
    participants=("the ordering physician", "the medical director"),
    minutes=15,
    new_facts="none",
    outcome=PeerToPeerOutcome.OVERTURNED,
    note="The clinic called back.",
)


def take(
    call: Any, name: str, by: Any, said: CallSaid = FULL, case: Case = CASE, at: Any = AT, window: Window | None = OPEN
) -> PeerToPeer:
    return next_call(case, call, name, said, by, at, "call-1", window)


def faults(call: Any, name: str, by: Any, said: CallSaid, **more: Any) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(call, name, by, said, **more)
    return [issue.path for issue in refused.value.issues]


def denied(case: Case = CASE) -> Case:
    first, *others = case.lines
    return replace(case, lines=(replace(first, state=LineState.DENIED_CLINICAL, due_at=None), *others))


def scheduled() -> PeerToPeer:
    return take(take(take(None, "offer", NURSE), "request", INTAKE), "schedule", INTAKE)


def test_offered_requested_scheduled_and_held() -> None:
    offered = take(None, "offer", NURSE)
    asked = take(offered, "request", INTAKE)
    booked = take(asked, "schedule", INTAKE)
    held = take(booked, "complete", DOCTOR, at=TOMORROW)

    assert (offered.state, offered.expires_at, offered.slots) == (PeerToPeerState.OFFERED, DUE, (TOMORROW,))
    assert (asked.state, asked.clinician) == (PeerToPeerState.REQUESTED, "1234567893")
    assert (booked.state, booked.scheduled_at, booked.physician) == (PeerToPeerState.SCHEDULED, TOMORROW, DOCTOR)
    assert (held.state, held.minutes, held.outcome) == (PeerToPeerState.COMPLETED, 15, PeerToPeerOutcome.OVERTURNED)
    assert held.ended_at == TOMORROW


def test_a_provider_asks_through_intake() -> None:
    asked = take(None, "request", INTAKE)

    assert (asked.state, asked.opened_by) == (PeerToPeerState.REQUESTED, INTAKE)
    with pytest.raises(RoleNotAllowed):
        take(None, "offer", INTAKE)


@pytest.mark.parametrize("slot", [AT - timedelta(minutes=1), DUE + timedelta(minutes=1)])
def test_times_to_talk_lie_inside_the_clock(slot: Any) -> None:
    asked = take(None, "request", INTAKE)

    assert faults(None, "offer", NURSE, replace(FULL, slots=(TOMORROW, slot))) == ["slots"]
    assert faults(asked, "schedule", INTAKE, replace(FULL, scheduled_at=slot)) == ["scheduledAt"]


def test_everything_an_offer_lacks_is_told() -> None:
    assert faults(None, "offer", NURSE, CallSaid(lines=(9,))) == ["lines", "slots"]
    assert faults(None, "offer", NURSE, replace(FULL, lines=(3,))) == ["lines", "lines"]


def test_what_was_said_is_recorded_whole() -> None:
    booked = scheduled()

    assert faults(booked, "complete", somebody(npi=""), CallSaid(participants=(" ",))) == [
        "reviewer.npi",
        "participants",
        "minutes",
        "newFacts",
        "outcome",
    ]
    with pytest.raises(RoleNotAllowed):
        take(booked, "complete", NURSE)


def test_the_payers_side_is_a_physician_with_an_npi() -> None:
    asked = take(None, "request", INTAKE)

    for who in (None, replace(DOCTOR, npi=""), NURSE):
        assert faults(asked, "schedule", INTAKE, replace(FULL, physician=who)) == ["physician"]
    assert take(asked, "schedule", DOCTOR, replace(FULL, physician=None)).physician == DOCTOR


def test_nobody_missed_what_has_not_begun() -> None:
    booked = scheduled()

    assert faults(booked, "no-show", NURSE, FULL) == [""]
    assert take(booked, "no-show", NURSE, at=TOMORROW).state is PeerToPeerState.NO_SHOW


def test_it_may_be_declined_with_a_word() -> None:
    offered = take(None, "offer", NURSE)

    assert faults(offered, "decline", INTAKE, CallSaid()) == ["note"]
    ended = take(offered, "decline", INTAKE)
    assert (ended.state, ended.note) == (PeerToPeerState.DECLINED, FULL.note)
    with pytest.raises(IllegalMove):
        take(ended, "schedule", INTAKE)


def test_after_an_adverse_decision_there_is_a_window() -> None:
    case, later = denied(), DUE + timedelta(days=3)
    asked = take(None, "request", INTAKE, case=case, window=Window(is_before=True, after_until=later))

    assert asked.expires_at == later
    assert faults(None, "request", INTAKE, FULL, case=case, window=Window(True, None)) == [""]
    assert faults(None, "request", INTAKE, FULL, case=case, at=DUE + timedelta(days=1)) == [""]
    assert faults(None, "offer", NURSE, FULL, case=case) == ["lines"]


def test_reviewed_and_determined_lines_are_not_mixed() -> None:
    assert faults(None, "request", INTAKE, replace(FULL, lines=(1, 2)), case=denied()) == ["lines"]


def test_a_line_has_one_conversation_at_a_time() -> None:
    case = replace(CASE, review=Review(peer_to_peers=(take(None, "offer", NURSE),)))

    assert open_calls(case)
    assert faults(None, "request", INTAKE, FULL, case=case) == ["lines"]
    assert take(None, "request", INTAKE, replace(FULL, lines=(2,)), case=case).sequences == (2,)


def test_who_asked_to_talk_keeps_a_denial_waiting_and_who_did_not_take_an_offer_does_not() -> None:
    offered, asked = take(None, "offer", NURSE), take(None, "request", INTAKE)

    def awaits(call: PeerToPeer, sequence: int = 1, at: Any = AT) -> bool:
        return awaits_call(replace(CASE, review=Review(peer_to_peers=(call,))), sequence, at)

    assert [awaits(call) for call in (offered, asked, scheduled())] == [False, True, True]
    assert not awaits(take(asked, "decline", INTAKE))
    assert not awaits(take(scheduled(), "complete", DOCTOR, at=TOMORROW))
    assert not awaits(asked, sequence=2)
    assert not awaits(asked, at=DUE)


def test_software_ends_what_is_over_and_nothing_else() -> None:
    offered = take(None, "offer", NURSE)

    assert faults(offered, "expire", ENGINE, CallSaid()) == [""]
    assert take(offered, "expire", ENGINE, CallSaid(), at=DUE).state is PeerToPeerState.EXPIRED
    assert {row.name for row in STEPS if Role.ENGINE in row.roles} == {"expire"}
    assert {role for row in STEPS if row.to is PeerToPeerState.COMPLETED for role in row.roles} == PHYSICIANS


def test_it_ends_with_the_time_to_decide_wherever_that_moves() -> None:
    case = replace(CASE, review=Review(peer_to_peers=(take(None, "offer", NURSE),)))
    sooner = replace(case, lines=(replace(case.lines[0], due_at=TOMORROW), *case.lines[1:]))

    assert retimed_calls(case) == ()
    assert [call.expires_at for call in retimed_calls(sooner)] == [TOMORROW]


def test_the_ruling_that_follows_is_named() -> None:
    held = take(scheduled(), "complete", DOCTOR)

    assert ruled_after(CASE, held) == ()
    assert ruled_after(denied(), held) == (1,)
    assert ruled_after(denied(), scheduled()) == ()


def test_its_clock_is_late_when_it_was_asked_for_and_not_held() -> None:
    offered, asked = take(None, "offer", NURSE), take(None, "request", INTAKE)
    late = [take(call, "expire", ENGINE, CallSaid(), at=DUE) for call in (offered, asked)]

    (running,) = call_clocks(CASE, offered, "UTC")
    stopped = [clock for call in late for clock in call_clocks(CASE, call, "UTC")]

    assert (running.kind, running.sequence, running.outcome) == (ClockKind.PEER_TO_PEER, 1, None)
    assert [clock.outcome for clock in stopped] == [ClockOutcome.MET, ClockOutcome.LATE]


@settings(max_examples=60)
@given(ACTS)
def test_only_steps_of_the_table_come_about(acts: list[Any]) -> None:
    states = walk(STEPS, acts, take, lambda full: FULL if full else CallSaid(lines=(1,)))

    assert all(state in {row.to for row in STEPS} for state in states)
