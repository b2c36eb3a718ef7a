"""Take a submission: a new request, an amendment, or one we have already; one transaction.

Must not know FHIR. Source: PAS 2.2.1 `Claim/$submit`.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.history import as_answered
from fhir_um.cases.model import Case, PayerId, SubmissionId
from fhir_um.cases.submission import StoredSubmission, Submission
from fhir_um.deps import Deps, Work
from fhir_um.errors import DuplicateSubmission, Overtaken
from fhir_um.usecases.adjudicate import make_adjudicator
from fhir_um.usecases.amend_claim import amend_case
from fhir_um.usecases.amended_case import find_amended
from fhir_um.usecases.eligibility import choose_payer, establish
from fhir_um.usecases.open_case import open_case, stored
from fhir_um.usecases.taking_over import earnings_of


def submit_claim(deps: Deps, caller: Caller, submission: Submission) -> Case:
    """The case the submission opened, amended or already belongs to.

    The same content from the same sender always leads to the same case, also when they arrive at once.
    """
    try:
        return _take(deps, caller, submission)
    except (DuplicateSubmission, Overtaken):
        return _take(deps, caller, submission, alone=True)


def _take(deps: Deps, caller: Caller, submission: Submission, alone: bool = False) -> Case:
    with deps.open_work(alone) as work:
        directory = work.directory()
        payer, named = choose_payer(directory, submission.request.payer, caller)
        payer_id = PayerId(payer.id)
        known = work.find_submission(payer_id, caller.sender, submission.content_hash)
        if known is not None:
            return _known_case(work, known)
        standing = establish(work, directory, payer, named, submission.request, submission.received_at)
        amended = find_amended(work, payer_id, caller.sender, submission, standing.member)
        earnings = earnings_of(work, caller, standing, submission.request, amended)
        adjudicator = earnings.left_out_of(make_adjudicator(deps, work, directory, standing, submission, amended))
        submission_id = SubmissionId(deps.new_id())
        if amended is not None:
            case = amend_case(deps, work, caller, submission, submission_id, adjudicator, amended, earnings.lines)
        else:
            case = open_case(deps, work, caller, submission, submission_id, adjudicator, earnings.lines)
        earnings.hand_over(work, case, submission.received_at)
        work.add_submission(stored(case, submission_id, caller, submission), submission.request.claim_identifiers)
        work.use_guidance(payer_id, case.member_id, submission.request.coverage_assertions, case.id)
        return case


def _known_case(work: Work, known: StoredSubmission) -> Case:
    case = work.load_case(known.payer_id, known.case_id)
    if case is None:
        raise LookupError(f"submission {known.id} belongs to case {known.case_id}, which is missing")
    if known.id == case.submission_id:
        return case
    return as_answered(case, known.id, work.events_of(known.payer_id, known.case_id))
