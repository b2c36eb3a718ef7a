"""A submission of an order that had earned its authorization is answered with it: one number, one authorization."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from fhir_um.api.hook_desk import HookDesk
from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.history import rebuild
from fhir_um.cases.inquiry import Inquiry
from fhir_um.cases.model import EventKind, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.settings import Settings
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Concept, Period, Quantity
from tests.builders import AT, line_request, party
from tests.fhir_um.asking_hooks import COPD, THIS_YEAR, TWELVE, order, question, saturation
from tests.fhir_um.usecases.asking import CLINIC, a_caller, ask, found_by, member_with, sent

DAYS = Period(date(2026, 3, 10), date(2026, 12, 31))
A_YEAR = line_request(code="E1390", quantity=Quantity(Decimal(12)), serviced=DAYS)
CERTIFICATION = "https://codesystem.x12.org/005010/1322"
LATER = AT + timedelta(hours=1)


def signed(deps, **changes):
    """What is said of oxygen for a year, whose need is in the chart."""
    made = order(quantity=TWELVE, period=THIS_YEAR)
    desk = HookDesk(deps, Settings())
    asked = question(made, chart=(COPD, saturation()), **changes)
    ((told,),) = desk.answer(asked).assertions.values()
    assert told.satisfied_pa_id
    return told


def submitted(deps, told, *lines, caller=None, **changes):
    """The submission of that order, later; without the assertion when there is none."""
    known = (told.id,) if told else ()
    return submit_claim(deps, caller or a_caller(), sent(_asked(known, *lines, **changes), at=LATER))


def _asked(known, *lines, **changes):
    return ask(*(lines or (A_YEAR,)), coverage_assertions=known, **changes)


def cases(deps):
    with deps.open_reading() as work:
        return work.find_for_inquiry("harbor", "harbor-1001", frozenset(), 50)


def by_number(deps, number):
    with deps.open_reading() as work:
        return work.find_for_inquiry("harbor", "harbor-1001", frozenset({number}), 50)


def approved(deps):
    with deps.open_reading() as work:
        return [used for used in work.member_history("harbor", "harbor-1001") if used.kind == "approved"]


# --- one authorization ----------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:found-11")
@pytest.mark.spec("crd:resp-31")
def test_the_submission_of_a_satisfied_order_is_answered_with_its_authorization(deps) -> None:
    told = signed(deps)

    case = submitted(deps, told)

    (line,) = case.lines
    assert (line.state, line.authorization_number) == (LineState.APPROVED, told.satisfied_pa_id)
    assert (line.issued_on, line.findings[0].policy_id) == (AT.date(), "home-oxygen")
    assert "when it was ordered, on 2026-03-02" in line.decision.text
    assert [(used.number, used.case_id) for used in approved(deps)] == [(told.satisfied_pa_id, case.id)]


@pytest.mark.spec("crd:found-11")
def test_the_case_of_the_order_ends_with_a_step_that_says_where_it_went(deps) -> None:
    told = signed(deps)
    (ordered,) = cases(deps)

    case = submitted(deps, told)

    with deps.open_reading() as work:
        events = work.events_of(ordered.payer_id, ordered.id)
        left = work.load_case(ordered.payer_id, ordered.id)
        (kept,) = work.guidance(ordered.payer_id, (told.id,))
    assert (events[-1].kind, events[-1].path) == (EventKind.LINE_MOVED, ("T32",))
    assert (left.status, left.is_taken_over, left.lines[0].taken_over_by) == ("cancelled", True, case.id)
    assert left.lines[0].decision.reason == Reason.SUBMITTED
    assert rebuild(events) == left
    assert kept.used_by == case.id
    assert deps.store.verify().faults == []


def test_its_number_finds_the_submission_alone(deps) -> None:
    told = signed(deps)

    case = submitted(deps, told)

    assert by_number(deps, told.satisfied_pa_id) == (case,)
    asked = ask()
    about_the_member = Inquiry(asked.payer, CLINIC, (CLINIC,), frozenset(), asked.member, asked.coverage)
    assert [found.id for found, _ in found_by(deps, a_caller(), about_the_member)] == [case.id]


def test_the_same_submission_again_is_the_same_request(deps) -> None:
    told = signed(deps)
    once = sent(_asked((told.id,)), at=LATER)

    first, again = submit_claim(deps, a_caller(), once), submit_claim(deps, a_caller(), once)

    assert again == first
    assert len(cases(deps)) == 2


def test_an_order_signed_again_is_told_the_number_its_submission_holds(deps) -> None:
    told = signed(deps)
    submitted(deps, told)

    assert signed(deps, at=LATER).satisfied_pa_id == told.satisfied_pa_id
    assert len(approved(deps)) == 1


@pytest.mark.spec("crd:resp-31")
def test_the_number_in_place_of_the_assertion_will_do(deps) -> None:
    told = signed(deps)

    case = submitted(deps, None, replace(A_YEAR, authorization_number=told.satisfied_pa_id.lower()))

    assert case.lines[0].authorization_number == told.satisfied_pa_id
    assert len(approved(deps)) == 1


def test_the_number_may_stand_on_the_claim(lite) -> None:
    told = signed(lite)

    case = submitted(lite, None, authorization_number=told.satisfied_pa_id)

    assert case.lines[0].authorization_number == told.satisfied_pa_id


def test_a_supplier_who_has_the_assertion_submits_the_order_of_somebody_else(lite) -> None:
    told, supplier = signed(lite), party("1910030034")

    case = submitted(lite, told, caller=a_caller("supplier"), requester=supplier, requester_parties=(supplier,))

    assert case.lines[0].authorization_number == told.satisfied_pa_id
    assert case.sender == "supplier"


def test_a_submission_without_a_day_is_for_the_day_of_the_order(lite) -> None:
    told = signed(lite)

    case = submitted(lite, told, replace(A_YEAR, serviced=Period()))

    assert case.lines[0].authorization_number == told.satisfied_pa_id
    assert case.lines[0].period.start == THIS_YEAR.start


def test_cancelling_the_submission_cancels_the_authorization(lite) -> None:
    told = signed(lite)
    case = submitted(lite, told)
    prior = PriorClaim(case.request.claim_url, case.request.claim_identifiers)

    cancelled = submit_claim(lite, a_caller(), sent(ask(A_YEAR, prior=prior, cancel_all=True)))

    assert (cancelled.id, cancelled.status) == (case.id, "cancelled")
    assert approved(lite) == []


def test_beside_other_lines_each_is_what_it_is(deps) -> None:
    """The earned one counts for the rules, whichever line it is on."""
    told = signed(deps)
    twice = [replace(A_YEAR, sequence=1, quantity=Quantity(Decimal(13))), replace(A_YEAR, sequence=2)]

    case = submitted(deps, told, *twice, line_request(3, code="K0823"))

    assert case.line(2).authorization_number == told.satisfied_pa_id
    assert case.line(1).decision.reason == Reason.DUPLICATE
    assert case.line(3).state in {LineState.PENDED_INFO, LineState.NURSE_REVIEW}
    assert deps.store.verify().faults == []


def test_a_line_added_by_an_update_brings_its_authorization(deps) -> None:
    first = submitted(deps, None, line_request(1, code="K0823"))
    told = signed(deps)
    prior = PriorClaim(first.request.claim_url, first.request.claim_identifiers)

    case = submitted(deps, told, line_request(1, code="K0823"), replace(A_YEAR, sequence=2), prior=prior)

    assert (case.id, case.line(2).authorization_number) == (first.id, told.satisfied_pa_id)
    assert len(approved(deps)) == 1
    assert deps.store.verify().faults == []


def test_submitted_at_once_by_two_one_gets_it_and_the_other_waits(deps) -> None:
    told = signed(deps)
    asked = [sent(_asked((told.id,)), at=LATER) for _ in range(4)]

    with ThreadPoolExecutor(4) as several:
        made = list(several.map(lambda each: submit_claim(deps, a_caller(), each), asked))

    assert sorted(case.lines[0].state for case in made).count(LineState.APPROVED) == 1
    assert [case.lines[0].decision.reason for case in made].count(Reason.DUPLICATE) == 3
    assert len(approved(deps)) == 1
    assert deps.store.verify().faults == []


# --- and otherwise a person compares --------------------------------------------------------------------------------


def test_without_assertion_or_number_a_person_compares(deps) -> None:
    told = signed(deps)

    case = submitted(deps, None)

    assert (case.lines[0].state, case.lines[0].decision.reason) == (LineState.INTAKE_REVIEW, Reason.DUPLICATE)
    assert [used.number for used in approved(deps)] == [told.satisfied_pa_id]


_RENTAL = (Concept((Code("urn:test:modifiers", "RR"),)),)


@pytest.mark.parametrize(
    "line",
    [
        replace(A_YEAR, quantity=Quantity(Decimal(13))),
        replace(A_YEAR, serviced=Period(date(2026, 3, 10), date(2027, 6, 1))),
        replace(A_YEAR, service=Concept((Code(A_YEAR.service.codes[0].system, "E1391"),))),
        replace(A_YEAR, modifiers=_RENTAL),
        replace(A_YEAR, certification_type=Code(CERTIFICATION, "4")),
        replace(A_YEAR, certification_type=Code(CERTIFICATION, "3")),
    ],
    ids=["more", "longer", "another service", "modified", "an extension", "withdrawn"],
)
def test_more_than_the_order_had_earned_is_not_what_it_had_earned(lite, line) -> None:
    told = signed(lite)
    (ordered,) = cases(lite)

    case = submitted(lite, told, line)

    assert case.lines[0].authorization_number != told.satisfied_pa_id
    assert [used.case_id for used in approved(lite) if used.number == told.satisfied_pa_id] == [ordered.id]


def test_an_assertion_that_is_over_is_not_believed(lite) -> None:
    told = signed(lite)

    late = sent(_asked((told.id,)), at=AT + timedelta(days=400))

    assert submit_claim(lite, a_caller(), late).lines[0].authorization_number != told.satisfied_pa_id


def test_an_assertion_is_of_no_use_for_another_member(lite) -> None:
    told, other = signed(lite), member_with("H1016-2207", "Byrne", date(1957, 11, 2))

    case = submitted(lite, told, member=other, coverage=None)

    assert case.lines[0].authorization_number != told.satisfied_pa_id
    assert [used.number for used in approved(lite)] == [told.satisfied_pa_id]


def test_a_number_alone_is_not_believed_from_a_stranger(lite) -> None:
    told, stranger = signed(lite), party("1910030034")

    case = submitted(
        lite,
        None,
        replace(A_YEAR, authorization_number=told.satisfied_pa_id),
        caller=a_caller("ehr-2"),
        requester=stranger,
        requester_parties=(stranger,),
    )

    assert case.lines[0].decision.reason == Reason.DUPLICATE


def test_what_another_request_holds_is_not_handed_over(lite) -> None:
    """Told of an authorization that was submitted before: two requests never hold one number."""
    told = signed(lite)
    first = submitted(lite, told)
    again = signed(lite, at=LATER)

    second = submitted(lite, again)

    assert again.satisfied_pa_id == told.satisfied_pa_id
    assert second.lines[0].decision.reason == Reason.DUPLICATE
    assert [used.case_id for used in approved(lite)] == [first.id]


def test_a_request_with_faults_takes_nothing(lite) -> None:
    told = signed(lite)

    case = submitted(lite, told, payer=party("1111111112"))

    assert case.lines[0].state is LineState.INTAKE_REVIEW
    assert len(approved(lite)) == 1


def test_an_update_of_a_request_nobody_knows_takes_nothing(lite) -> None:
    told = signed(lite)

    case = submitted(lite, told, prior=PriorClaim("https://ehr.example.test/fhir/Claim/never-seen"))

    assert case.lines[0].state is LineState.INTAKE_REVIEW
    assert len(approved(lite)) == 1


def test_an_assertion_about_another_member_is_none(deps) -> None:
    """Brought along by a submission for somebody else, its id leads nowhere."""
    told = signed(deps)
    other = member_with("H1006-5409", "Castellano")

    made = submitted(deps, told, member=other, coverage=None)

    assert made.line(1).authorization_number != told.satisfied_pa_id
    with deps.open_reading() as work:
        assert len(work.guidance("harbor", (told.id,))) == 1
        assert work.guidance_about("harbor", "harbor-1006", (told.id,)) == ()
        (kept,) = work.guidance_about("harbor", "harbor-1001", (told.id,))
    assert kept.used_by is None
