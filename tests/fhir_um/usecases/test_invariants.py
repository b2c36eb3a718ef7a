"""Whatever is submitted, changed, cancelled and decided in whatever order, these things never break.

The names I1 to I16 are those of the utilization-management invariants.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.basis import Basis, Reopening
from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.deciders import Decider
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.history import rebuild
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import AUTHORIZED, DENIED, OVER, PENDED, Authorized, Case, LineState, Priority
from fhir_um.cases.reasons import ADMINISTRATIVE_DENIALS, APPROVALS, CLINICAL_DENIALS, Reason
from fhir_um.cases.roles import PHYSICIANS, REVIEWERS
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.open_evidence import open_evidence
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Period, Quantity
from tests.builders import line_request
from tests.fhir_um.usecases.asking import a_caller, ask, member_with, sent
from tests.fhir_um.usecases.test_updates import COPD, LOW, paper

CERTIFICATION = "https://codesystem.x12.org/005010/1322"
CODES = ["E1390", "E1390", "K0823", "E0601", "A9300", "G0399", "Z9999"]
MEMBERS = [member_with("H1001-6103", "Whitfield"), member_with("H1006-5409", "Castellano"), member_with("NOBODY", "No")]
REASONS = {
    RulingAction.APPROVE: APPROVALS,
    RulingAction.MODIFY: CLINICAL_DENIALS,
    RulingAction.DENY_CLINICAL: CLINICAL_DENIALS,
    RulingAction.DENY_ADMINISTRATIVE: ADMINISTRATIVE_DENIALS,
    RulingAction.WITHDRAW: {Reason.WITHDRAWN},
    RulingAction.REOPEN: {Reason.REOPENED},
}
BASES = [
    Basis(
        considered=("request",),
        missing=("the treatment log",),
        alternative="A trial of conservative care is covered.",
        attested=True,
        exception="The examination shows the need all the same.",
        rule="Evidence of coverage 2026, section 4.2",
        reopening=why,
    )
    for why in (Reopening.NEW_EVIDENCE, Reopening.FRAUD)
]
PEOPLE = ["p-1", "p-2"]
DETERMINING = {
    RulingAction.APPROVE,
    RulingAction.MODIFY,
    RulingAction.DENY_CLINICAL,
    RulingAction.DENY_ADMINISTRATIVE,
}


def _line(code, quantity, days, certification, cancelled):
    return line_request(
        1,
        code,
        quantity=Quantity(Decimal(quantity)) if quantity else None,
        serviced=Period(date(2026, 3, 10) + timedelta(days=days), date(2026, 3, 20) + timedelta(days=days)),
        certification_type=Code(CERTIFICATION, certification) if certification else None,
        cancelled=cancelled,
    )


lines = st.builds(
    _line,
    st.sampled_from(CODES),
    st.integers(0, 13),
    st.sampled_from([0, 20, -60]),
    st.sampled_from(["", "", "I", "R", "4", "2", "3"]),
    st.sampled_from([False, False, False, True]),
)
papers = st.sampled_from([Evidence(), LOW])


class Office(RuleBasedStateMachine):
    """One sender, one case, many hands."""

    deps = None
    clock = None
    urls = count(1)

    @initialize(line=lines, evidence=papers, member=st.sampled_from(MEMBERS), urgent=st.booleans())
    def submit(self, line, evidence, member, urgent) -> None:
        self.member, self.evidence, self.asked = member, evidence, {1: line}
        self.seen: list[Case] = []
        self._send({"expedited": urgent}, prior=None)

    def _send(self, changes, prior) -> None:
        request = ask(
            *self.asked.values(),
            member=self.member,
            coverage=None,
            diagnoses=(COPD,),
            prior=prior,
            claim_url=f"urn:claim:{next(self.urls)}",
            supporting_info=(paper(),) if self.evidence.observations else (),
            **changes,
        )
        told = submit_claim(self.deps, a_caller(), sent(request, at=self.clock.at, evidence=self.evidence))
        with self.deps.open_reading() as work:
            self.case = work.load_case(told.payer_id, told.id)
        refused = any(error.sequence is None and error.code == "33" for error in told.errors)
        assert (told.version, told.lines) == (self.case.version, self.case.lines)
        assert refused or told == self.case
        self.seen.append(self.case)

    @rule(line=lines, sequence=st.integers(1, 4), evidence=papers, urgent=st.booleans(), hours=st.integers(0, 90))
    def amend(self, line, sequence, evidence, urgent, hours) -> None:
        self.clock.move(hours=hours)
        self.asked[sequence] = replace(line, sequence=sequence)
        self.evidence = evidence
        self._send({"expedited": urgent}, PriorClaim(self.case.request.claim_url))

    @rule()
    def cancel_all(self) -> None:
        self._send({"cancel_all": True}, PriorClaim(self.case.request.claim_url))

    @rule(role=st.sampled_from(sorted(REVIEWERS)), person=st.sampled_from(PEOPLE))
    def look(self, role, person) -> None:
        """Opening the evidence changes nothing a decision rests on."""
        before = self.case
        decider = Decider(person, role, human=True, npi="1910200405")
        self.case = open_evidence(self.deps, a_caller(), self.case.id, decider)
        assert (self.case.version, self.case.lines) == (before.version, before.lines)

    @rule(
        action=st.sampled_from(sorted(RulingAction)),
        role=st.sampled_from(sorted(REVIEWERS)),
        person=st.sampled_from(PEOPLE),
        which=st.integers(0, 3),
        basis=st.sampled_from(BASES),
        granted=st.sampled_from([None, Authorized(quantity=Quantity(Decimal(1), "units"))]),
    )
    def decide(self, action, role, person, which, basis, granted) -> None:
        line = self.case.lines[which % len(self.case.lines)]
        reason = min(REASONS.get(action, {Reason.MEDICAL_REVIEW}))
        text = "Said in words that are long enough to be a reason."
        ruling = Ruling(line.sequence, action, reason, text, granted, basis=basis)
        decider = Decider(person, role, human=True, npi="1910200405")
        opened = {opening.by.id for opening in self.case.review.openings}
        try:
            self.case = decide_case(self.deps, a_caller(), self.case.id, self.case.version, decider, (ruling,))
        except (IllegalMove, RoleNotAllowed):
            return
        self.seen.append(self.case)
        assert line.state not in OVER
        assert action not in DETERMINING or person in opened

    @invariant()
    def the_case_is_what_its_events_say(self) -> None:
        with self.deps.open_reading() as work:
            assert work.load_case(self.case.payer_id, self.case.id) == self.case
            assert rebuild(work.events_of(self.case.payer_id, self.case.id)) == self.case

    @invariant()
    def no_adverse_clinical_decision_without_a_physician(self) -> None:
        """I1, I2."""
        for line in self.case.lines:
            if line.state in {LineState.DENIED_CLINICAL, LineState.MODIFIED}:
                assert line.decision.decider.role in PHYSICIANS
                assert line.decision.basis.licence is not None
            if line.state is LineState.DENIED_ADMINISTRATIVE and not line.decision.decider.human:
                assert line.decision.reason in ADMINISTRATIVE_DENIALS

    @invariant()
    def software_approves_nothing_a_person_has_ruled_on(self) -> None:
        for line in self.case.lines:
            assert not (line.reviewed and line.state in AUTHORIZED) or line.decision.decider.human

    @invariant()
    def every_pended_line_has_its_running_clock(self) -> None:
        with self.deps.open_reading() as work:
            clocks = work.clocks_of(self.case.payer_id, self.case.id)
        running = {
            (clock.sequence, clock.deadline.due_at)
            for clock in clocks
            if clock.stopped_at is None and clock.kind is ClockKind.DECISION
        }
        assert running >= {(line.sequence, line.due_at) for line in self.case.lines if line.state in PENDED}
        assert all(line.due_at is None for line in self.case.lines if line.state not in PENDED)

    @invariant()
    def nothing_gets_later_slower_or_lost(self) -> None:
        """I7, I11, I12, I16: against the step before."""
        if len(self.seen) < 2:
            return
        before, after = self.seen[-2:]
        assert before.id == after.id
        assert before.priority is Priority.STANDARD or after.priority is Priority.EXPEDITED
        for old in before.lines:
            new = after.line(old.sequence)
            assert new is not None
            assert old.state not in DENIED or new == old or new.decision.reason == Reason.REOPENED
            assert old.state not in OVER or new == old
            assert not (old.due_at and new.due_at) or new.due_at <= old.due_at
            assert not old.administrative_reference or new.administrative_reference == old.administrative_reference

    @invariant()
    def numbers_are_given_once_and_to_every_authorized_line(self) -> None:
        """I9, I13."""
        given: dict[str, int] = {}
        for case in self.seen:
            for line in case.lines:
                for number in filter(None, (line.authorization_number, line.administrative_reference)):
                    assert given.setdefault(number, line.sequence) == line.sequence
        assert all(line.authorization_number for line in self.case.lines if line.state in AUTHORIZED)


@pytest.mark.spec("pas:spec-34")
def test_invariants_hold_in_any_order(lite, clock) -> None:
    class OfficeHere(Office):
        deps = lite

    OfficeHere.clock = clock
    run_state_machine_as_test(
        OfficeHere,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
