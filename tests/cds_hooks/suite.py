"""The server checks of the public test suite for CRD 2.0.1, ported: what it asks of discovery and of answers to hooks.

Facts of the suite, in our own words and shapes; where it is mistaken, so is this (`_forms`). Two things are not here:
the handshakes of TLS, and its check of the caller's own resources against their profiles. Must not know who answered.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Faults = Callable[[Json], Sequence[str]]
"""What is wrong with a resource by its profile of CRD 2.0.1."""

COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
HOOKS = ("appointment-book", "encounter-start", "encounter-discharge", "order-select", "order-dispatch", "order-sign")
PRIMARY = frozenset({"appointment-book", "order-dispatch", "order-sign"})
_CHOOSING = frozenset({"order-select", "order-sign"})
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


class Verdict(StrEnum):
    """How a check ended; a required one that was skipped is no pass."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check, whether the suite insists on it, how it ended and why."""

    name: str
    is_required: bool
    verdict: Verdict
    faults: tuple[str, ...] = ()


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


def run(discovery: Exchange, exchanges: Sequence[Exchange], faults_of: Faults) -> tuple[Outcome, ...]:
    """Every check of the suite over one discovery and any number of calls."""
    found = list(_discovered(discovery))
    first = exchanges[:1]
    found += [_outcome(f"demonstrate/{check.name}", True, check.of(first, faults_of)) for check in _DEMONSTRATED]
    for hook in HOOKS:
        of_hook = [each for each in exchanges if each.hook == hook]
        found += [_outcome(f"{hook}/{c.name}", c.is_required(hook), c.of(of_hook, faults_of)) for c in _checks(hook)]
    return (*found, *_required(found))


def failures(outcomes: Sequence[Outcome], hooks: Sequence[str] = HOOKS) -> list[Outcome]:
    """What keeps a run over these hooks from passing: required checks not passed, others that failed."""
    told = [
        each for each in outcomes if each.name.partition("/")[0] in {"discovery", "demonstrate", "required", *hooks}
    ]
    return [o for o in told if o.verdict is Verdict.FAILED or (o.is_required and o.verdict is not Verdict.PASSED)]


def verdicts(outcomes: Sequence[Outcome]) -> dict[str, Verdict]:
    """How each check ended, by its name: `order-sign/response`."""
    return {each.name: each.verdict for each in outcomes}


# --- groups -----------------------------------------------------------------------------------------------------------


def _discovered(discovery: Exchange) -> Iterator[Outcome]:
    answered = discovery.status == 200 and isinstance(discovery.body, dict)
    yield _outcome("discovery/endpoint", True, () if answered else ("no 200 with a JSON object",))
    services = discovery.body.get("services") if isinstance(discovery.body, dict) else None
    if services == []:
        yield _outcome("discovery/services", True, None)
        return
    listed = services if isinstance(services, list) else []
    faults = [
        f"{name} of a service is no string"
        for service in listed
        for name in ("hook", "description", "id")
        if not isinstance(service.get(name), str)
    ]
    yield _outcome("discovery/services", True, faults if listed else ("services is no list",))


def _required(found: Sequence[Outcome]) -> Iterator[Outcome]:
    """Three kinds of answer must have been seen, over whichever hook."""
    for check in ("external-reference", "instructions", "coverage-information-validity"):
        seen = any(each.verdict is Verdict.PASSED for each in found if each.name.endswith(f"/{check}"))
        yield _outcome(f"required/{check}", True, () if seen else None)


def _outcome(name: str, is_required: bool, faults: Sequence[str] | None) -> Outcome:
    """None stands for a check that had nothing to look at."""
    if faults is None:
        return Outcome(name, is_required, Verdict.SKIPPED)
    return Outcome(name, is_required, Verdict.FAILED if faults else Verdict.PASSED, tuple(faults))


@dataclass(frozen=True, slots=True)
class _Check:
    """One check over all exchanges of a hook; it gives None when there was nothing to look at."""

    name: str
    of: Callable[[Sequence[Exchange], Faults], Sequence[str] | None]
    required_on: frozenset[str] = frozenset()

    def is_required(self, hook: str) -> bool:
        """Whether a hook that is tried at all must pass this."""
        return hook in self.required_on


# --- the call ---------------------------------------------------------------------------------------------------------


def _service_call(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    if not exchanges:
        return None
    return [f"{each.status}" for each in exchanges if each.status != 200 or not isinstance(each.body, dict)]


def _request_fields(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
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


def _request_context(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
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


def _response(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
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


def _optional_fields(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
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


def _external_reference(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    return () if any(_all_links(card, "absolute") for card in _sound(exchanges)) else None


def _smart_launch(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    return () if any(_all_links(card, "smart") for card in _sound(exchanges)) else None


def _instructions(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
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


def _coverage_information(exchanges: Sequence[Exchange], _: Faults) -> Sequence[str] | None:
    if not exchanges:
        return None
    return () if _annotating(exchanges) else ("no system action with coverage information",)


def _coverage_information_validity(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
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


def _propose_alternate(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
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


def _additional_orders(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    cards = [card for card in _sound(exchanges) if card.get("suggestions") and all(map(_is_addition, _actions(card)))]
    return [fault for card in cards for a in _actions(card) for fault in faults_of(a["resource"])] if cards else None


def _actions(card: Json) -> list[Json]:
    return [action for suggestion in card.get("suggestions", ()) for action in suggestion.get("actions", ())]


def _is_addition(action: Json) -> bool:
    return action["type"] == "create" and _kind(action) in _PROPOSED | {"CommunicationRequest"}


def _form_completion(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
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


def _coverage_update(exchanges: Sequence[Exchange], faults_of: Faults) -> Sequence[str] | None:
    cards = [card for card in _sound(exchanges) if len(card.get("suggestions", ())) == 1]
    found = [a for card in cards if len(_actions(card)) == 1 for a in _actions(card)]
    changes = [a for a in found if a["type"] in ("create", "update") and _kind(a) == "Coverage"]
    return [fault for action in changes for fault in faults_of(action["resource"])] if changes else None


# --- which checks a hook has ------------------------------------------------------------------------------------------

_EVERY = frozenset(HOOKS)
_COMMON = (
    _Check("service-call", _service_call, _EVERY),
    _Check("request-fields", _request_fields, _EVERY),
    _Check("request-context", _request_context, _EVERY),
    _Check("response", _response, _EVERY),
    _Check("optional-fields", _optional_fields),
    _Check("external-reference", _external_reference),
    _Check("smart-launch", _smart_launch),
    _Check("instructions", _instructions),
    _Check("coverage-information", _coverage_information, PRIMARY),
    _Check("coverage-information-validity", _coverage_information_validity, PRIMARY),
)
_OF_DRAFTS = (_Check("propose-alternate", _propose_alternate), _Check("additional-orders", _additional_orders))
_LAST = (_Check("form-completion", _form_completion), _Check("coverage-update", _coverage_update))
_DEMONSTRATED = _COMMON[:4]


def _checks(hook: str) -> tuple[_Check, ...]:
    return _COMMON + (_OF_DRAFTS if hook in _CHOOSING else ()) + _LAST
