"""From a line and what is known about it to what software may do with it. Pure, and never a clinical denial.

Must not know FHIR, SQL or the time. The order, first answer wins:

1. the plan's excluded codes and used-up benefits (explicit benefit rules);
2. per policy that names the service: its exclusions, gold card, free units, duplicates, limits, criteria;
3. without a policy: the no-authorization file, else a person, because an unknown service is never guessed.

Where several policies name the line (several codes, or a range of codes) the strictest answer holds.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.model import Course, Determination
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import BenefitLimit
from fhir_um.policy import findings
from fhir_um.policy.chart import diagnoses_of, has_document
from fhir_um.policy.evaluate import leaf_truths, truth_of, unresolved
from fhir_um.policy.history import overlapping, units_around, units_used
from fhir_um.policy.model import AskedLine, Criteria, Found, Leaf, LineContext, Policy
from fhir_um.policy.records import line_npis
from fhir_um.policy.systems import same_code
from fhir_um.words import Code, Period

STRICTNESS: dict[Course, int] = {course: rank for rank, course in enumerate((
    Course.NO_AUTHORIZATION, Course.APPROVE, Course.PEND_DOCUMENTS, Course.PEND_REVIEW, Course.PEND_PHYSICIAN,
    Course.PEND_INTAKE, Course.CONTACT_PAYER, Course.DENY_BENEFIT,
))}  # fmt: skip

GRANTED = frozenset({Course.APPROVE, Course.NO_AUTHORIZATION})


def asked_line(context: LineContext, codes: frozenset[Code]) -> AskedLine:
    """The line made ready for fact finding."""
    return AskedLine(context, codes, diagnoses_of(context))


# --- the plan's own benefit rules -----------------------------------------------------------------------------------


def by_benefit(asked: AskedLine) -> Determination | None:
    """The plan's excluded codes and benefit limits, before any policy."""
    return _excluded_by_plan(asked) or _benefit_used_up(asked)


def _excluded_by_plan(asked: AskedLine) -> Determination | None:
    plan = asked.context.plan
    if not plan.excluded:
        return None
    excluded = frozenset(map(same_code, plan.excluded))
    hit = asked.codes & excluded
    if not hit:
        return None
    text = f"The plan does not cover this service ({', '.join(sorted(c.code for c in hit))})."
    finding = findings.plan_finding(plan, "excluded-services", "Service is not excluded by the plan")
    if not _is_wholly(asked, hit):
        return findings.to_intake(Reason.INTAKE_REVIEW, f"Part of the request is not covered. {text}", finding)
    return findings.not_covered(plan, Reason.NOT_COVERED, text, finding)


def _is_wholly(asked: AskedLine, codes: frozenset[Code]) -> bool:
    """True when the line asks for nothing but those codes; of a range nobody lists all it holds."""
    return asked.codes <= codes and asked.context.line.service_end is None


def _benefit_used_up(asked: AskedLine) -> Determination | None:
    for limit in asked.context.plan.limits:
        codes = frozenset(map(same_code, limit.codes))
        if asked.codes & codes:
            found = _against(limit, codes, asked)
            if found:
                return found
    return None


def _against(limit: BenefitLimit, codes: frozenset[Code], asked: AskedLine) -> Determination | None:
    """Used up altogether is a benefit decision; when a part is left, a person sees to it."""
    context = asked.context
    used = units_used(context.history, codes, context.on, _days_of(limit.months))
    wanted = _units(context)
    text = f"The plan covers {limit.units:f} in {limit.months} months ({limit.label}); {used:f} are used."
    finding = findings.plan_finding(context.plan, limit.id, limit.label)
    if used >= limit.units and _is_wholly(asked, codes):
        return findings.not_covered(context.plan, Reason.EXCEEDS_PLAN_MAXIMUM, text, finding)
    if used >= limit.units or (wanted is not None and used + wanted > limit.units):
        return findings.to_intake(Reason.INTAKE_REVIEW, f"The request may go beyond the benefit. {text}", finding)
    return None


def _days_of(months: int) -> int:
    """Months as days, 30.4375 each (365.25 / 12), rounded down so that an old use is sooner forgotten."""
    return int(months * 30.4375)


def _units(context: LineContext) -> Decimal | None:
    return context.line.quantity.value if context.line.quantity else None


# --- one policy -----------------------------------------------------------------------------------------------------


def by_policy(asked: AskedLine, policy: Policy) -> Determination:
    """What one policy says about the line."""
    for step in _STEPS:
        found = step(asked, policy)
        if found is not None:
            return found
    return _only_with_quantity(asked, policy, findings.none_needed(policy))


def _only_with_quantity(asked: AskedLine, policy: Policy, found: Determination) -> Determination:
    """A line without a quantity is not taken to be within a quantity limit: a person looks before it goes through."""
    limit = policy.limits.max_units
    if limit is None or found.course not in GRANTED or _units(asked.context) is not None:
        return found
    text = f"The line gives no quantity; without review at most {limit:f} units are possible."
    return findings.over_limit(policy, f"At most {limit:f} units", text)


