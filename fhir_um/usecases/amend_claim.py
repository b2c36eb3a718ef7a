"""Change a case by an update of its sender: lines added, changed, cancelled; decided from the stored version.

The sender's change flags are never trusted, only compared. Source: PAS 2.2.1 spec-63 to spec-72, prof-4 to prof-10.
"""

from dataclasses import replace

from fhir_um.cases.amending import Change, changes_of
from fhir_um.cases.asked import LineRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.history import Journal
from fhir_um.cases.lifecycle import CANCEL_PATH
from fhir_um.cases.model import (
    DENIED,
    PENDED,
    BusinessError,
    Case,
    ClientId,
    Clock,
    Deadline,
    EventKind,
    Line,
    LineState,
    PayerId,
    SubmissionId,
)
from fhir_um.cases.placing import Numbers, cancel, never_started, place
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import ENGINE, requester
from fhir_um.cases.submission import Submission
from fhir_um.deps import Deps, Work
from fhir_um.usecases.adjudicate import Adjudicator, deadline_of, priority_of, review_type_of

_KINDS = {Change.ADDED: EventKind.LINE_REQUESTED, Change.CHANGED: EventKind.LINE_CHANGED}


def find_amended(work: Work, payer_id: PayerId, sender: ClientId, submission: Submission) -> Case | None:
    """The sender's own case that this submission amends, locked for change, or None for a new request.

    Named by Claim.related; where the guide allows it (2.0.1), recognised by change flags and the same claim
    identifiers over the same lines. The most recent fitting case wins.
    """
    request = submission.request
    if request.prior is not None:
        found = work.find_by_claim(payer_id, sender, request.prior.full_url, request.prior.identifiers)
        fitting = [case for case in found if _same_member(case, submission)]
    elif submission.differential_updates and request.flagged_as_update:
        found = work.find_by_claim(payer_id, sender, "", request.claim_identifiers)
        fitting = [case for case in found if _same_member(case, submission) and _same_lines(case, submission)]
    else:
        return None
    return work.load_case_for_change(payer_id, fitting[0].id) if fitting else None


def _same_member(case: Case, submission: Submission) -> bool:
    mine = {(i.system, i.value) for i in submission.request.member.identifiers}
    return any((i.system, i.value) in mine for i in case.request.member.identifiers)


def _same_lines(case: Case, submission: Submission) -> bool:
    shared = [(case.line(line.sequence), line) for line in submission.request.lines if line.changed != "added"]
    return bool(shared) and all(old is not None and old.request.service == new.service for old, new in shared)


def amend_case(
    deps: Deps,
    work: Work,
    caller: Caller,
    submission: Submission,
    submission_id: SubmissionId,
    adjudicator: Adjudicator,
    case: Case,
) -> Case:
    """The case after the update, saved with its events, numbers and clocks."""
    amendment = _Amendment(deps, submission, adjudicator, case, Journal(case, submission.received_at, ENGINE))
    amendment.run(submission_id, caller)
    amended = amendment.journal.case
    clocks = _clocks(work, case, amended, amendment.deadline)
    work.save_case(amended, case.version, tuple(amendment.journal.events), tuple(amendment.numbers.issued), clocks)
    return amended


