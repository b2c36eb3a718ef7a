"""A determination told to a person: course, policy, every criterion in its tree with the evidence, what is missing.

Must not weigh anything again: truth comes from the finding, words and structure from the policy.
"""

from collections.abc import Iterator
from decimal import Decimal

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.evidence import Condition, Evidence, EvidenceValue, Medication, Order, Procedure
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.model import Course, Determination
from fhir_um.commands.telling import wrapped
from fhir_um.commands.wording import COURSES
from fhir_um.policy.evaluate import truth_of
from fhir_um.policy.model import Group, Leaf, Node, Policy
from fhir_um.words import Code, Concept

_DONE = frozenset({Course.APPROVE, Course.NO_AUTHORIZATION, Course.DENY_BENEFIT})
_JOINED = {"all": "all of", "any": "any of", "none": "none of"}


def tell_determination(
    line: LineRequest, found: Determination, policy: Policy | None, evidence: Evidence
) -> Iterator[str]:
    """One line of a request, from what was asked to what would be asked back."""
    codes = "/".join(code.code for code in line.service.codes) or "no code"
    quantity = f", quantity {line.quantity.value:f}" if line.quantity else ""
    yield f"Line {line.sequence}: {codes}{quantity}"
    yield f"  {found.course}: {COURSES[found.course]} (reason {found.reason})"
    yield from wrapped(found.text, 4)
    if found.finding:
        yield from _finding(found.finding, policy, evidence)
    yield from _asked(found, policy)
    if found.specialty and found.course not in _DONE:
        yield f"  goes to: reviewers for {found.specialty}"


def _finding(finding: Finding, policy: Policy | None, evidence: Evidence) -> Iterator[str]:
    yield f"  policy: {' '.join(filter(None, (finding.policy_id, finding.policy_version)))}, {finding.title}"
    if finding.policy_hash:
        yield f"    sha256 {finding.policy_hash}"
    values = evidence_values(evidence)
    results = {criterion.id: criterion for criterion in finding.criteria}
    tree = policy.criteria if policy else None
    if tree and results and set(results) == {leaf.id for leaf in tree.leaves}:
        yield f"  criteria: {finding.truth}"
        truths = [results[leaf.id].truth for leaf in tree.leaves]
        yield from _node(tree.root, truths, results, values, 0)
        return
    for criterion in finding.criteria:
        yield from _criterion(criterion, values, 0, "")


def _node(
    node: Node, truths: list[Truth], results: dict[str, CriterionResult], values: dict[str, str], depth: int
) -> Iterator[str]:
    if isinstance(node, Leaf):
        yield from _criterion(results[node.id], values, depth, node.fact.label)
        return
    yield f"    {truth_of(node, truths):8}{'  ' * depth}{_joined(node)}"
    for child in node.children:
        yield from _node(child, truths, results, values, depth + 1)


def _joined(group: Group) -> str:
    return _JOINED.get(group.kind) or f"at least {group.needed} of"


def _criterion(criterion: CriterionResult, values: dict[str, str], depth: int, fact: str) -> Iterator[str]:
    yield f"    {criterion.truth:8}{'  ' * depth}{criterion.label} [{criterion.id}]"
    margin = " " * (14 + 2 * depth)
    for ref in criterion.evidence:
        yield f"{margin}<- {f'{values[ref]}, ' if ref in values else ''}{ref}"
    if criterion.truth is Truth.UNKNOWN and not criterion.evidence:
        yield f"{margin}not found: {fact}" if fact else f"{margin}nothing was found"


def _asked(found: Determination, policy: Policy | None) -> Iterator[str]:
    missing = found.finding.missing if found.finding else ()
    facts = [policy.facts[name] for name in missing if policy and name in policy.facts]
    yield from (f"  missing: {fact.label}" for fact in facts)
    for document in found.documents:
        yield f"  would ask for: {document.label} (LOINC {document.loinc})"
    links = {link for fact in facts for link in fact.links}
    items = [item for group in policy.form for item in group.items] if policy else []
    yield from (f"  would ask: {item.text} [{item.link}]" for item in items if item.link in links)


# --- what evidence says -----------------------------------------------------------------------------------------------


def evidence_values(evidence: Evidence) -> dict[str, str]:
    """Address -> what stands there, in a few words with its day."""
    return dict(_values(evidence))


def _values(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for seen in evidence.observations:
        yield seen.ref, _dated(f"{_value(seen.value)} {seen.unit}".strip(), seen.on)
    coded: tuple[Condition | Procedure | Medication | Order, ...] = (
        *evidence.conditions,
        *evidence.procedures,
        *evidence.medications,
        *evidence.orders,
    )
    for each in coded:
        yield each.ref, _dated(_codes(each.codes), each.on)
    for answer in evidence.answers:
        yield answer.ref, _dated(f"answered {_value(answer.value)} {answer.unit}".strip(), answer.on)
    for document in evidence.documents:
        yield document.ref, _dated(f"document {_concept(document.type)}", document.on)
    for stay in evidence.stays:
        yield stay.ref, _dated(f"stay {stay.class_code}", stay.on)


def _dated(text: str, on: object) -> str:
    return f"{text} on {on}" if on else text


def _value(value: EvidenceValue | None) -> str:
    match value:
        case None:
            return "no value"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case Code():
            return value.code
        case _:
            return str(value)


def _codes(codes: tuple[Code, ...]) -> str:
    return "/".join(code.code for code in codes) or "without a code"


def _concept(concept: Concept) -> str:
    return _codes(concept.codes) if concept.codes else concept.text or "without a type"
