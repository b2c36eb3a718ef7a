"""Whole messages, held against the profiles of the version by the profile checker."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import msgspec

from fhir_um.conformance.marks import INQUIRE, NOTIFICATION, REFUSED, SUBMIT, SUBSCRIPTION
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Strength
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import Placed, decision_bundles, is_good, kind_of, part, parts
from fhir_um.conformance.pas.serving import is_asked
from fhir_um.conformance.pas.subscriptions import is_creation, is_made
from fhir_um.conformance.pas.tests_of_suites import (
    CONTENT,
    EVENT,
    HANDSHAKE,
    INQUIRE_VALID,
    REQUEST_VALID,
    SUBMIT_VALID,
    SUBSCRIPTION_MADE,
    SUBSCRIPTION_VALID,
)
from profiles.canonicals import (
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_INQUIRY_RESPONSE_BUNDLE,
    PROFILE_RESPONSE_BUNDLE,
    PROFILE_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION_STATUS,
)
from profiles.checking import check_request
from profiles.issues import Refusal
from profiles.reading import Limits, read_bundle, read_json
from profiles.validating.validator import Validator, shipped_library

_LIMITS = Limits(20_000_000, 200, 10_000)
_KEPT = 4096
"""Messages whose findings are remembered: several checks look at the same one."""
_MOST = 25
"""Faults told of one message."""


@lru_cache
def _validator(version: str) -> Validator:
    """One for each version: compiling definitions is the slow part."""
    return Validator(shipped_library(), f"hl7.fhir.us.davinci-pas#{version}")


@lru_cache(_KEPT)
def _findings(body: bytes, version: str, profiles: tuple[str, ...]) -> tuple[Fault, ...]:
    try:
        found = _validator(version).check(read_json(body, _LIMITS), profiles)
    except Refusal as refusal:
        found = list(refusal.issues)
    return tuple(Fault(issue.text, issue.path) for issue in found if issue.severity == "error")[:_MOST]


def errors(resource: Json, version: str, *profiles: str, path: str = "") -> Iterator[Fault]:
    """What is wrong with a resource by its type, the profiles it claims and those given."""
    root = kind_of(resource)
    for fault in _findings(msgspec.json.encode(resource), version, profiles):
        yield Fault(fault.text, f"{path}{fault.path.removeprefix(root)}" if path else fault.path)


@lru_cache(_KEPT)
def _faults_of_request(body: bytes, version: str, inquiry: bool) -> tuple[Fault, ...]:
    """Also what PAS asks of a request in words."""
    try:
        check_request(read_bundle(body, _LIMITS), version, inquiry, validator=_validator(version))
    except Refusal as refusal:
        return tuple(Fault(one.text, one.path) for one in refusal.issues if one.severity == "error")[:_MOST]
    return ()


def _request(exchange: Exchange) -> Iterable[Fault]:
    return _faults_of_request(exchange.sent, exchange.version, INQUIRE in exchange.marks)


def _of_bundles(profile: str) -> Callable[[Exchange], Iterable[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        for bundle in decision_bundles(exchange):
            yield from errors(bundle.content, exchange.version, profile, path=bundle.path)

    return faults


def _whole(exchange: Exchange) -> Iterator[Fault]:
    yield from errors(exchange.answer, exchange.version)


def _subscription_profile(version: str) -> str:
    return PROFILE_BACKPORT_SUBSCRIPTION if version == "2.0.1" else PROFILE_SUBSCRIPTION


def _asked_subscription(exchange: Exchange) -> Iterator[Fault]:
    yield from errors(exchange.asked, exchange.version, _subscription_profile(exchange.version))


def _subscription(exchange: Exchange) -> Iterator[Fault]:
    yield from errors(exchange.answer, exchange.version, _subscription_profile(exchange.version))


def _notification(exchange: Exchange) -> Iterator[Fault]:
    """The Bundle around, its status by the profile of the backport; the answer inside is judged apart."""
    inside = {bundle.path for bundle in decision_bundles(exchange)}
    for fault in errors(exchange.asked, exchange.version):
        if not any(fault.path.startswith(path) for path in inside):
            yield fault
    status = Placed("Bundle.entry[0].resource", part(part(exchange.asked, "entry"), "resource"))
    yield from errors(status.content, exchange.version, PROFILE_SUBSCRIPTION_STATUS, path=status.path)


def _was_sent(*marks: str) -> Callable[[Exchange], bool]:
    return lambda exchange: (
        bool(exchange.marks & set(marks)) and REFUSED not in exchange.marks and bool(kind_of(exchange.asked))
    )


def _has_entries(exchange: Exchange) -> bool:
    return bool(parts(exchange.asked, "entry"))


def _is_other_resource(exchange: Exchange) -> bool:
    judged_apart = {SUBMIT, INQUIRE, SUBSCRIPTION} if is_good(exchange) else set()
    is_message = bool(exchange.marks & judged_apart) and kind_of(exchange.answer) not in ("", "OperationOutcome")
    return is_asked(exchange) and bool(kind_of(exchange.answer)) and not is_message


def _is_readable(exchange: Exchange) -> bool:
    """Narrower checks compare an answer with its request, which a compressed one does not show."""
    return bool(decision_bundles(exchange)) and situations.GZIP not in exchange.marks


_OF_SENDERS = (13, 14, 18, 19, 20, 22, 23, 65, 66, 67, 72)
"""What PAS asks of whoever sends a request."""

REQUESTS = (
    Check(
        "pas.request.valid",
        "What the tester sends is valid itself: submissions and inquiries",
        Strength.SHOULD,
        Each((), _request, _was_sent(SUBMIT, INQUIRE)),
        tuple(f"pas:spec-{number}" for number in _OF_SENDERS),
        REQUEST_VALID,
    ),
    Check(
        "pas.request.subscription-valid",
        "What the tester sends is valid itself: Subscriptions",
        Strength.SHOULD,
        Each((SUBSCRIPTION,), _asked_subscription, is_creation),
        public=SUBSCRIPTION_VALID,
    ),
)


def answers(before: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks over whole answers. `before`: the narrower ones, which tell a fault in words of their own."""

    def valid(name: str, title: str, judged: Each, public: tuple[str, ...] = (), *requirements: str) -> Check:
        return Check(f"pas.{name}.valid", title, Strength.SHALL, judged, requirements, public, before)

    return (
        valid(
            "answer",
            "Answers to submissions meet the profiles",
            Each((SUBMIT,), _of_bundles(PROFILE_RESPONSE_BUNDLE), _is_readable),
            SUBMIT_VALID,
            "pas:conf-15",
        ),
        valid(
            "inquiry",
            "Answers to inquiries meet the profiles",
            Each((INQUIRE,), _of_bundles(PROFILE_INQUIRY_RESPONSE_BUNDLE), lambda one: bool(decision_bundles(one))),
            INQUIRE_VALID,
            "pas:conf-15",
        ),
        valid(
            "subscription",
            "The Subscription that was made meets its profile",
            Each((SUBSCRIPTION,), _subscription, is_made),
            SUBSCRIPTION_MADE,
            "pas:spec-57",
        ),
        valid(
            "notification",
            "Notifications meet the profiles of the backport",
            Each((NOTIFICATION,), _notification, _has_entries),
            (*HANDSHAKE, *EVENT, *CONTENT),
            "pas:spec-54",
        ),
        valid(
            "notified-answer",
            "The answer inside a notification meets the profiles",
            Each((NOTIFICATION,), _of_bundles(PROFILE_RESPONSE_BUNDLE), lambda one: bool(decision_bundles(one))),
            CONTENT,
            "pas:spec-61",
        ),
        valid("other", "Whatever else is answered is valid FHIR", Each((), _whole, _is_other_resource)),
    )
