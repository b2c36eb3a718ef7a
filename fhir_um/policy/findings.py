"""The determinations software may make, each with its plain sentence and its finding. Must not know how one is chosen.

Nothing here can deny but `not_covered`, and that only where the plan lets software apply its exclusions.
"""

from datetime import date, timedelta
from decimal import Decimal

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.model import Authorized, Course, Determination
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import GoldCard, Plan, UsedService
from fhir_um.policy.model import FreeService, FreeUnits, LineContext, Policy
from fhir_um.words import Period

REASONS: dict[Course, Reason] = {
    Course.APPROVE: Reason.CRITERIA_MET,
    Course.NO_AUTHORIZATION: Reason.NO_AUTHORIZATION_REQUIRED,
    Course.PEND_DOCUMENTS: Reason.INFORMATION_NEEDED,
    Course.PEND_REVIEW: Reason.MEDICAL_REVIEW,
    Course.PEND_PHYSICIAN: Reason.MEDICAL_REVIEW,
    Course.CONTACT_PAYER: Reason.CONTACT_OTHER,
}
"""The reason a criteria outcome carries."""


def not_covered(plan: Plan, reason: Reason, text: str, finding: Finding) -> Determination:
    """An explicit exclusion: denied administratively where the plan lets software do so, otherwise a person looks."""
    if plan.administrative_denials:
        return Determination(Course.DENY_BENEFIT, reason, text, finding)
    return Determination(Course.PEND_INTAKE, Reason.INTAKE_REVIEW, f"Sent to a person to confirm: {text}", finding)


def to_intake(reason: Reason, text: str, finding: Finding, specialty: str = "") -> Determination:
    """Handed to the intake desk."""
    return Determination(Course.PEND_INTAKE, reason, text, finding, specialty=specialty)


def unknown_service(line: LineRequest) -> Determination:
    """No rule knows the service: a person looks, nothing is guessed."""
    named = ", ".join(c.code for c in line.service.codes) or "without a code"
    text = f"No coverage rule names this service ({named}). It was sent to a person for review."
    return Determination(Course.PEND_REVIEW, Reason.UNKNOWN_SERVICE, text)


def no_rule_in_force(line: LineRequest, on: date) -> Determination:
    """Policies name the service, but none for this plan on this day."""
    named = ", ".join(c.code for c in line.service.codes)
    text = f"No coverage policy for {named} is in force for this plan on {on}. It was sent to a person for review."
    return Determination(Course.PEND_REVIEW, Reason.PENDING_REVIEW, text)


def free_service(row: FreeService) -> Determination:
    """A row of the no-authorization file."""
    finding = Finding("no-authorization", row.version, row.content_hash, row.title, Truth.MET, ())
    text = f"No prior authorization is required for this service ({row.title})."
    return Determination(Course.NO_AUTHORIZATION, Reason.NO_AUTHORIZATION_REQUIRED, text, finding)


def plan_finding(plan: Plan, benefit: str, label: str) -> Finding:
    """What the plan's own benefit rules say; they have no policy file, so no version and no hash."""
    rule = CriterionResult(benefit, label, Truth.UNMET, (f"plan:{plan.id}#{benefit}",))
    return Finding(f"plan:{plan.id}", "", "", plan.name, Truth.UNMET, (rule,))


def rule_finding(policy: Policy, rule: str, label: str, truth: Truth, evidence: tuple[str, ...]) -> Finding:
    """A finding that rests on one rule of the policy outside its criteria."""
    result = CriterionResult(rule, label, truth, evidence)
    return Finding(policy.id, policy.version, policy.content_hash, policy.title, truth, (result,))


def gold_card(policy: Policy, card: GoldCard) -> Determination:
    """The provider is exempt for this group of services."""
    label = f"Provider is exempt from authorization for {policy.group}"
    finding = rule_finding(policy, "gold-card", label, Truth.MET, (f"gold-card:{card.id}",))
    text = "No prior authorization is required: the provider holds an exemption for this group of services."
    return Determination(Course.NO_AUTHORIZATION, Reason.GOLD_CARD, text, finding)


