"""A subscription to decisions, and the deliveries it is owed. Must not know FHIR, HTTP, SQL or the time.

Source: PAS 2.2.1 spec-54 to spec-62; Subscriptions R5 Backport 1.1.0.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fhir_um.cases.model import CaseId, ClientId, PayerId

SubscriptionId = NewType("SubscriptionId", str)


class Standing(StrEnum):
    """Whether a subscriber is told. `requested` waits for the handshake; `error` is owed all that happens meanwhile."""

    REQUESTED = "requested"
    ACTIVE = "active"
    ERROR = "error"
    OFF = "off"


OWED = frozenset({Standing.REQUESTED, Standing.ACTIVE, Standing.ERROR})
"""Where a subscription stands while events count for it."""


class Content(StrEnum):
    """How much of an event a notification carries."""

    EMPTY = "empty"
    ID_ONLY = "id-only"
    FULL_RESOURCE = "full-resource"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where and how a subscriber is told.

    `headers` are whole lines (`Authorization: Bearer …`) and secret; `heartbeat_seconds` 0 asks for none;
    `timeout_seconds` 0 leaves the time limit to the house.
    """

    endpoint: str
    mime: str
    content: Content
    headers: tuple[str, ...] = field(default=(), repr=False)
    heartbeat_seconds: int = 0
    timeout_seconds: int = 0

    @property
    def host(self) -> str:
        """Host and port of the endpoint as written, in lower case: what is spared when it does not answer.

        >>> Channel("https://EHR.example.org:8443/hook", "application/fhir+json", Content.EMPTY).host
        'ehr.example.org:8443'
        """
        return self.endpoint.partition("//")[2].partition("/")[0].lower()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of one sender to what becomes of its requests.

    `organizations` are the values of its filter: an event counts when the request is of any of them; empty means of
    all the sender's. `guide` is the PAS version of the base it was made on (`2.2.1`). `document` is the resource as it
    was sent, without `id`, `meta`, `status`, `error` and the headers, as JSON. `event_count` is the number of the
    latest event. `ends_at` is None also for an end that had passed when it was made. `fault` says why it stands in
    error, for the subscriber to read. `version` counts its changes by the sender, from 1.
    `payers` are those that whoever made it may speak to: it hears of no others; empty for one made before there were
    several.
    """

    id: SubscriptionId
    payer_id: PayerId
    sender: ClientId
    guide: str
    standing: Standing
    channel: Channel
    organizations: tuple[str, ...]
    document: str
    created_at: datetime
    changed_at: datetime
    version: int = 1
    event_count: int = 0
    ends_at: datetime | None = None
    fault: str = ""
    payers: tuple[PayerId, ...] = ()


class DeliveryKind(StrEnum):
    """What is told. Heartbeats are not kept: one that is late is worth nothing."""

    HANDSHAKE = "handshake"
    EVENT = "event-notification"
    HEARTBEAT = "heartbeat"


class DeliveryState(StrEnum):
    """`held` waits until the subscriber, or an operator, sets the subscription going again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification owed to one subscriber.

    `place` orders the deliveries of a subscription; `event_number` counts its events from 1 and is 0 for a handshake.
    `body` are the bytes of the first try, the same at every later one; None before it and once delivered. `outcome`
    names what the last try met: an HTTP status, or a word of `Met`.
    """

    payer_id: PayerId
    subscription_id: SubscriptionId
    place: int
    kind: DeliveryKind
    created_at: datetime
    due_at: datetime
    event_number: int = 0
    case_id: CaseId | None = None
    case_version: int = 0
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    body: bytes | None = field(default=None, repr=False)
    body_hash: str = ""
    outcome: str = ""
    delivered_at: datetime | None = None


class Met(StrEnum):
    """What a try met when no HTTP status came back. `broken`: the notification could not be written, our own fault."""

    NOT_ALLOWED = "not-allowed"
    LATE = "late"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Sent:
    """One try: the HTTP status, or what it met instead; seconds the endpoint asked to be left alone (`Retry-After`)."""

    status: int = 0
    met: Met | None = None
    retry_after_seconds: int | None = None

    @property
    def is_delivered(self) -> bool:
        """True for any 2xx."""
        return 200 <= self.status < 300

    @property
    def outcome(self) -> str:
        """The status or the word, for the record."""
        return str(self.met) if self.met else str(self.status)


@dataclass(frozen=True, slots=True)
class Lease:
    """A subscription that one worker may deliver to until `until`; nobody else does meanwhile.

    `deliveries` are those due, in order, handshake first. `is_heartbeat_due`: nothing is due and a sign of life is.
    """

    subscription: Subscription
    holder: str
    until: datetime
    deliveries: tuple[Delivery, ...]
    is_heartbeat_due: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a delivery of a lease: the try, and when it is tried again (None when it is not)."""

    delivery: Delivery
    sent: Sent
    at: datetime
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A lease that is given back, with what was tried under it, in order: nothing, when it was not begun."""

    lease: Lease
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """What a worker asks for: up to `most` leases until `until`, no more than `each_host` of one host, each with up to
    `deliveries_each` deliveries. `spared` are hosts it will not send to now.
    """

    holder: str
    until: datetime
    most: int = 64
    each_host: int = 64
    deliveries_each: int = 20
    spared: frozenset[str] = frozenset()
