"""Who wants to hear from the fake payer, and what they are told. Must not know how it is sent.

Source: Subscriptions R5 Backport 1.1.0; PAS 2.2.1 spec-60, spec-61; PAS 2.0.1 (id-only).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fhir_um.simulators.payer_asked import Json, extensions
from fhir_um.simulators.payer_case import HeldCase
from fhir_um.simulators.payer_told import instant, submit_answer
from profiles import canonicals as at


@dataclass(slots=True)
class Subscriber:
    """One subscription; `headers` go with everything that is sent to it."""

    id: str
    guide: str
    resource: Json
    events: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it wants to be notified."""
        return str(self.resource.get("channel", {}).get("endpoint", ""))

    @property
    def content(self) -> str:
        """How much comes along: id-only, full-resource or empty."""
        payload = self.resource.get("channel", {}).get("_payload", {})
        return str(next(extensions(payload, at.EXT_PAYLOAD_CONTENT), "id-only"))

    def wants(self, case: HeldCase) -> bool:
        """True when the case is of the organization it names, or it names none."""
        criteria = extensions(self.resource.get("_criteria", {}), at.EXT_FILTER_CRITERIA)
        named = {str(text).partition("=")[2].rpartition("|")[2] for text in criteria if "org-identifier=" in str(text)}
        return not named or case.asked.provider in named


class NoSubscription(Exception):
    """This cannot be subscribed to; the text says why."""


class Notices:
    """Subscribers by id, and the bytes of what they are told."""

    def __init__(self, new_id: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._new_id = new_id
        self._now = now
        self.subscribers: dict[str, Subscriber] = {}

    def add(self, resource: Any, guide: str) -> Subscriber:
        """A new subscriber. Raises: NoSubscription."""
        if not isinstance(resource, dict) or resource.get("resourceType") != "Subscription":
            raise NoSubscription("This is no Subscription.")
        channel = resource.get("channel", {})
        if channel.get("type") != "rest-hook" or not str(channel.get("endpoint", "")).startswith("http"):
            raise NoSubscription("Here a channel of type rest-hook with an http address is notified, and no other.")
        id = self._new_id()
        lines = (str(line).partition(":") for line in channel.get("header", ()))
        headers = {name.strip(): text.strip() for name, _, text in lines}
        kept = {**resource, "id": id, "status": "requested"}
        self.subscribers[id] = subscriber = Subscriber(id, guide, kept, headers=headers)
        return subscriber

    def handshake(self, subscriber: Subscriber, base: str) -> Json:
        """What is sent first; it stands once that was taken."""
        return self._notification(subscriber, base, "handshake", "requested", [], [])

    def event(self, subscriber: Subscriber, case: HeldCase, base: str) -> Json:
        """What is sent when a case came to an answer; counts it."""
        subscriber.events += 1
        focus, entry = _focus(subscriber, case, base)
        parts = [
            {"name": "event-number", "valueString": str(subscriber.events)},
            {"name": "timestamp", "valueInstant": instant(case.changed_at)},
            *([{"name": "focus", "valueReference": {"reference": focus}}] if focus else []),
        ]
        told = [{"name": "notification-event", "part": parts}]
        return self._notification(subscriber, base, "event-notification", "active", told, entry)

    def status(self, subscriber: Subscriber, base: str) -> Json:
        """The answer of `$status`."""
        told = _status(subscriber, base, "query-status", str(subscriber.resource["status"]), [])
        entry = {"fullUrl": f"urn:uuid:{self._new_id()}", "resource": told, "search": {"mode": "match"}}
        return {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]}

    def _notification(
        self, subscriber: Subscriber, base: str, kind: str, standing: str, told: list[Json], entries: list[Json]
    ) -> Json:
        id = self._new_id()
        first = {
            "fullUrl": f"urn:uuid:{id}",
            "resource": {"id": id, **_status(subscriber, base, kind, standing, told)},
            "request": {"method": "GET", "url": f"{base}/Subscription/{subscriber.id}/$status"},
            "response": {"status": "200"},
        }
        return {
            "resourceType": "Bundle",
            "id": id,
            "meta": {"profile": [at.PROFILE_NOTIFICATION]},
            "type": "history",
            "timestamp": instant(self._now()),
            "entry": [first, *entries],
        }


def _status(subscriber: Subscriber, base: str, kind: str, standing: str, told: list[Json]) -> Json:
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [at.PROFILE_SUBSCRIPTION_STATUS]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{subscriber.id}"}},
            {"name": "topic", "valueCanonical": at.PAS_TOPIC},
            {"name": "status", "valueCode": standing},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(subscriber.events)},
            *told,
        ],
    }


def _focus(subscriber: Subscriber, case: HeldCase, base: str) -> tuple[str, list[Json]]:
    """What an event points to, and the entry that has it: the whole answer, its address alone, or nothing."""
    if subscriber.content == "empty":
        return "", []
    if subscriber.content == "full-resource":
        answer = submit_answer(case, base)
        url = f"{base}/Bundle/{answer['id']}"
        posted = {"request": {"method": "POST", "url": "Bundle"}, "response": {"status": "201"}}
        return url, [{"fullUrl": url, "resource": answer, **posted}]
    place = f"ClaimResponse/{case.id}"
    got = {"request": {"method": "GET", "url": place}, "response": {"status": "200"}}
    return f"{base}/{place}", [{"fullUrl": f"{base}/{place}", **got}]
