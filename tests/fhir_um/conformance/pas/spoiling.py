"""Spoils what a server said, in every message alike, the way a fault of the server would."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from fhir_um.conformance.model import Exchange, Session
from profiles.canonicals import EXT_REVIEW_ACTION, EXT_REVIEW_ACTION_CODE

Json = dict[str, Any]
Spoil = Callable[[Session], Session]
Holds = Callable[[Exchange], bool]


def walked(node: Any) -> Iterator[Json]:
    """Every object inside, from the outside in."""
    if isinstance(node, dict):
        yield node
        for child in list(node.values()):
            if isinstance(child, dict | list):
                yield from walked(child)
    elif isinstance(node, list):
        for child in node:
            if isinstance(child, dict | list):
                yield from walked(child)


def marked(*marks: str) -> Holds:
    return lambda exchange: exchange.marks >= set(marks)


def every(exchange: Exchange) -> bool:
    return True


def exchanges(change: Callable[[Exchange], Exchange], of: Holds = every) -> Spoil:
    """Changes whole exchanges."""

    def spoil(session: Session) -> Session:
        return replace(session, exchanges=tuple(change(one) if of(one) else one for one in session.exchanges))

    return spoil


def status(code: int, *marks: str, of: Holds = every) -> Spoil:
    return exchanges(lambda one: replace(one, status=code), lambda one: marked(*marks)(one) and of(one))


def header(name: str, value: str | None, *marks: str) -> Spoil:
    """Another header in the answer, or in what came in; None takes it out."""

    def change(one: Exchange) -> Exchange:
        sent, answered = dict(one.sent_headers), dict(one.headers)
        held = sent if one.came_in else answered
        held.pop(name, None)
        if value is not None:
            held[name] = value
        return replace(one, sent_headers=sent, headers=answered)

    return exchanges(change, marked(*marks))


def gone(*marks: str) -> Spoil:
    """Takes whole exchanges out."""
    return lambda session: replace(
        session, exchanges=tuple(one for one in session.exchanges if not marked(*marks)(one))
    )


def messages(change: Callable[[Json], object], of: Holds = every) -> Spoil:
    """Changes every message of the server, in place."""

    def spoiled(one: Exchange) -> Exchange:
        said = one.sent if one.came_in else one.body
        if not of(one) or not isinstance(one.asked if one.came_in else one.answer, dict) or "/um/v1" in one.url:
            return one
        content = msgspec.json.decode(said)
        change(content)
        if content == (one.asked if one.came_in else one.answer):
            return one
        body = msgspec.json.encode(content)
        return replace(one, sent=body) if one.came_in else replace(one, body=body)

    return exchanges(spoiled)


def each(is_meant: Callable[[Json], bool], change: Callable[[Json], object], of: Holds = every) -> Spoil:
    """Changes every object that is meant, wherever it stands."""

    def change_all(content: Json) -> None:
        for node in walked(content):
            if is_meant(node):
                change(node)

    return messages(change_all, of)


def resource(kind: str, change: Callable[[Json], object], of: Holds = every) -> Spoil:
    return each(lambda node: node.get("resourceType") == kind, change, of)


def bundle(change: Callable[[Json], object], of: Holds = every) -> Spoil:
    """Bundles with a decision in them."""
    return each(lambda node: node.get("resourceType") == "Bundle" and node.get("type") == "collection", change, of)


def entry(change: Callable[[Json], object], of: Holds = every) -> Spoil:
    return bundle(lambda node: [change(one) for one in node["entry"]], of)


def line(change: Callable[[Json], object], of: Holds = every, name: str = "item") -> Spoil:
    return resource("ClaimResponse", lambda node: [change(one) for one in node.get(name, [])], of)


def action_of(item: Json) -> str:
    return str(coding_of(item)["code"])


def coding_of(item: Json) -> Json:
    """The coding of the review action of a line."""
    told = next(one for one in review_of(item) if one["url"] == EXT_REVIEW_ACTION_CODE)
    found: Json = told["valueCodeableConcept"]["coding"][0]
    return found


def review_of(item: Json) -> list[Json]:
    found: list[Json] = next(
        one["extension"] for one in item["adjudication"][0]["extension"] if one["url"] == EXT_REVIEW_ACTION
    )
    return found


def action(was: str, becomes: str) -> Callable[[Json], object]:
    """For `line`: another code where that one stands."""
    return lambda item: coding_of(item).update(code=becomes) if action_of(item) == was else None


def without_number(item: Json) -> None:
    review = review_of(item)
    review[:] = [one for one in review if one["url"] != "number"]


def put(name: str, value: Any) -> Callable[[Json], object]:
    return lambda node: node.update({name: value})


def drop(name: str) -> Callable[[Json], object]:
    return lambda node: node.pop(name, None)
