"""A person decides: all rulings or none, on the version they read, and the news is queued in the same breath."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fhir_um.cases.basis import Basis, Licence, Reopening
from fhir_um.cases.deciders import Decider
from fhir_um.cases.findings import Truth
from fhir_um.cases.lifecycle import Reading, Ruling, RulingAction
from fhir_um.cases.model import CaseId, EventKind, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.errors import IllegalMove, Kind, Refusal, RoleNotAllowed, VersionConflict
from fhir_um.policy.book import PolicyBook
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.read_case import read_case, read_events
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code
from tests.builders import line_request
from tests.fhir_um.deciding import (
    EXCEPTION,
    FALK,
    NURSE,
    PHYSICIAN,
    TEXT,
    approval,
    decided,
    denial,
    exclusion,
    move,
    opened,
    reopening,
    tell_of,
)
from tests.fhir_um.usecases.asking import a_caller, ask, member_with, sent

INTAKE = Decider("in-1", Role.INTAKE, human=True)
PEER = Decider("pe-1", Role.PEER, human=True, npi=FALK)
COMPLIANCE = Decider("co-1", Role.COMPLIANCE_PRIVACY, human=True)


@pytest.fixture
def pended(deps):
    """Two power wheelchairs, which wait for a nurse."""
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), line_request(2, "K0823"))))


@pytest.fixture
def waiting(lite):
    """The same on SQLite, for rules in which the store has no part."""
    return submit_claim(lite, a_caller(), sent(ask(line_request(1, "K0823"), line_request(2, "K0823"))))


def _all_met(case, sequence=1, reason="Seen in the examination of 3 March."):
    return tuple(Reading(each.id, Truth.MET, reason) for each in case.line(sequence).findings[0].criteria)


def _by_nurse(case, sequence=1, **changes):
    whole = Ruling(sequence, RulingAction.APPROVE, Reason.CRITERIA_MET, "", readings=_all_met(case, sequence))
    return replace(whole, **changes)


def _refused(deps, case, ruling, by):
    with pytest.raises(IllegalMove) as refused:
        decide_case(deps, a_caller(), case.id, read_case(deps, a_caller(), case.id).version, by, (ruling,))
    return {issue.path: issue.text for issue in refused.value.issues}


def test_an_approval_gives_a_number_and_stops_the_clock(deps, pended, clock) -> None:
    clock.move(hours=3)

    case = decided(deps, a_caller(), pended.id, _by_nurse(pended), by=NURSE)

    assert case.line(1).state is LineState.APPROVED
    assert case.line(1).authorization_number
    assert case.line(2) == pended.line(2)
    with deps.open_reading() as work:
        running = {c.sequence for c in work.clocks_of(case.payer_id, case.id) if c.stopped_at is None}
    assert 2 in running


def test_a_decision_on_an_old_version_conflicts(deps, pended) -> None:
    decided(deps, a_caller(), pended.id, approval())

    with pytest.raises(VersionConflict):
        decide_case(deps, a_caller(), pended.id, 1, PHYSICIAN, (approval(2),))


def test_one_illegal_ruling_undoes_all(deps, pended) -> None:
    case = opened(deps, a_caller(), pended.id)

    with pytest.raises(IllegalMove):
        decide_case(deps, a_caller(), pended.id, 1, PHYSICIAN, (approval(), approval(9)))

    assert read_case(deps, a_caller(), pended.id) == case


def test_a_line_is_ruled_once(lite, waiting) -> None:
    opened(lite, a_caller(), waiting.id)

    with pytest.raises(IllegalMove):
        decide_case(lite, a_caller(), waiting.id, 1, PHYSICIAN, (approval(), approval()))


def test_a_role_the_client_does_not_have_is_refused(lite, waiting) -> None:
    ehr = a_caller()
    bare = type(ehr)(ehr.client_id, ehr.name, ehr.payer_ids, ehr.scopes)

    with pytest.raises(RoleNotAllowed):
        decide_case(lite, bare, waiting.id, 1, NURSE, (approval(),))


def test_a_case_of_another_payer_is_not_there(deps, pended) -> None:
    with pytest.raises(Refusal) as refused:
        decide_case(deps, a_caller("x", "prairie"), pended.id, 1, NURSE, (approval(),))

    assert refused.value.kind is Kind.NOT_FOUND


def test_the_case_can_be_seen_as_it_stood(deps, pended, clock) -> None:
    before = clock.at
    clock.move(days=1)
    after = decided(deps, a_caller(), pended.id, approval())

    assert read_case(deps, a_caller(), pended.id, at=before) == pended
    assert read_case(deps, a_caller(), pended.id, at=clock.at) == after
    with pytest.raises(Refusal):
        read_case(deps, a_caller(), CaseId("nothing"))


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_nobody_decides_before_opening_the_evidence(lite, waiting) -> None:
    for ruling in (approval(), denial(), exclusion()):
        assert "Open the evidence" in _refused(lite, waiting, ruling, PHYSICIAN)["lines[0]"]

    opened(lite, a_caller(), waiting.id, NURSE)

    assert "Open the evidence" in _refused(lite, waiting, denial(), PHYSICIAN)["lines[0]"]


def test_a_line_is_sent_on_without_opening_it(lite, waiting) -> None:
    case = decide_case(lite, a_caller(), waiting.id, 1, NURSE, (move(RulingAction.REFER_PHYSICIAN),))

    assert case.line(1).state is LineState.PHYSICIAN_REVIEW


def test_evidence_that_is_not_of_the_case_is_refused_by_its_place(lite, waiting) -> None:
    opened(lite, a_caller(), waiting.id)
    ruling = replace(denial(), basis=replace(denial().basis, considered=("request", "https://elsewhere.example/1")))

    assert set(_refused(lite, waiting, ruling, PHYSICIAN)) == {"lines[0].basis.considered[1]"}


# --- criteria ---------------------------------------------------------------------------------------------------------


def test_a_nurse_approves_with_every_criterion_read_as_met(deps, pended) -> None:
    case = decided(deps, a_caller(), pended.id, _by_nurse(pended), by=NURSE)

    steps = read_events(deps, a_caller(), pended.id)[-2:]
    assert [step.kind for step in steps] == [EventKind.CRITERIA_READ, EventKind.LINE_MOVED]
    assert steps[1].path == ("T11",)
    assert {each.policy_version for each in case.review.overrides} == {pended.line(1).findings[0].policy_version}


def test_a_nurse_is_told_which_criteria_are_open(lite, waiting) -> None:
    opened(lite, a_caller(), waiting.id, NURSE)
    finding = waiting.line(1).findings[0]

    told = _refused(lite, waiting, _by_nurse(waiting, readings=()), NURSE)["lines[0].criteria"]

    assert finding.policy_version in told
    assert all(each.id in told for each in finding.criteria if each.truth is not Truth.MET)


def test_readings_of_an_earlier_ruling_still_count(lite, waiting) -> None:
    refer = replace(move(RulingAction.REFER_PHYSICIAN), readings=_all_met(waiting))
    decide_case(lite, a_caller(), waiting.id, 1, NURSE, (refer,))

    case = decided(lite, a_caller(), waiting.id, approval(basis=Basis()))

    assert case.line(1).state is LineState.APPROVED


def test_a_physician_may_make_an_exception_that_is_kept(lite, waiting) -> None:
    opened(lite, a_caller(), waiting.id)

    told = _refused(lite, waiting, approval(basis=Basis()), PHYSICIAN)
    case = decided(lite, a_caller(), waiting.id, approval())

    assert "exception" in told["lines[0].criteria"]
    assert case.line(1).decision.basis.exception == EXCEPTION
    assert case.line(1).decision.basis.policy


@pytest.mark.parametrize(
    ("readings", "place"),
    [
        ((Reading("nothing-of-it", Truth.MET, "Seen in the letter."),), "lines[0].criteria[0].id"),
        (None, "lines[0].criteria[0].reason"),
    ],
)
def test_a_reading_names_a_criterion_and_says_why(lite, waiting, readings, place) -> None:
    opened(lite, a_caller(), waiting.id, NURSE)
    readings = readings if readings is not None else _all_met(waiting, reason="seen")

    assert place in _refused(lite, waiting, _by_nurse(waiting, readings=readings), NURSE)


def test_a_policy_that_is_gone_leaves_the_readings_alone_to_count(lite, waiting) -> None:
    without = replace(lite, policies=PolicyBook.of((), ()))
    opened(lite, a_caller(), waiting.id, NURSE)
    some = _all_met(waiting)[1:]

    told = _refused(without, waiting, _by_nurse(waiting, readings=some), NURSE)["lines[0].criteria"]
    case = decide_case(without, a_caller(), waiting.id, 1, NURSE, (_by_nurse(waiting),))

    assert "no longer at hand" in told
    assert _all_met(waiting)[0].criterion_id in told
    assert case.line(1).decision.basis.policy.endswith(waiting.line(1).findings[0].policy_version)


def test_a_denial_is_decided_on_the_version_the_case_was_weighed_with(lite, waiting) -> None:
    without = replace(lite, policies=PolicyBook.of((), ()))
    opened(lite, a_caller(), waiting.id)

    basis = decide_case(without, a_caller(), waiting.id, 1, PHYSICIAN, (denial(),)).line(1).decision.basis

    assert basis.policy_hash == waiting.line(1).findings[0].policy_hash


# --- adverse decisions ------------------------------------------------------------------------------------------------


def test_a_denial_pins_who_decided_by_which_right(deps, pended) -> None:
    basis = decided(deps, a_caller(), pended.id, denial()).line(1).decision.basis

    assert (basis.name, basis.credential, basis.licence) == ("Irene Falk", "MD", Licence("MD", "D0040148"))
    assert basis.software_used


def test_everything_a_denial_lacks_is_told_at_once(lite, waiting) -> None:
    bare = Ruling(1, RulingAction.DENY_CLINICAL, Reason.INFORMATION_NOT_RECEIVED, "No.")

    told = _refused(lite, waiting, bare, Decider("dr-1", Role.PHYSICIAN, human=True))

    assert set(told) == {
        "lines[0]",
        "lines[0].text",
        "lines[0].basis.considered",
        "lines[0].basis.missing",
        "lines[0].basis.alternative",
        "lines[0].basis.attestation",
        "reviewer.npi",
    }


def test_a_physician_nobody_has_on_file_denies_nothing(lite, waiting) -> None:
    stranger = Decider("dr-2", Role.PHYSICIAN, human=True, npi="1234567893")
    opened(lite, a_caller(), waiting.id, stranger)

    assert "on file" in _refused(lite, waiting, denial(), stranger)["reviewer.npi"]


@pytest.mark.parametrize("lapsed", ["licence", "attestation"])
def test_a_licence_and_a_statement_are_valid_that_day(lite, waiting, clock, lapsed) -> None:
    with lite.open_work() as work:
        credential = work.reviewers.by_npi(waiting.payer_id, FALK)
        period = replace(credential.attested, end=clock.at.date() - timedelta(days=1))
        licences = tuple(replace(each, period=period) for each in credential.licences)
        new = replace(credential, licences=licences) if lapsed == "licence" else replace(credential, attested=period)
        work.reviewers.save((new,))
    opened(lite, a_caller(), waiting.id)

    assert set(_refused(lite, waiting, denial(), PHYSICIAN)) == {"reviewer.npi"}


def test_an_administrative_denial_cites_a_rule_and_takes_a_role_of_that_business(lite, waiting) -> None:
    opened(lite, a_caller(), waiting.id, INTAKE)
    stricter = replace(lite, denial_roles={waiting.line_of_business: frozenset({Role.OPERATIONS_MANAGER})})

    assert set(_refused(lite, waiting, replace(exclusion(), basis=Basis()), INTAKE)) == {"lines[0].basis.rule"}
    with pytest.raises(RoleNotAllowed):
        decide_case(stricter, a_caller(), waiting.id, 1, INTAKE, (exclusion(),))
    case = decide_case(lite, a_caller(), waiting.id, 1, INTAKE, (exclusion(),))
    assert case.line(1).state is LineState.DENIED_ADMINISTRATIVE


# --- to the specialist and back, out, and open again ------------------------------------------------------------------


def test_a_specialist_gets_the_line_and_hands_it_back(lite, waiting) -> None:
    decided(lite, a_caller(), waiting.id, move(RulingAction.REFER_PHYSICIAN), by=NURSE)
    there = decided(lite, a_caller(), waiting.id, move(RulingAction.REFER_SPECIALIST))

    with pytest.raises(RoleNotAllowed):
        decided(lite, a_caller(), waiting.id, denial())
    back = decided(lite, a_caller(), waiting.id, move(RulingAction.REFER_PHYSICIAN), by=PEER)

    assert there.line(1).state is LineState.SPECIALIST_REVIEW
    assert back.line(1).state is LineState.PHYSICIAN_REVIEW
    assert back.line(1).due_at == waiting.line(1).due_at


def test_what_is_taken_back_by_phone_stays_so(lite, waiting) -> None:
    ruling = move(RulingAction.WITHDRAW, reason=Reason.WITHDRAWN, text="Dr Kern's office by phone, 2 March, 10:05.")

    case = decided(lite, a_caller(), waiting.id, ruling, by=INTAKE)

    assert case.line(1).state is LineState.WITHDRAWN
    with pytest.raises(IllegalMove) as refused:
        decided(lite, a_caller(), waiting.id, approval())
    assert "end of it" in refused.value.issues[0].text


def test_a_reopened_line_has_a_fresh_clock_and_keeps_its_number_as_the_previous_one(deps, pended, clock) -> None:
    approved = decided(deps, a_caller(), pended.id, approval())
    number = approved.line(1).authorization_number
    tell_of(deps, approved)
    clock.move(days=5)

    case = decided(deps, a_caller(), pended.id, reopening(), by=COMPLIANCE)

    line = case.line(1)
    assert line.state is LineState.PHYSICIAN_REVIEW
    assert (line.authorization_number, line.previous_authorization_number) == ("", number)
    assert line.due_at > pended.line(1).due_at
    with deps.open_reading() as work:
        running = {c.sequence: c.deadline for c in work.clocks_of(case.payer_id, case.id) if c.stopped_at is None}
        assert work.load_case(case.payer_id, case.id) == case
    assert (running[1].start_at, running[1].due_at) == (clock.at, line.due_at)


def test_a_reopened_line_is_seen_again_before_it_is_decided(lite, waiting, clock) -> None:
    decided(lite, a_caller(), waiting.id, denial())
    clock.move(days=1)
    case = decide_case(lite, a_caller(), waiting.id, 2, COMPLIANCE, (reopening(),))

    assert "Open the evidence" in _refused(lite, case, approval(), PHYSICIAN)["lines[0]"]
    assert decided(lite, a_caller(), waiting.id, approval()).line(1).state is LineState.APPROVED


@pytest.mark.parametrize(
    ("why", "is_taken"),
    [
        (Reopening.NEW_EVIDENCE, False),
        (Reopening.CLERICAL_ERROR, False),
        (Reopening.PEER_TO_PEER, False),
        (Reopening.OBVIOUS_ERROR, True),
        (Reopening.FRAUD, True),
    ],
)
def test_an_approved_admission_in_medicare_advantage_stands(lite, why, is_taken) -> None:
    admission = line_request(1, "K0823", request_type=Code("https://codesystem.x12.org/005010/1525", "AR"))
    hale = member_with("H1009-5006", "Hale", date(1950, 6, 27))
    case = submit_claim(lite, a_caller(), sent(ask(admission, member=hale)))
    decided(lite, a_caller(), case.id, approval())

    assert case.line_of_business == "MA"
    if is_taken:
        assert decided(lite, a_caller(), case.id, reopening(why=why)).line(1).state is LineState.PHYSICIAN_REVIEW
    else:
        assert "422.138" in _refused(lite, case, reopening(why=why), PHYSICIAN)["lines[0].basis.reopening"]


def test_a_reopening_says_why(lite, waiting) -> None:
    decided(lite, a_caller(), waiting.id, denial())

    told = _refused(lite, waiting, replace(reopening(), text=TEXT, basis=Basis()), PHYSICIAN)

    assert set(told) == {"lines[0].basis.reopening"}
