"""Two people take a line off the books: it is told as cancelled and its clock stops."""

from decimal import Decimal

import pytest

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import LineState
from fhir_um.cases.voidings import VoidSaid
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.usecases.use_authorization import Claimed, record_use, reverse_use
from fhir_um.usecases.void_lines import void_lines
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.reviewing import (
    DESK,
    MANAGER,
    OFFICER,
    assert_rebuilds,
    clock_of,
    referred_case,
    waiting_case,
)

SAID = VoidSaid((1,), "Keyed in for another member.")


def step(deps, case, name, by, said=SAID):
    voidings = case.review.voidings
    id = voidings[-1].id if voidings else None
    return void_lines(deps, DESK, case.id, case.version, by, name, said, id)


def test_proposed_and_confirmed(deps, clock) -> None:
    case = step(deps, waiting_case(deps), "propose", MANAGER)
    assert case.line(1).state is LineState.NURSE_REVIEW
    with pytest.raises(RoleNotAllowed):
        step(deps, case, "confirm", MANAGER)

    case = step(deps, case, "confirm", OFFICER)

    assert [line.state for line in case.lines] == [LineState.VOIDED, LineState.NURSE_REVIEW]
    assert clock_of(deps, case, ClockKind.DECISION).stopped_at == clock.at
    assert_rebuilds(deps, case)


def test_refused_it_changes_no_line(lite) -> None:
    case = step(lite, waiting_case(lite), "propose", MANAGER)

    refused = step(lite, case, "refuse", OFFICER, VoidSaid(note="It was keyed in for the right member."))

    assert refused.lines == case.lines


def test_what_was_used_is_not_voided_until_it_is_given_back(lite) -> None:
    case = decided(lite, a_caller(), referred_case(lite).id, approval())
    number, served_on = case.line(1).authorization_number, case.line(1).period.start
    record_use(lite, a_caller(), number, Claimed("claim-1", served_on, Decimal(1), "1910010010"))

    with pytest.raises(IllegalMove):
        step(lite, case, "propose", MANAGER)
    reverse_use(lite, a_caller(), number, "claim-1")
    assert step(lite, case, "propose", MANAGER).review.voidings
