"""Reads calls and answers without trusting them: whatever has another shape than it should is as if it were not there.

That is what keeps one fault to one check: the check of a shape complains, the checks of what is in it see nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from fhir_um.conformance.crd.dialects import EXTENSION, ORDERS
from fhir_um.conformance.crd.marks import APART, APART_BEFORE
from fhir_um.conformance.marks import OLDER_VERSION
from fhir_um.conformance.model import Exchange, Json

OK = 200
Placed = tuple[str, Json]
"""Something of an answer, with its path."""
_Read = TypeVar("_Read")


def once(read: Callable[[Exchange], _Read]) -> Callable[[Exchange], _Read]:
    """Reads an exchange once, however many checks look at it: what was read is kept with it, and never changed."""
    name = f"read once: {read.__name__}"

    @wraps(read)
    def kept(exchange: Exchange) -> _Read:
        if name not in exchange.__dict__:
            exchange.__dict__[name] = read(exchange)
        found: _Read = exchange.__dict__[name]
        return found

    return kept


def object_of(value: Any) -> Json:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[Json]:
    """The JSON objects of a list; none when it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """The value when it is a text, else nothing."""
    return value if isinstance(value, str) else ""


def placed(path: str, value: Any) -> Iterator[Placed]:
    """The JSON objects of a list, each with its path."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, dict):
                yield f"{path}[{index}]", each


# --- exchanges --------------------------------------------------------------------------------------------------------


def is_call(exchange: Exchange) -> bool:
    """Whether it is a hook call that must be answered with 200, and has no check of its own for that."""
    return exchange.method == "POST" and not is_apart(exchange)


def is_answered(exchange: Exchange) -> bool:
    """Whether it is a hook call that was answered with a JSON object, in the version under test."""
    is_response = exchange.status == OK and is_response_of_hook(exchange.answer)
    return exchange.method == "POST" and is_response and OLDER_VERSION not in exchange.marks


def is_response_of_hook(answer: Any) -> bool:
    """Whether it is a JSON object, and not a resource of FHIR such as an OperationOutcome."""
    return isinstance(answer, dict) and "resourceType" not in answer


def is_apart(exchange: Exchange) -> bool:
    """Whether what it must be answered with is the matter of a check of its own."""
    return any(mark.startswith(APART_BEFORE) for mark in exchange.marks) or not APART.isdisjoint(exchange.marks)


# --- the call ---------------------------------------------------------------------------------------------------------


def hook_of(exchange: Exchange) -> str:
    """The hook that was called."""
    return text_of(object_of(exchange.asked).get("hook"))


def context_of(exchange: Exchange) -> Json:
    """The context of the call."""
    return object_of(object_of(exchange.asked).get("context"))


def configuration_of(exchange: Exchange) -> Json:
    """What the call was configured with."""
    return object_of(object_of(object_of(exchange.asked).get("extension")).get("davinci-crd.configuration"))


def reference_to(resource: Json) -> str:
    """`Type/id`."""
    return f"{resource.get('resourceType', '')}/{resource.get('id', '')}"


@once
def sent_resources(exchange: Exchange) -> Mapping[str, Json]:
    """Every resource that came with the call, by `Type/id`; those of the context before those of the prefetch."""
    call = object_of(exchange.asked)
    found: dict[str, Json] = {}
    for part in (call.get("context"), call.get("prefetch")):
        for resource in _resources(part):
            found.setdefault(reference_to(resource), resource)
    return found


def _resources(value: Any) -> Iterator[Json]:
    if isinstance(value, list):
        for each in value:
            yield from _resources(each)
    elif isinstance(value, dict):
        if value.get("resourceType") not in (None, "Bundle") and value.get("id"):
            yield value
        elif value.get("resourceType") is None or value.get("resourceType") == "Bundle":
            for each in value.values():
                yield from _resources(each)


@once
def coverages_sent(exchange: Exchange) -> list[str]:
    """The Coverages that came with the call, as `Type/id`."""
    return [ref for ref in sent_resources(exchange) if ref.startswith("Coverage/")]


@once
def asked_about(exchange: Exchange) -> list[str]:
    """What the call is about, as `Type/id`: orders, appointments or the encounter."""
    context = context_of(exchange)
    hook = hook_of(exchange)
    if hook.startswith("encounter"):
        return [f"Encounter/{context.get('encounterId')}"]
    if hook == "order-select":
        return [text_of(each) for each in context.get("selections") or ()]
    if hook == "order-dispatch":
        listed = context.get("dispatchedOrders") or [context.get("order")]
        return [text_of(each) for each in listed]
    bundle = object_of(context.get("appointments" if hook == "appointment-book" else "draftOrders"))
    return [reference_to(object_of(entry.get("resource"))) for entry in objects_of(bundle.get("entry"))]


def orders_of_appointment(appointment: Json) -> list[str]:
    """The orders an appointment is based on, as `Type/id`."""
    found = [text_of(each.get("reference")) for each in objects_of(appointment.get("basedOn"))]
    return [ref for ref in found if ref.partition("/")[0] in ORDERS]


# --- the answer -------------------------------------------------------------------------------------------------------


@once
def cards(exchange: Exchange) -> list[Placed]:
    """The cards of an answer."""
    return list(placed("cards", object_of(exchange.answer).get("cards")))


@once
def suggestions(exchange: Exchange) -> list[Placed]:
    """The suggestions of all cards."""
    return [s for path, card in cards(exchange) for s in placed(f"{path}.suggestions", card.get("suggestions"))]


@once
def links(exchange: Exchange) -> list[Placed]:
    """The links of all cards."""
    return [each for path, card in cards(exchange) for each in placed(f"{path}.links", card.get("links"))]


@once
def suggested_actions(exchange: Exchange) -> list[Placed]:
    """The actions of all suggestions."""
    return [a for path, each in suggestions(exchange) for a in placed(f"{path}.actions", each.get("actions"))]


@once
def system_actions(exchange: Exchange) -> list[Placed]:
    """The system actions of an answer."""
    return list(placed("systemActions", object_of(exchange.answer).get("systemActions")))


def actions_of(card: Json) -> list[Json]:
    """The actions of all suggestions of a card."""
    return [a for each in objects_of(card.get("suggestions")) for a in objects_of(each.get("actions"))]


def type_of(action: Json) -> str:
    """The type of the resource that an action is about."""
    resource = action.get("resource")
    if isinstance(resource, dict):
        return text_of(resource.get("resourceType"))
    return text_of(action.get("resourceId")).partition("/")[0]


def statements_of(resource: Json) -> list[Json]:
    """The coverage-information extensions of a resource."""
    return [each for each in objects_of(resource.get("extension")) if each.get("url") == EXTENSION]


@once
def annotating(exchange: Exchange) -> list[Placed]:
    """The system actions that carry coverage information."""
    found = system_actions(exchange)
    return [(path, action) for path, action in found if statements_of(object_of(action.get("resource")))]


@once
def annotated(exchange: Exchange) -> dict[str, Json]:
    """The resources that carry coverage information, by `Type/id`."""
    resources = [object_of(action.get("resource")) for _, action in annotating(exchange)]
    return {reference_to(resource): resource for resource in resources}


@once
def statements(exchange: Exchange) -> list[Placed]:
    """Every coverage-information that the server made; not those that came with the order and were kept."""
    return [
        (f"{path}.resource.{reference_to(resource)}.coverage-information[{index}]", statement)
        for path, action in annotating(exchange)
        for resource in [object_of(action.get("resource"))]
        for index, statement in enumerate(made_now(exchange, resource))
    ]


def made_now(exchange: Exchange, resource: Json) -> list[Json]:
    """The coverage-information of a resource that the server made in this answer."""
    before, own = statements_of(sent_resources(exchange).get(reference_to(resource), {})), coverages_sent(exchange)
    return [each for each in statements_of(resource) if not _is_kept(each, before, own)]


def _is_kept(statement: Json, before: list[Json], own: list[str]) -> bool:
    """Whether it stood on the order already, or is about a coverage of others that the order was told of before."""
    named = coverage_named(statement)
    return statement in before or (named not in own and named in {coverage_named(each) for each in before})


def parts_of(statement: Json, url: str) -> list[Json]:
    """The elements of one name of a coverage-information, as they stand there."""
    return [part for part in objects_of(statement.get("extension")) if part.get("url") == url]


def values_of(statement: Json, url: str) -> list[Any]:
    """The values of the elements of one name."""
    return [value for part in parts_of(statement, url) for name, value in part.items() if name.startswith("value")]


def codes_of(statement: Json, url: str) -> list[str]:
    """The values of the elements of one name that are texts, such as codes and ids."""
    return [value for value in values_of(statement, url) if isinstance(value, str)]


def coverage_named(statement: Json) -> str:
    """The Coverage a coverage-information is about, as it refers to it."""
    return next((text_of(object_of(value).get("reference")) for value in values_of(statement, "coverage")), "")


def decisions(exchange: Exchange) -> dict[str, list[tuple[str, ...]]]:
    """What was decided about each order, without what is different in every answer."""
    return {
        ref: sorted(_decision(statement) for statement in statements_of(resource))
        for ref, resource in annotated(exchange).items()
    }


def _decision(statement: Json) -> tuple[str, ...]:
    names = ("covered", "pa-needed", "doc-needed", "doc-purpose", "info-needed", "questionnaire")
    return tuple(",".join(sorted(map(str, values_of(statement, name)))) for name in names)
