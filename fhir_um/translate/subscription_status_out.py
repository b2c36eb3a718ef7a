"""Writes how a subscription stands, as Parameters: the first entry of every notification, and the answer of `$status`.

Must not know HTTP, the store or the time. Source: Subscriptions R5 Backport 1.1.0, backport-subscription-status-r4.
"""

from collections.abc import Iterable

from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Standing, Subscription
from fhir_um.translate.elements_out import Json, instant
from fhir_um.translate.subscription_out import fault_in_words
from profiles.canonicals import PAS_TOPIC, PROFILE_SUBSCRIPTION_STATUS
from profiles.reading import write_json

QUERY_STATUS = "query-status"
QUERY_EVENT = "query-event"
Focused = Iterable[tuple[EventTold, str]]
"""Events with what they point to; an empty text points to nothing."""


def subscription_url(subscription: Subscription, base_url: str) -> str:
    """The address of a subscription."""
    return f"{base_url}/Subscription/{subscription.id}"


def status_parameters(
    subscription: Subscription, base_url: str, kind: str, standing: Standing, count: int, events: Focused = ()
) -> Json:
    """The status: of what, why it is told, how many events there are so far, and those it is told for."""
    rows: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": subscription_url(subscription, base_url)}},
        {"name": "topic", "valueCanonical": PAS_TOPIC},
        {"name": "status", "valueCode": standing.value},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(count)},
        *(_event(told, focus) for told, focus in events),
    ]
    if standing is Standing.ERROR:
        rows.append({"name": "error", "valueCodeableConcept": {"text": fault_in_words(subscription)}})
    return {"resourceType": "Parameters", "meta": {"profile": [PROFILE_SUBSCRIPTION_STATUS]}, "parameter": rows}


def statuses(subscriptions: Iterable[Subscription], base_url: str) -> bytes:
    """The answer of `$status`: a searchset with one status for each subscription."""
    entries: list[Json] = [
        {"fullUrl": f"{subscription_url(one, base_url)}/$status", "resource": _now(one, base_url)}
        | {"search": {"mode": "match"}}
        for one in subscriptions
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return write_json(bundle | ({"entry": entries} if entries else {}))


def _now(subscription: Subscription, base_url: str) -> Json:
    return status_parameters(subscription, base_url, QUERY_STATUS, subscription.standing, subscription.event_count)


def _event(told: EventTold, focus: str) -> Json:
    parts: list[Json] = [
        {"name": "event-number", "valueString": str(told.number)},
        {"name": "timestamp", "valueInstant": instant(told.at)},
    ]
    if focus:
        parts.append({"name": "focus", "valueReference": {"reference": focus}})
    return {"name": "notification-event", "part": parts}
