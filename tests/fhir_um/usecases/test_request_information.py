"""Information is asked for as it is ruled: drafted, released by a clinician, waited for with a clock of its own."""

from dataclasses import replace

import pytest

from fhir_um.cases.clocks import ClockKind, ClockOutcome
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.information_drafts import DraftSaid
from fhir_um.cases.information_requests import InformationState
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import DraftState
from fhir_um.errors import Kind, Refusal, RoleNotAllowed, VersionConflict
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.end_waits import end_waits
from fhir_um.usecases.locks import lock
from fhir_um.usecases.read_case import read_case
from fhir_um.usecases.request_information import request_information, see_information
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.reviewing import (
    DESK,
    DOCTOR,
    INTAKE,
    NURSE,
    assert_rebuilds,
    clock_of,
    referred_case,
    waiting_case,
)

SAID = DraftSaid((1, 2), (DocumentNeeded("11506-3", "Progress note"),), "Please send the notes of the last visit.")


def drafted(deps):
    case = waiting_case(deps)
    return request_information(deps, DESK, case.id, case.version, INTAKE, "draft", SAID)


def released(deps):
    case = drafted(deps)
    (draft,) = case.review.drafts
    return request_information(deps, DESK, case.id, case.version, NURSE, "release", DraftSaid(), draft.id)


def test_a_draft_changes_no_line(deps) -> None:
    case = drafted(deps)

    assert [line.state for line in case.lines] == [LineState.NURSE_REVIEW] * 2
    assert case.version == 2
    assert see_information(deps, DESK, case.id)[1] == ()
    assert_rebuilds(deps, case)


def test_releasing_it_has_its_lines_wait_with_a_clock(deps) -> None:
    case = released(deps)

    (draft,) = case.review.drafts
    first, second = see_information(deps, DESK, case.id)[1]
    clock = clock_of(deps, case, ClockKind.INFORMATION)
    assert (draft.state, draft.released_by) == (DraftState.ISSUED, NURSE)
    assert {line.state for line in case.lines} == {LineState.PENDED_INFO}
    assert (first.state, first.sequence, second.sequence) == (InformationState.ISSUED, 1, 2)
    assert clock is not None
    assert (clock.deadline.due_at, clock.is_running) == (case.line(1).documents_due_at, True)
    assert clock_of(deps, case, ClockKind.DECISION).deadline.due_at == case.line(1).due_at
    assert_rebuilds(deps, case)


def test_what_does_not_come_expires(deps, clock) -> None:
    case = released(deps)
    clock.move(days=8)

    assert end_waits(deps) == 1

    ended, sent = see_information(deps, DESK, case.id)
    assert {each.state for each in sent} == {InformationState.EXPIRED}
    stopped = clock_of(deps, ended, ClockKind.INFORMATION)
    assert (stopped.stopped_at, stopped.outcome) == (clock.at, ClockOutcome.LATE)


def test_only_a_clinician_releases(lite) -> None:
    case = drafted(lite)

    with pytest.raises(RoleNotAllowed):
        request_information(lite, DESK, case.id, 2, INTAKE, "release", DraftSaid(), case.review.drafts[0].id)
    assert read_case(lite, DESK, case.id) == case


def test_an_old_version_an_unknown_draft_and_another_payer_are_refused(lite) -> None:
    case = drafted(lite)

    with pytest.raises(VersionConflict):
        request_information(lite, DESK, case.id, 1, NURSE, "release", DraftSaid(), case.review.drafts[0].id)
    for caller, draft_id in ((DESK, "nothing"), (a_caller("x", "prairie"), None)):
        with pytest.raises(Refusal) as refused:
            request_information(lite, caller, case.id, 2, NURSE, "release", DraftSaid(), draft_id)
        assert refused.value.kind is Kind.NOT_FOUND or draft_id is None


def test_nothing_is_asked_while_somebody_else_works_on_it(lite) -> None:
    case = drafted(lite)
    lock(lite, DESK, case.id, "nurse-dme", NURSE)
    another = replace(NURSE, id="rn-2")

    with pytest.raises(Refusal) as refused:
        request_information(
            lite, DESK, case.id, case.version, another, "release", DraftSaid(), case.review.drafts[0].id
        )

    assert refused.value.kind is Kind.CONFLICT


def test_a_nurse_takes_nothing_from_a_physician_by_asking(lite) -> None:
    case = referred_case(lite)
    ruling = Ruling(1, RulingAction.REQUEST_INFORMATION, Reason.INFORMATION_NEEDED, "Please send the sleep study.")
    with pytest.raises(RoleNotAllowed):
        decide_case(lite, DESK, case.id, case.version, NURSE, (ruling,))

    case = decide_case(lite, DESK, case.id, case.version, DOCTOR, (ruling,))
    with pytest.raises(RoleNotAllowed) as refused:
        decide_case(lite, DESK, case.id, case.version, NURSE, (ruling,))
    assert "A physician asked" in refused.value.issues[0].text
