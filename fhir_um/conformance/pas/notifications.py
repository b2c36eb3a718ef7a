"""Notifications: handshakes and events, as the R5 backport and PAS want them."""

import re
from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.marks import HANDSHAKE, NOTIFICATION, UNHEARD
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas.answered import (
    kind_of,
    part,
    parts,
    text,
    texts,
)
from fhir_um.conformance.pas.subscriptions import made
from fhir_um.conformance.pas.tests_of_suites import (
    CONTENT,
)
from fhir_um.conformance.pas.tests_of_suites import (
    EVENT as EVENT_TESTS,
)
from fhir_um.conformance.pas.tests_of_suites import (
    HANDSHAKE as HANDSHAKE_TESTS,
)
from profiles.canonicals import PAS_TOPIC

_STATUS_OF = re.compile(r"Subscription/([^/]+)/\$status$")


def parameters(exchange: Exchange) -> dict[str, Json]:
    """The parts of the status that comes first, by name; of events the last."""
    status = part(part(exchange.asked, "entry"), "resource")
    return {text(one, "name"): one for one in parts(status, "parameter")}


def events(exchange: Exchange) -> list[dict[str, Json]]:
    """The events told of, each as its parts by name."""
    status = part(part(exchange.asked, "entry"), "resource")
    told = [one for one in parts(status, "parameter") if text(one, "name") == "notification-event"]
    return [{text(one, "name"): one for one in parts(event, "part")} for event in told]


def subscription_id(exchange: Exchange) -> str:
    """The Subscription it says to be of."""
    reference = text(part(parameters(exchange).get("subscription", {}), "valueReference"), "reference")
    return reference.rpartition("/")[2]


# --- every notification -----------------------------------------------------------------------------------------------


def _history(exchange: Exchange) -> Iterator[Fault]:
    if kind_of(exchange.asked) != "Bundle" or text(exchange.asked, "type") != "history":
        yield Fault("The notification is no Bundle of type history.", "Bundle.type")


def _status_first(exchange: Exchange) -> Iterator[Fault]:
    first = kind_of(part(part(exchange.asked, "entry"), "resource"))
    if first != "Parameters":
        yield Fault(
            f"The first entry is {first or 'nothing'}; it has to be the status, as Parameters.", "Bundle.entry[0]"
        )


def _both_parts(exchange: Exchange) -> Iterator[Fault]:
    for number, entry in enumerate(parts(exchange.asked, "entry")):
        for name in ("request", "response"):
            if not part(entry, name):
                yield Fault(f"The entry has no {name}; in a history each has both.", f"Bundle.entry[{number}].{name}")


def _status_url(exchange: Exchange) -> Iterator[Fault]:
    url = text(part(part(exchange.asked, "entry"), "request"), "url")
    if not _STATUS_OF.search(url):
        text_ = f"The address of the status is {url!r}; it ends in Subscription/ID/$status."
        yield Fault(text_, "Bundle.entry[0].request.url")


def _of_known(session: Session) -> Iterator[Fault]:
    known = set(made(session))
    for exchange in session.marked(NOTIFICATION):
        if subscription_id(exchange) not in known:
            yield Fault(
                f"{exchange.key}: it says to be of Subscription {subscription_id(exchange)!r}, which nobody made."
            )


def _topic(exchange: Exchange) -> Iterator[Fault]:
    said = text(parameters(exchange).get("topic", {}), "valueCanonical")
    if said != PAS_TOPIC:
        yield Fault(f"The topic is {said!r}; it is {PAS_TOPIC}.", "Bundle.entry[0].resource.parameter")


def status_is(wanted: str, exchange: Exchange) -> Iterator[Fault]:
    """A fault unless the notification says that status."""
    said = text(parameters(exchange).get("status", {}), "valueCode")
    if said != wanted:
        yield Fault(
            f"The status is {said!r}; in such a notification it is {wanted}.", "Bundle.entry[0].resource.parameter"
        )


def _requested(exchange: Exchange) -> Iterator[Fault]:
    yield from status_is("requested", exchange)


def _media_type(session: Session) -> Iterator[Fault]:
    known = made(session)
    for exchange in session.marked(NOTIFICATION):
        if subscription_id(exchange) in known:
            wanted = text(part(known[subscription_id(exchange)].asked, "channel"), "payload")
            said = exchange.sent_headers.get("content-type", "")
            if said.partition(";")[0].strip() != wanted.partition(";")[0].strip():
                yield Fault(f"{exchange.key}: Content-Type is {said!r}; the channel asks for {wanted}.")


def _headers(session: Session) -> Iterator[Fault]:
    known = made(session)
    for exchange in session.marked(NOTIFICATION):
        if subscription_id(exchange) in known:
            channel = part(known[subscription_id(exchange)].asked, "channel")
            for line in texts(channel, "header"):
                name, _, value = line.partition(":")
                if exchange.sent_headers.get(name.strip().lower()) != value.strip():
                    yield Fault(f"{exchange.key}: the header {name} is not sent as the channel asks for it.")


