"""Faults of discovery, of how calls are carried, of refusals, tokens and feedback."""

import json
from dataclasses import replace
from typing import Any

from fhir_um.conformance.model import Exchange
from tests.fhir_um.conformance.crd.planting import (
    OUTCOME,
    Fault,
    Json,
    at,
    document,
    header,
    marked,
    options,
    services,
    status,
    with_body,
    without,
)

PLAIN = at("discovery/discovered")
VERSIONS = "davinci-crd.version"


def drop_service(hook: str) -> Any:
    return document(lambda body: body.update(services=[s for s in body["services"] if s["hook"] != hook]))


def _versions(*told: str) -> Any:
    return services(lambda service: service["extension"].update({VERSIONS: list(told)}))


def _first(change: Any) -> Any:
    """Of one service only."""
    return document(lambda body: change(body["services"][0]["extension"]["davinci-crd.configuration-options"]))


def _reversed(service: Json) -> None:
    service["prefetch"] = dict(reversed(service["prefetch"].items()))


def _same_ids(body: Json) -> None:
    body["services"][1] = body["services"][1] | {"id": body["services"][0]["id"]}


def _drop_option(*codes: str) -> Any:
    def change(listed: list[Json]) -> None:
        listed[:] = [option for option in listed if option["code"] not in codes]

    return options(change)


def _slow(exchange: Exchange) -> Exchange:
    return replace(exchange, milliseconds=20_000) if "hook" in exchange.marks else exchange


def _not_json(exchange: Exchange) -> Exchange:
    return with_body(exchange, b"<html>") if exchange.key == "crd-wheelchair/signed" else exchange


def _explained(exchange: Exchange) -> Exchange:
    if "bad-token" not in exchange.marks:
        return exchange
    return with_body(exchange, OUTCOME | {"text": f"refused, because of {exchange.step}"})


DISCOVERY = (
    Fault("crd.discovery.answered", status(PLAIN, 500)),
    Fault("crd.discovery.answered", status(marked("discovery"), 404), name="anywhere"),
    Fault("crd.discovery.with-token", status(marked("with-token"), 401)),
    Fault("crd.discovery.services", document(lambda body: body.update(services={}))),
    Fault("crd.discovery.members", services(without("description"))),
    Fault("crd.discovery.title", services(without("title"))),
    Fault("crd.discovery.primary-hooks", drop_service("order-dispatch")),
    Fault("crd.discovery.secondary-hooks", drop_service("encounter-start")),
    Fault("crd.discovery.unique", document(_same_ids)),
    Fault("crd.discovery.versions", services(lambda s: s["extension"][VERSIONS].append("two"))),
    Fault("crd.discovery.versions", services(lambda s: s["extension"].pop(VERSIONS)), name="none"),
    Fault("crd.discovery.versions-spoken", _versions("2.0")),
    Fault("crd.discovery.options", options(lambda listed: listed[0].pop("name"))),
    Fault("crd.discovery.option-types", options(lambda listed: listed[0].update(type="string"))),
    Fault("crd.discovery.option-defaults", options(lambda listed: listed[0].update(default="yes"))),
    Fault(
        "crd.discovery.option-codes",
        options(
            lambda listed: listed.append(
                listed[0] | {"code": "a b", "name": "A b", "description": "An option whose code has a space in it"}
            )
        ),
    ),
    Fault("crd.discovery.options-unique", options(lambda listed: listed[1].update(name=listed[0]["name"]))),
    Fault("crd.discovery.options-alike", _first(lambda listed: listed[0].update(name="Called otherwise"))),
    Fault("crd.discovery.coverage-switch", _drop_option("coverage-info")),
    Fault("crd.discovery.switches", _drop_option("guideline")),
    Fault("crd.discovery.prefetch", services(without("prefetch"))),
    Fault("crd.discovery.prefetch-texts", services(lambda s: s["prefetch"].update(coverage="Coverage?status=active"))),
    Fault("crd.discovery.prefetch-order", services(_reversed)),
    Fault("crd.discovery.usage", services(without("usageRequirements"))),
    Fault("crd.discovery.no-empties", services(lambda s: s.update(extra=[]))),
)

