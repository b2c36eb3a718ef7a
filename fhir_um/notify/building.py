"""From what is owed to the bytes that are sent. Must not know the network.

What a notification says follows from the subscription, the delivery and the case as it stood: written again, it is the
same bytes. What many subscribers are told about one decision is read and translated once.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar

from fhir_um.cases.model import Case
from fhir_um.deps import Deps
from fhir_um.errors import Refusal
from fhir_um.logs import frames_of, say
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Content, Delivery, DeliveryKind, Lease, Subscription
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.notification_out import heartbeat, notification
from fhir_um.translate.response_out import submit_response
from fhir_um.usecases.deliver_owed import EventOf, event_of, events_told

_MOST_CASES = 200
_MOST_RESPONSE_BYTES = 16_000_000

Owed = tuple[Subscription, Delivery]
K = TypeVar("K")
V = TypeVar("V")


class Latest(Generic[K, V]):
    """What was used last, within an amount; what was not used for longest goes first."""

    def __init__(self, most: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._left = most
        self._weigh = weigh

    def get(self, key: K) -> V | None:
        """What is kept under that key."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: K, value: V) -> None:
        """Keep it, at least until the next one."""
        if key in self._kept:
            self._left += self._weigh(self._kept.pop(key))
        self._kept[key] = value
        self._left -= self._weigh(value)
        while self._left < 0 and len(self._kept) > 1:
            self._left += self._weigh(self._kept.popitem(last=False)[1])


class Builder:
    """Writes notifications. `bases` are the base URLs by PAS version."""

    def __init__(self, deps: Deps, bases: Mapping[str, str]) -> None:
        self._deps = deps
        self._bases = bases
        self._told: Latest[EventOf, EventTold] = Latest(_MOST_CASES)
        self._responses: Latest[tuple[str, int, str], bytes] = Latest(_MOST_RESPONSE_BYTES, len)

    def build(self, leases: Iterable[Lease]) -> dict[tuple[str, int], Delivery]:
        """Every delivery of the leases with its bytes, by subscription and place.

        One that cannot be written is left out, and a line in the log tells why: it must not hold up all others.

        Raises: Refusal BUSY when the store has no time; that is nobody's fault.
        """
        wanted = [(lease.subscription, delivery) for lease in leases for delivery in lease.deliveries]
        self._read([owed for owed in wanted if owed[1].body is None])
        built: dict[tuple[str, int], Delivery] = {}
        for subscription, delivery in wanted:
            try:
                built[subscription.id, delivery.place] = self._built(subscription, delivery)
            except Refusal:
                raise
            except Exception as fault:  # whatever it is, it is about this one
                given = {"error_type": type(fault).__name__, "frames": frames_of(fault)}
                say(logging.ERROR, "delivery-not-written", **_named(subscription, delivery), **given)
        return built

    def heartbeat(self, subscription: Subscription, at: datetime) -> bytes:
        """The bytes of a sign of life."""
        return heartbeat(subscription, at, self._bases[subscription.guide])

    def _read(self, wanted: list[Owed]) -> None:
        """Have at hand what is told whole; when that fails, each is read by itself, and those that can be are told."""
        missing = {
            event_of(delivery): delivery
            for subscription, delivery in wanted
            if _is_whole(subscription, delivery) and self._told.get(event_of(delivery)) is None
        }
        try:
            known = events_told(self._deps, missing.values(), Content.FULL_RESOURCE) if missing else {}
        except Refusal:
            raise
        except Exception:  # told with its name when its own turn comes
            return
        for event, told in known.items():
            self._told.keep(event, told)

    def _built(self, subscription: Subscription, delivery: Delivery) -> Delivery:
        if delivery.body is not None:
            return delivery
        base_url = self._bases[subscription.guide]
        told = self._event(subscription, delivery)
        body = notification(subscription, delivery, told, base_url, self._respond)
        body_hash = sha256(body).hexdigest()
        if delivery.body_hash not in ("", body_hash):
            say(logging.WARNING, "delivery-changed", **_named(subscription, delivery))
        return replace(delivery, body=body, body_hash=body_hash)

    def _event(self, subscription: Subscription, delivery: Delivery) -> EventTold | None:
        if delivery.kind is not DeliveryKind.EVENT or delivery.case_id is None:
            return None
        told = EventTold(delivery.event_number, delivery.created_at, delivery.case_id)
        if not _is_whole(subscription, delivery):
            return told
        known = self._told.get(event_of(delivery)) or self._read_one(delivery)
        return replace(told, case=known.case, body=known.body)

    def _read_one(self, delivery: Delivery) -> EventTold:
        """When a lease is about more cases than are kept. Raises: KeyError when it is not there."""
        return events_told(self._deps, [delivery], Content.FULL_RESOURCE)[event_of(delivery)]

    def _respond(self, case: Case, raw_body: bytes, dialect: Dialect, base_url: str) -> bytes:
        key = case.id, case.version, dialect.version
        response = self._responses.get(key)
        if response is None:
            response = submit_response(case, raw_body, dialect, base_url)
            self._responses.keep(key, response)
        return response


def _is_whole(subscription: Subscription, delivery: Delivery) -> bool:
    return delivery.kind is DeliveryKind.EVENT and subscription.channel.content is Content.FULL_RESOURCE


def _named(subscription: Subscription, delivery: Delivery) -> dict[str, object]:
    return {"subscription_id": subscription.id, "event_number": delivery.event_number}
