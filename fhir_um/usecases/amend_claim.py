"""Change a case by an update of its sender: lines added, changed, cancelled; decided from the stored version.

The sender's change flags are never trusted, only compared. Source: PAS 2.2.1 spec-63 to spec-72, prof-4 to prof-10.
"""

from collections.abc import Mapping
from dataclasses import replace

from fhir_um.cases.amending import Change, Changes, changes_of, refusals
from fhir_um.cases.asked import LineRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock, running_decisions
from fhir_um.cases.deadlines import informed
from fhir_um.cases.history import Journal, as_answered
from fhir_um.cases.information_requests import information_clocks
from fhir_um.cases.lifecycle import CANCEL_PATH, EARNED_PATH, ENGINE_MOVES
from fhir_um.cases.model import (
    DENIED,
    PENDED,
    BusinessError,
    Case,
    Course,
    Determination,
    EventKind,
    Line,
    LineState,
    SubmissionId,
)
from fhir_um.cases.placing import Numbers, cancel, never_started, place, take_over
from fhir_um.cases.priorities import PRIORITY_PATH, hastened
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import ENGINE, PHYSICIANS, requester
from fhir_um.cases.submission import Submission
from fhir_um.deps import Deps, Work
from fhir_um.usecases.adjudicate import Adjudicator
from fhir_um.usecases.informing import without_answered
from fhir_um.usecases.timing import Timing, priority_of

_KINDS = {Change.ADDED: EventKind.LINE_REQUESTED, Change.CHANGED: EventKind.LINE_CHANGED}
_OF_A_PERSON = frozenset({Course.APPROVE, Course.PEND_DOCUMENTS, Course.PEND_REVIEW})
"""Courses software does not take on a line a person has ruled on; it goes back to people instead."""

_PHYSICIANS_QUEUES = frozenset({LineState.PHYSICIAN_REVIEW, LineState.SPECIALIST_REVIEW})


def amend_case(
    deps: Deps,
    work: Work,
    caller: Caller,
    submission: Submission,
    submission_id: SubmissionId,
    adjudicator: Adjudicator,
    case: Case,
    earned: Mapping[int, Line],
) -> Case:
    """The case as it answers the update; saved with its events, numbers and clocks.

    `earned` are lines of orders, authorized, by the new line that takes each over.
    """
    kept = work.clocks_of(case.payer_id, case.id)
    decisions = running_decisions(kept)
    amendment = _Amendment(deps, caller, submission, adjudicator, case, earned, decisions)
    amendment.run(submission_id)
    amended = amendment.journal.case
    clocks = (*amendment.clocks(), *information_clocks(amended, kept, amendment.at))
    work.save_case(amended, case.version, tuple(amendment.journal.events), tuple(amendment.numbers.issued), clocks)
    return as_answered(amended, submission_id, amendment.journal.events)


