"""What a policy must keep to beyond its shape: no denial, nothing asked twice, an example of every outcome.

Must not know lines or evidence.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course
from fhir_um.cases.reasons import ADMINISTRATIVE_DENIALS
from fhir_um.policy.advising import faults_of_advice
from fhir_um.policy.evaluate import possible
from fhir_um.policy.model import Criteria, Misfit, Policy
from fhir_um.policy.schema import FactFile, PolicyFile
from fhir_um.policy.systems import loinc_is_well_formed

ALLOWED: dict[Truth, frozenset[Course]] = {
    Truth.MET: frozenset({Course.APPROVE, Course.NO_AUTHORIZATION, Course.PEND_REVIEW, Course.PEND_PHYSICIAN}),
    Truth.UNKNOWN: frozenset({Course.PEND_DOCUMENTS, Course.PEND_REVIEW}),
    Truth.UNMET: frozenset({Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.CONTACT_PAYER}),
}
"""Software may approve, ask or hand over. No truth value leads to a denial."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_REPORT_TYPE = re.compile(r"[A-Z0-9]{2}")


def lint(policy: Policy, file: PolicyFile) -> tuple[Misfit, ...]:
    """Every rule the policy breaks."""
    return tuple(fault for check in _CHECKS for fault in check(policy, file))


def _head(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    if not _VERSION.fullmatch(policy.version):
        yield Misfit("version", "must be three numbers, for example 1.0.0")
    if policy.effective.end and policy.effective.end < file.effective.start:
        yield Misfit("effective", "ends before it starts")
    if not policy.triggers:
        yield Misfit("applies_to", "names no code")
    if not policy.lines_of_business:
        yield Misfit("lines_of_business", "names none")


def _authorization(policy: Policy, _: PolicyFile) -> Iterator[Misfit]:
    limits = policy.limits
    if limits.per_days is not None and limits.max_units is None:
        yield Misfit("limits.per_days", "needs max_units")
    if not policy.required and (policy.criteria or policy.courses):
        yield Misfit("authorization", "none leaves nothing for criteria to decide")
    if policy.required and not policy.criteria and not policy.never_covered:
        yield Misfit("criteria", "are missing")
    if bool(policy.criteria) is not bool(policy.courses):
        yield Misfit("outcome", "goes with criteria, and criteria with an outcome")
    approves = policy.courses.get(Truth.MET) is Course.APPROVE
    if approves and limits.authorized_period_days is None:
        yield Misfit("limits.authorized_period_days", "is needed to approve")


def _outcomes(policy: Policy, _: PolicyFile) -> Iterator[Misfit]:
    for truth, course in policy.courses.items():
        if course not in ALLOWED[truth]:
            allowed = ", ".join(sorted(ALLOWED[truth]))
            yield Misfit(f"outcome.{truth}", f"{course} is not for software to choose; it may be {allowed}")


def _other_administrator(policy: Policy, _: PolicyFile) -> Iterator[Misfit]:
    if policy.courses.get(Truth.UNMET) is not Course.CONTACT_PAYER:
        return
    if not policy.other_administrator:
        yield Misfit("outcome.unmet", "contact-payer needs administered_by_other")
    if policy.criteria and any(leaf.fact.clinical for leaf in policy.criteria.leaves):
        yield Misfit("outcome.unmet", "contact-payer may not rest on what the chart says")


def _trees(policy: Policy) -> Iterator[Criteria]:
    if policy.criteria:
        yield policy.criteria
    yield from (e.when for e in policy.exclusions if e.when)


def _facts(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    leaves = [leaf for tree in _trees(policy) for leaf in tree.leaves]
    for leaf_id, count in Counter(leaf.id for leaf in leaves).items():
        if count > 1:
            yield Misfit("criteria", f"criterion {leaf_id!r} appears {count} times")
    used = {leaf.fact.id for leaf in leaves}
    for fact_id, fact in file.facts.items():
        if fact_id not in used:
            yield Misfit(f"facts.{fact_id}", "is used by no criterion")
        yield from _loinc_of(fact_id, fact)


def _loinc_of(fact_id: str, fact: FactFile) -> Iterator[Misfit]:
    named = (fact.observation.codes if fact.observation else []) + (fact.document.types if fact.document else [])
    for code in named:
        if ":" not in code and not loinc_is_well_formed(code):
            yield Misfit(f"facts.{fact_id}", f"{code} is no LOINC code: its check digit is wrong")


def _exclusions(policy: Policy, _: PolicyFile) -> Iterator[Misfit]:
    for i, exclusion in enumerate(policy.exclusions):
        if exclusion.reason not in ADMINISTRATIVE_DENIALS:
            yield Misfit(f"exclusions[{i}].reason", f"{exclusion.reason} is for a clinician to give")
        if exclusion.when and any(leaf.fact.clinical for leaf in exclusion.when.leaves):
            yield Misfit(f"exclusions[{i}].when", "a benefit exclusion may not rest on what the chart says")


def _documents(policy: Policy, _: PolicyFile) -> Iterator[Misfit]:
    for i, document in enumerate(policy.documents):
        needed = document.needed
        if not loinc_is_well_formed(needed.loinc):
            yield Misfit(f"documents[{i}].loinc", f"{needed.loinc} is no LOINC code")
        for code in needed.modifiers:
            if not loinc_is_well_formed(code):
                yield Misfit(f"documents[{i}].modifiers", f"{code} is no LOINC code")
        if needed.report_type and not _REPORT_TYPE.fullmatch(needed.report_type):
            yield Misfit(f"documents[{i}].report_type", f"{needed.report_type} is no X12 code of two characters")
        for fact_id in sorted(document.shows - policy.facts.keys()):
            yield Misfit(f"documents[{i}].shows", f"fact {fact_id!r} is not declared")
    if policy.courses.get(Truth.UNKNOWN) is Course.PEND_DOCUMENTS and not any(d.required for d in policy.documents):
        yield Misfit("documents", "pend-documents needs a required document to ask for")


def _form(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    items = [item for group in policy.form for item in group.items]
    placed = Counter(item.link for item in items)
    types = {item.link: item.type for item in items}
    asked: Counter[str] = Counter(link for fact in policy.facts.values() for link in fact.links)
    for link in asked.keys() | placed.keys():
        if placed[link] != 1 or asked[link] != 1:
            yield Misfit(
                "form", f"{link!r} is asked by {asked[link]} facts and stands in {placed[link]} places, not one"
            )
    for fact_id, fact in file.facts.items():
        for link in fact.answer.links if fact.answer else ():
            if fact.answer and types.get(link, fact.answer.type) != fact.answer.type:
                yield Misfit(f"facts.{fact_id}.answer", f"{link!r} has another type in the form")
    for item in items:
        if (item.type == "choice") is not bool(item.options):
            yield Misfit("form", f"{item.link!r}: a choice has options, nothing else does")


def _examples(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    if not file.tests:
        yield Misfit("tests", "a policy without worked examples is refused")
    if policy.criteria:
        shown = {Truth(test.expect) for test in file.tests if test.expect}
        for truth in sorted(possible(policy.criteria.root) - shown):
            yield Misfit("tests", f"no example is {truth}, which the criteria can be")


_CHECKS: tuple[Callable[[Policy, PolicyFile], Iterator[Misfit]], ...] = (
    _head,
    _authorization,
    _outcomes,
    _other_administrator,
    _facts,
    _exclusions,
    _documents,
    _form,
    faults_of_advice,
    _examples,
)
