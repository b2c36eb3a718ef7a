"""Somebody opens the evidence: noted once, without a new version, and again when something new came in."""

import pytest

from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import EventKind
from fhir_um.errors import Kind, Refusal, RoleNotAllowed
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.open_evidence import open_evidence
from fhir_um.usecases.read_case import read_events
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import line_request
from tests.fhir_um.deciding import NURSE, PHYSICIAN, approval, move, opened
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.attached import attach, call, document, tracking


@pytest.fixture
def pended(deps):
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"))))


def _openings(deps, case):
    return [e for e in read_events(deps, a_caller(), case.id) if e.kind is EventKind.EVIDENCE_OPENED]


def test_an_opening_is_noted_once_and_no_new_version(deps, pended) -> None:
    first = opened(deps, a_caller(), pended.id)
    again = opened(deps, a_caller(), pended.id)
    opened(deps, a_caller(), pended.id, NURSE)

    assert first == again
    assert first.version == pended.version
    assert [event.actor for event in _openings(deps, pended)] == [PHYSICIAN, NURSE]
    assert list(deps.store.verify().faults) == []


def test_a_colleagues_look_conflicts_with_no_decision(deps, pended) -> None:
    opened(deps, a_caller(), pended.id)
    opened(deps, a_caller(), pended.id, NURSE)

    assert decide_case(deps, a_caller(), pended.id, 1, PHYSICIAN, (approval(),)).version == 2


def test_a_document_that_came_since_is_to_be_opened(deps, pended, clock) -> None:
    opened(deps, a_caller(), pended.id)
    clock.move(hours=1)
    attach(deps, call(tracking(pended), document(content=b"a report")))

    opened(deps, a_caller(), pended.id)

    assert len(_openings(deps, pended)) == 2


def test_an_opening_survives_that_a_line_is_sent_on(deps, pended) -> None:
    opened(deps, a_caller(), pended.id)
    decide_case(deps, a_caller(), pended.id, 1, NURSE, (move(RulingAction.REFER_PHYSICIAN),))

    opened(deps, a_caller(), pended.id)

    assert len(_openings(deps, pended)) == 1


def test_only_who_may_act_there_opens(lite) -> None:
    case = submit_claim(lite, a_caller(), sent(ask()))
    bare = type(a_caller())(a_caller().client_id, "EHR", a_caller().payer_ids, frozenset())

    with pytest.raises(RoleNotAllowed):
        open_evidence(lite, bare, case.id, NURSE)
    with pytest.raises(Refusal) as refused:
        open_evidence(lite, a_caller("x", "prairie"), case.id, NURSE)
    assert refused.value.kind is Kind.NOT_FOUND