class _Amendment:
    """One update being worked into one case."""

    def __init__(
        self, deps: Deps, submission: Submission, adjudicator: Adjudicator, case: Case, journal: Journal
    ) -> None:
        self.submission = submission
        self.adjudicator = adjudicator
        self.standing = adjudicator.standing
        self.case = case
        self.journal = journal
        self.at = submission.received_at
        self.priority = priority_of(submission.request)
        self.review = review_type_of(submission.request, self.standing.received_on)
        self.deadline = deadline_of(deps, self.standing, self.review, self.priority, submission)
        self.numbers = Numbers(deps.new_number, case.id, self.at)

    def run(self, submission_id: SubmissionId, caller: Caller) -> None:
        changes = changes_of(self.case, self.submission)
        errors = (*self.standing.errors, *_refused(self.case, self.submission, changes))
        self.journal.header(EventKind.AMENDED, self._header(submission_id, errors))
        if any(error.sequence is None and error.code == _DENIED_CODE for error in errors):
            return
        actor = requester(caller.client_id)
        for sequence, change, asked in changes:
            if change is Change.CANCELLED:
                self._cancel(sequence, asked, caller)
            elif asked is not None and change in _KINDS:
                line, path = self._place(asked, self.case.line(sequence))
                self.journal.line(_KINDS[change], line, path, actor)
            elif asked is not None and change is Change.SAME:
                self._look_again(asked, sequence)

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
        )

    def _place(self, asked: LineRequest, old: Line | None) -> tuple[Line, tuple[str, ...]]:
        on, proposed = self.standing.received_on, self.adjudicator.propose(asked)
        return place(asked, proposed, self.numbers, self.at, on, self.deadline, old)

    def _cancel(self, sequence: int, asked: LineRequest | None, caller: Caller) -> None:
        old, actor = self.case.line(sequence), requester(caller.client_id)
        if old is not None:
            self.journal.line(EventKind.LINE_CANCELLED, cancel(old, actor, self.at), CANCEL_PATH, actor)
        elif asked is not None:
            self.journal.line(EventKind.LINE_CANCELLED, never_started(asked, actor, self.at), CANCEL_PATH, actor)

    def _look_again(self, asked: LineRequest, sequence: int) -> None:
        """An unchanged line that is still pended may be answered by what the update brought."""
        old = self.case.line(sequence)
        if old is None or old.state not in PENDED or old.state is LineState.PHYSICIAN_REVIEW:
            return
        if self.standing.request_errors:
            return
        if old.decision.decider.human:
            self._back_to_reviewer(old)
            return
        line, path = self._place(replace(asked, path=old.request.path), old)
        if line.state is not old.state or line.findings != old.findings:
            self.journal.line(EventKind.LINE_MOVED, line, ("T10", *path[2:]))

    def _back_to_reviewer(self, old: Line) -> None:
        if old.state is not LineState.PENDED_INFO or not self._brought_information():
            return
        reason = replace(
            old.decision, at=self.at, decider=ENGINE, reason=Reason.MEDICAL_REVIEW, text="Information received."
        )
        moved = replace(old, state=LineState.NURSE_REVIEW, decision=reason, documents=())
        self.journal.line(EventKind.LINE_MOVED, moved, ("T10",))

    def _brought_information(self) -> bool:
        before = {(info.ref, info.text) for info in self.case.request.supporting_info}
        return any((info.ref, info.text) not in before for info in self.submission.request.supporting_info)


_DENIED_CODE = "33"
_DENIED_TEXT = "A denied request cannot be updated; send a new request."


def _refused(
    case: Case, submission: Submission, changes: tuple[tuple[int, Change, LineRequest | None], ...]
) -> tuple[BusinessError, ...]:
    live = [line for line in case.lines if line.state is not LineState.CANCELLED]
    if live and all(line.state in DENIED for line in live):
        return (BusinessError(_DENIED_CODE, "N", "Bundle.entry[0].resource.related", _DENIED_TEXT, "2000E-UM02"),)
    return tuple(error for sequence, change, asked in changes for error in _line_refusal(case, sequence, change, asked))


def _line_refusal(case: Case, sequence: int, change: Change, asked: LineRequest | None) -> list[BusinessError]:
    path = asked.path if asked else "Bundle.entry[0].resource.item"
    if change is Change.DENIED_BEFORE:
        text = f"Line {sequence} was denied and cannot be updated; ask for it in a new request."
        return [BusinessError(_DENIED_CODE, "N", path, text, "2000F-UM02", sequence)]
    if change is Change.CANCELLED_BEFORE:
        text = f"Line {sequence} was cancelled and stays so; add a new line instead."
        return [BusinessError(_DENIED_CODE, "C", path, text, "2000F-UM02", sequence)]
    if change is Change.LEFT_OUT:
        text = f"Line {sequence} is missing from the update; it stays as it was. Send every line ever submitted."
        return [BusinessError("15", "C", path, text, "2000F-HL01", sequence)]
    return []


def _clocks(work: Work, before: Case, after: Case, deadline: Deadline) -> tuple[Clock, ...]:
    """Running clocks go on; a line newly pended starts one; a line no longer pended stops its own."""
    running = {c.sequence: c for c in work.clocks_of(before.payer_id, before.id) if c.stopped_at is None}
    changed: list[Clock] = []
    for line in after.lines:
        clock = running.get(line.sequence)
        if line.state in PENDED and clock is None:
            changed.append(Clock(after.id, line.sequence, deadline))
        elif line.state not in PENDED and clock is not None:
            changed.append(replace(clock, stopped_at=after.changed_at))
    return tuple(changed)
