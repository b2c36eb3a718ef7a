"""Subscriptions: how one is made, kept, looked at and ended, and which are refused."""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.marks import HANDSHAKE, NOTIFICATION, REFUSED, SUBSCRIPTION
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas.answered import is_good, kind_of, part, parts, text
from fhir_um.conformance.pas.submissions import said_why
from fhir_um.conformance.pas.tests_of_suites import SUBSCRIPTION_MADE, SUBSCRIPTION_SENT
from profiles.canonicals import EXT_FILTER_CRITERIA, EXT_PAYLOAD_CONTENT, PAS_TOPIC

_FIRST = ("pas.http.no-server-fault", "pas.http.no-redirects")
_GONE = frozenset({404, 410})
_FILTERS = frozenset({"org-identifier", "orgIdentifier", "identifier"})
"""The spellings of the one filter, in the versions and in the published topic."""


def is_creation(exchange: Exchange) -> bool:
    """True when a Subscription was posted that must be taken."""
    path = exchange.url.partition("?")[0]
    is_post = SUBSCRIPTION in exchange.marks and exchange.method == "POST" and path.endswith("/Subscription")
    return is_post and REFUSED not in exchange.marks


def is_made(exchange: Exchange) -> bool:
    """True when a Subscription was posted and is there now."""
    return is_creation(exchange) and is_good(exchange) and kind_of(exchange.answer) == "Subscription"


def made(session: Session, scene: str = "") -> dict[str, Exchange]:
    """The creations that were taken, by id; of all scenes, or of one."""
    taken = [one for one in session.marked(SUBSCRIPTION) if is_made(one) and scene in ("", one.scene)]
    return {text(one.answer, "id"): one for one in taken if text(one.answer, "id")}


def _created(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status != 201:
        yield Fault(
            f"The status is {exchange.status}; a Subscription that is made is answered with 201.{said_why(exchange)}"
        )


def _body(exchange: Exchange) -> Iterator[Fault]:
    if kind_of(exchange.answer) != "Subscription":
        said = kind_of(exchange.answer) or "nothing"
        yield Fault(f"The body is {said}; public suites read the Subscription that was made from it.")


def _id(exchange: Exchange) -> Iterator[Fault]:
    if not text(exchange.answer, "id"):
        yield Fault("The Subscription has no id.", "Subscription.id")


def _requested(exchange: Exchange) -> Iterator[Fault]:
    said = text(exchange.answer, "status")
    if said != "requested":
        yield Fault(f"status is {said!r}; before its handshake it is requested.", "Subscription.status")


def _kept(*names: str) -> Callable[[Exchange], Iterable[Fault]]:
    """Faults where the answer says otherwise than was sent at one place of the Subscription."""

    def faults(exchange: Exchange) -> Iterator[Fault]:
        sent, said = exchange.asked, exchange.answer
        for name in names[:-1]:
            sent, said = part(sent, name), part(said, name)
        last = names[-1]
        wanted, got = (node.get(last) if isinstance(node, dict) else None for node in (sent, said))
        if wanted is not None and wanted != got:
            path = ".".join(("Subscription", *names))
            yield Fault(f"It was sent as {_shown(wanted)} and comes back as {_shown(got)}.", path)

    return faults


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)[:200]


def _location(exchange: Exchange) -> Iterator[Fault]:
    location, id = exchange.headers.get("location", ""), text(exchange.answer, "id")
    if f"Subscription/{id}" not in location:
        yield Fault(f"The header Location is {location!r}; it leads to the Subscription that was made.")


def _active(session: Session) -> Iterable[Fault] | None:
    """Only what was read after its handshake was heard is judged."""
    shaken, looked, faults = set(), False, []
    for exchange in session.exchanges:
        if exchange.marks >= {NOTIFICATION, HANDSHAKE}:
            shaken.add(exchange.scene)
        elif exchange.scene in shaken and _is_read(exchange):
            looked = True
            said = text(exchange.answer, "status")
            if said != "active":
                faults.append(
                    Fault(f"{exchange.key}: after its handshake it is active, not {said}.", "Subscription.status")
                )
    return faults if looked else None