def _exclusions(asked: AskedLine, policy: Policy) -> Determination | None:
    for exclusion in policy.exclusions:
        if exclusion.when is None:
            finding = findings.rule_finding(policy, "excluded", exclusion.text, Truth.UNMET, ())
        else:
            finding = weigh(asked, policy, exclusion.when)
            if finding.truth is not Truth.MET:
                continue
        return findings.not_covered(asked.context.plan, exclusion.reason, exclusion.text, finding)
    return None


def _gold_card(asked: AskedLine, policy: Policy) -> Determination | None:
    context = asked.context
    cards = [c for c in context.gold_cards if c.group == policy.group and c.payer_id == context.plan.payer_id]
    if not cards:
        return None
    npis = line_npis(asked)
    card = next((c for c in cards if c.npi in npis and c.period.covers(context.on)), None)
    return findings.gold_card(policy, card) if card else None


def _free_units(asked: AskedLine, policy: Policy) -> Determination | None:
    free, wanted = policy.free, _units(asked.context)
    if free is None or wanted is None:
        return None
    codes = frozenset(trigger.code for trigger in policy.triggers)
    used = units_around(asked.context.history, codes, asked.context.on, free.window_days)
    return findings.within_free_units(policy, free, used, wanted) if used + wanted <= free.units else None


def _duplicates(asked: AskedLine, policy: Policy) -> Determination | None:
    context = asked.context
    if not policy.limits.pend_duplicates or not context.history:
        return None
    days = context.line.serviced
    if days.start is None and days.end is None:
        days = Period(context.on, context.on)
    others = overlapping(context.history, asked.codes, days)
    return findings.duplicate(policy, others) if others else None


def _limits(asked: AskedLine, policy: Policy) -> Determination | None:
    """More units or more days than may go without a person are routed to one, never cut down."""
    return _too_many_units(asked, policy) or _too_many_days(asked, policy)


def _too_many_units(asked: AskedLine, policy: Policy) -> Determination | None:
    limit, context = policy.limits.max_units, asked.context
    if limit is None:
        return None
    per_days = policy.limits.per_days
    window = f" in {per_days} days" if per_days else ""
    label = f"At most {limit:f} units{window}"
    wanted = _units(context)
    if wanted is None:
        return None
    used = units_around(context.history, asked.codes, context.on, per_days) if per_days else Decimal(0)
    if used + wanted <= limit:
        return None
    text = f"{wanted:f} units are requested and {used:f} are on file{window}; more than {limit:f} need review."
    return findings.over_limit(policy, label, text)


def _too_many_days(asked: AskedLine, policy: Policy) -> Determination | None:
    longest, days = policy.limits.authorized_period_days, asked.context.line.serviced
    if longest is None or days.start is None or days.end is None:
        return None
    if days.end - days.start < timedelta(days=longest):
        return None
    text = f"More than {longest} days are requested at once, which needs review."
    return findings.over_limit(policy, f"At most {longest} days at once", text)


def _criteria(asked: AskedLine, policy: Policy) -> Determination | None:
    if policy.criteria is None:
        return None
    return conclude(asked, policy, weigh(asked, policy, policy.criteria))


def conclude(asked: AskedLine, policy: Policy, finding: Finding) -> Determination:
    """The course the policy takes at this truth value.

    Documents that came already are not asked for again: when all are here, a person reads them.
    """
    course = policy.courses[finding.truth]
    documents: tuple[DocumentNeeded, ...] = ()
    if course is Course.PEND_DOCUMENTS:
        documents = documents_to_ask(asked, policy, finding)
        course = course if documents else Course.PEND_REVIEW
    return _only_with_quantity(asked, policy, findings.by_criteria(asked.context, policy, course, finding, documents))


def documents_to_ask(asked: AskedLine, policy: Policy, finding: Finding) -> tuple[DocumentNeeded, ...]:
    """Documents that could show what is missing and did not come."""
    missing = frozenset(finding.missing)
    return tuple(
        d.needed
        for d in policy.documents
        if (not d.shows or d.shows & missing) and not has_document(asked, d.needed.loinc)
    )


def _result(leaf: Leaf, truth: Truth, found: Found | None) -> CriterionResult:
    return CriterionResult(leaf.id, leaf.label, truth, found.refs if found else (), leaf.fact.id)


def weigh(asked: AskedLine, policy: Policy, criteria: Criteria) -> Finding:
    """The truth of a criteria tree with every criterion, its evidence, and the facts still missing."""
    context = asked.context
    found = {fact.id: fact.find(asked) for fact in criteria.facts}
    truths = leaf_truths(criteria, found, context.received)
    results = tuple(map(_result, criteria.leaves, truths, (found[leaf.fact.id] for leaf in criteria.leaves)))
    truth = truth_of(criteria.root, truths)
    missing = unresolved(criteria.root, truths) if truth is Truth.UNKNOWN else ()
    return Finding(policy.id, policy.version, policy.content_hash, policy.title, truth, results, missing)


_STEPS: tuple[Callable[[AskedLine, Policy], Determination | None], ...] = (
    _exclusions,
    _gold_card,
    _free_units,
    _duplicates,
    _limits,
    _criteria,
)
