"""Faults planted in front of the hook counter, one at a time: the check meant for each finds it, and no other fails.

A short programme of scenes is played for every second fault; set PLANTED=all to play every scene of the suite for each.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from fhir_um.conformance.in_process import Application
from tests.fhir_um.conformance.house import SERVER, Office, Wrap, failed, tried
from tests.fhir_um.conformance.planting import Answered, Json, Planted, annotated, around
from tests.fhir_um.conformance.programmes import planted as some_of
from tests.fhir_um.conformance.programmes import programme

PROGRAMME = ("discovery", "carried", "coverages", "feedback", "crd-answers", "crd-wheelchair")
SIGNED = "crd.signing."
"""Faults about tokens take the scene that shows bad ones."""


def hooks(change: Callable[[Json], None]) -> Wrap:
    """Changes every good answer to a hook."""

    def alter(said: Answered) -> None:
        if "/cds-services/" in said.path and said.status.startswith("200") and b'"cards"' in said.body:
            content = said.answer
            change(content)
            said.answer = content

    return around(alter)


def cards(change: Callable[[Json], None]) -> Wrap:
    return hooks(lambda answer: [change(card) for card in answer["cards"]])


def statements(change: Callable[[list[Json]], None]) -> Wrap:
    """Changes the parts of every coverage information."""
    return hooks(lambda answer: [change(extension["extension"]) for extension in annotated(answer)])


def services(change: Callable[[Json], None]) -> Wrap:
    """Changes every service of the discovery document."""

    def alter(said: Answered) -> None:
        if said.path.endswith("/cds-services") and said.method == "GET":
            content = said.answer
            for service in content["services"]:
                change(service)
            said.answer = content

    return around(alter)


def tokens(accepts: Callable[[Json, Json, str], bool]) -> Wrap:
    """Looks away when header and claims of a token for a path are of that kind."""

    def wrap(application: Application) -> Application:
        def careless(environ: dict[str, Any], start_response: Any) -> Any:
            kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
            if kind == "Bearer" and token.count(".") == 2 and accepts(*_read(token), environ["PATH_INFO"]):
                del environ["HTTP_AUTHORIZATION"]
            return application(environ, start_response)

        return careless

    return wrap


def _read(token: str) -> tuple[Json, Json]:
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{each}==")) for each in token.split(".")[:2])
    return header, claims


def _drop(url: str) -> Callable[[list[Json]], None]:
    def drop(parts: list[Json]) -> None:
        parts[:] = [part for part in parts if part["url"] != url]

    return drop


def _put(url: str, **value: str) -> Callable[[list[Json]], None]:
    def put(parts: list[Json]) -> None:
        for part in parts:
            if part["url"] == url:
                part.update(value)

    return put


def _say_anyway(parts: list[Json]) -> None:
    """Authorization is named although nothing is covered."""
    if any(part.get("valueCode") == "not-covered" for part in parts):
        parts.append({"url": "pa-needed", "valueCode": "no-auth"})


def _change_order(answer: Json) -> None:
    for action in answer.get("systemActions", ()):
        action["resource"]["language"] = "en"


def _sorted_prefetch(service: Json) -> None:
    service["prefetch"] = dict(sorted(service["prefetch"].items()))


def _no_versions(service: Json) -> None:
    del service["extension"]["davinci-crd.version"]


def _unknown_is_fine(said: Answered) -> None:
    if said.path.startswith("/cds-services/") and said.status.startswith("404"):
        said.status = "400 Bad Request"


def _without_origin(said: Answered) -> None:
    if said.method != "OPTIONS" and said.status.startswith("200"):
        kept = (item for item in said.headers.items() if item[0].lower() != "access-control-allow-origin")
        said.headers = dict(kept)


def _feedback_fails(said: Answered) -> None:
    is_one = said.asked.count(b'"outcome"') == 1
    if said.path.endswith("/feedback") and is_one and b'"accepted"' in said.asked and said.status.startswith("200"):
        said.status = "500 Internal Server Error"


def _planted(wrong: str, check: str, wrap: Wrap) -> Planted:
    return Planted(wrong, check, wrap, suite="crd-2.2.1")


FAULTS = (
    _planted("no assertion id", "crd.coverage.coverage-assertion-id-once", statements(_drop("coverage-assertion-id"))),
    _planted("a date with a time", "crd.coverage.days", statements(_put("date", valueDate="2026-01-01T10:00:00Z"))),
    _planted("a code nobody knows", "crd.coverage.covered-code", statements(_put("covered", valueCode="perhaps"))),
    _planted("authorization named where nothing is covered", "crd.coverage.not-covered", statements(_say_anyway)),
    _planted("an order that is changed", "crd.coverage.unchanged", hooks(_change_order)),
    _planted(
        "a system action without description",
        "crd.answers.system-action-description",
        hooks(lambda answer: [action.pop("description") for action in answer.get("systemActions", ())]),
    ),
    _planted("a summary without end", "crd.answers.summary", cards(lambda card: card.update(summary="x" * 140))),
    _planted("an unknown indicator", "crd.answers.indicator", cards(lambda card: card.update(indicator="stop"))),
    _planted("a card without topic", "crd.answers.topic", cards(lambda card: card["source"].pop("topic"))),
    _planted("a card without uuid", "crd.answers.card-uuid", cards(lambda card: card.pop("uuid"))),
    _planted("an empty text", "crd.answers.no-empties", cards(lambda card: card["source"].update(icon=""))),
    _planted("no version is declared", "crd.discovery.versions", services(_no_versions)),
    _planted("prefetch in the order of the alphabet", "crd.discovery.prefetch-order", services(_sorted_prefetch)),
    _planted("a service without description", "crd.discovery.members", services(lambda each: each.pop("description"))),
    _planted(
        "unsigned accepted", "crd.signing.refuses-none", tokens(lambda header, _claims, _path: header["alg"] == "none")
    ),
    _planted(
        "for another address accepted",
        "crd.signing.refuses-audience",
        tokens(lambda _header, claims, path: f"{SERVER}{path}" not in str(claims.get("aud"))),
    ),
    _planted(
        "without jti accepted", "crd.signing.refuses-no-jti", tokens(lambda _header, claims, _path: "jti" not in claims)
    ),
    _planted("any service is there", "crd.transport.unknown-service", around(_unknown_is_fine)),
    _planted("no page may read answers", "crd.transport.cors", around(_without_origin)),
    _planted("feedback is not heard", "crd.feedback.accepted", around(_feedback_fails)),
)


def test_without_a_fault_nothing_fails(office: Office) -> None:
    assert failed(tried(programme("crd-2.2.1", (*PROGRAMME, "tokens")), office)) == {}


@pytest.mark.parametrize("planted", some_of(FAULTS), ids=lambda planted: planted.wrong.replace(" ", "-"))
def test_a_fault_is_found_by_the_check_meant_for_it_and_by_no_other(planted: Planted, office: Office) -> None:
    office.wrap = planted.wrap

    scenes = (*PROGRAMME, "tokens") if planted.check.startswith(SIGNED) else PROGRAMME
    assert set(failed(tried(programme(planted.suite, scenes), office))) == {planted.check}