CARRIED = (
    Fault("crd.transport.no-redirect", status(at("varied/again", "crd-answers/free"), 308)),
    Fault("crd.hooks.answered", status(at("crd-wheelchair/chosen", "crd-therapy-first/sent"), 500)),
    Fault("crd.hooks.answered", status(at("crd-wheelchair/signed"), 412), name="prefetch"),
    Fault("crd.hooks.json", _not_json),
    Fault("crd.transport.content-type", header(marked("hook"), "content-type", "text/html")),
    Fault("crd.transport.time", _slow),
    Fault("crd.transport.preflight", status(marked("preflight"), 401)),
    Fault("crd.transport.preflight-origin", header(marked("preflight"), "access-control-allow-origin", None)),
    Fault("crd.transport.preflight-methods", header(marked("preflight"), "access-control-allow-methods", "OPTIONS")),
    Fault("crd.transport.preflight-headers", header(marked("preflight"), "access-control-allow-headers", "Accept")),
    Fault(
        "crd.transport.cors",
        header(lambda e: e.status == 200 and "origin" in e.marks, "access-control-allow-origin", None),
    ),
    Fault(
        "crd.transport.cors-errors",
        header(lambda e: e.status >= 400 and "origin" in e.marks, "access-control-allow-origin", None),
    ),
    Fault("crd.transport.unknown-service", status(marked("unknown-service"), 500)),
    Fault("crd.transport.wrong-method", status(marked("wrong-method"), 200)),
    Fault("crd.transport.media-type", status(marked("wrong-media-type"), 200)),
    Fault("crd.transport.charset", status(marked("charset"), 415)),
)

REFUSALS = (
    Fault("crd.errors.not-json", status(marked("not-json"), 500)),
    Fault("crd.errors.not-a-call", status(marked("not-a-call"), 500)),
    Fault("crd.errors.not-a-call", status(marked("not-a-call"), 422), name="older"),
    Fault("crd.errors.breaks-guide", status(marked("breaks-guide"), 200)),
    Fault("crd.errors.no-coverage", status(marked("no-coverage"), 404)),
    Fault("crd.errors.several-coverages", status(marked("several-coverages"), 200)),
    Fault("crd.errors.other-payer", status(marked("other-payer"), 200)),
    Fault("crd.errors.unknown-version", status(marked("unknown-version"), 200)),
    Fault("crd.errors.unreachable", status(marked("unreachable"), 500)),
    Fault("crd.errors.outcome", lambda e: with_body(e, b"{}") if "not-a-call" in e.marks else e),
    Fault("crd.errors.not-a-call", status(marked("not-a-call"), 404), version="2.0.1"),
    Fault("crd.errors.not-json", status(marked("not-json"), 422), version="2.0.1"),
)

TOKENS = (
    Fault("crd.signing.accepts-ES384", status(marked("good-token:ES384"), 401)),
    Fault("crd.signing.accepts-RS384", status(marked("good-token:RS384"), 401)),
    Fault("crd.signing.accepts-audience-list", status(marked("good-token:audience-list"), 401)),
    *(
        Fault(f"crd.signing.refuses-{name}", status(marked(f"bad-token:{name}"), 200))
        for name in (
            "none",
            "HS256",
            "signature",
            "audience",
            "expired",
            "future",
            "no-jti",
            "replayed",
            "unknown-key",
            "issuer",
            "malformed",
        )
    ),
    Fault("crd.signing.checked", status(marked("bad-token"), 200)),
    Fault("crd.signing.no-reason", _explained),
)

FEEDBACK = (
    Fault("crd.feedback.accepted", status(marked("accepted"), 500)),
    Fault("crd.feedback.overridden", status(marked("overridden"), 500)),
    Fault("crd.feedback.several", status(marked("several-cards"), 500)),
    Fault("crd.feedback.unknown-card", status(marked("unknown-card"), 404)),
    Fault("crd.feedback.wrong", status(marked("wrong-feedback"), 200)),
)

VARIED = tuple(
    Fault(f"crd.robustness.{name}", status(marked(f"varied:{name}"), 400))
    for name in (
        "unknown-members",
        "nonsense",
        "left-out",
        "other-keys",
        "null-prefetch",
        "code-system",
        "again",
        "unreachable-server",
        "user-role",
        "fetched",
        "dispatch-1.1",
        "dispatch-1.0",
    )
)


def _asked(**members: Any) -> Any:
    """The tester asks badly, in one call."""

    def spoil(exchange: Exchange) -> Exchange:
        if exchange.key != "crd-answers/free":
            return exchange
        return replace(exchange, sent=json.dumps(exchange.asked | members).encode())

    return spoil


def _by_nobody(exchange: Exchange) -> Exchange:
    if exchange.key != "crd-answers/free":
        return exchange
    return _asked(context=exchange.asked["context"] | {"userId": "Device/1"})(exchange)


ASKED = (
    Fault("crd.asked.fields", _asked(hookInstance="one")),
    Fault("crd.asked.context", _by_nobody),
    Fault("crd.asked.optional", _asked(fhirAuthorization={"access_token": "t"})),
)

ALL = (*ASKED, *DISCOVERY, *CARRIED, *REFUSALS, *TOKENS, *FEEDBACK, *VARIED)
