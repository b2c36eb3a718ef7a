"""What the rules propose for one line, given what the records say. Reads the store, changes nothing."""

from dataclasses import dataclass
from datetime import date

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.deadlines import decision_deadline
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import (
    BusinessError,
    Case,
    Course,
    Deadline,
    Determination,
    MemberId,
    PayerId,
    Priority,
    ReviewType,
)
from fhir_um.cases.reasons import Reason
from fhir_um.cases.submission import Submission
from fhir_um.coverage.model import Directory, Member, Plan, UsedService
from fhir_um.deps import Deps, Reading
from fhir_um.policy.model import LineContext
from fhir_um.usecases.eligibility import NOT_ELIGIBLE, Standing

_EXTENSION = "4"


@dataclass(frozen=True, slots=True)
class Adjudicator:
    """Everything one submission is judged by; made once per submission, `propose` is called per line."""

    deps: Deps
    request: ClaimRequest
    evidence: Evidence
    standing: Standing
    directory: Directory
    history: tuple[UsedService, ...]

    def propose(self, line: LineRequest) -> Determination:
        """The course for one line: intake when something is wrong, else what the policies say."""
        standing = self.standing
        if standing.request_errors:
            return _not_established(standing)
        faults = standing.line_errors(line.sequence)
        if faults:
            return _with_fault(standing, faults)
        if standing.member is None or standing.plan is None:
            raise AssertionError("a request without errors has a member and a plan")
        return self.deps.policies.determine(self._context(line, standing.member, standing.plan))

    def _context(self, line: LineRequest, member: Member, plan: Plan) -> LineContext:
        standing = self.standing
        return LineContext(
            line=line,
            request=self.request,
            member=member,
            plan=plan,
            on=line.serviced.start or standing.received_on,
            received=standing.received_on,
            evidence=self.evidence,
            history=self.history,
            providers=standing.providers,
            gold_cards=tuple(c for c in self.directory.gold_cards if c.payer_id == standing.payer.id),
        )


def make_adjudicator(
    deps: Deps,
    work: Reading,
    directory: Directory,
    standing: Standing,
    submission: Submission,
    case: Case | None = None,
) -> Adjudicator:
    """Loads the member's history only when a line's policy looks at it; the case being amended is left out of it."""
    member, plan = standing.member, standing.plan
    history: tuple[UsedService, ...] = ()
    lines = submission.request.lines
    if member and plan and any(deps.policies.needs_history(line, plan) for line in lines):
        used = work.member_history(PayerId(standing.payer.id), MemberId(member.id))
        history = tuple(u for u in used if case is None or u.case_id != case.id)
    return Adjudicator(deps, submission.request, submission.evidence, standing, directory, history)


def _not_established(standing: Standing) -> Determination:
    return _with_fault(standing, standing.request_errors)


def _with_fault(standing: Standing, faults: tuple[BusinessError, ...]) -> Determination:
    """Intake; only coverage that is not in force may be denied by software, and only where the plan says so."""
    plan = standing.plan
    if plan and plan.administrative_denials and all(fault.code == NOT_ELIGIBLE for fault in faults):
        text = "Not covered: the member has no coverage in force on the day of service."
        return Determination(Course.DENY_BENEFIT, Reason.NOT_ELIGIBLE, text)
    return Determination(Course.PEND_INTAKE, Reason.INTAKE_REVIEW, f"With intake: {faults[0].text}")


def deadline_of(
    deps: Deps, standing: Standing, review: ReviewType, priority: Priority, submission: Submission
) -> Deadline:
    """The strictest decision deadline of a submission, counted from its receipt."""
    line_of_business = standing.plan.line_of_business if standing.plan else ""
    zone = standing.payer.time_zone
    return decision_deadline(deps.clock_rules, line_of_business, review, priority, submission.received_at, zone)


def priority_of(request: ClaimRequest) -> Priority:
    """Expedited when the sender marked the request urgent."""
    return Priority.EXPEDITED if request.expedited else Priority.STANDARD


def review_type_of(request: ClaimRequest, received_on: date) -> ReviewType:
    """Retrospective when every service lies in the past, concurrent when a running service is to be extended."""
    ends = [line.serviced.end or line.serviced.start for line in request.lines]
    if ends and all(end is not None and end < received_on for end in ends):
        return ReviewType.RETROSPECTIVE
    if any(line.certification_type and line.certification_type.code == _EXTENSION for line in request.lines):
        return ReviewType.CONCURRENT
    return ReviewType.PROSPECTIVE
