"""What the payer's records say against a request, and which faults software may act on."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fhir_um.cases.asked import CareTeamMember, ClaimedDiagnosis, PriorClaim
from fhir_um.cases.model import LineState, Priority, ReviewType
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import GoldCard
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Concept, Identifier, Period
from profiles.canonicals import X12_SERVICE_TYPE
from tests.builders import AT, HCPCS, line_request, party
from tests.fhir_um.usecases.asking import a_caller, ask, insurer, member_with, sent

CERTIFICATION = "https://codesystem.x12.org/005010/1322"
WARD = member_with("H1031-8009", "Ward")
ENDED = member_with("H1029-6705", "Singh")
THREE = Period(date(2026, 3, 10), date(2026, 3, 12))


def _certified(code: str, **changes):
    return line_request(1, "K0823", certification_type=Code(CERTIFICATION, code), **changes)


def test_software_does_not_deny_on_what_only_the_sender_says_of_the_coverage(lite) -> None:
    case = submit_claim(lite, a_caller(), sent(ask(coverage=replace(ask().coverage, status="cancelled"))))

    assert [error.code for error in case.errors] == ["33"]
    assert case.lines[0].state is LineState.INTAKE_REVIEW


@pytest.mark.parametrize(
    ("last", "codes", "state"),
    [(date(2025, 12, 31), [], LineState.NURSE_REVIEW), (date(2026, 1, 2), ["57"], LineState.INTAKE_REVIEW)],
)
def test_coverage_must_last_to_the_last_day(lite, last, codes, state) -> None:
    line = line_request(1, "Z9999", serviced=Period(date(2025, 12, 20), last))

    case = submit_claim(lite, a_caller(), sent(ask(line, member=ENDED, coverage=None)))

    assert [error.code for error in case.errors] == codes
    assert case.lines[0].state is state


def test_each_line_is_judged_by_the_plan_of_its_own_day(lite) -> None:
    """Harbor Marketplace until June 2025 and Harbor Employer since: timely for one is untimely for neither."""
    old = line_request(1, "K0823", serviced=Period(date(2025, 6, 30), date(2025, 6, 30)))
    new = line_request(2, "K0823", serviced=THREE)
    at = AT.replace(year=2025, month=9)

    case = submit_claim(lite, a_caller(), sent(ask(old, new, member=WARD, coverage=None), at=at))

    evidence = {line.sequence: line.due_at - at for line in case.lines if line.due_at}
    assert case.plan_id == "harbor-qhp"
    assert evidence == {1: timedelta(days=30), 2: timedelta(days=15)}


def test_a_line_without_dates_needs_coverage_today(lite) -> None:
    dated = line_request(1, "K0823", serviced=Period(date(2025, 12, 1), date(2025, 12, 1)))
    bare = line_request(2, "K0823", serviced=Period())

    case = submit_claim(lite, a_caller(), sent(ask(dated, bare, member=ENDED, coverage=None)))

    assert [(error.code, error.sequence) for error in case.errors] == [("95", 2)]


def test_a_cancelled_line_is_not_held_up_to_anything(lite) -> None:
    wrong = line_request(2, "K0823", serviced=Period(date(2031, 1, 1), date(2031, 1, 2)), cancelled=True)

    assert submit_claim(lite, a_caller(), sent(ask(line_request(1, "K0823"), wrong))).errors == ()


@pytest.mark.parametrize(
    ("serviced", "review"),
    [
        (Period(date(2026, 2, 1), date(2026, 2, 20)), ReviewType.RETROSPECTIVE),
        (Period(date(2026, 2, 1), date(2026, 3, 20)), ReviewType.PROSPECTIVE),
        (Period(date(2026, 2, 1)), ReviewType.PROSPECTIVE),
    ],
)
def test_only_what_is_over_is_retrospective(lite, serviced, review) -> None:
    case = submit_claim(lite, a_caller(), sent(ask(line_request(1, "K0823", serviced=serviced))))

    assert case.review_type is review


def test_a_past_line_does_not_wait_with_a_coming_one_nor_makes_it_wait(lite) -> None:
    past = line_request(1, "K0823", serviced=Period(date(2026, 2, 1), date(2026, 2, 2)))
    more = line_request(3, "E0601", serviced=THREE, certification_type=Code(CERTIFICATION, "4"))

    case = submit_claim(lite, a_caller(), sent(ask(past, line_request(2, "K0823"), more, expedited=True)))

    waits = {line.sequence: line.due_at - AT for line in case.lines}
    assert waits == {1: timedelta(days=30), 2: timedelta(hours=72), 3: timedelta(hours=24)}
    assert (case.priority, case.review_type) == (Priority.EXPEDITED, ReviewType.CONCURRENT)


def test_an_unknown_plan_is_due_by_the_strictest_rule(lite) -> None:
    nobody = member_with("NOBODY", "Nobody")

    case = submit_claim(lite, a_caller(), sent(ask(member=nobody, coverage=None, expedited=True)))

    assert case.lines[0].due_at == AT + timedelta(hours=72)
    assert case.line_of_business == ""


@pytest.mark.parametrize("code", ["4", "R", "S"])
def test_a_request_may_continue_an_authorization_of_the_member(lite, code) -> None:
    pain = ClaimedDiagnosis(1, Concept((Code("http://hl7.org/fhir/sid/icd-10-cm", "G89.4"),)), None, None)
    consultation = line_request(1, service=Concept((Code(X12_SERVICE_TYPE, "3"),)), serviced=THREE)
    first = submit_claim(lite, a_caller(), sent(ask(consultation, diagnoses=(pain,))))
    number = first.lines[0].authorization_number
    assert number

    later = submit_claim(lite, a_caller(), sent(ask(_certified(code, authorization_number=number))))
    named_above = submit_claim(lite, a_caller(), sent(ask(_certified(code), authorization_number=number)))

    assert later.errors == named_above.errors == ()
    assert later.lines[0].previous_authorization_number == number
    assert named_above.lines[0].previous_authorization_number == number


def test_an_unknown_number_and_somebody_elses_look_alike(lite) -> None:
    marsh = member_with("H1004-7205", "Marsh", date(1972, 5, 30))
    theirs = submit_claim(lite, a_caller("ehr-2"), sent(ask(member=marsh, coverage=None)))
    reference = theirs.lines[0].administrative_reference

    unknown = submit_claim(lite, a_caller(), sent(ask(_certified("R", authorization_number="A-NEVER"))))
    foreign = submit_claim(lite, a_caller(), sent(ask(_certified("R", authorization_number=reference))))

    assert unknown.errors == foreign.errors
    assert [(error.code, error.sequence) for error in unknown.errors] == [("T5", 1)]
    for case in (unknown, foreign):
        assert case.lines[0].state is LineState.INTAKE_REVIEW
        assert case.lines[0].previous_authorization_number == ""


def test_a_number_on_a_first_request_means_nothing(lite) -> None:
    assert submit_claim(lite, a_caller(), sent(ask(_certified("I", authorization_number="A-NEVER")))).errors == ()


@pytest.mark.parametrize("code", ["1", "2", "N", "ZZ"])
def test_appeals_and_unknown_certification_types_are_for_people(lite, code) -> None:
    home_test = line_request(1, "G0399", certification_type=Code(CERTIFICATION, code))

    case = submit_claim(lite, a_caller(), sent(ask(home_test)))

    assert case.lines[0].state is LineState.INTAKE_REVIEW
    assert case.errors == ()


def test_a_cancellation_of_nothing_approves_nothing(lite) -> None:
    home_test = line_request(1, "G0399")

    case = submit_claim(lite, a_caller(), sent(ask(home_test, cancel_all=True)))

    assert [error.code for error in case.errors] == ["T5"]
    assert case.lines[0].state is LineState.INTAKE_REVIEW


def test_a_payer_the_caller_may_not_speak_to_is_no_payer(lite) -> None:
    case = submit_claim(lite, a_caller("ehr-1", "harbor"), sent(ask(payer=insurer("1910180185"), coverage=None)))

    assert case.payer_id == "harbor"
    assert [error.code for error in case.errors] == ["T4"]
    assert case.lines[0].state is LineState.INTAKE_REVIEW


def test_a_requester_by_role_is_known_by_its_practitioner(lite) -> None:
    role = party("", path="Bundle.entry[1].resource")
    known = party("1910020027")

    case = submit_claim(lite, a_caller(), sent(ask(requester=role, requester_parties=(role, known))))

    assert case.errors == ()


def test_a_known_care_team_does_not_stand_in_for_an_unknown_requester(lite) -> None:
    unknown = party("1999999992")
    team = (CareTeamMember(1, (party("1910020027"),), True, None),)

    case = submit_claim(lite, a_caller(), sent(ask(requester=unknown, requester_parties=(unknown,), care_team=team)))

    assert [error.code for error in case.errors] == ["51"]


def test_an_update_may_correct_the_member_it_named_wrongly(lite) -> None:
    wrong = replace(ask().member, identifiers=(Identifier(ask().member.identifiers[0].system, "H1001-0000"),))
    opened = submit_claim(lite, a_caller(), sent(ask(member=wrong, coverage=None)))
    assert [error.code for error in opened.errors] == ["67"]

    corrected = ask(prior=PriorClaim(opened.request.claim_url), claim_url="urn:2")
    case = submit_claim(lite, a_caller(), sent(corrected))

    assert (case.id, case.member_id, case.errors) == (opened.id, "harbor-1001", ())
    assert case.lines[0].state is not LineState.INTAKE_REVIEW
    assert case.lines[0].due_at == opened.lines[0].due_at


def test_an_update_for_another_member_never_reaches_the_case(lite) -> None:
    opened = submit_claim(lite, a_caller(), sent(ask()))
    marsh = member_with("H1004-7205", "Marsh", date(1972, 5, 30))

    other = submit_claim(lite, a_caller(), sent(ask(member=marsh, prior=PriorClaim(opened.request.claim_url))))

    assert other.id != opened.id
    assert [error.code for error in other.errors] == ["T5"]


@pytest.mark.parametrize(
    ("first", "freed"),
    [(date(2026, 1, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False), (date(2025, 12, 31), False)],
)
def test_a_gold_card_holds_from_its_first_to_its_last_day_of_service(lite, first, freed) -> None:
    with lite.open_work() as work:
        work.save_gold_cards(
            (GoldCard("g", "harbor", "1910010010", "imaging", Period(date(2026, 1, 1), date(2026, 3, 31))),)
        )
    scan = Concept((Code("http://www.ama-assn.org/go/cpt", "72148"),))

    case = submit_claim(lite, a_caller(), sent(ask(line_request(1, service=scan, serviced=Period(first, first)))))

    assert (case.lines[0].decision.reason == Reason.GOLD_CARD) is freed


def test_the_policy_is_that_of_the_day_of_service(lite) -> None:
    before_any_policy = line_request(1, "E1390", serviced=Period(date(2024, 12, 1), date(2024, 12, 1)))
    at = AT.replace(year=2025, month=1)

    case = submit_claim(lite, a_caller(), sent(ask(before_any_policy), at=at))

    assert case.lines[0].state is LineState.NURSE_REVIEW
    assert case.lines[0].decision.reason == Reason.PENDING_REVIEW


def test_a_range_with_an_excluded_code_is_not_denied_as_a_whole(lite) -> None:
    """E0241 is excluded by the plan; what lies between it and E0260 is not."""
    whole = line_request(1, "E0241", service_end=Concept((Code(HCPCS, "E0260"),)))
    alone = line_request(2, "E0241")

    case = submit_claim(lite, a_caller(), sent(ask(whole, alone)))

    assert [line.state for line in case.lines] == [LineState.INTAKE_REVIEW, LineState.DENIED_ADMINISTRATIVE]
