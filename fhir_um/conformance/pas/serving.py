"""The server as a server of FHIR: answers, media types, no redirects, its statement of itself, other origins."""

import re
from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.marks import METADATA, REFUSED, REVIEW
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import is_good, kind_of, parts, text, texts
from profiles.canonicals import (
    CAPABILITY_INTERMEDIARY,
    EXT_TOPIC_OFFERED,
    OPERATION_INQUIRE,
    OPERATION_SUBMIT,
    PAS_TOPIC,
)

_FHIR_JSON = "application/fhir+json"
_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})
_GUIDE = "hl7.fhir.us.davinci-pas"
_OWN = re.compile(r"/um/v1(/|$)")


def is_asked(exchange: Exchange) -> bool:
    """True for what was asked of the FHIR base, not for what came in, nor for the payer's own interface."""
    is_own = REVIEW in exchange.marks or bool(_OWN.search(exchange.url))
    return not exchange.came_in and not is_own


def _no_server_fault(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status == 0:
        yield Fault("Nothing came back.")
    elif exchange.status >= 500:
        yield Fault(f"The status is {exchange.status}: the server failed.")


def _no_redirects(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status in _REDIRECTS:
        to = exchange.headers.get("location", "somewhere")
        yield Fault(f"The status is {exchange.status}, to {to}; clients of operations follow no redirects.")


def _media_type(exchange: Exchange) -> Iterator[Fault]:
    said = exchange.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != _FHIR_JSON:
        yield Fault(f"Content-Type is {said!r}; a FHIR resource comes as {_FHIR_JSON}.")


def _is_resource(exchange: Exchange) -> bool:
    return is_asked(exchange) and bool(kind_of(exchange.answer))


# --- the statement ----------------------------------------------------------------------------------------------------


def _statement(exchange: Exchange) -> Iterator[Fault]:
    if not is_good(exchange) or kind_of(exchange.answer) != "CapabilityStatement":
        yield Fault(f"It was answered with {exchange.status} and {kind_of(exchange.answer) or 'no resource'}.")


def _is_statement(exchange: Exchange) -> bool:
    return is_good(exchange) and kind_of(exchange.answer) == "CapabilityStatement"


def _server(exchange: Exchange) -> list[Json]:
    return [one for one in parts(exchange.answer, "rest") if text(one, "mode") == "server"]


def _fhir_version(exchange: Exchange) -> Iterator[Fault]:
    said = text(exchange.answer, "fhirVersion")
    if said != "4.0.1":
        yield Fault(f"fhirVersion is {said!r}; PAS builds on 4.0.1.", "CapabilityStatement.fhirVersion")


def _json(exchange: Exchange) -> Iterator[Fault]:
    formats = texts(exchange.answer, "format")
    if not any("json" in one for one in formats):
        yield Fault(f"The formats are {formats}; Bundles of PAS are JSON.", "CapabilityStatement.format")


def _operation(definition: str) -> Callable[[Exchange], Iterable[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        told = {
            text(one, "definition").partition("|")[0]
            for rest in _server(exchange)
            for place in (rest, *parts(rest, "resource"))
            for one in parts(place, "operation")
        }
        if definition not in told:
            yield Fault(f"No operation is defined by {definition}.", "CapabilityStatement.rest.resource.operation")

    return faults


def _subscriptions(exchange: Exchange) -> list[Json]:
    kinds = [one for rest in _server(exchange) for one in parts(rest, "resource")]
    return [one for one in kinds if text(one, "type") == "Subscription"]


def _interactions(exchange: Exchange) -> Iterator[Fault]:
    told = {text(one, "code") for kind in _subscriptions(exchange) for one in parts(kind, "interaction")}
    for name in ("create", "update", "delete"):
        if name not in told:
            yield Fault(f"Subscription is stated without {name}.", "CapabilityStatement.rest.resource.interaction")


def _topic(exchange: Exchange) -> Iterator[Fault]:
    told = [
        text(one, "valueCanonical").partition("|")[0]
        for kind in _subscriptions(exchange)
        for one in parts(kind, "extension")
        if text(one, "url") == EXT_TOPIC_OFFERED
    ]
    if PAS_TOPIC not in told:
        yield Fault(f"The topic {PAS_TOPIC} is not stated.", "CapabilityStatement.rest.resource.extension")


def _subscription_profile(exchange: Exchange) -> Iterator[Fault]:
    told = [one for kind in _subscriptions(exchange) for one in texts(kind, "supportedProfile")]
    if not any("subscription" in one.rpartition("/")[2] for one in told):
        where = "CapabilityStatement.rest.resource.supportedProfile"
        yield Fault("No profile of Subscription is stated.", where)


def _instantiates(exchange: Exchange) -> Iterator[Fault]:
    told = [one.partition("|")[0] for one in texts(exchange.answer, "instantiates")]
    if CAPABILITY_INTERMEDIARY not in told:
        yield Fault(
            f"It does not say that it does what {CAPABILITY_INTERMEDIARY} asks.", "CapabilityStatement.instantiates"
        )


def _guide(exchange: Exchange) -> Iterator[Fault]:
    told = texts(exchange.answer, "implementationGuide")
    ours = [one for one in told if _GUIDE in one]
    if ours and not any(one.endswith(f"|{exchange.version}") or "|" not in one for one in ours):
        yield Fault(
            f"The guide is {', '.join(ours)}; this base is tested as {exchange.version}.",
            "CapabilityStatement.implementationGuide",
        )


# --- other origins ----------------------------------------------------------------------------------------------------


def _preflight(session: Session) -> Iterable[Fault] | None:
    """Where no origin is let in at all, nothing is offered and nothing is judged."""
    asked = [one for one in session.marked(situations.PREFLIGHT) if one.headers.get("access-control-allow-origin")]
    if not asked:
        return None
    faults = []
    for exchange in asked:
        if "post" not in exchange.headers.get("access-control-allow-methods", "").lower():
            faults.append(Fault(f"{exchange.key}: POST is not among the methods that are let in."))
        allowed = exchange.headers.get("access-control-allow-headers", "").lower()
        if "content-type" not in allowed and allowed != "*":
            faults.append(Fault(f"{exchange.key}: Content-Type is not among the headers that are let in."))
    return faults


def _same_origin_answer(session: Session) -> Iterable[Fault] | None:
    """Who lets an origin in beforehand says so again with the answer."""
    offered = any(one.headers.get("access-control-allow-origin") for one in session.marked(situations.PREFLIGHT))
    asked = session.marked(situations.CROSS_ORIGIN)
    if not offered or not asked:
        return None
    silent = [one for one in asked if not one.headers.get("access-control-allow-origin")]
    return [Fault(f"{one.key}: the answer does not let the origin in that the preflight let in.") for one in silent]


_STATED = ("pas.metadata.there",)
_FIRST = ("pas.http.no-server-fault", "pas.http.no-redirects")


def _states(
    name: str, title: str, faults: Callable[[Exchange], Iterable[Fault]], strength: Strength, *requirements: str
) -> Check:
    return Check(
        f"pas.metadata.{name}",
        title,
        strength,
        Each((METADATA,), faults, _is_statement),
        requirements,
        rests_on=_STATED,
    )


CHECKS = (
    Check(
        "pas.http.no-server-fault",
        "Everything is answered, and nothing makes the server fail",
        Strength.EXPECTED,
        Each((), _no_server_fault, is_asked),
        ("pas:spec-39",),
    ),
    Check(
        "pas.http.no-redirects",
        "Nothing is answered with a redirect",
        Strength.EXPECTED,
        Each((), _no_redirects, is_asked),
    ),
    Check(
        "pas.http.media-type",
        "Resources come as application/fhir+json",
        Strength.SHALL,
        Each((), _media_type, _is_resource),
        ("pas:spec-11",),
    ),
    Check(
        "pas.metadata.there",
        "The server states what it does",
        Strength.SHALL,
        Each((METADATA,), _statement, lambda exchange: REFUSED not in exchange.marks and exchange.method == "GET"),
        ("pas:spec-55",),
        rests_on=_FIRST,
    ),
    _states("fhir-version", "It states FHIR 4.0.1", _fhir_version, Strength.SHALL),
    _states("json", "It states JSON", _json, Strength.SHALL, "pas:spec-11"),
    _states("submit", "It states Claim/$submit of PAS", _operation(OPERATION_SUBMIT), Strength.SHALL, "pas:conf-1"),
    _states("inquire", "It states Claim/$inquire of PAS", _operation(OPERATION_INQUIRE), Strength.SHALL, "pas:conf-1"),
    _states(
        "subscription",
        "It states Subscription with create, update and delete",
        _interactions,
        Strength.SHALL,
        "pas:spec-55",
    ),
    _states(
        "subscription-profile",
        "It states the profile of Subscription",
        _subscription_profile,
        Strength.SHOULD,
        "pas:spec-57",
    ),
    _states("topic", "It states the topic", _topic, Strength.MAY),
    _states("instantiates", "It says which statement of PAS it keeps to", _instantiates, Strength.SHOULD),
    _states("guide", "It names the version of PAS that this base is of", _guide, Strength.EXPECTED, "pas:conf-1"),
    Check(
        "pas.cors.preflight",
        "Who lets other origins in lets them post JSON",
        Strength.SHOULD,
        Whole((situations.PREFLIGHT,), _preflight),
    ),
    Check(
        "pas.cors.answer",
        "Who lets other origins in says so with the answer too",
        Strength.SHOULD,
        Whole((), _same_origin_answer),
        rests_on=("pas.cors.preflight",),
    ),
)
