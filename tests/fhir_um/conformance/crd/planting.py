"""Faults, planted in what a good server said: each takes a session and gives the same with one thing wrong in it."""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from fhir_um.conformance.crd.cards import kind_of
from fhir_um.conformance.crd.dialects import EXTENSION
from fhir_um.conformance.crd.reading import is_answered
from fhir_um.conformance.model import Exchange, Session

Json = dict[str, Any]
Change = Callable[[Json, Exchange], None]
Spoil = Callable[[Exchange], Exchange]
Where = Callable[[Exchange], bool]
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
NOT_A_UUID = "one"


@dataclass(frozen=True)
class Fault:
    """What is wrong everywhere it can be, and the check that must find it. `version`: in which suite."""

    check: str
    spoil: Spoil
    version: str = "2.2.1"
    name: str = ""

    @property
    def label(self) -> str:
        return f"{self.check}{'-' + self.name if self.name else ''}"

    def planted(self, session: Session) -> Session:
        return replace(session, exchanges=tuple(map(self.spoil, session.exchanges)))


def marked(*marks: str) -> Where:
    return lambda exchange: exchange.marks.issuperset(marks)


def at(*keys: str) -> Where:
    return lambda exchange: exchange.key in keys


def status(where: Where, number: int, body: Any = OUTCOME) -> Spoil:
    def spoil(exchange: Exchange) -> Exchange:
        return with_body(replace(exchange, status=number), body) if where(exchange) else exchange

    return spoil


def with_body(exchange: Exchange, body: Any) -> Exchange:
    return replace(exchange, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def header(where: Where, name: str, value: str | None) -> Spoil:
    def spoil(exchange: Exchange) -> Exchange:
        if not where(exchange):
            return exchange
        rest = {key: text for key, text in exchange.headers.items() if key != name}
        return replace(exchange, headers=rest if value is None else {**rest, name: value})

    return spoil


def is_hook(exchange: Exchange) -> bool:
    return "hook" in exchange.marks and is_answered(exchange)


def answer(change: Change, where: Where = is_hook, of: Where = is_hook) -> Spoil:
    """Changes the JSON of answers to hooks."""

    def spoil(exchange: Exchange) -> Exchange:
        if not of(exchange) or not where(exchange):
            return exchange
        body = deepcopy(exchange.answer)
        change(body, exchange)
        return with_body(exchange, body) if json.dumps(body) != json.dumps(exchange.answer) else exchange

    return spoil


def document(change: Callable[[Json], None]) -> Spoil:
    return answer(lambda body, _: change(body), of=marked("discovery"), where=marked("discovery"))


def services(change: Callable[[Json], Any]) -> Spoil:
    return document(lambda body: [change(service) for service in body["services"]])  # type: ignore[arg-type, return-value]


def options(change: Callable[[list[Json]], Any]) -> Spoil:
    return services(lambda service: change(service["extension"]["davinci-crd.configuration-options"]))


def _all(found: Callable[[Json], Iterable[Any]], change: Callable[[Any], Any], where: Where) -> Spoil:
    def change_all(body: Json, _exchange: Exchange) -> None:
        for item in list(found(body)):
            change(item)

    return answer(change_all, where)


def anywhere(_exchange: Exchange) -> bool:
    return True


def cards(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    return _all(lambda body: body["cards"], change, where)


def _suggestions(body: Json) -> list[Json]:
    return [each for card in body["cards"] for each in card.get("suggestions", ())]


def suggestions(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    return _all(_suggestions, change, where)


def actions(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    return _all(lambda body: [a for each in _suggestions(body) for a in each["actions"]], change, where)


def links(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    return _all(lambda body: [each for card in body["cards"] for each in card.get("links", ())], change, where)


def updates(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    """Changes system actions."""
    return _all(lambda body: body.get("systemActions", ()), change, where)


def statements(change: Callable[[Json], Any], where: Where = anywhere) -> Spoil:
    """Changes every coverage information."""

    def all_of(action: Json) -> None:
        for each in action["resource"]["extension"]:
            if each["url"] == EXTENSION:
                change(each)

    return updates(all_of, where)


def without(name: str) -> Callable[[Json], None]:
    """Takes a member away."""
    return lambda item: item.pop(name, None) and None


def puts(**members: Any) -> Callable[[Json], None]:
    return lambda item: item.update({name.rstrip("_"): value for name, value in members.items()})


def part(statement: Json, url: str) -> Json | None:
    return next((each for each in statement["extension"] if each["url"] == url), None)


def code_of(statement: Json, url: str) -> str:
    found = part(statement, url)
    return found["valueCode"] if found else ""


def drops(url: str) -> Callable[[Json], None]:
    def change(statement: Json) -> None:
        statement["extension"] = [each for each in statement["extension"] if each["url"] != url]

    return change


def adds(url: str, when: Callable[[Json], bool] = lambda _: True, **value: Any) -> Callable[[Json], None]:
    def change(statement: Json) -> None:
        if when(statement):
            statement["extension"].append({"url": url, **value})

    return change


def sets(url: str, when: Callable[[Json], bool] = lambda _: True, **value: Any) -> Callable[[Json], None]:
    """Gives an element that is there another value."""

    def change(statement: Json) -> None:
        for each in statement["extension"]:
            if each["url"] == url and when(statement):
                each.clear()
                each.update(url=url, **value)

    return change


def is_(url: str, *codes: str) -> Callable[[Json], bool]:
    return lambda statement: code_of(statement, url) in codes


def of_kind(kind: str, change: Callable[[Json], Any]) -> Callable[[Json], None]:
    """Only cards of a kind."""

    def change_kind(card: Json) -> None:
        if kind_of(card) == kind:
            change(card)

    return change_kind
