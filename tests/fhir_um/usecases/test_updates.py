"""Updates that try the rules: time, people's work, papers taken back, the same service twice, history that moved on."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from fhir_um.cases.asked import ClaimedDiagnosis, PriorClaim, SupportingInfo
from fhir_um.cases.clock_rules import ClockRules
from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.evidence import Document, Evidence, Observation
from fhir_um.cases.history import rebuild
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import Authorized, Case, LineState, Priority
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from tests.builders import AT, line_request
from tests.fhir_um.deciding import approval, decided, reduction
from tests.fhir_um.usecases.asking import a_caller, ask, sent

CERTIFICATION = "https://codesystem.x12.org/005010/1322"
NURSE = Decider("rn-1", Role.NURSE, human=True)
PHYSICIAN = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910200405")
REPORT = "https://ehr.example.test/fhir/Observation/spo2"
COPD = ClaimedDiagnosis(1, Concept((Code("http://hl7.org/fhir/sid/icd-10-cm", "J44.9"),)), None, None)
LOW = Evidence(
    observations=(Observation(REPORT, (Code("http://loinc.org", "59408-5"),), "final", Decimal(86), "%", AT.date()),)
)
NOTHING = Evidence()
MONTH = Quantity(Decimal(1))
CATEGORY = Code("urn:category", "patientEvent")


def oxygen(sequence: int = 1, **changes):
    return line_request(sequence, "E1390", **({"quantity": MONTH} | changes))


def wheelchair(sequence: int = 1, **changes):
    return line_request(sequence, "K0823", **changes)


def asked(*lines, **changes):
    return ask(*lines, **({"diagnoses": (COPD,)} | changes))


def update(deps, case: Case, *lines, evidence: Evidence = NOTHING, at=AT, **changes) -> Case:
    request = asked(*lines, prior=PriorClaim(case.request.claim_url), claim_url=f"urn:{case.version + 1}", **changes)
    return submit_claim(deps, a_caller(), sent(request, at=at, evidence=evidence))


def paper(ref: str = REPORT, **changes) -> SupportingInfo:
    return replace(SupportingInfo(1, CATEGORY, ref, "", Period(), "", False), **changes)


def clocks(deps, case: Case) -> dict[int, tuple]:
    with deps.open_reading() as work:
        decisions = [c for c in work.clocks_of(case.payer_id, case.id) if c.kind is ClockKind.DECISION]
    return {c.sequence: (c.deadline.due_at, c.stopped_at) for c in decisions}


def ask_for_information(deps, case: Case, who: Decider = NURSE) -> Case:
    wanted = (DocumentNeeded("11502-2", "Report of the measurement"),)
    text = "Send the report of the measurement."
    ruling = Ruling(1, RulingAction.REQUEST_INFORMATION, Reason.INFORMATION_NEEDED, text, None, wanted)
    return decide_case(deps, a_caller(), case.id, case.version, who, (ruling,))


# --- time -----------------------------------------------------------------------------------------------------------


def test_an_update_marked_urgent_makes_every_waiting_line_due_sooner(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(wheelchair(), oxygen(2))))
    later = AT + timedelta(days=1)

    urgent = update(lite, opened, wheelchair(), oxygen(2), at=later, expedited=True)

    assert urgent.priority is Priority.EXPEDITED
    assert {line.due_at for line in urgent.lines} == {later + timedelta(hours=72)}
    assert clocks(lite, urgent) == {1: (later + timedelta(hours=72), None), 2: (later + timedelta(hours=72), None)}


def test_urgent_on_the_last_day_is_never_later_than_it_was(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(wheelchair())))

    urgent = update(lite, opened, wheelchair(), at=opened.lines[0].due_at - timedelta(hours=1), expedited=True)

    assert urgent.lines[0].due_at == opened.lines[0].due_at


def test_an_update_without_the_mark_does_not_take_urgency_back(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(wheelchair(), expedited=True)))

    calm = update(lite, opened, wheelchair(), wheelchair(2))

    assert calm.priority is Priority.EXPEDITED
    assert {line.due_at for line in calm.lines} == {AT + timedelta(hours=72)}


def test_what_was_decided_is_not_held_up_to_time_that_passed(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(), wheelchair(2))))
    approved = decided(lite, a_caller(), opened.id, approval(2))

    much_later = update(lite, approved, oxygen(), wheelchair(2), at=AT + timedelta(days=500))

    assert much_later.line(2) == approved.line(2)
    assert {(error.code, error.sequence) for error in much_later.errors} == {("57", 1)}


# --- people's work --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "back_to"), [(NURSE, LineState.NURSE_REVIEW), (PHYSICIAN, LineState.PHYSICIAN_REVIEW)])
def test_what_a_person_asked_for_goes_back_to_that_person(lite, who, back_to) -> None:
    waiting = ask_for_information(lite, submit_claim(lite, a_caller(), sent(asked(oxygen()))), who)

    answered = update(lite, waiting, oxygen(), evidence=LOW, supporting_info=(paper(),))

    assert answered.lines[0].state is back_to
    assert answered.lines[0].documents == ()
    assert answered.lines[0].due_at == waiting.lines[0].due_at


@pytest.mark.parametrize(
    "changes",
    [{"supporting_info": (paper(changed="changed"),)}, {"diagnoses": (COPD, replace(COPD, sequence=2))}],
)
def test_papers_changed_in_place_and_other_diagnoses_are_information_too(lite, changes) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(), supporting_info=(paper(),))))
    waiting = ask_for_information(lite, opened)

    same = update(lite, waiting, oxygen(), supporting_info=(paper(),))
    answered = update(lite, same, oxygen(), **({"supporting_info": (paper(),)} | changes))

    assert same.lines[0].state is LineState.PENDED_INFO
    assert answered.lines[0].state is LineState.NURSE_REVIEW


def test_software_approves_nothing_a_person_has_looked_at(lite) -> None:
    """Not when the answer comes, not by the update after it, and not when the line is changed meanwhile."""
    waiting = ask_for_information(lite, submit_claim(lite, a_caller(), sent(asked(oxygen()))))

    answered = update(lite, waiting, oxygen(), evidence=LOW, supporting_info=(paper(),))
    again = update(lite, answered, oxygen(), evidence=LOW, supporting_info=(paper(),))
    changed = update(lite, again, oxygen(quantity=Quantity(Decimal(2))), evidence=LOW, supporting_info=(paper(),))

    assert {case.lines[0].state for case in (answered, again, changed)} == {LineState.NURSE_REVIEW}
    assert changed.lines[0].request.quantity.value == 2


def test_a_physicians_reduction_is_not_undone_by_asking_again(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(quantity=Quantity(Decimal(12))))))
    less = reduction(Authorized(quantity=replace(MONTH, unit="month")), reason=Reason.QUANTITY_REDUCED)
    reduced = decided(lite, a_caller(), opened.id, less)

    asks_again = update(lite, reduced, oxygen(quantity=Quantity(Decimal(11))), evidence=LOW)

    assert asks_again.lines[0].state is LineState.PHYSICIAN_REVIEW
    assert asks_again.lines[0].previous_authorization_number == reduced.lines[0].authorization_number


# --- papers and words -----------------------------------------------------------------------------------------------


def test_the_missing_measurement_arrives_and_the_line_is_approved(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen())))
    assert opened.lines[0].state is LineState.PENDED_INFO

    approved = update(lite, opened, oxygen(), evidence=LOW, supporting_info=(paper(),))

    assert approved.lines[0].state is LineState.APPROVED
    assert clocks(lite, approved)[1][1] is None, "it stops when member and provider were told"


def test_a_paper_taken_back_proves_nothing(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen())))

    withdrawn = update(lite, opened, oxygen(), evidence=LOW, supporting_info=(paper(cancelled=True),))
    kept = update(lite, withdrawn, oxygen(), evidence=LOW, supporting_info=(paper(cancelled=True), paper(sequence=2)))

    assert withdrawn.lines[0].state is LineState.PENDED_INFO
    assert kept.lines[0].state is LineState.APPROVED


def test_an_authorization_outlives_a_change_of_diagnoses(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen()), evidence=LOW))
    other = replace(COPD, concept=Concept((Code("http://hl7.org/fhir/sid/icd-10-cm", "M17.11"),)))

    updated = update(lite, opened, oxygen(), evidence=LOW, diagnoses=(other,))

    assert opened.lines[0].state is LineState.APPROVED
    assert updated.lines[0] == opened.lines[0]


def test_a_waiting_line_is_seen_again_under_its_new_diagnosis(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(), diagnoses=()), evidence=LOW))
    assert opened.lines[0].state is LineState.PENDED_INFO

    assert update(lite, opened, oxygen(), evidence=LOW).lines[0].state is LineState.APPROVED


def test_a_document_that_came_is_not_asked_for_again(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(), diagnoses=())))
    note = Document("urn:note", Concept((Code("http://loinc.org", "34117-2"),)), "", AT.date())

    updated = update(lite, opened, oxygen(), diagnoses=(), evidence=Evidence(documents=(note,)))

    assert [d.loinc for d in opened.lines[0].documents] == ["11502-2", "34117-2"]
    assert [d.loinc for d in updated.lines[0].documents] == ["11502-2"]


def test_trace_numbers_are_those_of_the_latest_message(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen()), evidence=LOW))
    traced = oxygen(trace_numbers=(Identifier("urn:trnorg:1", "T2"),))

    updated = update(lite, opened, traced, evidence=LOW)

    assert updated.lines[0].request.trace_numbers == traced.trace_numbers
    assert updated.lines[0].authorization_number == opened.lines[0].authorization_number


# --- the same service twice -----------------------------------------------------------------------------------------


def test_two_lines_for_the_same_days_are_not_two_authorizations(lite) -> None:
    case = submit_claim(lite, a_caller(), sent(asked(oxygen(), oxygen(2)), evidence=LOW))

    assert [line.state for line in case.lines] == [LineState.APPROVED, LineState.INTAKE_REVIEW]
    assert case.line(2).decision.reason == Reason.DUPLICATE


@pytest.mark.parametrize("later_first", [False, True])
@pytest.mark.parametrize("by_update", [False, True])
def test_a_limit_cannot_be_passed_by_asking_in_parts(lite, by_update, later_first) -> None:
    days = [Period(date(2026, 3, 10), date(2026, 3, 31)), Period(date(2026, 4, 1), date(2026, 4, 30))]
    one, other = reversed(days) if later_first else days
    first = oxygen(quantity=Quantity(Decimal(7)), serviced=one)
    second = oxygen(2, quantity=Quantity(Decimal(7)), serviced=other)
    lines = (first,) if by_update else (first, second)

    case = submit_claim(lite, a_caller(), sent(asked(*lines), evidence=LOW))
    case = update(lite, case, first, second, evidence=LOW) if by_update else case

    assert [line.state for line in case.lines] == [LineState.APPROVED, LineState.NURSE_REVIEW]


def test_a_line_cancelled_makes_room_for_another(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(2)), evidence=LOW))

    moved = update(lite, opened, oxygen(1), oxygen(2, cancelled=True), evidence=LOW)

    assert [line.state for line in moved.lines] == [LineState.APPROVED, LineState.CANCELLED]


def test_left_and_right_are_two_services(lite) -> None:
    left, right = (Concept((Code("urn:modifier", side),)) for side in ("LT", "RT"))

    case = submit_claim(
        lite, a_caller(), sent(asked(oxygen(modifiers=(left,)), oxygen(2, modifiers=(right,))), evidence=LOW)
    )

    assert [line.state for line in case.lines] == [LineState.APPROVED, LineState.APPROVED]


def test_free_visits_are_used_up_by_telling_of_them(lite) -> None:
    visits = line_request(
        1, quantity=Quantity(Decimal(8)), service=Concept((Code("http://www.ama-assn.org/go/cpt", "97110"),))
    )

    first = submit_claim(lite, a_caller(), sent(asked(visits)))
    second = submit_claim(lite, a_caller(), sent(asked(visits)))

    assert first.lines[0].decision.reason == Reason.WITHIN_FREE_VISITS
    assert second.lines[0].state is not LineState.NO_ACTION


def test_a_hundred_lines(lite) -> None:
    lines = tuple(oxygen(n, serviced=Period(date(2026, 3, 10) + timedelta(days=n), None)) for n in range(1, 101))

    case = submit_claim(lite, a_caller(), sent(asked(*reversed(lines)), evidence=LOW))
    gone = update(lite, case, cancel_all=True)

    assert [line.sequence for line in case.lines] == list(range(1, 101))
    assert sum(line.request.quantity.value for line in case.lines if line.authorization_number) <= 12
    assert {line.state for line in gone.lines} == {LineState.CANCELLED}


# --- any depth ------------------------------------------------------------------------------------------------------


def test_an_update_of_an_update_needs_no_grandparent(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(wheelchair())))
    lost = PriorClaim("urn:never-arrived", opened.request.claim_identifiers)

    case = submit_claim(lite, a_caller(), sent(asked(wheelchair(), wheelchair(2), prior=lost, claim_url="urn:3")))

    assert (case.id, case.version) == (opened.id, 2)


def test_after_cancelling_all_only_new_lines_begin(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(wheelchair())))
    gone = update(lite, opened, cancel_all=True)

    again = update(lite, gone, wheelchair(), oxygen(2))

    assert [line.state for line in again.lines] == [LineState.CANCELLED, LineState.PENDED_INFO]
    assert [(error.code, error.followup, error.sequence) for error in again.errors] == [("33", "C", 1)]
    assert clocks(lite, again)[2] == (again.line(2).due_at, None)


def test_the_case_is_what_its_events_say(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(asked(oxygen(), wheelchair(2))))
    urgent = update(lite, opened, oxygen(), wheelchair(2), evidence=LOW, expedited=True)

    with lite.open_reading() as work:
        assert rebuild(work.events_of(urgent.payer_id, urgent.id)) == urgent


def test_an_update_that_ends_a_wait_ends_the_time_that_stood_still_for_it(lite) -> None:
    only_erisa = replace(lite, clock_rules=ClockRules(tuple(row for row in lite.clock_rules.rows if row.id == "D16")))
    opened = submit_claim(only_erisa, a_caller(), sent(asked(oxygen(), expedited=True)))
    waiting = ask_for_information(only_erisa, opened)
    soon = AT + timedelta(hours=10)

    went_on = update(only_erisa, waiting, oxygen(quantity=Quantity(Decimal(2))), at=soon, expedited=True)

    assert opened.lines[0].due_at == AT + timedelta(hours=96)
    assert went_on.lines[0].state is LineState.NURSE_REVIEW
    assert went_on.lines[0].due_at == soon + timedelta(hours=48)
    assert clocks(only_erisa, went_on) == {1: (soon + timedelta(hours=48), None)}
