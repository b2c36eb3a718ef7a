"""A submission becomes a case: faults of content are values, repeats change nothing, payers stay apart."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.clocks import running_decisions
from fhir_um.cases.model import LineState, Priority
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Period, Quantity
from tests.builders import AT, line_request, party
from tests.fhir_um.usecases.asking import a_caller, ask, insurer, member_with, sent

CERTIFICATION = "https://codesystem.x12.org/005010/1322"


def test_a_pended_line_has_a_reference_and_a_clock(deps) -> None:
    case = submit_claim(deps, a_caller(), sent(ask()))

    (line,) = case.lines
    assert line.state in {LineState.PENDED_INFO, LineState.NURSE_REVIEW}
    assert line.administrative_reference and not line.authorization_number
    with deps.open_reading() as work:
        running = running_decisions(work.clocks_of(case.payer_id, case.id))[1]
    assert running.deadline.due_at == line.due_at > AT


def test_an_urgent_request_is_due_sooner(deps) -> None:
    standard = submit_claim(deps, a_caller(), sent(ask()))
    urgent = submit_claim(deps, a_caller(), sent(ask(expedited=True)))

    assert urgent.priority is Priority.EXPEDITED
    assert urgent.lines[0].due_at < standard.lines[0].due_at


UNKNOWN = party("1999999992")


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"member": member_with("NOBODY", "Whitfield")}, "67", "Bundle.entry[2].resource.identifier"),
        ({"member": member_with("H1001-6103", "Another")}, "65", "Bundle.entry[2].resource.name"),
        (
            {"member": member_with("H1001-6103", "Whitfield", date(1990, 1, 1))},
            "71",
            "Bundle.entry[2].resource.birthDate",
        ),
        ({"requester": UNKNOWN, "requester_parties": (UNKNOWN,)}, "51", "Bundle.entry[1].resource.identifier"),
        ({"payer": insurer("1111111112")}, "T4", "Bundle.entry[1].resource"),
        ({"coverage": replace(ask().coverage, status="cancelled")}, "33", ".status"),
        ({"coverage": replace(ask().coverage, payor=insurer("1111111112"))}, "T4", ".payor"),
    ],
)
def test_a_fault_of_content_is_an_error_with_its_path_and_a_person_looks(deps, changes, code, path) -> None:
    case = submit_claim(deps, a_caller(), sent(ask(**changes)))

    assert [error.code for error in case.errors] == [code]
    assert case.errors[0].path.endswith(path)
    assert case.lines[0].state in {LineState.INTAKE_REVIEW, LineState.DENIED_ADMINISTRATIVE}


@pytest.mark.parametrize(
    ("serviced", "code"),
    [
        (Period(date(1950, 1, 1), date(1950, 1, 2)), "60"),
        (Period(date(2024, 1, 5), date(2024, 1, 5)), "57"),
        (Period(date(2031, 1, 5), date(2031, 1, 5)), "57"),
    ],
)
def test_an_untimely_or_impossible_date_goes_to_intake(deps, serviced, code) -> None:
    case = submit_claim(deps, a_caller(), sent(ask(line_request(1), line_request(2, serviced=serviced))))

    assert code in {error.code for error in case.errors if error.sequence == 2}
    assert {error.sequence for error in case.errors} == {2}
    assert case.line(2).state is LineState.INTAKE_REVIEW
    assert case.line(1).state is not LineState.INTAKE_REVIEW


@pytest.mark.parametrize("amount", ["0", "-1", "-0.5"])
def test_a_quantity_of_nothing_or_less_is_never_granted(deps, amount) -> None:
    nothing = line_request(1, code="G0399", quantity=Quantity(Decimal(amount), "units"))

    case = submit_claim(deps, a_caller(), sent(ask(nothing)))

    assert [(e.code, e.path) for e in case.errors] == [("33", "Bundle.entry[0].resource.item[0].quantity")]
    assert case.lines[0].state is LineState.INTAKE_REVIEW


def test_ended_coverage_is_denied_by_software_only_where_the_plan_allows(deps) -> None:
    ended = member_with("H1029-6705", "Singh")

    case = submit_claim(deps, a_caller(), sent(ask(member=ended, coverage=None)))

    assert [error.code for error in case.errors] == ["95"]
    assert case.lines[0].state is LineState.DENIED_ADMINISTRATIVE
    assert not case.lines[0].decision.decider.human


def test_the_same_bytes_open_one_case_and_other_bytes_another(deps) -> None:
    first = sent(ask())

    once = submit_claim(deps, a_caller(), first)
    again = submit_claim(deps, a_caller(), first)
    other = submit_claim(deps, a_caller(), sent(ask()))

    assert again == once
    assert other.id != once.id


def test_the_same_bytes_of_another_sender_are_another_request(deps) -> None:
    first = sent(ask())

    mine = submit_claim(deps, a_caller("ehr-1"), first)
    theirs = submit_claim(deps, a_caller("ehr-2"), first)

    assert mine.id != theirs.id


def test_an_update_of_somebody_elses_case_looks_like_one_of_an_unknown(deps) -> None:
    mine = submit_claim(deps, a_caller("ehr-1"), sent(ask()))
    update = ask(prior=PriorClaim(mine.request.claim_url, mine.request.claim_identifiers))
    orphan = ask(prior=PriorClaim("https://ehr.example.test/fhir/Claim/never-seen"))

    theirs = submit_claim(deps, a_caller("ehr-2"), sent(update))
    unknown = submit_claim(deps, a_caller("ehr-2"), sent(orphan))

    assert theirs.id != mine.id
    assert theirs.errors == unknown.errors
    assert [e.code for e in theirs.errors] == ["T5"]
    assert {line.state for line in (*theirs.lines, *unknown.lines)} == {LineState.INTAKE_REVIEW}


def test_stale_flags_on_a_first_submission_change_nothing(deps) -> None:
    flagged = line_request(1, changed="changed")

    case = submit_claim(deps, a_caller(), sent(ask(flagged)))

    assert case.version == 1
    assert case.errors == ()


def test_a_line_that_arrives_cancelled_is_answered_as_cancelled(deps) -> None:
    cancelled = line_request(2, certification_type=Code(CERTIFICATION, "3"))

    case = submit_claim(deps, a_caller(), sent(ask(line_request(1), cancelled)))

    assert case.line(2).state is LineState.CANCELLED


def test_payers_never_see_each_others_members(deps) -> None:
    case = submit_claim(deps, a_caller("ehr-1", "prairie"), sent(ask()))

    assert case.payer_id == "prairie"
    assert case.member_id == ""
    assert {"T4", "67"} <= {error.code for error in case.errors}
