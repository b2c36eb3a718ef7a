"""What the rules propose for one line, given what the records say. Reads the store, changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fhir_um.cases.asked import CONTINUING, ClaimRequest, LineRequest
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import PENDED, BusinessError, Case, Course, Determination, MemberId, PayerId
from fhir_um.cases.reasons import Reason
from fhir_um.cases.submission import Submission
from fhir_um.coverage.model import Directory, UsedService
from fhir_um.deps import Deps, Reading, used_by
from fhir_um.policy.model import LineContext
from fhir_um.usecases.eligibility import NOT_ELIGIBLE, Standing

_DECIDED_BY_RULES = CONTINUING | {"", "I", "5"}
"""X12 1322: initial, notification, and what continues an authorization. Appeals and unknown types are for people."""


@dataclass(frozen=True, slots=True)
class Adjudicator:
    """Everything one submission is judged by; made once per submission, `propose` is called per line."""

    deps: Deps
    request: ClaimRequest
    evidence: Evidence
    standing: Standing
    directory: Directory
    history: tuple[UsedService, ...]

    def propose(self, line: LineRequest, case: Case | None) -> Determination:
        """The course for one line of the case as it stands: intake when something is wrong, else what policies say."""
        standing = self.standing
        if standing.request_errors:
            return _with_fault(standing, standing.request_errors)
        faults = standing.line_errors(line.sequence)
        if faults:
            return _with_fault(standing, faults)
        if line.certification not in _DECIDED_BY_RULES:
            text = f"Requests of certification type {line.certification} are decided by people."
            return Determination(Course.PEND_INTAKE, Reason.INTAKE_REVIEW, text)
        return self.deps.policies.determine(self.context(line, case))

    def context(self, line: LineRequest, case: Case | None) -> LineContext:
        """All that policies may weigh about a line, beside the other lines of its case.

        Raises: AssertionError when the member or the plan is not established.
        """
        standing = self.standing
        member, plan = standing.member, standing.plan_of(line.sequence)
        if member is None or plan is None:
            raise AssertionError("a request without errors has a member and a plan")
        return LineContext(
            line=line,
            request=self.request,
            member=member,
            plan=plan,
            on=line.serviced.start or standing.received_on,
            received=standing.received_on,
            evidence=self.evidence,
            history=self.history + (tuple(_beside(case, line)) if case else ()),
            providers=standing.providers,
            gold_cards=tuple(c for c in self.directory.gold_cards if c.payer_id == standing.payer.id),
        )


def _beside(case: Case, line: LineRequest) -> Iterator[UsedService]:
    """What the case's other lines take: those authorized, and those that come before this one.

    The same service with other modifiers (left and right) counts towards limits and is not the same request.
    """
    for other in case.lines:
        if other.sequence == line.sequence or (other.state in PENDED and other.sequence > line.sequence):
            continue
        used = used_by(case, other)
        if used and other.request.modifiers == line.modifiers:
            yield used
        elif used and used.kind != "pended":
            yield replace(used, kind="counted")


def make_adjudicator(
    deps: Deps,
    work: Reading,
    directory: Directory,
    standing: Standing,
    submission: Submission,
    case: Case | None = None,
) -> Adjudicator:
    """Loads the member's history only when a line's policy looks at it; the case being amended is left out of it.

    What came with information the sender has cancelled is no evidence; what was attached to that case later is.
    """
    request, member = submission.request, standing.member
    evidence = submission.evidence.without(_taken_back(request))
    if case is not None:
        evidence = evidence.beside(work.attachments.evidence(case.payer_id, case.id))
    history: tuple[UsedService, ...] = ()
    if member and any(_needs_history(deps, standing, line) for line in request.lines):
        used = work.member_history(PayerId(standing.payer.id), MemberId(member.id))
        history = tuple(u for u in used if case is None or u.case_id != case.id)
    return Adjudicator(deps, request, evidence, standing, directory, history)


def _needs_history(deps: Deps, standing: Standing, line: LineRequest) -> bool:
    plan = standing.plan_of(line.sequence)
    return plan is not None and deps.policies.needs_history(line, plan)


def _taken_back(request: ClaimRequest) -> frozenset[str]:
    """Addresses of information that only cancelled entries point to."""
    cancelled = {info.ref for info in request.supporting_info if info.cancelled}
    return frozenset(cancelled - {info.ref for info in request.supporting_info if not info.cancelled} - {""})


def _with_fault(standing: Standing, faults: tuple[BusinessError, ...]) -> Determination:
    """Intake; only coverage that is not in force may be denied by software, and only where the plan says so."""
    plan = standing.plan
    if plan and plan.administrative_denials and all(fault.code == NOT_ELIGIBLE for fault in faults):
        text = "Not covered: the member has no coverage in force on the day of service."
        return Determination(Course.DENY_BENEFIT, Reason.NOT_ELIGIBLE, text)
    return Determination(Course.PEND_INTAKE, Reason.INTAKE_REVIEW, f"With intake: {faults[0].text}")
