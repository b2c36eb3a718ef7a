"""What an update changes is found by comparing, never by trusting flags."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fhir_um.cases.amending import Change, changes_of, refusals
from fhir_um.cases.model import OVER, Course, LineState
from fhir_um.cases.placing import cancel
from fhir_um.cases.roles import requester
from fhir_um.words import Code, Concept, Identifier, Quantity
from tests.builders import AT, HCPCS, case_of, claim_request, line_request, submission

CERTIFICATION = "https://codesystem.x12.org/005010/1322"


def _changes(case, *lines, **changes):
    made = changes_of(case, submission(claim_request(*lines), **changes))
    return {sequence: change for sequence, change, _ in made}


@pytest.mark.spec("pas:spec-68")
def test_new_sequence_is_added() -> None:
    case = case_of(Course.APPROVE)

    assert _changes(case, line_request(1), line_request(2)) == {1: Change.SAME, 2: Change.ADDED}


@pytest.mark.spec("pas:spec-72")
@pytest.mark.parametrize("flag", ["", "added", "changed"])
@pytest.mark.spec("pas:spec-71")
def test_stale_flags_change_nothing(flag) -> None:
    case = case_of(Course.APPROVE)

    assert _changes(case, line_request(1, changed=flag)) == {1: Change.SAME}


def test_another_amount_is_a_change_without_any_flag() -> None:
    case = case_of(Course.APPROVE)

    assert _changes(case, line_request(1, quantity=Quantity(Decimal("2"), "units"))) == {1: Change.CHANGED}


@pytest.mark.parametrize("changes", [{"cancelled": True}, {"certification_type": Code(CERTIFICATION, "3")}])
@pytest.mark.spec("pas:spec-69")
@pytest.mark.spec("pas:spec-70")
def test_a_line_is_cancelled_by_flag_or_certification_type(changes) -> None:
    case = case_of(Course.APPROVE, Course.PEND_REVIEW)

    assert _changes(case, line_request(1), line_request(2, **changes)) == {1: Change.SAME, 2: Change.CANCELLED}


def test_renewal_of_an_approved_line_is_a_change() -> None:
    case = case_of(Course.APPROVE)

    assert _changes(case, line_request(1, certification_type=Code(CERTIFICATION, "R"))) == {1: Change.CHANGED}


def test_line_left_out_is_told_but_not_where_deltas_are_allowed() -> None:
    case = case_of(Course.APPROVE, Course.APPROVE)

    assert _changes(case, line_request(1))[2] is Change.LEFT_OUT
    assert _changes(case, line_request(1), differential_updates=True)[2] is Change.KEPT


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_over_takes_no_update_and_says_why(state) -> None:
    """I11."""
    case = case_of(Course.PEND_REVIEW, Course.PEND_REVIEW)
    over = replace(case, lines=(replace(case.lines[0], state=state), case.lines[1]))
    update = submission(claim_request(line_request(1), line_request(2)))

    changes = changes_of(over, update)

    assert {sequence: change for sequence, change, _ in changes} == {1: Change.CANCELLED_BEFORE, 2: Change.SAME}
    assert [state in error.text for error in refusals(over, changes)] == [True]
    assert _changes(over, claim_request().lines[0], differential_updates=True)[2] is Change.KEPT


def test_cancelling_all_leaves_what_is_over_as_it_is() -> None:
    case = case_of(Course.PEND_REVIEW, Course.PEND_REVIEW)
    over = replace(case, lines=(replace(case.lines[0], state=LineState.WITHDRAWN), case.lines[1]))

    changes = changes_of(over, submission(claim_request(cancel_all=True)))

    assert [change for _, change, _ in changes] == [Change.KEPT, Change.CANCELLED]


def test_denied_line_cannot_be_changed_but_may_be_repeated() -> None:
    case = case_of(Course.DENY_BENEFIT)

    assert _changes(case, line_request(1)) == {1: Change.SAME}
    assert _changes(case, line_request(1, code="E1391")) == {1: Change.DENIED_BEFORE}


def test_cancel_all_spares_what_is_denied() -> None:
    case = case_of(Course.APPROVE, Course.DENY_BENEFIT, Course.PEND_INTAKE)
    request = replace(claim_request(), cancel_all=True)

    made = {n: change for n, change, _ in changes_of(case, submission(request))}

    assert made == {1: Change.CANCELLED, 2: Change.KEPT, 3: Change.CANCELLED}


@pytest.mark.parametrize(
    "wording",
    [
        {"service": Concept((Code(HCPCS, "E1390"),), "Concentrator, at home")},
        {"trace_numbers": (Identifier("urn:trnorg:1", "T2"),)},
        {"diagnosis_sequences": (2,)},
    ],
)
def test_wording_and_links_are_no_change(wording) -> None:
    case = case_of(Course.APPROVE)

    assert _changes(case, line_request(1, **wording)) == {1: Change.SAME}


def test_a_stale_initial_after_a_renewal_is_no_change() -> None:
    renewal = line_request(1, certification_type=Code(CERTIFICATION, "R"))
    case = case_of(Course.APPROVE, request=claim_request(renewal))

    assert _changes(case, line_request(1, certification_type=Code(CERTIFICATION, "I"))) == {1: Change.SAME}
    assert _changes(case, renewal) == {1: Change.SAME}


def test_an_appeal_is_not_taken_as_an_update_of_a_denied_line() -> None:
    case = case_of(Course.DENY_BENEFIT)

    assert _changes(case, line_request(1, certification_type=Code(CERTIFICATION, "2"))) == {1: Change.DENIED_BEFORE}


def test_a_cancelled_line_is_not_taken_up_again() -> None:
    case = case_of(Course.APPROVE)
    gone = replace(case, lines=(cancel(case.lines[0], requester("ehr-1"), AT),))

    assert _changes(gone, line_request(1)) == {1: Change.CANCELLED_BEFORE}
    assert _changes(gone, line_request(1, cancelled=True), line_request(2)) == {1: Change.KEPT, 2: Change.ADDED}