def _when_any(faults: Callable[[Session], Iterable[Fault]]) -> Callable[[Session], Iterable[Fault] | None]:
    """Looks also at how Subscriptions were made, and is skipped when something is wrong with that."""
    return lambda session: faults(session) if session.marked(NOTIFICATION) else None


# --- handshakes -------------------------------------------------------------------------------------------------------


def heard(mark: str, session: Session) -> Iterable[Fault] | None:
    """Faults for every notification of a kind that was waited for in vain; None when none was waited for."""
    missed = session.marked(UNHEARD, mark)
    if not missed and not session.marked(NOTIFICATION, mark):
        return None
    return [Fault(f"{one.key}: no {mark} came, though one was waited for.") for one in missed]


def _handshake_came(session: Session) -> Iterable[Fault] | None:
    return heard(HANDSHAKE, session)


def _no_events_yet(exchange: Exchange) -> Iterator[Fault]:
    """How many are counted is left open: something may have happened since the Subscription was made."""
    if any(text(one, "name") == "notification-event" for one in _told(exchange)):
        yield Fault("A handshake tells of no event.", "Bundle.entry[0].resource.parameter")


def _told(exchange: Exchange) -> list[Json]:
    return parts(part(part(exchange.asked, "entry"), "resource"), "parameter")


_REFUSED = ("refuses-topic", "refuses-channel", "refuses-content", "refuses-filter")
"""A Subscription that was made where it should be refused is notified of, and nobody knows it."""
_HISTORY = ("pas.notification.history", "pas.notification.status-first")
_KNOWN = (*_HISTORY, "pas.notification.subscription", "pas.subscription.id", "pas.subscription.body")

CHECKS = (
    Check(
        "pas.handshake.came",
        "After it was made, a Subscription gets a handshake",
        Strength.SHALL,
        Whole((), _handshake_came),
        ("pas:spec-54",),
        HANDSHAKE_TESTS,
        ("pas.subscription.created", "pas.subscription.endpoint"),
    ),
    Check(
        "pas.notification.history",
        "A notification is a Bundle of type history",
        Strength.SHALL,
        Each((NOTIFICATION,), _history),
        ("pas:spec-54",),
        (*HANDSHAKE_TESTS, *EVENT_TESTS),
    ),
    Check(
        "pas.notification.status-first",
        "Its first entry is the status, as Parameters",
        Strength.SHALL,
        Each((NOTIFICATION,), _status_first),
        ("pas:spec-54",),
        (*HANDSHAKE_TESTS, *EVENT_TESTS),
        ("pas.notification.history",),
    ),
    Check(
        "pas.notification.request-and-response",
        "Each of its entries has request and response",
        Strength.SHALL,
        Each((NOTIFICATION,), _both_parts),
        public=(*HANDSHAKE_TESTS, *EVENT_TESTS),
        rests_on=("pas.notification.history",),
    ),
    Check(
        "pas.notification.status-url",
        "Its status is that of a Subscription's $status",
        Strength.SHALL,
        Each((NOTIFICATION,), _status_url),
        public=(*HANDSHAKE_TESTS, *EVENT_TESTS),
        rests_on=(*_HISTORY, "pas.notification.request-and-response"),
    ),
    Check(
        "pas.notification.subscription",
        "It says of which Subscription it is",
        Strength.SHALL,
        Whole((), _when_any(_of_known)),
        public=(*HANDSHAKE_TESTS, *EVENT_TESTS),
        rests_on=(
            *_HISTORY,
            *(f"pas.subscription.{name}" for name in ("id", "body", *_REFUSED)),
            "pas.notification.status-url",
        ),
    ),
    Check(
        "pas.notification.topic",
        "It names the topic of PAS",
        Strength.SHOULD,
        Each((NOTIFICATION,), _topic),
        public=CONTENT,
        rests_on=_HISTORY,
    ),
    Check(
        "pas.notification.media-type",
        "It comes in the media type of the channel",
        Strength.SHALL,
        Whole((), _when_any(_media_type)),
        public=EVENT_TESTS,
        rests_on=_KNOWN,
    ),
    Check(
        "pas.notification.headers",
        "It comes with the headers of the channel, as they were given",
        Strength.SHALL,
        Whole((), _when_any(_headers)),
        public=EVENT_TESTS,
        rests_on=(*_KNOWN, "pas.subscription.headers"),
    ),
    Check(
        "pas.handshake.status",
        "A handshake says requested",
        Strength.SHALL,
        Each((NOTIFICATION, HANDSHAKE), _requested),
        public=HANDSHAKE_TESTS,
        rests_on=_HISTORY,
    ),
    Check(
        "pas.handshake.no-events",
        "A handshake tells of no event",
        Strength.SHALL,
        Each((NOTIFICATION, HANDSHAKE), _no_events_yet),
        rests_on=_HISTORY,
    ),
)
