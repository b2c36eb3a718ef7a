"""A ruling starts the clocks of its notices, and whoever was told stops them; nothing becomes due later by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome, running_decisions
from fhir_um.cases.deadlines import clock_of, decision_deadline
from fhir_um.cases.model import Case, Course, LineState
from fhir_um.deps import Deps
from fhir_um.usecases.stopping_clocks import Place, clocks_after, due_after, fresh_deadline, stop_for_notice
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.usecases.timing import Facts, review_type_of_line
from fhir_um.words import Code, Concept
from tests.builders import AT, ON, case_of, claim_request, line_request
from tests.fhir_um.deciding import decided, denial, reopening, tell_of
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.attached import oxygen

CALIFORNIA, TEXAS, MARYLAND = (
    Place("America/Los_Angeles", "CA"),
    Place("America/Chicago", "TX"),
    Place("America/New_York", "MD"),
)
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
HOUR = timedelta(hours=1)


def with_state(case: Case, state: LineState) -> Case:
    return replace(case, lines=tuple(replace(line, state=state) for line in case.lines))


def running(deps: Deps, case: Case, place: Place, waits: bool = False) -> tuple[Clock, ...]:
    asked = case.lines[0].request
    facts = Facts(case.line_of_business, review_type_of_line(asked, ON), case.priority, place.state)
    return (clock_of(case.id, 1, decision_deadline(deps.clock_rules, facts, AT, place.zone, waits), place.zone),)


def rules_after(deps: Deps, place: Place, state: LineState, **changes: object) -> dict[str, ClockKind]:
    case = case_of(Course.PEND_REVIEW, request=claim_request(line_request(1, **changes)))
    changed = clocks_after(deps, place, case, with_state(case, state), running(deps, case, place), AT + HOUR)
    return {clock.deadline.rule_id: clock.kind for clock in changed}


def test_a_determination_starts_the_notices_of_its_state(lite) -> None:
    oral, written = ClockKind.NOTICE_ORAL, ClockKind.NOTICE_WRITTEN
    in_hospital = Concept((Code(POS, "21"),))

    assert rules_after(lite, CALIFORNIA, LineState.APPROVED) == {"S-CA1P": oral, "S-CA1M": written}
    assert rules_after(lite, TEXAS, LineState.APPROVED) == {}
    assert rules_after(lite, TEXAS, LineState.DENIED_CLINICAL) == {"S-TX2": written}
    assert rules_after(lite, TEXAS, LineState.MODIFIED, location=in_hospital) == {"S-TX1": oral, "S-TX2": written}
    assert rules_after(lite, MARYLAND, LineState.DENIED_CLINICAL) == {}


@pytest.mark.parametrize("state", [LineState.WITHDRAWN, LineState.VOIDED, LineState.NO_ACTION, LineState.NURSE_REVIEW])
def test_what_determines_nothing_starts_no_notice(lite, state) -> None:
    assert rules_after(lite, CALIFORNIA, state) == {}


def test_a_line_a_person_moves_on_is_due_by_what_starts_then(lite) -> None:
    case = with_state(case_of(Course.PEND_REVIEW), LineState.PENDED_INFO)
    kept = running(lite, case, CALIFORNIA, waits=True)
    line = replace(case.lines[0], due_at=kept[0].deadline.due_at)

    sooner = due_after(kept, line, False, AT + HOUR)
    (started,) = clocks_after(lite, CALIFORNIA, case, with_state(case, LineState.NURSE_REVIEW), kept, AT + HOUR)

    assert started.deadline.rule_id == "S-CA1"
    assert sooner == started.deadline.due_at < line.due_at
    assert due_after(kept, line, True, AT) == due_after((), line, False, AT) == line.due_at


def test_a_line_opened_again_is_due_anew(deps, clock) -> None:
    case = submit_claim(deps, a_caller(), sent(ask(line_request(1, "E0601"))))
    denied = decided(deps, a_caller(), case.id, denial())
    tell_of(deps, denied)
    clock.move(days=20)

    again = decided(deps, a_caller(), denied.id, reopening())

    fresh = fresh_deadline(deps, MARYLAND, again, again.line(1), clock.at)
    with deps.open_reading() as reading:
        clocks = reading.clocks_of(case.payer_id, case.id)
    assert again.line(1).due_at == fresh.due_at == clock.at + timedelta(days=15)
    assert [(c.kind, c.deadline.start_at) for c in clocks if c.is_running] == [(ClockKind.DECISION, clock.at)]


def test_a_determination_nobody_was_told_of_leaves_the_clock_as_it_was(lite, clock) -> None:
    case = submit_claim(lite, a_caller(), sent(ask(line_request(1, "E0601"))))
    denied = decided(lite, a_caller(), case.id, denial())
    clock.move(days=14)

    again = decided(lite, a_caller(), denied.id, reopening())

    with lite.open_reading() as reading:
        running = running_decisions(reading.clocks_of(case.payer_id, case.id))
    assert again.line(1).due_at == running[1].deadline.due_at == case.line(1).due_at


def test_word_of_mouth_stops_the_decision_and_starts_the_letter(deps, clock) -> None:
    case = submit_claim(deps, a_caller(), sent(ask(line_request(1, "E0601"), expedited=True)))
    decided(deps, a_caller(), case.id, denial())
    clock.move(hours=2)

    with deps.open_work() as work:
        told = work.load_case_for_change(case.payer_id, case.id)
        for recipient in ("member", "provider"):
            stop_for_notice(work, told, 1, clock.at, recipient, written=False)
    with deps.open_reading() as reading:
        by_kind = {each.kind: each for each in reading.clocks_of(case.payer_id, case.id)}

    letter = by_kind[ClockKind.NOTICE_WRITTEN]
    assert by_kind[ClockKind.DECISION].outcome is ClockOutcome.MET
    assert (letter.deadline.rule_id, letter.deadline.due_at) == ("D16W", clock.at + timedelta(days=3))
    assert letter.is_running
    clock.move(days=4)
    with deps.open_work() as work:
        for recipient in ("provider", "member"):
            stop_for_notice(work, told, 1, clock.at, recipient)
        stopped = [each for each in work.clocks_of(case.payer_id, case.id) if each.kind is ClockKind.NOTICE_WRITTEN]
    assert [each.outcome for each in stopped] == [ClockOutcome.LATE]
    assert deps.store.verify().faults == []


def test_an_order_of_a_payer_whose_zone_is_none_is_taken_and_due_at_its_earliest(lite) -> None:
    """The rule of the house: a request is never lost for a fault of ours."""
    with lite.open_work() as work:
        work.save_payers(tuple(replace(payer, time_zone="Mars/Olympus") for payer in work.directory().payers))

    case = submit_claim(lite, a_caller(), oxygen())

    assert case.line(1).state is LineState.PENDED_INFO
    assert case.line(1).due_at == AT + timedelta(days=15)
    with lite.open_reading() as reading:
        clock = running_decisions(reading.clocks_of(case.payer_id, case.id))[1]
    assert clock.zone == "UTC"
