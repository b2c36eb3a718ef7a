"""Coverage information on an order: the order as it was sent, with only our extensions for this coverage replaced.

Must not know cards, or what differs between dialects. Source: CRD 2.2.1 and 2.0.1, ext-coverage-information; CRD 2.2.1
resp-25 to resp-37, hook-19.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cds_hooks.desk import Answered, Assertion, DocNeeded, Json, Order, Question
from cds_hooks.dialects import Dialect
from cds_hooks.statements import Statement, part

URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"

_NOT_COMPARED = ("coverage", "coverage-assertion-id", "date")


def updates(question: Question, answered: Answered, dialect: Dialect) -> list[Json]:
    """One system action for every order with something new to say; without a Coverage nothing can be said."""
    if not question.coverage_ref:
        return []
    actions = []
    for order in question.orders:
        resource = annotated(order, answered.assertions.get(order.ref, ()), question, dialect)
        if resource is not None:
            description = f"Keeps the coverage information of {answered.source_label} on {order.ref}."
            actions.append({"type": "update", "description": description, "resource": resource})
    return actions


def annotated(
    order: Order, assertions: tuple[Assertion, ...], question: Question, dialect: Dialect
) -> dict[str, Any] | None:
    """The order with what the assertions say; None when it says so already, or may not carry it.

    Everything else of the order is what was sent, to the last decimal. Source: CRD 2.2.1 resp-29, resp-35, resp-37.
    """
    if not assertions or order.resource.get("resourceType") not in dialect.annotated:
        return None
    new = [extension(told, question.coverage_ref, dialect) for told in _sayable(assertions, question, dialect)]
    old = _listed(order.resource.get("extension"))
    ours = [item for item in old if _is_about(item, question)]
    if _match(ours, new, _says_the_same):
        return None
    return {**order.resource, "extension": [item for item in old if item not in ours] + new}


def extension(told: Assertion, coverage_ref: str, dialect: Dialect) -> Json:
    """The extension that says an assertion about one coverage, its elements in the order of the definition."""
    return {"url": URL, "extension": list(_parts(dialect.state(told), coverage_ref))}


def _parts(stated: Statement, coverage_ref: str) -> Iterator[Json]:
    yield part("coverage", {"valueReference": {"reference": coverage_ref}})
    yield from _values("covered", "valueCode", (stated.covered,))
    yield from _values("pa-needed", "valueCode", (stated.pa_needed,))
    yield from _values("doc-needed", "valueCode", stated.doc_needed)
    yield from _values("doc-purpose", "valueCode", stated.doc_purpose)
    yield from _values("info-needed", "valueCode", stated.info_needed)
    yield from _values("billingCode", "valueCoding", stated.billing_codes)
    yield from _values("reason", "valueCodeableConcept", stated.reasons)
    yield from ({"url": "detail", "extension": parts} for parts in stated.details)
    yield from _values("dependency", "valueReference", tuple({"reference": ref} for ref in stated.depends_on))
    yield from _values("questionnaire", "valueCanonical", stated.questionnaires)
    yield part("date", {"valueDate": stated.on.isoformat()})
    yield part("coverage-assertion-id", {"valueString": stated.id})
    yield from _values("satisfied-pa-id", "valueString", (stated.satisfied_pa_id,))
    yield from (part("contact", contact) for contact in stated.contacts)
    yield from _values("expiry-date", "valueDate", (stated.expires.isoformat() if stated.expires else "",))


def _values(url: str, name: str, values: tuple[Any, ...]) -> Iterator[Json]:
    return (part(url, {name: str(value) if isinstance(value, str) else value}) for value in values if value)


def _sayable(assertions: tuple[Assertion, ...], question: Question, dialect: Dialect) -> list[Assertion]:
    """What may be said here. All that is said of one order goes under the id of the first assertion.

    Where there may be but one authorization number, what is satisfied by another is left out: it is true of its own
    scope only, and scopes need not cover everything. Source: CRD 2.0.1 (ids SHALL be the same), 2.2.1 resp-33.
    """
    told = [replace(assertion, id=assertions[0].id) for assertion in assertions]
    if question.is_secondary:
        told = [_without_documents(assertion, dialect) for assertion in told]
    if not dialect.one_pa_id:
        return told
    first = next((assertion.satisfied_pa_id for assertion in told if assertion.satisfied_pa_id), "")
    return [assertion for assertion in told if assertion.satisfied_pa_id in ("", first)]


def _without_documents(told: Assertion, dialect: Dialect) -> Assertion:
    """What may be said before an order is made: nothing for clinicians or clerks to answer. Source: CRD 2.2.1 hook-19.

    With a question goes its form and its purpose.
    """
    asked_of_staff = {DocNeeded.CLINICAL, DocNeeded.ADMIN} | (set() if dialect.asks_patients else {DocNeeded.PATIENT})
    left = tuple(asked for asked in told.doc_needed if asked not in asked_of_staff)
    if left == told.doc_needed:
        return told
    return replace(told, doc_needed=left, doc_purpose=(), questionnaires=())


def _listed(value: Any) -> list[Any]:
    """A list, whatever stands there: some clients write one object where a list belongs."""
    return value if isinstance(value, list) else ([value] if value else [])


def _is_about(item: Any, question: Question) -> bool:
    if not isinstance(item, dict) or item.get("url") != URL:
        return False
    named = [_reference(sub) for sub in _listed(item.get("extension")) if _url(sub) == "coverage"]
    return len(named) == 1 and _is_same(named[0], question.coverage_ref)


def _url(sub: Any) -> Any:
    return sub.get("url") if isinstance(sub, dict) else None


def _reference(sub: Json) -> str:
    value = sub.get("valueReference")
    reference = value.get("reference") if isinstance(value, dict) else None
    return reference if isinstance(reference, str) else ""


def _is_same(reference: str, other: str) -> bool:
    """Whether two references are to one Coverage of this EHR, one of them perhaps with the address of its server."""
    short, long = sorted((reference, other), key=len)
    return bool(short) and (long == short or long.endswith(f"/{short}"))


def _says_the_same(one: Any, other: Any) -> bool:
    return _match(_compared(one), _compared(other), lambda left, right: bool(left == right))


def _compared(item: Json) -> list[Any]:
    return [sub for sub in _listed(item.get("extension")) if _url(sub) not in _NOT_COMPARED]


def _match(some: list[Any], others: list[Any], same: Callable[[Any, Any], bool]) -> bool:
    """Whether every item has its like among the others, and none of those is left."""
    left = list(others)
    for item in some:
        like = next((index for index, other in enumerate(left) if same(item, other)), -1)
        if like < 0:
            return False
        del left[like]
    return not left
