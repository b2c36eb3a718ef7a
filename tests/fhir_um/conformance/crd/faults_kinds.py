"""Faults of the kinds of card, of what a story says must come out, and of validity."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from fhir_um.conformance.crd.cards import kind_of
from fhir_um.conformance.crd.reading import sent_resources
from fhir_um.conformance.model import Exchange
from tests.fhir_um.conformance.crd.planting import (
    Fault,
    Json,
    actions,
    answer,
    at,
    cards,
    drops,
    is_,
    marked,
    of_kind,
    puts,
    sets,
    statements,
    without,
)

CREATED = "additional-orders"
INSTEAD = "alternate-request"
LINK = {"label": "Read", "url": "https://insurer.example.test/policy", "type": "absolute"}


def _actions_of(change: Any) -> Any:
    def change_all(card: Json) -> None:
        for suggestion in card["suggestions"]:
            change(suggestion["actions"])

    return change_all


def _one_more_update(listed: list[Json]) -> None:
    listed.append(deepcopy(listed[0]))


def _another_order(listed: list[Json]) -> None:
    for each in listed:
        if each["type"] == "delete":
            each["resourceId"] = "DeviceRequest/never-sent"
        elif each["type"] == "update":
            each["resource"]["id"] = "never-sent"


def _another_type(listed: list[Json]) -> None:
    """Takes the order away, and gives one of another type for it."""
    old = listed[0]["resource"]
    gone = {"type": "delete", "description": "Drop it", "resourceId": f"{old['resourceType']}/{old['id']}"}
    new = {"resourceType": "NutritionOrder", "status": "draft", "intent": "order"}
    listed[:] = [gone, {"type": "create", "description": "Order this", "resource": new}]


def _creates(kind: str) -> Any:
    def change(listed: list[Json]) -> None:
        for each in listed:
            each["resource"] = {"resourceType": kind, "status": "draft"}

    return change


def _task(change: Any) -> Any:
    def change_tasks(listed: list[Json]) -> None:
        for each in listed:
            if each.get("resource", {}).get("resourceType") == "Task":
                change(each["resource"])

    return change_tasks


def _follows_gone(task: Json) -> None:
    task["input"] = [each for each in task["input"] if "after-completion-action" not in str(each)]


def _questionnaire(listed: list[Json]) -> None:
    """Creates the Questionnaire as well, whether or not the client has it."""
    form = {"resourceType": "Questionnaire", "url": "http://insurer.example.test/Questionnaire/q", "status": "active"}
    listed.insert(0, {"type": "create", "description": "Add the form", "resource": form})


def _updates_task(listed: list[Json]) -> None:
    for each in listed:
        each["type"] = "update"


def _coverage_to_clinicians(body: Json, exchange: Exchange) -> None:
    for card in body["cards"]:
        if kind_of(card) == "instructions":
            resource = next(each for ref, each in sent_resources(exchange).items() if ref.startswith("Coverage/"))
            action = {"type": "update", "description": "Correct it", "resource": resource}
            uuid = "c0ffee00-0000-4000-8000-000000000077"
            card["suggestions"] = [{"label": "Correct it", "uuid": uuid, "actions": [action]}]
            card["selectionBehavior"] = "any"
            return


def _card_gone(kind: str) -> Any:
    def change(body: Json, _exchange: Exchange) -> None:
        body["cards"] = [card for card in body["cards"] if kind_of(card) != kind]

    return answer(change, marked("hook", f"card:{kind}"))


def _never_seen(kind: str) -> Any:
    """No answer has such a card, and no story says that one comes."""
    gone = answer(lambda body, _: body.update(cards=[card for card in body["cards"] if kind_of(card) != kind]))

    def spoil(exchange: Exchange) -> Exchange:
        spoiled = gone(exchange)
        return replace(spoiled, marks=spoiled.marks - {f"card:{kind}"})

    return spoil


def _elsewhere(card: Json) -> None:
    card["extension"] = {"davinci-crd.associated-resource": [{"reference": "ServiceRequest/never-sent"}]}


KINDS = (
    Fault("crd.cards.one-kind-of-link", cards(of_kind("smart-launch", lambda c: c["links"].append(LINK)))),
    Fault("crd.cards.links-or-suggestions", cards(of_kind(CREATED, puts(links=[LINK])))),
    Fault("crd.cards.instruction", cards(of_kind("instructions", without("detail")))),
    Fault("crd.cards.associated", cards(_elsewhere)),
    Fault("crd.cards.alternate", cards(of_kind(INSTEAD, _actions_of(_one_more_update)))),
    Fault("crd.cards.alternate-of-draft", cards(of_kind(INSTEAD, _actions_of(_another_order)))),
    Fault("crd.cards.alternate-type", cards(of_kind(INSTEAD, _actions_of(_another_type)))),
    Fault("crd.cards.additional-orders", cards(of_kind(CREATED, _actions_of(_creates("Observation"))))),
    Fault("crd.cards.form", cards(of_kind("form-completion", _actions_of(_updates_task)))),
    Fault(
        "crd.cards.form-task",
        cards(of_kind("form-completion", _actions_of(_task(lambda t: t.update(code={"text": "x"}))))),
    ),
    Fault(
        "crd.cards.form-follows", cards(of_kind("form-completion", _actions_of(_task(_follows_gone)))), version="2.0.1"
    ),
    Fault("crd.cards.form-condition", cards(of_kind("form-completion", _actions_of(_questionnaire)))),
    Fault(
        "crd.cards.coverage",
        cards(of_kind("coverage-update", _actions_of(lambda listed: listed.append(deepcopy(listed[0]))))),
    ),
    Fault(
        "crd.cards.coverage-updated",
        cards(of_kind("coverage-update", _actions_of(lambda listed: listed[0].update(type="create")))),
    ),
    Fault("crd.cards.coverage-clerks", answer(_coverage_to_clinicians, at("varied/usual"))),
)


def _otherwise(url: str, code: str, to: str) -> Any:
    """Decides otherwise, and drops what would contradict it."""

    def change(statement: Json) -> None:
        if not is_(url, code)(statement):
            return
        sets(url, valueCode=to)(statement)
        for name in ("info-needed", "satisfied-pa-id", "doc-needed", "doc-purpose", "questionnaire"):
            drops(name)(statement)
        if to == "not-covered":
            drops("pa-needed")(statement)

    return change


def _settled(statement: Json) -> None:
    sets("covered", is_("covered", "conditional", "indeterminate"), valueCode="covered")(statement)
    sets("pa-needed", is_("pa-needed", "conditional", "indeterminate"), valueCode="auth-needed")(statement)
    drops("info-needed")(statement)


def _undocumented(statement: Json) -> None:
    for name in ("doc-needed", "doc-purpose", "questionnaire"):
        drops(name)(statement)


def _uncoded(statement: Json) -> None:
    sets("reason", valueCodeableConcept={"text": "Not insured here."})(statement)


def _again(body: Json, _exchange: Exchange) -> None:
    body["systemActions"].append(deepcopy(body["systemActions"][0]))


def _never_asked(statement: Json) -> None:
    sets("pa-needed", is_("pa-needed", "auth-needed"), valueCode="no-auth")(statement)
    _undocumented(statement)


OUTCOMES = (
    Fault("crd.outcomes.cards", answer(lambda body, _: body.update(cards=[]))),
    Fault("crd.outcomes.covered", statements(sets("covered", valueCode="indeterminate"), at("crd-answers/free"))),
    Fault("crd.outcomes.not-covered", statements(sets("covered", valueCode="covered"), at("crd-answers/excluded"))),
    Fault(
        "crd.outcomes.auth-needed",
        statements(_otherwise("pa-needed", "auth-needed", "no-auth"), at("crd-answers/reviewed")),
    ),
    Fault("crd.outcomes.no-auth", statements(sets("pa-needed", valueCode="auth-needed"), at("crd-answers/free"))),
    Fault(
        "crd.outcomes.satisfied",
        statements(_otherwise("pa-needed", "satisfied", "auth-needed"), at("crd-answers/satisfied")),
    ),
    Fault("crd.outcomes.conditional", statements(_settled, marked("conditional"))),
    Fault("crd.outcomes.documented", statements(_undocumented, marked("documented"))),
    Fault("crd.outcomes.no-member", statements(_uncoded, marked("no-member"))),
    Fault("crd.outcomes.no-active-coverage", statements(_uncoded, marked("no-active-coverage"))),
    Fault("crd.outcomes.apart", answer(_again, marked("several-orders"))),
    *(
        Fault(f"crd.outcomes.card-{kind}", _card_gone(kind))
        for kind in (
            "external-reference",
            "instructions",
            "alternate-request",
            "additional-orders",
            "form-completion",
            "coverage-update",
            "smart-launch",
        )
    ),
)


def _invalid(action: Json) -> None:
    action["resource"]["intent"] = "wish"


def _untyped_coding(statement: Json) -> None:
    for each in statement["extension"]:
        if each["url"] == "billingCode":
            each["valueCoding"]["version"] = 7


SEEN = tuple(
    Fault(f"crd.cards.seen-{kind}", _never_seen(kind))
    for kind in ("external-reference", "instructions", "smart-launch")
)

VALID = (
    Fault("crd.coverage.valid", statements(_untyped_coding)),
    Fault("crd.cards.valid", actions(lambda a: a["type"] == "create" and _invalid(a), marked("order-sign"))),
)

ALL = (*KINDS, *OUTCOMES, *SEEN, *VALID)
