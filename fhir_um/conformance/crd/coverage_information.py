"""Checks of where coverage information is put: which resources get it, and that nothing else of them changes.

Must not know what it says. Source: CRD 2.2.1 hook-16, hook-30, hook-34, resp-25 to resp-52; CRD 2.0.1.
"""

from collections.abc import Callable, Iterator
from typing import Any

from fhir_um.conformance import marks
from fhir_um.conformance.crd.dialects import PRIMARY, Dialect
from fhir_um.conformance.crd.making import Ids, answer_check, for_each, ids
from fhir_um.conformance.crd.marks import DO_NOT, OUTDATED, SEVERAL_COVERAGES, UNREACHABLE
from fhir_um.conformance.crd.numbering import for_hooks
from fhir_um.conformance.crd.reading import (
    annotated,
    annotating,
    asked_about,
    configuration_of,
    coverage_named,
    coverages_sent,
    hook_of,
    is_answered,
    object_of,
    orders_of_appointment,
    reference_to,
    sent_resources,
    statements_of,
    suggested_actions,
    text_of,
    type_of,
    values_of,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Strength

_NOT_TOLD = frozenset({marks.NO_COVERAGE, marks.OTHER_PAYER, marks.TOLD_ALREADY, UNREACHABLE, SEVERAL_COVERAGES})
"""Marks of calls that may be answered without coverage information."""
_TOLD = frozenset(
    {
        marks.COVERED,
        marks.NOT_COVERED,
        marks.AUTH_NEEDED,
        marks.NO_AUTH,
        marks.SATISFIED,
        marks.CONDITIONAL,
        marks.DOCUMENTED,
        marks.NO_MEMBER,
        marks.NO_ACTIVE_COVERAGE,
    }
)
"""Marks of calls that a story says are answered with coverage information."""


def to_annotate(dialect: Dialect, exchange: Exchange) -> list[str]:
    """What of a call must be answered with coverage information, as `Type/id`; nothing where none is demanded.

    Judged by the call: its hook is primary, or a story says that it is answered; a Coverage came along, it is not
    switched off, and the orders neither forbid something nor have an answer already.
    """
    is_off = configuration_of(exchange).get("coverage-info") is False
    is_told = hook_of(exchange) in PRIMARY or bool(exchange.marks & _TOLD)
    if not is_told or is_off or exchange.marks & _NOT_TOLD or not coverages_sent(exchange):
        return []
    sent = sent_resources(exchange)
    return [ref for ref in asked_about(exchange) if _is_open(dialect, sent.get(ref, {}), hook_of(exchange))]


def _is_open(dialect: Dialect, resource: Json, hook: str) -> bool:
    if not resource or resource.get("doNotPerform") is True or statements_of(resource):
        return False
    kind = text_of(resource.get("resourceType"))
    return kind in dialect.annotated(hook) and (dialect.is_newer or kind != "VisionPrescription")


def _wanted(dialect: Dialect) -> Callable[[Exchange], bool]:
    """Demanded by the call, or said by a story to come: secondary hooks may leave it out."""

    def is_wanted(exchange: Exchange) -> bool:
        return is_answered(exchange) and (bool(exchange.marks & _TOLD) or bool(to_annotate(dialect, exchange)))

    return is_wanted


def _received(exchange: Exchange) -> Iterator[Fault]:
    if not annotating(exchange):
        yield Fault("The answer has no system action with coverage information.", "systemActions")


def _each_order(dialect: Dialect) -> Callable[[Exchange], Iterator[Fault]]:
    def missing(exchange: Exchange) -> Iterator[Fault]:
        told, sent = annotated(exchange), sent_resources(exchange)
        for ref in to_annotate(dialect, exchange):
            instead = orders_of_appointment(sent.get(ref, {})) if dialect.is_newer else []
            if ref not in told and not any(order in told for order in instead):
                yield Fault(f"Nothing is said about {ref}.", "systemActions")

    return missing


def _fits_hook(dialect: Dialect) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        allowed = dialect.annotated(hook_of(exchange))
        for path, action in annotating(exchange):
            kind = type_of(action)
            if kind not in allowed:
                yield Fault(f"{hook_of(exchange)} is answered about {', '.join(sorted(allowed))}, not {kind}.", path)

    return faults


def _known(exchange: Exchange) -> Iterator[Fault]:
    sent = sent_resources(exchange)
    named = {*asked_about(exchange), *sent}
    named |= {order for ref in asked_about(exchange) for order in orders_of_appointment(sent.get(ref, {}))}
    for path, action in annotating(exchange):
        if reference_to(object_of(action.get("resource"))) not in named:
            yield Fault(
                "The resource is none of the call's; its id must be kept as it was sent.", f"{path}.resource.id"
            )


def _in_focus(exchange: Exchange) -> Iterator[Fault]:
    asked = asked_about(exchange)
    for path, action in annotating(exchange):
        ref = reference_to(object_of(action.get("resource")))
        if ref not in asked:
            yield Fault(f"{ref} was not asked about; that were {', '.join(asked)}.", path)


def _basis(exchange: Exchange) -> Iterator[Fault]:
    sent = sent_resources(exchange)
    for path, action in annotating(exchange):
        resource = object_of(action.get("resource"))
        orders = orders_of_appointment(sent.get(reference_to(resource), {}))
        if resource.get("resourceType") == "Appointment" and orders:
            yield Fault(f"The appointment is for {', '.join(orders)}: that is what must be updated.", path)


def _update(path: str, action: Any) -> Iterator[Fault]:
    if action.get("type") != "update":
        yield Fault(f"Coverage information is an update, not {action.get('type')!r}.", f"{path}.type")


def _resource_id(path: str, action: Any) -> Iterator[Fault]:
    if "resourceId" in action:
        yield Fault("An update has a resource and no resourceId.", f"{path}.resourceId")


def without_statements(resource: Json) -> Json:
    """The resource without its coverage information."""
    kept = [
        each
        for each in resource.get("extension") or ()
        if not (isinstance(each, dict) and each in statements_of(resource))
    ]
    rest = {name: value for name, value in resource.items() if name != "extension"}
    return {**rest, "extension": kept} if kept else rest


def _unchanged(exchange: Exchange) -> Iterator[Fault]:
    sent = sent_resources(exchange)
    for path, action in annotating(exchange):
        resource = object_of(action.get("resource"))
        before = sent.get(reference_to(resource))
        if before is not None:
            for name in _different(without_statements(before), without_statements(resource)):
                yield Fault("Nothing but coverage information may change.", f"{path}.resource.{name}")


def _different(before: Json, after: Json) -> list[str]:
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _of_coverages(exchange: Exchange, resource: Json, *, of_call: bool) -> list[Json]:
    """What a resource was told before, for the coverages of the call or for others."""
    own = coverages_sent(exchange)
    before = statements_of(sent_resources(exchange).get(reference_to(resource), {}))
    return [each for each in before if (coverage_named(each) in own) is of_call]


def _replaced(exchange: Exchange) -> Iterator[Fault]:
    for path, action in annotating(exchange):
        resource = object_of(action.get("resource"))
        after = statements_of(resource)
        for old in _of_coverages(exchange, resource, of_call=True):
            rivals = [each for each in after if coverage_named(each) == coverage_named(old) and each != old]
            if old in after and rivals:
                yield Fault(f"The older answer for {coverage_named(old)} is still there beside the new one.", path)


def _others_kept(exchange: Exchange) -> Iterator[Fault]:
    for path, action in annotating(exchange):
        resource = object_of(action.get("resource"))
        after = statements_of(resource)
        told = {coverage_named(each) for each in after}
        for old in _of_coverages(exchange, resource, of_call=False):
            if coverage_named(old) not in told:
                yield Fault(f"The answer for {coverage_named(old)} is lost; it was not about this coverage.", path)


def _told_again(exchange: Exchange) -> Iterator[Fault]:
    sent = sent_resources(exchange)
    for path, action in annotating(exchange):
        resource = object_of(action.get("resource"))
        ids_before = _assertions(sent.get(reference_to(resource), {}))
        if ids_before:
            yield Fault("The order carries this answer already, and nothing is new.", path)


def _assertions(resource: Json) -> set[str]:
    return {str(id) for each in statements_of(resource) for id in values_of(each, "coverage-assertion-id")}


def _not_done(exchange: Exchange) -> Iterator[Fault]:
    told, sent = annotated(exchange), sent_resources(exchange)
    for ref in told:
        if sent.get(ref, {}).get("doNotPerform") is True:
            yield Fault(f"{ref} says not to do something; there is nothing to cover.", "systemActions")


def _on_a_card(exchange: Exchange) -> Iterator[Fault]:
    for path, action in suggested_actions(exchange):
        if statements_of(object_of(action.get("resource"))):
            yield Fault("Coverage information is given by system actions, never by a card.", f"{path}.resource")


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of where coverage information is put, and of the actions that bring it."""
    places = _places(dialect)
    return (*places, *_actions(dialect), *_received_checks(dialect, ids(places)))


def _received_checks(dialect: Dialect, places: Ids) -> tuple[Check, ...]:
    received = answer_check(
        "crd.coverage.received",
        "A primary hook is answered with coverage information",
        _received,
        requirements=("crd-check:65", "crd-check:45", "crd:hook-16", "crd:resp-26", "crd:resp-28"),
        public=(*for_hooks(10), "crd:3.7.03"),
        rests_on=("crd.answers.system-actions",),
        of=_wanted(dialect),
    )
    each = answer_check(
        "crd.coverage.each-order",
        "Each order that is asked about gets coverage information",
        _each_order(dialect),
        requirements=("crd-check:65", "crd-check:63", "crd:resp-29", "crd:hook-26", "crd:hook-33", "crd:hook-39"),
        rests_on=(received.id, "crd.answers.system-actions", "crd.answers.action-resource", *places),
        of=_wanted(dialect),
    )
    return received, each


def _places(dialect: Dialect) -> tuple[Check, ...]:
    basis = answer_check(
        "crd.coverage.basis",
        "An appointment for an order: the order is annotated",
        _basis,
        requirements=("crd-check:89", "crd:hook-26"),
        rests_on=("crd.coverage.known",),
    )
    return (
        answer_check(
            "crd.coverage.hook-type",
            "What carries coverage information fits the hook",
            _fits_hook(dialect),
            requirements=("crd-check:66", "crd-check:89", "crd:resp-52"),
            public=for_hooks(10),
        ),
        answer_check(
            "crd.coverage.known",
            "What carries coverage information is a resource of the call",
            _known,
            Strength.EXPECTED,
            ("crd-check:69", "crd:found-36"),
            rests_on=("crd.coverage.hook-type",),
        ),
        answer_check(
            "crd.coverage.in-focus",
            "order-select is answered about the selections, order-dispatch about what is dispatched",
            _in_focus,
            Strength.SHOULD,
            ("crd-check:66", "crd:hook-30", "crd:hook-34"),
            rests_on=("crd.coverage.hook-type", "crd.coverage.known"),
            of=lambda e: is_answered(e) and hook_of(e) in ("order-select", "order-dispatch"),
        ),
        *((basis,) if dialect.is_newer else ()),
    )


def _actions(dialect: Dialect) -> tuple[Check, ...]:
    return (
        answer_check(
            "crd.coverage.update",
            "Coverage information is an update",
            for_each(annotating, _update),
            requirements=("crd-check:68", "crd:resp-29", "crd:resp-52"),
            public=for_hooks(11),
            rests_on=("crd.answers.action-type",),
        ),
        answer_check(
            "crd.coverage.no-resource-id",
            "An update with coverage information has no resourceId",
            for_each(annotating, _resource_id),
            requirements=("crd-check:68", "crd:resp-52"),
        ),
        answer_check(
            "crd.coverage.unchanged",
            "Nothing of the resource changes but the coverage information",
            _unchanged,
            Strength.SHALL if dialect.is_newer else Strength.EXPECTED,
            ("crd-check:69", "crd:resp-37"),
            rests_on=("crd.coverage.known",),
        ),
        answer_check(
            "crd.coverage.not-again",
            "What an order says already is not said again",
            _told_again,
            requirements=("crd-check:71", "crd:resp-35"),
            marks=(marks.HOOK, marks.TOLD_ALREADY),
        ),
        answer_check(
            "crd.coverage.do-not-perform",
            "An order not to do something gets no coverage information",
            _not_done,
            Strength.EXPECTED,
            ("crd-check:64",),
            marks=(marks.HOOK, DO_NOT),
        ),
        answer_check(
            "crd.coverage.no-card",
            "Coverage information is no card",
            _on_a_card,
            requirements=("crd-check:91", "crd:resp-25"),
        ),
    )


def older(elements: Ids) -> tuple[Check, ...]:
    """The checks of what an order was told before; they rest on those of single elements."""
    return (
        answer_check(
            "crd.coverage.replaced",
            "An older answer for the same coverage gives way",
            _replaced,
            requirements=("crd-check:70", "crd:resp-29"),
            public=for_hooks(11),
            rests_on=("crd.coverage.known", *elements),
        ),
        answer_check(
            "crd.coverage.others-kept",
            "Answers for other coverages stay",
            _others_kept,
            Strength.EXPECTED,
            ("crd-check:70", "crd:resp-37"),
            rests_on=("crd.coverage.known", *elements),
            marks=(marks.HOOK, OUTDATED),
        ),
    )
