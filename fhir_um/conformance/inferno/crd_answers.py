"""What the CRD server suite of Inferno looks at in calls of hooks and their answers, rebuilt: one function per test.

Rebuilt from what its source does (CRD test kit 0.13.0, CRD 2.0.1); where it errs, so is this (`form_completion`).
Every function is given the calls of one hook and gives faults, or None where there is nothing to look at. Two things
are not here: the handshakes of TLS, and its check of the caller's own resources against their profiles.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Faults = Callable[[Json], Sequence[str]]
"""What is wrong with a resource by its profile of CRD 2.0.1."""

COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
HOOKS = ("appointment-book", "encounter-start", "encounter-discharge", "order-select", "order-dispatch", "order-sign")
PRIMARY = frozenset({"appointment-book", "order-dispatch", "order-sign"})
CHOOSING = frozenset({"order-select", "order-sign"})
_CONTEXT = {
    "appointment-book": ("userId", "patientId", "appointments"),
    "encounter-start": ("userId", "patientId", "encounterId"),
    "encounter-discharge": ("userId", "patientId", "encounterId"),
    "order-select": ("userId", "patientId", "selections", "draftOrders"),
    "order-sign": ("userId", "patientId", "draftOrders"),
    "order-dispatch": ("patientId", "order", "performer"),
}
_ORDERS = frozenset({"DeviceRequest", "MedicationRequest", "NutritionOrder", "ServiceRequest", "VisionPrescription"})
_FOCUS = {hook: frozenset({"Encounter"}) if hook.startswith("encounter") else _ORDERS for hook in HOOKS} | {
    "appointment-book": frozenset({"Appointment"})
}
_PROPOSED = _ORDERS | {"Device", "Medication"}
_INSTANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z]+/[A-Za-z0-9\-.]+")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer; `body` is what its bytes say as JSON, None when they say nothing."""

    request: Json
    status: int
    body: Any

    @property
    def hook(self) -> str:
        """The hook the call says it is of."""
        return str(self.request.get("hook", ""))


# --- the call ---------------------------------------------------------------------------------------------------------


