"""Whatever people do beside ruling, in any order, in any role, with time going by: these things never break.

The machine of `test_invariants` with everything a desk can do added to it. `MOVES=N` plays N orders instead of a few.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.extensions import ExtensionSaid
from fhir_um.cases.information_drafts import DraftSaid
from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import DENIED, NOTES, OVER, PENDED, Case, EventKind, LineState
from fhir_um.cases.opinions import OpinionSaid, Recommendation
from fhir_um.cases.peer_to_peers import CallSaid
from fhir_um.cases.priorities import PrioritySaid
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import ExtensionGround, ExtensionState, PeerToPeerOutcome, VoidState
from fhir_um.cases.roles import REVIEWERS, Role
from fhir_um.cases.voidings import VoidSaid
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.usecases.ask_specialist import ask_specialist
from fhir_um.usecases.change_priority import change_priority
from fhir_um.usecases.extend_time import extend_time
from fhir_um.usecases.hold_peer_to_peer import hold_peer_to_peer
from fhir_um.usecases.housekeeping import tend
from fhir_um.usecases.request_information import request_information
from fhir_um.usecases.void_lines import void_lines
from tests.builders import AT, line_request
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.test_invariants import BASES, MEMBERS, Office, lines

TEXT = "Said in words that are long enough to be a reason."
NOTE = DocumentNeeded("34117-2", "Note of the visit")
ACTS = {act.__name__ for act in (hold_peer_to_peer, ask_specialist, extend_time, void_lines, change_priority)}
ACTS.add(request_information.__name__)
BEGINNINGS = {
    hold_peer_to_peer: "offer",
    ask_specialist: "ask",
    extend_time: "propose",
    void_lines: "propose",
    request_information: "draft",
}
ORDERS = int(os.environ.get("MOVES", "30"))

who = st.builds(
    lambda person, role: Decider(person, role, human=True, npi="1910200405"),
    st.sampled_from(["p-1", "p-2", "p-3"]),
    st.sampled_from([Role.PHYSICIAN, Role.NURSE, Role.OPERATIONS_MANAGER, Role.COMPLIANCE_PRIVACY, *sorted(REVIEWERS)]),
)
"""The ones who can do most come most often."""

which = st.integers(0, 3)
FITTING = {
    "schedule": Role.INTAKE,
    "request": Role.INTAKE,
    "complete": Role.PHYSICIAN,
    "ask": Role.PHYSICIAN,
    "accept": Role.PEER,
    "recuse": Role.PEER,
    "give": Role.PEER,
    "grant": Role.PHYSICIAN,
    "confirm": Role.COMPLIANCE_PRIVACY,
}
"""Who is to take a step, mostly; for the others it is a nurse."""


_LATE, _SELDOM = 20, 5
"""So that a case is not over before much has happened to it."""

actions = st.sampled_from(sorted(RulingAction))
people = st.sampled_from(["p-1", "p-2", "p-3"])
bases = st.sampled_from(BASES)


class Desk(Office):
    """One case, and everything that can be done about it."""

    done: Counter[str] = Counter()
    tried = 0

    @initialize(code=st.sampled_from(["S8948", "S8948", "E1390"]), member=st.integers(0, 1), urgent=st.booleans())
    def submit(self, code, member, urgent) -> None:
        """Of what waits for somebody; every case begins at the same moment, so that it can be played again."""
        self.clock.at = AT
        super().submit(line_request(1, code), Evidence(), MEMBERS[member], urgent)

    @rule(line=lines, sequence=st.integers(1, 4), urgent=st.booleans())
    def amend(self, line, sequence, urgent) -> None:
        if len(self.seen) > _LATE:
            super().amend(line, sequence, Evidence(), urgent, 1)

    @rule()
    def cancel_all(self) -> None:
        if len(self.seen) > _LATE:
            super().cancel_all()

    @rule(action=actions, role=st.sampled_from([Role.NURSE, Role.PHYSICIAN]), person=people, basis=bases, seed=which)
    def decide(self, action, role, person, basis, seed) -> None:
        if len(self.seen) % _SELDOM == 0:
            super().decide(action, role, person, seed, basis, None)

    def _act(self, name: str, act: Callable[..., Case], said: object, by: Decider, id: str | None = None) -> None:
        """One step, legal or not; an illegal one changes nothing."""
        type(self).tried += 1
        if id is None and act in BEGINNINGS and self.tried % 4:
            name = BEGINNINGS[act]
        if self.tried % 3:
            role = Role.OPERATIONS_MANAGER if (act, name) == (void_lines, "propose") else FITTING.get(name, Role.NURSE)
            by = replace(by, role=role)
        rest = () if act is change_priority else (id,)
        try:
            self.case = act(self.deps, a_caller(), self.case.id, self.case.version, by, name, said, *rest)
        except (IllegalMove, RoleNotAllowed):
            return
        assert by.role is not Role.ENGINE
        type(self).done[f"{act.__name__} {name}"] += 1
        self.seen.append(self.case)

    def _line(self, number: int) -> int:
        return self.case.lines[number % len(self.case.lines)].sequence

    def _last(self, kind: str) -> str | None:
        entries = getattr(self.case.review, kind)
        return entries[-1].id if entries else None

    @rule(
        step=st.sampled_from(["offer", "request", "schedule", "complete", "no-show", "decline"]), by=who, number=which
    )
    def call(self, step, by, number) -> None:
        soon = self.clock.at + timedelta(hours=1)
        physician = Decider("p-3", Role.PHYSICIAN, human=True, npi="1910200405")
        heard = PeerToPeerOutcome.OVERTURNED
        said = CallSaid(
            (self._line(number),), (soon,), soon, physician, "Ada Orr", ("Ada Orr",), 9, "none", heard, TEXT
        )
        begins = step in ("offer", "request")
        self._act(step, hold_peer_to_peer, said, by, None if begins else self._last("peer_to_peers"))

    @rule(step=st.sampled_from(["ask", "accept", "recuse", "give", "withdraw"]), by=who, number=which)
    def opinion(self, step, by, number) -> None:
        said = OpinionSaid(self._line(number), "general", TEXT, True, TEXT, Recommendation.APPROVE)
        self._act(step, ask_specialist, said, by, None if step == "ask" else self._last("opinions"))

    @rule(step=st.sampled_from(["propose", "grant", "refuse"]), by=who, number=which, days=st.integers(1, 20))
    def extension(self, step, by, number, days) -> None:
        said = ExtensionSaid((self._line(number),), ExtensionGround.MEMBER_REQUEST, days, TEXT, TEXT)
        self._act(step, extend_time, said, by, None if step == "propose" else self._last("extensions"))

    @rule(step=st.sampled_from(["propose", "confirm", "refuse"]), by=who, number=which)
    def voiding(self, step, by, number) -> None:
        said = VoidSaid((self._line(number),), TEXT, TEXT)
        self._act(step, void_lines, said, by, None if step == "propose" else self._last("voidings"))

    @rule(step=st.sampled_from(["expedite", "refuse", "lower"]), by=who, supported=st.booleans())
    def priority(self, step, by, supported) -> None:
        self._act(step, change_priority, PrioritySaid("the member", supported, TEXT), by)

    @rule(step=st.sampled_from(["draft", "change", "release", "discard"]), by=who, number=which)
    def information(self, step, by, number) -> None:
        said = DraftSaid((self._line(number),), (NOTE,), TEXT)
        self._act(step, request_information, said, by, None if step == "draft" else self._last("drafts"))

    @rule(hours=st.sampled_from([1, 1, 1, 2, 5, 20, 60, 200]))
    def time_goes_by(self, hours) -> None:
        """The house looks after itself; what it does by itself is never a denial."""
        before = self.case
        self.clock.move(hours=hours)
        tend(self.deps)
        with self.deps.open_reading() as work:
            self.case = work.load_case(before.payer_id, before.id)
        for line in self.case.lines:
            assert line.state not in DENIED or before.line(line.sequence).state in DENIED
        self.seen.append(self.case)

    @invariant()
    def nothing_gets_later_slower_or_lost(self) -> None:
        """I7, I11, I12, I16: against the step before."""
        if len(self.seen) < 2:
            return
        before, after = self.seen[-2:]
        granted = _granted(after) - _granted(before)
        for old in before.lines:
            new = after.line(old.sequence)
            assert new is not None
            assert old.state not in OVER or new == old
            assert old.state not in DENIED or new == old or new.decision.reason == Reason.REOPENED or new.state in OVER
            was_pended = old.state in PENDED and new.state in PENDED
            assert granted or not was_pended or new.due_at <= old.due_at

    @invariant()
    def two_people_stand_behind_what_takes_two(self) -> None:
        """Who proposed something may still refuse it: then nothing comes of it."""
        for entry in (*self.case.review.extensions, *self.case.review.voidings):
            is_done = entry.state in {ExtensionState.GRANTED, VoidState.CONFIRMED}
            assert not is_done or entry.decided_by.id != entry.proposed_by.id
        for line in self.case.lines:
            if line.state is LineState.VOIDED:
                assert any(line.sequence in entry.sequences for entry in self.case.review.voidings)

    @invariant()
    def notes_leave_the_version_alone(self) -> None:
        with self.deps.open_reading() as work:
            events = work.events_of(self.case.payer_id, self.case.id)
        for one, next_one in zip(events, events[1:], strict=False):
            assert next_one.version == one.version or next_one.kind not in NOTES
            assert next_one.actor.human or next_one.kind is not EventKind.VOIDING


def _granted(case: Case) -> set[str]:
    return {entry.id for entry in case.review.extensions if entry.state is ExtensionState.GRANTED}


def test_nothing_breaks_whatever_people_do(lite, clock) -> None:
    class DeskHere(Desk):
        deps = lite

    DeskHere.clock = clock
    run_state_machine_as_test(
        DeskHere,
        settings=settings(
            max_examples=ORDERS,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )

    assert lite.store.verify().faults == []
    assert DeskHere.tried > ORDERS * 4
    assert {step.split()[0] for step in DeskHere.done} == ACTS