def within_free_units(policy: Policy, free: FreeUnits, used: Decimal, asked: Decimal) -> Determination:
    """The first units in a window need no authorization."""
    label = f"{used:f} used and {asked:f} requested of {free.units:f} without authorization in {free.window_days} days"
    finding = rule_finding(policy, "free-units", label, Truth.MET, ("payer:history",))
    text = f"No prior authorization is required for the first {free.units:f} units in {free.window_days} days."
    return Determination(Course.NO_AUTHORIZATION, Reason.WITHIN_FREE_VISITS, text, finding)


def none_needed(policy: Policy) -> Determination:
    """A policy that asks for no authorization within its limits."""
    finding = rule_finding(policy, "within-limits", "Within the limits of the policy", Truth.MET, ())
    text = f"No prior authorization is required for this service ({policy.title})."
    return Determination(Course.NO_AUTHORIZATION, Reason.NO_AUTHORIZATION_REQUIRED, text, finding)


def duplicate(policy: Policy, others: tuple[UsedService, ...]) -> Determination:
    """Another case already covers the service on these days; a person compares them."""
    evidence = tuple(f"authorization:{o.number or o.case_id}" for o in others)
    finding = rule_finding(policy, "no-duplicate", "No other request for the same days", Truth.UNMET, evidence)
    text = "Another request for the same service on overlapping days is on file. A person will compare the two."
    return to_intake(Reason.DUPLICATE, text, finding, policy.specialty)


def over_limit(policy: Policy, label: str, text: str) -> Determination:
    """More than may go without a person; never cut down to the limit."""
    finding = rule_finding(policy, "within-limits", label, Truth.UNMET, ())
    return Determination(Course.PEND_REVIEW, Reason.MEDICAL_REVIEW, text, finding, specialty=policy.specialty)


def by_criteria(
    context: LineContext, policy: Policy, course: Course, finding: Finding, documents: tuple[DocumentNeeded, ...]
) -> Determination:
    """What the criteria lead to."""
    return Determination(
        course=course,
        reason=REASONS[course],
        text=_sentence(policy, course, finding),
        finding=finding,
        authorized=_authorized(context, policy) if course is Course.APPROVE else None,
        documents=documents,
        specialty=policy.specialty,
    )


def _sentence(policy: Policy, course: Course, finding: Finding) -> str:
    if course is Course.APPROVE:
        return f"Approved: the criteria of the policy {policy.title}, version {policy.version}, are met."
    if course is Course.NO_AUTHORIZATION:
        return f"No prior authorization is required: the criteria of the policy {policy.title} are met."
    if course is Course.CONTACT_PAYER:
        return policy.other_administrator
    missing = "; ".join(policy.facts[fact].label for fact in finding.missing)
    if course is Course.PEND_DOCUMENTS:
        return f"More information is needed to decide. Not found in the request: {missing}."
    return f"{_sent(course, policy.title)}{_why(finding, missing)}"


def why_reviewed(course: Course, title: str, text: str) -> str:
    """Why a person reviews a line, without the words that say that it was sent to one."""
    return text.removeprefix(_sent(course, title))


def reader(course: Course) -> str:
    """Who reviews: a physician where the policy wants one."""
    return "a physician" if course is Course.PEND_PHYSICIAN else "a clinician"


def _sent(course: Course, title: str) -> str:
    return f"Sent to {reader(course)} for review under the policy {title}. "


def _why(finding: Finding, missing: str) -> str:
    if finding.truth is Truth.UNKNOWN:
        return f"Not found in a form that software can read: {missing}."
    if finding.truth is Truth.UNMET:
        labels = "; ".join(c.label for c in finding.criteria if c.truth is Truth.UNMET)
        return f"Not shown to be met: {labels}." if labels else "The criteria were not shown to be met."
    return "This service is always decided by a person."


def _authorized(context: LineContext, policy: Policy) -> Authorized:
    days = policy.limits.authorized_period_days
    return Authorized(period=authorized_period(context, days) if days else None)


def authorized_period(context: LineContext, days: int) -> Period:
    """The days asked for when a period was given; otherwise `days` from the day of service, or of receipt."""
    asked = context.line.serviced
    if asked.start and asked.end and asked.end > asked.start:
        return asked
    start = asked.start or context.received
    return Period(start, start + timedelta(days=days - 1))