def service_call(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.01: every call is answered with 200 and JSON."""
    if not exchanges:
        return None
    return [f"{each.status}" for each in exchanges if each.status != 200 or not isinstance(each.body, dict)]


def request_fields(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.02: the call has its own fields."""
    return [fault for each in exchanges for fault in _faults_of_request(each.request)] if exchanges else None


def _faults_of_request(request: Json) -> Iterator[str]:
    if request.get("hook") not in HOOKS:
        yield "hook is none of CRD"
    if not _INSTANCE.fullmatch(str(request.get("hookInstance"))):
        yield "hookInstance is no UUID"
    if not isinstance(request.get("context"), dict):
        yield "context is no object"
    if "fhirAuthorization" in request and not request.get("fhirServer"):
        yield "fhirAuthorization without fhirServer"


def request_context(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.03: the context is that of the hook."""
    return [fault for each in exchanges for fault in _faults_of_context(each)] if exchanges else None


def _faults_of_context(exchange: Exchange) -> Iterator[str]:
    context = exchange.request["context"]
    yield from (f"{name} is missing" for name in _CONTEXT[exchange.hook] if not context.get(name))
    user = context.get("userId")
    if user is not None and not re.fullmatch(r"(Practitioner|PractitionerRole|Patient|RelatedPerson)/.+", user):
        yield f"userId {user}"
    yield from (f"{name} has a type" for name in ("patientId", "encounterId") if "/" in context.get(name, ""))
    for name in ("draftOrders", "appointments"):
        if name in context:
            yield from _faults_of_bundle(context, name, _FOCUS[exchange.hook])


def _faults_of_bundle(context: Json, name: str, kinds: frozenset[str]) -> Iterator[str]:
    held = [entry["resource"] for entry in context[name].get("entry", ())]
    if not any(resource.get("resourceType") in kinds for resource in held):
        yield f"{name} has nothing to ask about"
    if not all(resource.get("id") for resource in held):
        yield f"{name} has a resource without id"
    if any(r.get("resourceType") == "Appointment" and r.get("status") != "proposed" for r in held):
        yield "an appointment is not proposed"
    refs = {f"{resource['resourceType']}/{resource.get('id')}" for resource in held}
    yield from (f"{each} is not among the orders" for each in context.get("selections", ()) if each not in refs)


# --- the answer -------------------------------------------------------------------------------------------------------


def response(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.05: cards and system actions have the parts they need."""
    answered = [each for each in exchanges if isinstance(each.body, dict)]
    return [fault for each in answered for fault in _faults_of_answer(each)] if answered else None


def _faults_of_answer(exchange: Exchange) -> Iterator[str]:
    cards, actions = exchange.body.get("cards"), exchange.body.get("systemActions")
    if not isinstance(cards, list):
        yield "cards is no list"
    if actions is None and exchange.hook in PRIMARY:
        yield "systemActions is missing"
    for card in cards or ():
        yield from _faults_of_card(card)
    for action in actions or ():
        yield from _faults_of_action(action)


def _faults_of_card(card: Json) -> Iterator[str]:
    summary = card.get("summary")
    if not isinstance(summary, str) or not 0 < len(summary) < 140:
        yield "summary is no text of 1 to 139 characters"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield f"indicator {card.get('indicator')}"
    source = card.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("label"), str):
        yield "source has no label"
        return
    topic = source.get("topic")
    if not isinstance(topic, dict) or not all(isinstance(topic.get(name), str) for name in ("code", "system")):
        yield "source has no topic with code and system"


def _faults_of_action(action: Json) -> Iterator[str]:
    yield from (f"{name} of an action is no text" for name in ("type", "description") if not _is_text(action.get(name)))
    kind = action.get("type")
    if kind in ("create", "update"):
        if not isinstance(action.get("resource"), dict) or not _is_text(action["resource"].get("resourceType")):
            yield f"an action to {kind} without a resource"
    elif kind == "delete":
        if not isinstance(action.get("resourceId"), str) or not _LOCAL.fullmatch(action["resourceId"]):
            yield f"an action to delete {action.get('resourceId')}"
    else:
        yield f"an action to {kind}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def optional_fields(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.06: parts that may be there are in order where they are."""
    cards = [card for card in _cards(exchanges) if not list(_faults_of_card(card))]
    return [fault for card in cards for fault in _faults_of_options(card)] if cards else None


def _faults_of_options(card: Json) -> Iterator[str]:
    yield from (f"{name} is no text" for name in ("uuid", "detail") if name in card and not _is_text(card[name]))
    lists = ("suggestions", "links", "overrideReasons")
    wrong = [name for name in lists if name in card and not (isinstance(card[name], list) and card[name])]
    if wrong:
        yield from (f"{name} is no list with something in it" for name in wrong)
        return
    if "suggestions" in card and card.get("selectionBehavior") not in ("at-most-one", "any"):
        yield f"selectionBehavior {card.get('selectionBehavior')}"
    for reason in card.get("overrideReasons", ()):
        yield from (f"{n} of an override reason" for n in ("code", "system", "display") if not _is_text(reason.get(n)))
    for link in card.get("links", ()):
        yield from _faults_of_link(link)
    for suggestion in card.get("suggestions", ()):
        yield from _faults_of_suggestion(suggestion)


def _faults_of_link(link: Json) -> Iterator[str]:
    yield from (f"{name} of a link is no text" for name in ("label", "url") if not _is_text(link.get(name)))
    url = urlsplit(link.get("url") or "")
    if url.scheme not in ("http", "https") or not url.hostname:
        yield f"a link to {link.get('url')}"
    if link.get("type") not in ("absolute", "smart"):
        yield f"a link of type {link.get('type')}"
    if link.get("type") == "absolute" and "appContext" in link:
        yield "an absolute link with appContext"


def _faults_of_suggestion(suggestion: Json) -> Iterator[str]:
    if not _is_text(suggestion.get("label")):
        yield "a suggestion without label"
    actions = suggestion.get("actions")
    if actions is None:
        return
    if not isinstance(actions, list) or not actions:
        yield "actions is no list with something in it"
        return
    for action in actions:
        yield from _faults_of_action(action)


# --- kinds of cards ---------------------------------------------------------------------------------------------------


def _cards(exchanges: Sequence[Exchange]) -> list[Json]:
    bodies = [each.body for each in exchanges if isinstance(each.body, dict)]
    return [card for body in bodies if isinstance(body.get("cards"), list) for card in body["cards"]]


def _sound(exchanges: Sequence[Exchange]) -> list[Json]:
    """Cards that passed; only these are looked at further."""
    return [card for card in _cards(exchanges) if not [*_faults_of_card(card), *_faults_of_options(card)]]


def _all_links(card: Json, kind: str) -> bool:
    return bool(card.get("links")) and all(link["type"] == kind for link in card["links"])


def external_reference(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.07: some card leads elsewhere and nothing else."""
    return () if any(_all_links(card, "absolute") for card in _sound(exchanges)) else None


def smart_launch(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.08: some card launches an app and nothing else."""
    return () if any(_all_links(card, "smart") for card in _sound(exchanges)) else None


def instructions(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.09: some card only says something."""
    return () if any(not card.get("links") and not card.get("suggestions") for card in _sound(exchanges)) else None


# --- coverage information ---------------------------------------------------------------------------------------------


def _annotating(exchanges: Sequence[Exchange]) -> list[Json]:
    return [
        action
        for each in exchanges
        for action in (each.body.get("systemActions") or () if isinstance(each.body, dict) else ())
        if isinstance(action.get("resource"), dict)
        and action["resource"].get("resourceType") in _FOCUS[each.hook]
        and _said_of(action["resource"])
    ]


def _said_of(resource: Json) -> list[Json]:
    return [each for each in resource.get("extension", ()) if each.get("url") == COVERAGE_INFORMATION]


def coverage_information(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    """.10: some system action carries coverage information."""
    if not exchanges:
        return None
    return () if _annotating(exchanges) else ("no system action with coverage information",)


def coverage_information_validity(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    """.11: coverage information is valid, with one assertion id for each coverage."""
    actions = _annotating(exchanges)
    return [fault for action in actions for fault in _faults_of_annotation(action, faults_of)] if actions else None


def _faults_of_annotation(action: Json, faults_of: Faults) -> Iterator[str]:
    if action.get("type") != "update":
        yield f"coverage information in an action to {action.get('type')}"
    yield from faults_of(action["resource"])
    ids: dict[str, set[str]] = {}
    numbers: dict[str, set[str]] = {}
    for extension in _said_of(action["resource"]):
        for coverage in _values(extension, "coverage"):
            named = str(coverage.get("reference"))
            ids.setdefault(named, set()).update(_values(extension, "coverage-assertion-id"))
            numbers.setdefault(named, set()).update(_values(extension, "satisfied-pa-id"))
    yield from (f"{named} has {len(given)} assertion ids" for named, given in ids.items() if len(given) != 1)
    yield from (f"{named} has {len(given)} numbers" for named, given in numbers.items() if len(given) > 1)
    every = [id for given in ids.values() for id in given]
    if len(every) != len(set(every)):
        yield "two coverages share an assertion id"


def _values(extension: Json, url: str) -> list[Any]:
    parts = [part for part in extension.get("extension", ()) if part.get("url") == url]
    return [value for part in parts for name, value in part.items() if name.startswith("value")]


# --- suggestions ------------------------------------------------------------------------------------------------------


def _kind(action: Json) -> str:
    resource = action.get("resource")
    if isinstance(resource, dict):
        return str(resource.get("resourceType"))
    return str(action.get("resourceId", "")).partition("/")[0]


def propose_alternate(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    """A suggestion that changes or replaces an order does so with orders of this call."""
    found = [(each, s) for each in exchanges for card in _sound([each]) for s in _alternates(card)]
    return (
        [fault for each, s in found for fault in _faults_of_alternate(s, _drafts(each), faults_of)] if found else None
    )


def _alternates(card: Json) -> Iterator[Json]:
    """The suggestions that change or replace an order."""
    for suggestion in card.get("suggestions", ()):
        types = {a["type"] for a in suggestion.get("actions", ()) if _kind(a) in _PROPOSED | {"Encounter"}}
        if "update" in types or {"delete", "create"} <= types:
            yield suggestion


def _drafts(exchange: Exchange) -> set[str]:
    entries = exchange.request["context"].get("draftOrders", {}).get("entry", ())
    return {f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}" for entry in entries}


def _faults_of_alternate(suggestion: Json, drafts: set[str], faults_of: Faults) -> Iterator[str]:
    made = {_kind(action) for action in suggestion["actions"] if action["type"] == "create"}
    for action in suggestion["actions"]:
        if action["type"] == "delete":
            if action["resourceId"] not in drafts or _kind(action) not in made:
                yield f"{action['resourceId']} is deleted and not replaced, or no draft"
            continue
        if action["type"] == "update" and f"{_kind(action)}/{action['resource'].get('id')}" not in drafts:
            yield f"an update of {_kind(action)}, which is no draft"
        yield from faults_of(action["resource"])


def additional_orders(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    """Orders proposed as well are valid."""
    cards = [card for card in _sound(exchanges) if card.get("suggestions") and all(map(_is_addition, _actions(card)))]
    return [fault for card in cards for a in _actions(card) for fault in faults_of(a["resource"])] if cards else None


def _actions(card: Json) -> list[Json]:
    return [action for suggestion in card.get("suggestions", ()) for action in suggestion.get("actions", ())]


def _is_addition(action: Json) -> bool:
    return action["type"] == "create" and _kind(action) in _PROPOSED | {"CommunicationRequest"}


def form_completion(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    """The suite breaks down at a suggestion without actions, whatever kind of card it is of."""
    bare = [s for card in _sound(exchanges) for s in card.get("suggestions", ()) if "actions" not in s]
    if bare:
        return ("a suggestion without actions",)
    cards = [card for card in _sound(exchanges) if card.get("suggestions") and all(map(_is_form, card["suggestions"]))]
    return [fault for card in cards for a in _actions(card) for fault in faults_of(a["resource"])] if cards else None


def _is_form(suggestion: Json) -> bool:
    if [(action["type"], _kind(action)) for action in suggestion["actions"]] != [("create", "Task")]:
        return False
    task = suggestion["actions"][0]["resource"]
    codes = {coding.get("code") for coding in task.get("code", {}).get("coding", ())}
    asked = [each for each in task.get("input", ()) if each.get("type", {}).get("text") == "questionnaire"]
    return "complete-questionnaire" in codes and any(
        str(each.get("valueCanonical")).startswith(("http://", "https://")) for each in asked
    )


def coverage_update(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    """A coverage that is corrected is valid."""
    cards = [card for card in _sound(exchanges) if len(card.get("suggestions", ())) == 1]
    found = [a for card in cards if len(_actions(card)) == 1 for a in _actions(card)]
    changes = [a for a in found if a["type"] in ("create", "update") and _kind(a) == "Coverage"]
    return [fault for action in changes for fault in faults_of(action["resource"])] if changes else None
