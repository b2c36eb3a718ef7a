"""What one fault does to a message: the changes of `planted`, by name."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fhir_um.conformance import marks
from fhir_um.conformance.model import Exchange, Session
from fhir_um.conformance.pas import situations
from tests.fhir_um.conformance.pas.spoiling import (
    Json,
    Spoil,
    action_of,
    coding_of,
    each,
    exchanges,
    marked,
    messages,
    put,
    resource,
    review_of,
    walked,
)

SUBMIT, INQUIRE, EVENT = marks.SUBMIT, marks.INQUIRE, marks.EVENT


def lose_a_line(response: Json) -> None:
    if len(response.get("item", [])) > 1:
        response["item"].pop()


def is_answer(exchange: Exchange) -> bool:
    return SUBMIT in exchange.marks


def swap_entries(content: Json) -> None:
    if len(content["entry"]) > 1:
        content["entry"][0], content["entry"][1] = content["entry"][1], content["entry"][0]


def second_response(content: Json) -> None:
    first = content["entry"][0]
    if first["resource"]["resourceType"] == "ClaimResponse":
        content["entry"].append({**first, "fullUrl": first["fullUrl"] + "-2"})


def twice(content: Json) -> None:
    content["entry"].append(content["entry"][-1])


def other_ids(one: Json) -> None:
    if one["resource"]["resourceType"] == "Patient":
        one["resource"]["id"] = "somebody"


def relative(one: Json) -> None:
    one["fullUrl"] = f"relative/{one['fullUrl'].rpartition('/')[2]}"


def renamed(content: Json) -> None:
    """Every Patient under another address, and everything that refers to it."""
    urls = {one["fullUrl"] for one in content["entry"] if one["resource"]["resourceType"] == "Patient"}
    for node in walked(content):
        for key in ("fullUrl", "reference"):
            if node.get(key) in urls:
                node[key] = re.sub("/Patient/", "/copies/Patient/", node[key])


def no_identifier_of_patient(one: Json) -> None:
    if one["resource"]["resourceType"] == "Patient":
        one["resource"]["identifier"] = [{"system": "urn:oid:1.2.3", "value": "another"}]


def in_review(change: Callable[[list[Json]], object]) -> Callable[[Json], object]:
    return lambda item: change(review_of(item))


def unreasoned(item: Json) -> None:
    if action_of(item) == "A3":
        item.pop("noteNumber", None)
        review = review_of(item)
        review[:] = [one for one in review if one["url"] != "reasonCode"]


def numbered(code: str) -> Callable[[Json], object]:
    def change(item: Json) -> None:
        if action_of(item) == code:
            review_of(item).insert(0, {"url": "number", "valueString": "1234"})

    return change


def extension_gone(url: str) -> Callable[[Json], object]:
    def change(node: Json) -> None:
        kept = [one for one in node.get("extension", []) if one["url"] != url]
        node.pop("extension", None)
        if kept:
            node["extension"] = kept

    return change


def in_extension(url: str, change: Callable[[Json], object]) -> Spoil:
    return each(lambda node: node.get("url") == url, change)


def codings(system: str) -> Callable[[Json], object]:
    def change(node: Json) -> None:
        for one in walked(node):
            if "system" in one and "code" in one:
                one["system"] = system

    return change


def history(change: Callable[[Json], object], *words: str) -> Spoil:
    return messages(change, marked(marks.NOTIFICATION, *words))


def parameter(name: str, key: str, value: Any, *words: str) -> Spoil:
    """Another value in the status or in the events of notifications."""
    of = marked(marks.NOTIFICATION, *words)
    return each(lambda node: node.get("name") == name and key in node, put(key, value), of)


def without_parameter(name: str) -> Spoil:
    def change(node: Json) -> None:
        for key in ("parameter", "part"):
            if key in node:
                node[key] = [one for one in node[key] if one.get("name") != name]

    return each(lambda node: True, change, marked(marks.NOTIFICATION, EVENT))


def subscription(change: Callable[[Json], object]) -> Spoil:
    return resource("Subscription", change, lambda one: one.method == "POST")


def channel(name: str, value: Any) -> Spoil:
    return subscription(lambda node: node["channel"].update({name: value}))


def stated(change: Callable[[Json], object]) -> Spoil:
    return resource("CapabilityStatement", change)


def of_subscription(node: Json) -> Json:
    found: Json = next(one for one in node["rest"][0]["resource"] if one["type"] == "Subscription")
    return found


def no_delete(node: Json) -> None:
    told = of_subscription(node)
    told["interaction"] = [one for one in told["interaction"] if one["code"] != "delete"]


def is_refused(exchange: Exchange) -> bool:
    return exchange.marks >= {marks.REFUSED, SUBMIT} and not exchange.marks & situations.ACCESS


def slow(exchange: Exchange) -> Exchange:
    return replace(exchange, milliseconds=20_000.0)


def nothing_found(content: Json) -> None:
    if content["resourceType"] == "Parameters":
        content["parameter"] = [one for one in content.get("parameter", []) if one["name"] != "return"]
    else:
        content["entry"] = [one for one in content["entry"] if one["resource"]["resourceType"] == "OperationOutcome"]


def found_twice(content: Json) -> None:
    returned = [one for one in content.get("parameter", []) if one["name"] == "return"]
    content["parameter"] = [*content.get("parameter", []), *returned]


def asks_for_any(exchange: Exchange) -> bool:
    return INQUIRE in exchange.marks and b"not-applicable" in exchange.sent


def asks_otherwise(exchange: Exchange) -> bool:
    is_usual = situations.SUPERSEDED not in exchange.marks and not asks_for_any(exchange)
    return exchange.marks >= {INQUIRE, marks.FOUND} and is_usual


def another_member(content: Json) -> None:
    for node in walked(content):
        for identifier in node.get("identifier", []) if node.get("resourceType") in ("Patient", "Coverage") else []:
            identifier["value"] = "H9-1"
        if node.get("resourceType") == "Coverage" and "subscriberId" in node:
            node["subscriberId"] = "H9-1"


def other_number(exchange: Exchange) -> bool:
    return marks.REPEATED in exchange.marks


def wrap(content: Json) -> None:
    inside = dict(content)
    content.clear()
    content.update(resourceType="Parameters", parameter=[{"name": "return", "resource": inside}])


def unwrap(content: Json) -> None:
    inside = next(one["resource"] for one in content["parameter"] if one["name"] == "return")
    content.clear()
    content.update(inside)


def no_patient(content: Json) -> None:
    content["entry"] = [one for one in content["entry"] if one["resource"]["resourceType"] != "Patient"]


def benefit() -> Json:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "benefit"}]}


def bare_response(content: Json) -> None:
    for one in content["entry"][1:]:
        inner = one["resource"]["entry"][0]["resource"]
        focus = f"https://payer.test/ClaimResponse/{inner['id']}"
        for node in walked(content["entry"][0]):
            if node.get("name") == "focus":
                node["valueReference"] = {"reference": focus}
        one["resource"], one["fullUrl"] = inner, focus


def unheard(session: Session, mark: str) -> Session:
    """As the stage keeps what was waited for in vain."""

    def silent(one: Exchange) -> Exchange:
        if one.marks >= {marks.NOTIFICATION, mark}:
            kept = (one.marks - {marks.NOTIFICATION}) | {marks.UNHEARD}
            return replace(one, marks=kept, sent=b"", status=0)
        return one

    return exchanges(silent)(session)


def took(session: Session, step: str) -> Session:
    """A Subscription that should have been refused was made."""
    made = next(one for one in session.exchanges if one.key == "subscriptions/subscribed")
    change = lambda one: replace(one, status=201, headers=made.headers, body=made.body)  # noqa: E731
    return exchanges(change, lambda one: one.step == step)(session)


def found_anyway(session: Session) -> Session:
    some = next(one for one in session.exchanges if one.key == "inquiry-ways/by-service")
    return exchanges(lambda one: replace(one, body=some.body), marked(INQUIRE, marks.NOT_FOUND))(session)


def newer_element(node: Json) -> None:
    said = node.pop("valueString")
    node["extension"] = [{"url": "error", "valueString": said}]


def with_resource(content: Json) -> None:
    content["entry"].append({**content["entry"][0], "fullUrl": "https://payer.test/x"})


def insurer_for_patient(response: Json) -> None:
    response["patient"] = dict(response["insurer"])


def patient_for_insurer(response: Json) -> None:
    response["insurer"] = dict(response["patient"])


def backwards(node: Json) -> None:
    if "start" in node and "end" in node:
        node["start"], node["end"] = "2031-01-02", "2031-01-01"


def line_number(number: int) -> Callable[[Json], object]:
    def change(node: Json) -> None:
        for one in walked(node):
            if str(one.get("url")).endswith("serviceLineNumber"):
                one["valuePositiveInt"] = number

    return change


def asks_for_documents(response: Json) -> None:
    response["communicationRequest"] = [dict(response["patient"])]


def cancelled_too(item: Json) -> None:
    if action_of(item) == "A1":
        coding_of(item).update(code="C")


def renumbered(session: Session) -> Session:
    """Every update gives every line another number."""
    numbers = iter(range(10_000))

    def change(node: Json) -> None:
        if node.get("url") == "number":
            node["valueString"] = f"N{next(numbers)}"

    return each(lambda node: node.get("url") == "number", change, marked(marks.UPDATE))(session)


def still_there(session: Session) -> Session:
    made = next(one for one in session.exchanges if one.key == "subscriptions/read")
    return exchanges(lambda one: replace(one, status=200, body=made.body), lambda one: one.step == "gone")(session)


def an_event(content: Json) -> None:
    told = content["entry"][0]["resource"]["parameter"]
    told.append({"name": "notification-event", "part": [{"name": "event-number", "valueString": "1"}]})


def of_another_case(content: Json) -> None:
    for node in walked(content):
        if node.get("resourceType") == "ClaimResponse":
            node["id"] = "another"


def an_error_inside(content: Json) -> None:
    content.update(resourceType="OperationOutcome", issue=[{"severity": "error", "code": "invalid"}])


def has_amount(node: Json) -> bool:
    return "value" in node and "unit" in node


def is_status(node: Json) -> bool:
    return node.get("resourceType") == "Parameters"


def all_backwards(response: Json) -> None:
    for one in walked(response):
        backwards(one)


def bodiless(exchange: Exchange) -> Exchange:
    return replace(exchange, body=b"") if exchange.status == 201 else exchange


def is_other_update(exchange: Exchange) -> bool:
    """An update that is no example of an approval as well."""
    return marks.UPDATE in exchange.marks and marks.APPROVED not in exchange.marks