class _Amendment:
    """One update being worked into one case."""

    def __init__(
        self,
        deps: Deps,
        caller: Caller,
        submission: Submission,
        adjudicator: Adjudicator,
        case: Case,
        earned: Mapping[int, Line],
        decisions: Mapping[int, Clock],
    ) -> None:
        self.earned = earned
        self.decisions = decisions
        self.sensitive = deps.sensitive
        self.submission = submission
        self.adjudicator = adjudicator
        self.standing = adjudicator.standing
        self.case = case
        self.at = submission.received_at
        self.actor = requester(caller.client_id)
        self.journal = Journal(case, self.at, ENGINE)
        self.priority = priority_of(submission.request, case)
        self.timing = Timing(deps, self.standing, submission, self.priority)
        self.numbers = Numbers(deps.new_number, case.id, self.at)

    def run(self, submission_id: SubmissionId) -> None:
        changes = changes_of(self.case, self.submission)
        refused = refusals(self.case, changes)
        errors = (*self._errors(changes), *refused)
        header = self._header(submission_id, errors)
        if any(error.sequence is None for error in refused):
            self.journal.header(EventKind.UPDATE_REFUSED, header)
            return
        self.journal.header(EventKind.AMENDED, header)
        for sequence, change, asked in changes:
            if change is Change.CANCELLED:
                self._cancel(sequence, asked)
        for sequence, change, asked in sorted(changes, key=lambda each: each[0] not in self.earned):
            if asked is not None and sequence in self.earned and change is Change.ADDED:
                taken = take_over(asked, self.earned[sequence], self.at)
                self.journal.line(EventKind.LINE_REQUESTED, taken, EARNED_PATH, self.actor)
            elif asked is not None and change in _KINDS:
                self._place(asked, _KINDS[change])
            elif asked is not None and change is Change.SAME:
                self._repeat(asked)
        if self.priority is not self.case.priority:
            self._hasten()

    def _errors(self, changes: Changes) -> tuple[BusinessError, ...]:
        """Faults of the request and of the lines it puts to us; a line decided before is not held up to new faults."""
        standing = [n for n, change, _ in changes if change is Change.SAME and self._state(n) not in PENDED]
        return tuple(error for error in self.standing.errors if error.sequence not in standing)

    def _state(self, sequence: int) -> LineState | None:
        line = self.case.line(sequence)
        return line.state if line else None

    def _header(self, submission_id: SubmissionId, errors: tuple[BusinessError, ...]) -> Case:
        standing = self.standing
        return replace(
            self.case,
            request=replace(self.submission.request, lines=()),
            submission_id=submission_id,
            member_id=standing.member.id if standing.member else self.case.member_id,
            plan_id=standing.plan.id if standing.plan else self.case.plan_id,
            line_of_business=standing.plan.line_of_business if standing.plan else self.case.line_of_business,
            priority=self.priority,
            errors=errors,
            submission_hash=self.submission.body_hash,
            sensitivity=self.sensitive.after(self.case, self.submission.request),
        )

    def _cancel(self, sequence: int, asked: LineRequest | None) -> None:
        old = self.case.line(sequence)
        if old is not None:
            self.journal.line(EventKind.LINE_CANCELLED, cancel(old, self.actor, self.at), CANCEL_PATH, self.actor)
        elif asked is not None:
            started = never_started(asked, self.actor, self.at)
            self.journal.line(EventKind.LINE_CANCELLED, started, CANCEL_PATH, self.actor)

    def _place(self, asked: LineRequest, kind: EventKind) -> None:
        line, path = self._placed(asked, self.case.line(asked.sequence))
        self.journal.line(kind, line, path, self.actor)

    def _placed(self, asked: LineRequest, old: Line | None) -> tuple[Line, tuple[str, ...]]:
        proposed = self.adjudicator.propose(asked, self.journal.case)
        if old is not None and old.reviewed and proposed.course in _OF_A_PERSON:
            proposed = _to_reviewer(old, proposed)
        proposed = without_answered(proposed, self._answered(asked.sequence))
        on, continued = self.standing.received_on, self.standing.continued.get(asked.sequence, "")
        deadline = self.timing.for_course(asked, proposed.course)
        previous = self._as_due(old, proposed.course) if old is not None else None
        return place(asked, proposed, self.numbers, self.at, on, deadline, previous, continued)

    def _as_due(self, old: Line, course: Course) -> Line:
        """The line as it stood; one that waits for nothing any more is due sooner, if something counts from then."""
        state, _ = ENGINE_MOVES[course]
        if old.state is not LineState.PENDED_INFO or state is LineState.PENDED_INFO:
            return old
        return replace(old, due_at=self._informed(old.sequence).deadline.due_at)

    def _repeat(self, asked: LineRequest) -> None:
        """A line that asks for the same: what the sender says beside it is taken over, and a pended one is seen again.

        A denied line stays to the letter. An authorization given is not taken back because diagnoses or papers changed.
        """
        old = self.case.line(asked.sequence)
        if old is None or old.state in DENIED:
            return
        if old.state in PENDED and not self.standing.request_errors and self._look_again(old, asked):
            return
        if _bare(asked) != _bare(old.request):
            self.journal.line(EventKind.LINE_CHANGED, replace(old, request=asked), (), self.actor)

    def _look_again(self, old: Line, asked: LineRequest) -> bool:
        """True when what the update brought moved the line. Where a person has it in hand, only back to the person."""
        if old.reviewed:
            return self._back_to_reviewer(old, asked)
        if old.state in _PHYSICIANS_QUEUES:
            return False
        line, path = self._placed(asked, old)
        moved = (line.state, line.findings, line.documents) != (old.state, old.findings, old.documents)
        if moved:
            self.journal.line(EventKind.LINE_MOVED, line, ("T10", *path[2:]))
        return moved

    def _back_to_reviewer(self, old: Line, asked: LineRequest) -> bool:
        if old.state is not LineState.PENDED_INFO or not self._brought_information():
            return False
        state = LineState.PHYSICIAN_REVIEW if old.decision.decider.role in PHYSICIANS else LineState.NURSE_REVIEW
        reason = replace(
            old.decision, at=self.at, decider=ENGINE, reason=Reason.MEDICAL_REVIEW, text="Information received."
        )
        due_at = self._informed(old.sequence).deadline.due_at
        moved = replace(old, request=asked, state=state, decision=reason, documents=(), due_at=due_at)
        self.journal.line(EventKind.LINE_MOVED, moved, ("T10",))
        return True

    def _brought_information(self) -> bool:
        """New or changed papers or diagnoses. A paper may change under its old address, so its flag counts here."""
        new, old = self.submission.request, self.case.request
        before = {(info.ref, info.text) for info in old.supporting_info}
        live = [info for info in new.supporting_info if not info.cancelled]
        papers = any(info.changed or (info.ref, info.text) not in before for info in live)
        return papers or new.diagnoses != old.diagnoses

    def _answered(self, sequence: int) -> frozenset[str]:
        """The documents of a line that came along under the number we had asked for them with."""
        ours = f"{self.case.id}-{sequence}-"
        papers = (info.document for info in self.submission.request.supporting_info if not info.cancelled)
        numbers = (paper.control_number for paper in papers if paper)
        return frozenset(number.removeprefix(ours) for number in numbers if number.startswith(ours))

    def _informed(self, sequence: int) -> Clock:
        """The decision clock of a line once it waits for nothing any more."""
        return informed(self.decisions[sequence], self.at)

    def clocks(self) -> tuple[Clock, ...]:
        """A line newly pended starts a clock, one hastened runs to its new end, one that waits no longer goes on."""
        pended = [line for line in self.journal.case.lines if line.state in PENDED]
        now = {line.sequence: self._clock(line) for line in pended}
        return tuple(clock for sequence, clock in now.items() if clock != self.decisions.get(sequence))

    def _clock(self, line: Line) -> Clock:
        running = self.decisions.get(line.sequence)
        if running is not None and line.state is not LineState.PENDED_INFO:
            running = self._informed(line.sequence)
        if running is not None and running.deadline.due_at == line.due_at:
            return running
        return self.timing.clock(self.case.id, line)

    def _hasten(self) -> None:
        """The request has become urgent: every line that waits is due by the expedited rule, if that is sooner."""
        for line in self.journal.case.lines:
            due_at = self.timing.of(line.request, line.state is LineState.PENDED_INFO).due_at
            sooner = hastened(line, due_at, self.at)
            if sooner is not None:
                self.journal.line(EventKind.LINE_MOVED, sooner, PRIORITY_PATH, self.actor)


def _to_reviewer(old: Line, proposed: Determination) -> Determination:
    """What a person has ruled on, software approves nothing of; the rules' finding goes along."""
    physician = old.state in _PHYSICIANS_QUEUES or old.decision.decider.role in PHYSICIANS
    return replace(
        proposed,
        course=Course.PEND_PHYSICIAN if physician else Course.PEND_REVIEW,
        reason=Reason.MEDICAL_REVIEW,
        text="The request changed after a person had looked at it; it goes back to review.",
        authorized=None,
        documents=(),
        specialty=proposed.specialty or old.specialty,
    )


def _bare(line: LineRequest) -> LineRequest:
    return replace(line, path="", changed="", cancelled=False)
