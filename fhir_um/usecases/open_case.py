"""Opens a case for a submission, inside a running transaction. Shared by submit and by answers to hooks.

Must not know FHIR, or whether the submission is new.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from fhir_um.cases.asked import ClaimRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.history import Journal
from fhir_um.cases.information_requests import information_clocks
from fhir_um.cases.lifecycle import CANCEL_PATH, EARNED_PATH
from fhir_um.cases.model import (
    CORRECT,
    PENDED,
    BusinessError,
    Case,
    CaseId,
    Course,
    Determination,
    EventKind,
    Line,
    PayerId,
    SubmissionId,
)
from fhir_um.cases.placing import Numbers, never_started, place, take_over
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import ENGINE, requester
from fhir_um.cases.submission import StoredSubmission, Submission
from fhir_um.deps import Deps, Work
from fhir_um.usecases.adjudicate import Adjudicator
from fhir_um.usecases.eligibility import Standing
from fhir_um.usecases.timing import Timing, priority_of, review_type_of

NONE_EARNED: Mapping[int, Line] = MappingProxyType({})

_PRIOR_UNKNOWN = "The claim this update builds on is not known here; the request is taken as new and with intake."


def stored(case: Case, submission_id: SubmissionId, caller: Caller, submission: Submission) -> StoredSubmission:
    """What the store keeps of the submission that led to the case."""
    return StoredSubmission(
        id=submission_id,
        payer_id=case.payer_id,
        case_id=case.id,
        case_version=case.version,
        sender=caller.sender,
        guide=submission.guide,
        content_hash=submission.content_hash,
        body_hash=submission.body_hash,
        claim_url=submission.request.claim_url,
        received_at=submission.received_at,
        body=submission.body,
    )


def open_case(
    deps: Deps,
    work: Work,
    caller: Caller,
    submission: Submission,
    submission_id: SubmissionId,
    adjudicator: Adjudicator,
    earned: Mapping[int, Line] = NONE_EARNED,
) -> Case:
    """A new case with every line where the rules put it, written with its numbers and clocks.

    `earned` are lines of orders, authorized, by the line that takes each over; they come first, so that the rules see
    them beside the others.
    """
    at, standing, request = submission.received_at, adjudicator.standing, submission.request
    orphan = _orphan_error(request)
    header = _header(deps, caller, submission, submission_id, standing, orphan)
    timing = Timing(deps, standing, submission, header.priority)
    numbers, journal = Numbers(deps.new_number, header.id, at), Journal(None, at, ENGINE)
    journal.header(EventKind.OPENED, header)
    for line in sorted(request.lines, key=lambda each: each.sequence not in earned):
        if line.sequence in earned:
            journal.line(EventKind.LINE_REQUESTED, take_over(line, earned[line.sequence], at), EARNED_PATH)
            continue
        if line.withdrawn and not orphan:
            actor = requester(caller.client_id)
            journal.line(EventKind.LINE_CANCELLED, never_started(line, actor, at), CANCEL_PATH, actor)
            continue
        proposed = _with_intake() if orphan else adjudicator.propose(line, journal.case)
        continued = standing.continued.get(line.sequence, "")
        deadline = timing.for_course(line, proposed.course)
        placed, path = place(line, proposed, numbers, at, standing.received_on, deadline, continued=continued)
        journal.line(EventKind.LINE_REQUESTED, placed, path)
    case = journal.case
    clocks = tuple(timing.clock(case.id, line) for line in case.lines if line.state in PENDED)
    clocks += information_clocks(case, clocks, case.received_at)
    work.new_case(case, tuple(journal.events), tuple(numbers.issued), clocks)
    return case


def _header(
    deps: Deps,
    caller: Caller,
    submission: Submission,
    submission_id: SubmissionId,
    standing: Standing,
    orphan: tuple[BusinessError, ...],
) -> Case:
    request = submission.request
    return Case(
        id=CaseId(deps.new_id()),
        payer_id=PayerId(standing.payer.id),
        version=1,
        sender=caller.sender,
        received_at=submission.received_at,
        changed_at=submission.received_at,
        member_id=standing.member.id if standing.member else "",
        plan_id=standing.plan.id if standing.plan else "",
        line_of_business=standing.plan.line_of_business if standing.plan else "",
        priority=priority_of(request),
        review_type=review_type_of(request.lines, standing.received_on),
        request=replace(request, lines=()),
        submission_id=submission_id,
        lines=(),
        errors=(*standing.errors, *orphan),
        submission_hash=submission.body_hash,
        sensitivity=deps.sensitive.of_request(request, request.lines),
    )


def _orphan_error(request: ClaimRequest) -> tuple[BusinessError, ...]:
    """An update or cancellation of a claim we do not know, or of somebody else's: the answer is the same for both."""
    if request.prior is None and not request.cancel_all:
        return ()
    return (BusinessError("T5", CORRECT, "Bundle.entry[0].resource.related", _PRIOR_UNKNOWN, "2000E-TRN02"),)


def _with_intake() -> Determination:
    return Determination(Course.PEND_INTAKE, Reason.INTAKE_REVIEW, _PRIOR_UNKNOWN)
