"""Runs the worked examples inside a policy, from facts as known to the course taken. Must not know files."""

from collections.abc import Iterator
from decimal import Decimal

from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course
from fhir_um.policy.advising import rows_for
from fhir_um.policy.compiling import typed_value
from fhir_um.policy.evaluate import leaf_truths, not_shown, truth_of, unresolved
from fhir_um.policy.model import Criteria, Found, Misfit, Policy
from fhir_um.policy.schema import ExampleFile, PolicyFile


def run_examples(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    """Every worked example that does not come out as it says.

    Raises: Misfit when an example names a fact the policy does not have, or gives it a value of another type.
    """
    for example in file.tests:
        path = f"tests[{example.name}]"
        for what in _mismatches(policy, example, path):
            yield Misfit(path, what)


def _mismatches(policy: Policy, example: ExampleFile, path: str) -> Iterator[str]:
    found = _known(policy, example, path)
    if policy.criteria is None:
        course = Course.NO_AUTHORIZATION if not policy.required else Course.DENY_BENEFIT
        if example.course != course:
            yield f"course is {course}, not {example.course}"
        yield from _advice(policy, None, frozenset(), example)
        return
    truth, missing, lacking = _weigh(policy.criteria, found, example)
    yield from _advice(policy, truth, lacking, example)
    if example.expect != truth:
        yield f"comes out {truth}, not {example.expect}"
    if example.unresolved is not None and set(example.unresolved) != set(missing):
        yield f"leaves {', '.join(missing) or 'nothing'} unresolved"
    if example.course != policy.courses[truth]:
        yield f"course is {policy.courses[truth]}, not {example.course}"


def _weigh(
    criteria: Criteria, found: dict[str, Found | None], example: ExampleFile
) -> tuple[Truth, tuple[str, ...], frozenset[str]]:
    """The truth, the facts still worth knowing, and the facts that were not shown."""
    truths = leaf_truths(criteria, found, example.day)
    root = criteria.root
    return truth_of(root, truths), unresolved(root, truths), not_shown(root, truths)


def _advice(policy: Policy, truth: Truth | None, lacking: frozenset[str], example: ExampleFile) -> Iterator[str]:
    if example.advice is None:
        return
    told = {row.id for row in rows_for(policy, truth, lacking)}
    if told != set(example.advice):
        yield f"advises {', '.join(sorted(told)) or 'nothing'}"


def _known(policy: Policy, example: ExampleFile, path: str) -> dict[str, Found | None]:
    """Facts the example leaves out are unknown; a fact that can only be shown is never known to be false."""
    known: dict[str, Found | None] = dict.fromkeys(policy.facts)
    for fact_id, value in example.facts.items():
        fact = policy.facts.get(fact_id)
        if fact is None:
            raise Misfit(path, f"fact {fact_id!r} is not declared")
        typed = typed_value(value, fact.type, f"{path}.facts.{fact_id}")
        if fact.only_shown and typed is False:
            raise Misfit(path, f"{fact_id} cannot be known to be false; leave it out")
        known[fact_id] = Found(typed, at_least=fact.only_shown and isinstance(typed, Decimal))
    return known