def _is_read(exchange: Exchange) -> bool:
    is_get = SUBSCRIPTION in exchange.marks and exchange.method == "GET" and is_good(exchange)
    return is_get and kind_of(exchange.answer) == "Subscription" and text(exchange.answer, "status") != "off"


def _asked_status(exchange: Exchange) -> bool:
    return SUBSCRIPTION in exchange.marks and exchange.url.partition("?")[0].endswith("/$status")


def _status_told(exchange: Exchange) -> Iterator[Fault]:
    if not is_good(exchange):
        yield Fault(f"$status was answered with {exchange.status}.{said_why(exchange)}")
        return
    told = [part(one, "resource") for one in parts(exchange.answer, "entry")]
    if not any(kind_of(one) == "Parameters" and _has(one, "status") for one in told):
        yield Fault("$status tells of no Subscription: a Bundle with Parameters is asked for.", "Bundle.entry")


def _has(parameters: Json, name: str) -> bool:
    return any(text(one, "name") == name for one in parts(parameters, "parameter"))


def _ended(session: Session) -> Iterable[Fault] | None:
    """Who reads what was deleted, finds nothing."""
    gone: set[str] = set()
    looked, faults = False, []
    for exchange in session.marked(SUBSCRIPTION):
        if exchange.method == "DELETE" and is_good(exchange):
            gone.add(exchange.url)
        elif exchange.method == "GET" and exchange.url in gone:
            looked = True
            if exchange.status not in _GONE:
                faults.append(Fault(f"{exchange.key}: it was deleted, and is answered with {exchange.status}."))
    return faults if looked else None


