"""The fake payer's answers to hooks, in both versions of CRD. Must not know HTTP, or ask the EHR for anything.

What it knows of a call is what came along in context and prefetch.
Source: CDS Hooks 3.0.0-ballot (discovery, service response); CRD 2.2.1 and 2.0.1, ext-coverage-information.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from fhir_um.simulators.chart import resources_in
from fhir_um.simulators.payer_asked import Json
from fhir_um.simulators.payer_rules import Asks, CardRule, OrderRule, Rules
from profiles.canonicals import EXT_COVERAGE_INFORMATION

NEWER, OLDER = "2.2", "2.0"
_GUIDES = {NEWER: "2.2.1", OLDER: "2.0.1"}
VERSION = "davinci-crd.requestedVersion"
HOOKS = ("order-sign", "order-dispatch", "appointment-book", "order-select", "encounter-start", "encounter-discharge")
_TOPICS = {
    NEWER: "http://terminology.hl7.org/CodeSystem/cdshooks-card-type",
    OLDER: "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp",
}
_PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "coverage": "Coverage?patient={{context.patientId}}&status=active",
}
_IN_CONTEXT = {"order-sign": "draftOrders", "order-select": "draftOrders", "appointment-book": "appointments"}
_CODED = ("code", "codeCodeableConcept", "medicationCodeableConcept", "serviceType", "type")
LABEL = "Fake payer"


class NoCall(Exception):
    """This is no call that can be answered; the text says why."""


def discovery(version: str) -> Json:
    """The document at `/cds-services`; `version` empty for both."""
    versions = [version] if version else [NEWER, OLDER]
    return {
        "services": [
            {
                "hook": hook,
                "id": hook,
                "title": f"Coverage at {hook}",
                "description": "Answers by a rule file. Reads nothing but what comes along.",
                "prefetch": {**_PREFETCH, **_also(hook)},
                "extension": {"davinci-crd.version": versions},
            }
            for hook in HOOKS
        ]
    }


def _also(hook: str) -> dict[str, str]:
    return {"encounter": "Encounter/{{context.encounterId}}"} if hook.startswith("encounter") else {}


class HookDesk:
    """Answers calls by the rules."""

    def __init__(self, rules: Rules, new_id: Callable[[], str], today: Callable[[], date]) -> None:
        self._rules = rules
        self._new_id = new_id
        self._today = today

    def answer(self, hook: str, call: Any, version: str) -> Json:
        """The service response; `version` empty: as the call asks, else the older. Raises: NoCall."""
        if not isinstance(call, dict) or call.get("hook") != hook or not isinstance(call.get("context"), dict):
            raise NoCall(f"This is no call of {hook}: it takes `hook` and `context`.")
        spoken = version or call.get("extension", {}).get(VERSION, OLDER)
        if spoken not in _GUIDES:
            raise NoCall(f"CRD {spoken} is not spoken here, only {', '.join(_GUIDES)}.")
        at_hand = {f"{each['resourceType']}/{each['id']}": each for each in _at_hand(call)}
        coverage = next((ref for ref in at_hand if ref.startswith("Coverage/")), "")
        member = _member(at_hand)
        weighed = [
            (
                order,
                self._rules.for_order(
                    Asks(tuple(_codes(order)), member, "", _GUIDES[spoken], hook, order["resourceType"])
                ),
            )
            for order in _orders(hook, call["context"], at_hand, spoken)
        ]
        cards = [self._card(card, order, spoken) for order, rule in weighed for card in rule.cards]
        actions = [self._action(order, rule, coverage, spoken) for order, rule in weighed] if coverage else []
        return {"cards": cards} | ({"systemActions": actions} if actions else {})

    def _action(self, order: Json, rule: OrderRule, coverage: str, version: str) -> Json:
        kept = [each for each in order.get("extension", ()) if each.get("url") != EXT_COVERAGE_INFORMATION]
        told = {"url": EXT_COVERAGE_INFORMATION, "extension": list(self._parts(rule, coverage, version))}
        return {
            "type": "update",
            "description": f"Keeps what {LABEL} says of coverage on {order['resourceType']}/{order['id']}.",
            "resource": {**order, "extension": [*kept, told]},
        }

    def _parts(self, rule: OrderRule, coverage: str, version: str) -> Iterator[Json]:
        """The elements of coverage-information, in the order of its definition."""
        said = _in_older_words(rule) if version == OLDER else _in_newer_words(rule)
        yield {"url": "coverage", "valueReference": {"reference": coverage}}
        for name in ("covered", "pa-needed", "doc-needed", "doc-purpose", "info-needed"):
            yield from ({"url": name, "valueCode": code} for code in said[name])
        text = rule.text or _says_something(said)
        if text:
            yield {"url": "reason", "valueCodeableConcept": {"text": text}}
        yield from ({"url": "questionnaire", "valueCanonical": each} for each in rule.questionnaires)
        yield {"url": "date", "valueDate": self._today().isoformat()}
        yield {"url": "coverage-assertion-id", "valueString": self._new_id()}
        if rule.number:
            yield {"url": "satisfied-pa-id", "valueString": rule.number}

    def _card(self, card: CardRule, order: Json, version: str) -> Json:
        ref = f"{order['resourceType']}/{order['id']}"
        about: Any = {"reference": ref} if version == NEWER else ref
        topic = {"system": _TOPICS[version], "code": card.topic}
        link = {"label": card.link.label, "url": card.link.url, "type": "absolute"} if card.link else None
        return {
            "uuid": self._new_id(),
            "summary": card.summary,
            **({"detail": card.detail} if card.detail else {}),
            "indicator": card.indicator,
            "source": {"label": LABEL, "topic": topic},
            **({"links": [link]} if link else {}),
            "extension": {"davinci-crd.associated-resource": [about]},
        }


Said = dict[str, tuple[str, ...]]


def _in_newer_words(rule: OrderRule) -> Said:
    return {
        "covered": (rule.covered,),
        "pa-needed": (rule.pa_needed,) if rule.pa_needed else (),
        "doc-needed": rule.doc_needed,
        "doc-purpose": rule.doc_purpose,
        "info-needed": rule.info_needed,
    }


def _in_older_words(rule: OrderRule) -> Said:
    """CRD 2.0.1 always names authorization, knows one doc-needed, and says `conditional` for what cannot be told."""
    told = {"indeterminate": "conditional"}
    covered = told.get(rule.covered, rule.covered)
    authorization = "no-auth" if covered == "not-covered" else told.get(rule.pa_needed, rule.pa_needed)
    is_open = "indeterminate" in (rule.covered, rule.pa_needed)
    return {
        "covered": (covered,),
        "pa-needed": (authorization,),
        "doc-needed": _one_word(rule.doc_needed),
        "doc-purpose": rule.doc_purpose,
        "info-needed": tuple(dict.fromkeys((*rule.info_needed, *(("OTH",) if is_open else ())))),
    }


def _one_word(asked: tuple[str, ...]) -> tuple[str, ...]:
    who = {"admin" if each == "patient" else each for each in asked}
    if {"clinical", "admin"} <= who:
        return ("both",)
    return tuple(sorted(who - {"conditional"} or who))[:1]


def _says_something(said: Said) -> str:
    """A reason where the guide demands one and the rule has no words. Source: CRD 2.2.1 crd-ci-q6, q8, q9."""
    codes = {code for told in said.values() for code in told}
    demands = said["doc-purpose"] or "indeterminate" in codes or "OTH" in said["info-needed"]
    return "By the rule file of the fake payer." if demands else ""


def _at_hand(call: Json) -> Iterator[Json]:
    yield from resources_in(call.get("prefetch"))
    yield from resources_in(call["context"])


def _orders(hook: str, context: Json, at_hand: dict[str, Json], version: str) -> Iterator[Json]:
    """What is asked about: what stands in the context, or what it names and prefetch brought."""
    if hook in _IN_CONTEXT:
        selected = {str(ref) for ref in context.get("selections", ())} if hook == "order-select" else set()
        for order in resources_in(context.get(_IN_CONTEXT[hook])):
            if not selected or f"{order['resourceType']}/{order['id']}" in selected:
                yield from (_basis(order, at_hand) if version == NEWER else ()) or (order,)
        return
    if hook == "order-dispatch":
        named = [*context.get("dispatchedOrders", ()), context.get("order")]
    else:
        named = [f"Encounter/{context.get('encounterId', '')}"]
    yield from (at_hand[str(ref)] for ref in named if str(ref) in at_hand)


def _basis(order: Json, at_hand: dict[str, Json]) -> tuple[Json, ...]:
    """The orders an appointment is made for; in 2.2 they carry what is said. Source: CRD 2.2.1, appointment-book."""
    if order["resourceType"] != "Appointment":
        return ()
    named = [str(each.get("reference", "")) for each in order.get("basedOn", ()) if isinstance(each, dict)]
    return tuple(at_hand[ref] for ref in named if ref in at_hand)


def _codes(order: Json) -> Iterator[tuple[str, str]]:
    for name in _CODED:
        concepts = order.get(name, ())
        for concept in concepts if isinstance(concepts, list) else [concepts]:
            for coding in concept.get("coding", ()) if isinstance(concept, dict) else ():
                yield str(coding.get("system", "")), str(coding.get("code", ""))


def _member(at_hand: dict[str, Json]) -> str:
    for kind in ("Coverage/", "Patient/"):
        for ref, resource in at_hand.items():
            if ref.startswith(kind):
                numbers = [
                    resource.get("subscriberId"),
                    *(each.get("value") for each in resource.get("identifier", ())),
                ]
                if found := next((str(number) for number in numbers if number), ""):
                    return found
    return ""
