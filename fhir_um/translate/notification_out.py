"""Writes notifications: the history Bundle that is posted to a subscriber, or fetched by `$events`.

Must not know HTTP, the store or the time: the same subscription, delivery and case give the same bytes. The topic of
PAS includes nothing beside its focus, so there is no `additional-context`.

Source: PAS 2.2.1 spec-60, spec-61 (the focus is a PAS Response Bundle); PAS 2.0.1 (id-only: the focus is the
ClaimResponse); Subscriptions R5 Backport 1.1.0; FHIR R4 Bundle bdl-3, bdl-4.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from fhir_um.cases.model import Case
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Content, Delivery, DeliveryKind, Standing, Subscription
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.elements_out import Json, instant
from fhir_um.translate.response_out import submit_response
from fhir_um.translate.subscription_status_out import QUERY_EVENT, status_parameters, subscription_url
from profiles.canonicals import PROFILE_NOTIFICATION
from profiles.reading import write_json

Respond = Callable[[Case, bytes, Dialect, str], bytes]
"""Writes the PAS Response Bundle of a case, or knows it already."""

_TOLD_AS = {
    DeliveryKind.HANDSHAKE: Standing.REQUESTED,
    DeliveryKind.EVENT: Standing.ACTIVE,
    DeliveryKind.HEARTBEAT: Standing.ACTIVE,
}
"""How a subscription stands by what it is sent: whoever gets an event has shaken hands."""


def notification(
    subscription: Subscription,
    delivery: Delivery,
    told: EventTold | None,
    base_url: str,
    respond: Respond = submit_response,
) -> bytes:
    """The body of a delivery; `told` is what an event is about, None for a handshake.

    The count of events is that of the event told, so that later events do not change its bytes.
    """
    events = (told,) if told else ()
    count = told.number if told else subscription.event_count
    focused, entries = _focused(subscription, events, subscription.channel.content, base_url, respond)
    status = status_parameters(subscription, base_url, delivery.kind.value, _TOLD_AS[delivery.kind], count, focused)
    named = f"{delivery.kind} {delivery.place}"
    return _bundle(subscription, status, entries, delivery.created_at, named, base_url)


def heartbeat(subscription: Subscription, at: datetime, base_url: str) -> bytes:
    """A sign of life with nothing to tell."""
    kind = DeliveryKind.HEARTBEAT
    status = status_parameters(subscription, base_url, kind.value, _TOLD_AS[kind], subscription.event_count)
    return _bundle(subscription, status, [], at, f"{kind} {at.isoformat()}", base_url)


def query_events(
    subscription: Subscription, events: Sequence[EventTold], content: Content, at: datetime, base_url: str
) -> bytes:
    """The answer of `$events`: events as they were, or will be, notified, as much of each as is asked for."""
    focused, entries = _focused(subscription, events, content, base_url)
    count = subscription.event_count
    status = status_parameters(subscription, base_url, QUERY_EVENT, subscription.standing, count, focused)
    return _bundle(subscription, status, entries, at, f"{QUERY_EVENT} {at.isoformat()}", base_url)


def _focused(
    subscription: Subscription,
    events: Sequence[EventTold],
    content: Content,
    base_url: str,
    respond: Respond = submit_response,
) -> tuple[list[tuple[EventTold, str]], list[Json]]:
    """Events with what they point to, and an entry for each address pointed to."""
    if content is Content.EMPTY:
        return [(told, "") for told in events], []
    is_whole = content is Content.FULL_RESOURCE
    made = [_whole(subscription, told, base_url, respond) if is_whole else _named(told, base_url) for told in events]
    entries = {entry["fullUrl"]: entry for entry in made}
    focused = [(told, entry["fullUrl"]) for told, entry in zip(events, made, strict=True)]
    return focused, list(entries.values())


def _named(told: EventTold, base_url: str) -> Json:
    """The address of the answer alone."""
    place = f"ClaimResponse/{told.case_id}"
    return {"fullUrl": f"{base_url}/{place}", **_exchange("GET", place, "200")}


def _whole(subscription: Subscription, told: EventTold, base_url: str, respond: Respond) -> Json:
    """The whole answer as it stood then, in the dialect of the base the subscription was made on."""
    if told.case is None:
        raise ValueError("an event told whole has its case")
    answer = respond(told.case, told.body, DIALECTS[subscription.guide], base_url)
    url = f"{base_url}/Bundle/{told.case.id}-{told.case.version}"
    return {"fullUrl": url, "resource": msgspec.Raw(answer), **_exchange("POST", "Bundle", "201")}


def _bundle(
    subscription: Subscription, status: Json, entries: list[Json], at: datetime, named: str, base_url: str
) -> bytes:
    name = _uuid(f"{subscription.payer_id}\n{subscription.id}\n{named}")
    first = {
        "fullUrl": f"urn:uuid:{name}",
        "resource": {"resourceType": "Parameters", "id": name, **status},
        **_exchange("GET", f"{subscription_url(subscription, base_url)}/$status", "200"),
    }
    bundle = {
        "resourceType": "Bundle",
        "id": name,
        "meta": {"profile": [PROFILE_NOTIFICATION]},
        "type": "history",
        "timestamp": instant(at),
        "entry": [first, *entries],
    }
    return write_json(bundle)


def _exchange(method: str, url: str, status: str) -> Json:
    return {"request": {"method": method, "url": url}, "response": {"status": status}}


def _uuid(text: str) -> str:
    """A UUID that is always the same for the same text, in the form of version 4, which receivers look for."""
    return str(UUID(bytes=sha256(text.encode()).digest()[:16], version=4))