def _updated(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status not in (200, 201):
        yield Fault(f"Changing it was answered with {exchange.status}; it should be 200.{said_why(exchange)}")


def _deleted(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status not in (200, 202, 204):
        yield Fault(f"Deleting it was answered with {exchange.status}; it should be 204 or 200.")


def _refused(exchange: Exchange) -> Iterator[Fault]:
    if not 400 <= exchange.status < 500:
        yield Fault(
            f"The status is {exchange.status}; what is not offered is refused with 4xx, or nobody is ever told."
        )


# --- what is not offered, told by what was asked ----------------------------------------------------------------------


def _is_refusal(exchange: Exchange) -> bool:
    is_post = exchange.method == "POST" and exchange.url.partition("?")[0].endswith("/Subscription")
    return is_post and kind_of(exchange.asked) == "Subscription"


def _asks_topic(exchange: Exchange) -> bool:
    return text(exchange.asked, "criteria").partition("?")[0] != PAS_TOPIC


def _asks_channel(exchange: Exchange) -> bool:
    return text(part(exchange.asked, "channel"), "type") != "rest-hook"


def _asks_content(exchange: Exchange) -> bool:
    """Which content is asked for, if any; each version has one that everybody offers."""
    asked = [
        text(one, "valueCode")
        for one in parts(part(part(exchange.asked, "channel"), "_payload"), "extension")
        if text(one, "url") == EXT_PAYLOAD_CONTENT
    ]
    return not set(asked) & {"full-resource", "id-only"}


def _asks_filter(exchange: Exchange) -> bool:
    values = [
        text(one, "valueString")
        for one in parts(part(exchange.asked, "_criteria"), "extension")
        if text(one, "url") == EXT_FILTER_CRITERIA
    ]
    return any(value.partition("=")[0] not in _FILTERS for value in values)


def _refuses(what: str, title: str, strength: Strength, asks: Callable[[Exchange], bool], *requirements: str) -> Check:
    judged = Each((SUBSCRIPTION, REFUSED), _refused, lambda exchange: _is_refusal(exchange) and asks(exchange))
    return Check(f"pas.subscription.refuses-{what}", title, strength, judged, requirements, rests_on=_FIRST)


def _keeps(name: str, title: str, *names: str, requirements: tuple[str, ...] = ()) -> Check:
    judged = Each((SUBSCRIPTION,), _kept(*names), is_made)
    public = SUBSCRIPTION_MADE
    return Check(
        f"pas.subscription.{name}", title, Strength.SHALL, judged, requirements, public, ("pas.subscription.body",)
    )


CHECKS = (
    Check(
        "pas.subscription.created",
        "A Subscription that is offered is made: 201",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _created, is_creation),
        ("pas:spec-54", "pas:spec-57", "pas:spec-51"),
        SUBSCRIPTION_SENT,
        _FIRST,
    ),
    Check(
        "pas.subscription.body",
        "The answer is the Subscription as it was made",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _body, lambda exchange: is_creation(exchange) and is_good(exchange)),
        ("pas:spec-54",),
        SUBSCRIPTION_MADE,
        ("pas.subscription.created",),
    ),
    Check(
        "pas.subscription.id",
        "It has an id",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _id, is_made),
        public=SUBSCRIPTION_MADE,
    ),
    Check(
        "pas.subscription.requested",
        "At first its status is requested",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _requested, is_made),
        ("pas:spec-54",),
        SUBSCRIPTION_MADE,
        ("pas.subscription.body",),
    ),
    _keeps("type", "Its channel type is the one asked for", "channel", "type", requirements=("pas:spec-56",)),
    _keeps("endpoint", "Its endpoint is the one asked for", "channel", "endpoint"),
    _keeps("payload", "Its media type is the one asked for", "channel", "payload"),
    _keeps("content", "Its content is the one asked for", "channel", "_payload", requirements=("pas:spec-62",)),
    _keeps(
        "headers",
        "Its headers come back as they were sent; a suite compares notifications with them",
        "channel",
        "header",
    ),
    _keeps("criteria", "Its topic is the one asked for", "criteria"),
    _keeps("filter", "Its filter is the one asked for", "_criteria", requirements=("pas:spec-58",)),
    Check(
        "pas.subscription.location",
        "The header Location leads to it",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _location, lambda exchange: is_made(exchange) and exchange.status == 201),
        rests_on=("pas.subscription.id",),
    ),
    Check(
        "pas.subscription.active",
        "After its handshake its status is active",
        Strength.SHALL,
        Whole((SUBSCRIPTION,), _active),
        ("pas:spec-54",),
        rests_on=("pas.subscription.created", "pas.subscription.body", "pas.subscription.requested"),
    ),
    Check(
        "pas.subscription.status-operation",
        "The operation $status tells how it stands",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _status_told, _asked_status),
        ("pas:spec-54",),
        rests_on=_FIRST,
    ),
    Check(
        "pas.subscription.deleted",
        "It can be deleted",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _deleted, lambda exchange: exchange.method == "DELETE"),
        ("pas:spec-55",),
        rests_on=_FIRST,
    ),
    Check(
        "pas.subscription.gone",
        "What was deleted is not there",
        Strength.EXPECTED,
        Whole((SUBSCRIPTION,), _ended),
        rests_on=("pas.subscription.deleted", "pas.http.no-server-fault"),
    ),
    _refuses("topic", "A topic that is not offered is refused", Strength.SHALL, _asks_topic),
    _refuses("channel", "A channel other than rest-hook is refused", Strength.SHALL, _asks_channel, "pas:spec-56"),
    _refuses("content", "Content that is not offered is refused", Strength.SHALL, _asks_content, "pas:spec-62"),
    _refuses("filter", "A filter that is not offered is refused", Strength.SHALL, _asks_filter, "pas:spec-58"),
    Check(
        "pas.subscription.updated",
        "It can be changed",
        Strength.SHALL,
        Each((SUBSCRIPTION,), _updated, lambda exchange: exchange.method == "PUT" and REFUSED not in exchange.marks),
        ("pas:spec-55",),
        rests_on=_FIRST,
    ),
)
