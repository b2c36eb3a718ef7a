"""Faults of answers: cards and what is in them, coverage information, options, outcomes."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

from fhir_um.conformance.crd.dialects import EXTENSION
from fhir_um.conformance.crd.reading import sent_resources
from fhir_um.conformance.model import Exchange
from tests.fhir_um.conformance.crd.planting import (
    Fault,
    Json,
    actions,
    adds,
    answer,
    at,
    cards,
    drops,
    is_,
    links,
    marked,
    of_kind,
    part,
    puts,
    sets,
    statements,
    status,
    suggestions,
    updates,
    without,
)

SIGN = marked("order-sign")
TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"


def topic(card: Json) -> Json:
    found: Json = card["source"]["topic"]
    return found


def _same_uuids(body: Json, _exchange: Exchange) -> None:
    for card in body["cards"]:
        card["uuid"] = "c0ffee00-0000-4000-8000-000000000001"


def _shape(card: Json) -> None:
    listed = card.get("extension", {}).get("davinci-crd.associated-resource", [])
    listed[:] = [each["reference"] for each in listed]


def _recommend(card: Json) -> None:
    if "suggestions" in card:
        second = card["suggestions"][0] | {"uuid": "c0ffee00-0000-4000-8000-000000000002"}
        card["suggestions"].append(deepcopy(second))
        card["selectionBehavior"] = "at-most-one"
        for each in card["suggestions"]:
            each["isRecommended"] = True


def _deletes(action: Json) -> None:
    if action["type"] == "update":
        ref = f"{action['resource']['resourceType']}/{action['resource'].get('id')}"
        action.pop("resource")
        action.update(type="delete", resourceId=f"https://ehr.example.test/fhir/{ref}")


CARDS = (
    Fault("crd.answers.cards", answer(lambda body, _: body.pop("cards") and None, marked("order-select", "hook"))),
    Fault("crd.answers.summary", cards(puts(summary="s" * 140))),
    Fault("crd.answers.summary", cards(without("summary")), name="none"),
    Fault("crd.answers.indicator", cards(puts(indicator="hard-stop"))),
    Fault(
        "crd.answers.calm",
        cards(lambda c: topic(c)["code"] in ("limits", "insurance") and c.update(indicator="critical")),
    ),
    Fault("crd.answers.source-label", cards(lambda c: c["source"].pop("label"))),
    Fault("crd.answers.topic", cards(lambda c: topic(c).pop("code"))),
    Fault("crd.answers.topic-system", cards(lambda c: topic(c).update(system=TEMP))),
    Fault("crd.answers.topic-known", cards(lambda c: topic(c).update(code="documentation"))),
    Fault("crd.answers.card-uuid", cards(puts(uuid="one"))),
    Fault("crd.answers.card-uuid", cards(without("uuid")), version="2.0.1"),
    Fault("crd.answers.suggestion-uuid", suggestions(without("uuid"))),
    Fault("crd.answers.uuids-once", answer(_same_uuids)),
    Fault("crd.answers.detail", cards(puts(detail=""))),
    Fault("crd.answers.override-reasons", cards(puts(overrideReasons=[{"code": "c", "system": "s"}]))),
    Fault("crd.answers.associated-shape", cards(_shape)),
    Fault("crd.answers.no-empties", cards(of_kind("instructions", puts(links=[])))),
    Fault("crd.answers.no-empties", cards(lambda c: c["source"].update(url=None)), name="null"),
    Fault("crd.answers.lists", cards(of_kind("instructions", puts(links={})))),
    Fault("crd.answers.selection-behavior", cards(without("selectionBehavior"))),
    Fault("crd.answers.one-recommended", cards(of_kind("additional-orders", _recommend))),
    Fault("crd.answers.suggestion-label", suggestions(puts(label=""))),
    Fault(
        "crd.answers.suggestion-actions",
        cards(of_kind("additional-orders", lambda c: c["suggestions"][0].pop("actions"))),
    ),
    Fault("crd.answers.action-type", actions(lambda a: a["type"] == "create" and a.update(type="add"))),
    Fault("crd.answers.action-description", actions(without("description"))),
    Fault("crd.answers.system-action-description", updates(without("description"))),
    Fault("crd.answers.action-resource", actions(lambda a: a["type"] == "create" and a.pop("resource"))),
    Fault("crd.answers.deleted", actions(_deletes)),
    Fault("crd.answers.link-label", links(without("label"))),
    Fault("crd.answers.link-url", links(puts(url="policies/oxygen"))),
    Fault("crd.answers.link-type", links(puts(type="relative"))),
    Fault("crd.answers.app-context", links(lambda each: each["type"] == "absolute" and each.update(appContext="x"))),
    Fault("crd.answers.system-actions", answer(lambda body, _: body.update(systemActions={}), SIGN)),
)


def _no_actions(body: Json, _exchange: Exchange) -> None:
    body.pop("systemActions", None)


def _one_less(body: Json, _exchange: Exchange) -> None:
    if len(body.get("systemActions", ())) > 1:
        body["systemActions"].pop()


def _other_type(body: Json, _exchange: Exchange) -> None:
    for action in body.get("systemActions", ()):
        action["resource"]["resourceType"] = "Patient"


def _all_drafts(body: Json, exchange: Exchange) -> None:
    """Says the same of a draft that was not selected."""
    drafts = [entry["resource"] for entry in exchange.asked["context"]["draftOrders"]["entry"]]
    told = {action["resource"]["id"] for action in body["systemActions"]}
    extension = body["systemActions"][0]["resource"]["extension"]
    for draft in drafts:
        if draft["id"] not in told:
            resource = draft | {"extension": [*draft.get("extension", []), *deepcopy(extension)]}
            body["systemActions"].append(body["systemActions"][0] | {"resource": resource})


def _on_the_appointment(body: Json, exchange: Exchange) -> None:
    for entry in exchange.asked["context"]["appointments"]["entry"]:
        if entry["resource"].get("basedOn"):
            action = body["systemActions"][0]
            action["resource"] = entry["resource"] | {"extension": action["resource"]["extension"]}


def _twice(body: Json, exchange: Exchange) -> None:
    """The older answers stay as well."""
    for action in body["systemActions"]:
        resource = action["resource"]
        before = sent_resources(exchange)[f"{resource['resourceType']}/{resource['id']}"]
        kept = [each for each in before["extension"] if each not in resource["extension"]]
        resource["extension"] += deepcopy(kept)


def _others_lost(body: Json, _exchange: Exchange) -> None:
    for action in body["systemActions"]:
        told = action["resource"]["extension"]
        action["resource"]["extension"] = [each for each in told if "of-another-insurer" not in str(each)]


def _told_again(body: Json, exchange: Exchange) -> None:
    order = exchange.asked["context"]["draftOrders"]["entry"][0]["resource"]
    body["systemActions"] = [{"type": "update", "description": "Again", "resource": deepcopy(order)}]


def _told_of_all(body: Json, exchange: Exchange) -> None:
    order = exchange.asked["context"]["draftOrders"]["entry"][0]["resource"]
    said = [
        {"url": "coverage", "valueReference": {"reference": order["insurance"][0]["reference"]}},
        {"url": "covered", "valueCode": "covered"},
        {"url": "date", "valueDate": "2026-11-20"},
        {"url": "coverage-assertion-id", "valueString": "of-nothing"},
    ]
    told = {"url": EXTENSION, "extension": said}
    body["systemActions"] = [
        {
            "type": "update",
            "description": "Told",
            "resource": order | {"extension": [*order.get("extension", []), told]},
        }
    ]


def _on_a_card(body: Json, _exchange: Exchange) -> None:
    if body.get("systemActions"):
        said = body["systemActions"][0]["resource"]["extension"]
        for card in body["cards"]:
            for suggestion in card.get("suggestions", ()):
                for action in suggestion["actions"]:
                    if action["type"] == "create":
                        action["resource"]["extension"] = deepcopy(said)


PLACES = (
    Fault("crd.coverage.received", answer(_no_actions, SIGN)),
    Fault("crd.coverage.received", answer(_no_actions), name="anywhere"),
    Fault("crd.coverage.each-order", answer(_one_less)),
    Fault("crd.coverage.hook-type", answer(_other_type)),
    Fault("crd.coverage.known", updates(lambda a: a["resource"].update(id="another"))),
    Fault("crd.coverage.in-focus", answer(_all_drafts, at("crd-order-types/chosen"))),
    Fault("crd.coverage.basis", answer(_on_the_appointment, at("crd-therapy-first/booked", "crd-therapy-more/booked"))),
    Fault("crd.coverage.update", updates(puts(type="create"))),
    Fault(
        "crd.coverage.no-resource-id", updates(lambda a: a.update(resourceId=f"ServiceRequest/{a['resource']['id']}"))
    ),
    Fault("crd.coverage.unchanged", updates(lambda a: a["resource"].update(status="active", note=[{"text": "seen"}]))),
    Fault("crd.coverage.replaced", answer(_twice, marked("outdated"))),
    Fault("crd.coverage.others-kept", answer(_others_lost, marked("outdated"))),
    Fault("crd.coverage.not-again", answer(_told_again, marked("told-already"))),
    Fault("crd.coverage.do-not-perform", answer(_told_of_all, marked("do-not-perform"))),
    Fault("crd.coverage.no-card", answer(_on_a_card)),
)


def _double(url: str) -> Any:
    def change(statement: Json) -> None:
        if found := part(statement, url):
            statement["extension"].append(deepcopy(found))

    return change


def _detail(change: Any) -> Any:
    """Changes the parts of each detail, by name."""

    def change_details(statement: Json) -> None:
        for each in statement["extension"]:
            if each["url"] == "detail":
                change(each["extension"])

    return change_details


def _detail_part(url: str, **value: Any) -> Any:
    def change(parts: list[Json]) -> None:
        for each in parts:
            if each["url"] == url:
                each.clear()
                each.update(url=url, **value)

    return _detail(change)


def _no_part(url: str) -> Any:
    def change(parts: list[Json]) -> None:
        parts[:] = [each for each in parts if each["url"] != url]

    return _detail(change)


def _no_words(statement: Json) -> None:
    for each in statement["extension"]:
        if each["url"] == "reason":
            each["valueCodeableConcept"] = {"coding": [{"system": TEMP, "code": "gold-card"}]}


def _odd_reason(statement: Json) -> None:
    for each in statement["extension"]:
        if each["url"] == "reason":
            each["valueCodeableConcept"]["coding"] = [{"system": TEMP, "code": "because"}]


ELEMENTS = (
    *(Fault(f"crd.coverage.{url}-once", statements(_double(url))) for url in ("coverage", "covered", "date")),
    Fault("crd.coverage.coverage-once", statements(drops("coverage")), name="none"),
    Fault("crd.coverage.covered-once", statements(drops("covered")), name="none"),
    Fault("crd.coverage.date-once", statements(drops("date")), name="none"),
    Fault("crd.coverage.coverage-assertion-id-once", statements(drops("coverage-assertion-id"))),
    Fault("crd.coverage.coverage-assertion-id-once", statements(drops("coverage-assertion-id")), version="2.0.1"),
    Fault("crd.coverage.at-most-once", statements(_double("pa-needed"))),
    Fault(
        "crd.coverage.elements", statements(adds("response", valueReference={"reference": "QuestionnaireResponse/1"}))
    ),
    Fault("crd.coverage.elements", statements(adds("expiry-date", valueDate="2027-01-01")), version="2.0.1"),
    Fault("crd.coverage.types", statements(adds("contact", valueContactPoint={"system": "phone", "value": "1"}))),
    Fault("crd.coverage.types", statements(sets("covered", valueString="covered")), name="covered"),
    Fault("crd.coverage.days", statements(sets("date", valueDate="2026-11-20T10:00:00Z"))),
    Fault("crd.coverage.own-coverage", statements(sets("coverage", valueReference={"reference": "Coverage/ours"}))),
    Fault("crd.coverage.covered-code", statements(sets("covered", is_("covered", "conditional"), valueCode="maybe"))),
    Fault("crd.coverage.pa-needed-code", statements(sets("pa-needed", valueCode="yes"))),
    Fault("crd.coverage.doc-needed-code", statements(sets("doc-needed", valueCode="both"))),
    Fault("crd.coverage.doc-purpose-code", statements(sets("doc-purpose", valueCode="withappeal"))),
    Fault("crd.coverage.info-needed-code", statements(sets("info-needed", valueCode="weather"))),
    Fault("crd.coverage.covered-code", statements(sets("covered", valueCode="indeterminate")), version="2.0.1"),
    Fault("crd.coverage.reason-code", statements(_odd_reason)),
    Fault("crd.coverage.reason-text", statements(_no_words)),
    Fault("crd.coverage.detail-members", statements(_no_part("category"))),
    Fault("crd.coverage.detail-category", statements(_detail_part("category", valueCode="cat-decisional"))),
    Fault("crd.coverage.detail-value", statements(_detail_part("value", valueCode="one"))),
    Fault(
        "crd.coverage.detail-members",
        statements(_detail(lambda parts: parts.append({"url": "category", "valueCode": "cat-other"}))),
        version="2.0.1",
    ),
    Fault("crd.coverage.one-doc-needed", statements(_double("doc-needed")), version="2.0.1"),
)


def _second(change: Any) -> Any:
    """Says it a second time, a little otherwise."""

    def double(action: Json) -> None:
        said = action["resource"]["extension"]
        for each in [each for each in said if each["url"] == EXTENSION]:
            another = deepcopy(each)
            change(another)
            said.append(another)

    return double


def _of_another(statement: Json) -> None:
    sets("coverage", valueReference={"reference": "Coverage/second"})(statement)


def _with_second_coverage(exchange: Exchange) -> Exchange:
    """The call brought two Coverages, and both are answered with the same id."""
    if exchange.key != "crd-answers/free":
        return exchange
    asked = deepcopy(exchange.asked)
    asked["prefetch"]["more"] = {"resourceType": "Coverage", "id": "second"}
    sent = replace(exchange, sent=json.dumps(asked).encode())
    return updates(_second(_of_another))(sent)


def _billed(statement: Json) -> None:
    adds("billingCode", valueCoding={"system": "urn:own", "code": "other"})(statement)
    sets("coverage-assertion-id", valueString="another")(statement)


RULES = (
    Fault(
        "crd.coverage.not-covered", statements(adds("pa-needed", is_("covered", "not-covered"), valueCode="no-auth"))
    ),
    Fault("crd.coverage.pa-always", statements(drops("pa-needed")), version="2.0.1"),
    Fault(
        "crd.coverage.form", statements(adds("questionnaire", is_("doc-needed", ""), valueCanonical="http://a.test/Q"))
    ),
    Fault("crd.coverage.info-needed", statements(adds("info-needed", is_("info-needed", ""), valueCode="performer"))),
    Fault("crd.coverage.info-needed", statements(drops("info-needed")), name="none"),
    Fault("crd.coverage.number", statements(drops("satisfied-pa-id"))),
    Fault(
        "crd.coverage.number",
        statements(adds("satisfied-pa-id", is_("pa-needed", "auth-needed"), valueString="A1")),
        name="unasked",
    ),
    Fault("crd.coverage.purpose", statements(adds("doc-purpose", is_("pa-needed", "satisfied"), valueCode="withpa"))),
    Fault("crd.coverage.reason-given", statements(drops("reason"))),
    Fault("crd.coverage.early", statements(adds("doc-needed", valueCode="clinical"), marked("order-select"))),
    Fault("crd.coverage.own-ids", _with_second_coverage),
    Fault("crd.coverage.one-id", updates(_second(_billed))),
    Fault("crd.coverage.scopes", updates(_second(lambda _: None))),
)


def _number_given(statement: Json) -> None:
    for name in ("doc-needed", "doc-purpose", "questionnaire"):
        drops(name)(statement)
    sets("pa-needed", valueCode="satisfied")(statement)
    adds("satisfied-pa-id", valueString="A1")(statement)


def _keeps_last(body: Json, exchange: Exchange) -> None:
    limit = exchange.asked["extension"]["davinci-crd.configuration"]["max-cards"]
    body["cards"] = [c for c in body["cards"] if c["indicator"] == "info"][:limit] or [
        card | {"indicator": "info"} for card in body["cards"]
    ]


def _another_card(code: str, number: int = 1) -> Any:
    def change(body: Json, _exchange: Exchange) -> None:
        for count in range(number):
            body["cards"].append(
                {
                    "uuid": f"c0ffee00-0000-4000-8000-0000000001{count:02d}",
                    "summary": "One more",
                    "detail": "One more",
                    "indicator": "info",
                    "source": {
                        "label": "Insurer",
                        "topic": {"code": code, "system": "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"},
                    },
                }
            )

    return change


def _as_newer(body: Json, _exchange: Exchange) -> None:
    """Not covered, and nothing about authorization."""
    for action in body["systemActions"]:
        for each in action["resource"]["extension"]:
            drops("pa-needed")(each)


CONFIGURED = (
    Fault("crd.options.older-version", answer(_as_newer, marked("older-version"), marked("older-version"))),
    Fault("crd.options.older-version", status(marked("older-version"), 400), name="refused"),
    Fault("crd.options.what-if", statements(_number_given, at("crd/what-if"))),
    Fault("crd.options.coverage-off", answer(_told_of_all, at("configuring/no-coverage-information"))),
    Fault("crd.options.topic-off", answer(_another_card("cost"), at("configuring/no-cards"))),
    Fault("crd.options.max-cards", answer(_another_card("cost", 3), marked("max-cards", "hook"))),
    Fault("crd.options.most-urgent", answer(_keeps_last, at("configuring/one-card"))),
)

ALL = (*CARDS, *PLACES, *ELEMENTS, *RULES, *CONFIGURED)
