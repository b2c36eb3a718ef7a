"""A person decides: all rulings or none, on the version they read, and the news is queued in the same breath."""

import pytest

from fhir_um.cases.deciders import Decider
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import CaseId, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.errors import IllegalMove, Kind, Refusal, RoleNotAllowed, VersionConflict
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.read_case import read_case
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import line_request
from tests.fhir_um.usecases.asking import a_caller, ask, sent

NURSE = Decider("rn-1", Role.NURSE, human=True)
APPROVE = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "")


@pytest.fixture
def pended(deps):
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), line_request(2, "K0823"))))


def test_an_approval_gives_a_number_and_stops_the_clock(deps, pended, clock) -> None:
    clock.move(hours=3)

    case = decide_case(deps, a_caller(), pended.id, 1, NURSE, (APPROVE,))

    assert case.line(1).state is LineState.APPROVED
    assert case.line(1).authorization_number
    assert case.line(2) == pended.line(2)
    with deps.open_reading() as work:
        stopped = {c.sequence: c.stopped_at for c in work.clocks_of(case.payer_id, case.id)}
    assert stopped == {1: clock.at, 2: None}


def test_a_decision_on_an_old_version_conflicts(deps, pended) -> None:
    decide_case(deps, a_caller(), pended.id, 1, NURSE, (APPROVE,))

    with pytest.raises(VersionConflict):
        decide_case(deps, a_caller(), pended.id, 1, NURSE, (Ruling(2, RulingAction.APPROVE, Reason.CRITERIA_MET, ""),))


def test_one_illegal_ruling_undoes_all(deps, pended) -> None:
    bad = Ruling(9, RulingAction.APPROVE, Reason.CRITERIA_MET, "")

    with pytest.raises(IllegalMove):
        decide_case(deps, a_caller(), pended.id, 1, NURSE, (APPROVE, bad))

    assert read_case(deps, a_caller(), pended.id) == pended


def test_a_line_is_ruled_once(deps, pended) -> None:
    with pytest.raises(IllegalMove):
        decide_case(deps, a_caller(), pended.id, 1, NURSE, (APPROVE, APPROVE))


def test_a_role_the_client_does_not_have_is_refused(deps, pended) -> None:
    ehr = a_caller()
    bare = type(ehr)(ehr.client_id, ehr.name, ehr.payer_ids, ehr.scopes)

    with pytest.raises(RoleNotAllowed):
        decide_case(deps, bare, pended.id, 1, NURSE, (APPROVE,))


def test_a_case_of_another_payer_is_not_there(deps, pended) -> None:
    with pytest.raises(Refusal) as refused:
        decide_case(deps, a_caller("x", "prairie"), pended.id, 1, NURSE, (APPROVE,))

    assert refused.value.kind is Kind.NOT_FOUND


def test_the_case_can_be_seen_as_it_stood(deps, pended, clock) -> None:
    before = clock.at
    clock.move(days=1)
    decided = decide_case(deps, a_caller(), pended.id, 1, NURSE, (APPROVE,))

    assert read_case(deps, a_caller(), pended.id, at=before) == pended
    assert read_case(deps, a_caller(), pended.id, at=clock.at) == decided
    with pytest.raises(Refusal):
        read_case(deps, a_caller(), CaseId("nothing"))
