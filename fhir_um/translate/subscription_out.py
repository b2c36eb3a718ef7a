"""Writes a Subscription as its sender reads it: what they sent, and what the server says of it. Must not know HTTP.

Header lines are echoed as they came, to nobody but their sender. Source: PAS 2.2.1 profile-subscription; Subscriptions
R5 Backport 1.1.0.
"""

from decimal import Decimal

import msgspec

from fhir_um.subscribers.model import Standing, Subscription
from fhir_um.translate.elements_out import Json, instant
from profiles.canonicals import PAS_TOPIC, PROFILE_BACKPORT_SUBSCRIPTION, PROFILE_SUBSCRIPTION

_document_of = msgspec.json.Decoder(dict, float_hook=Decimal).decode


def subscription_resource(subscription: Subscription) -> Json:
    """The Subscription with id, meta, status, the sender's headers and, when it stands in error, why."""
    kept = _document_of(subscription.document)
    channel = kept.pop("channel")
    if subscription.channel.headers:
        channel["header"] = list(subscription.channel.headers)
    meta = {
        "versionId": str(subscription.version),
        "lastUpdated": instant(subscription.changed_at),
        "profile": [_profile(subscription, kept)],
    }
    written: Json = {"resourceType": "Subscription", "id": subscription.id, "meta": meta}
    written |= {"status": subscription.standing.value, **kept}
    if subscription.standing is Standing.ERROR:
        written["error"] = fault_in_words(subscription)
    return written | {"channel": channel}


def fault_in_words(subscription: Subscription) -> str:
    """Why a subscription stands in error, and what its sender can do.

    `fault` is a kind of notification and what it met: `handshake: 500`.
    """
    kind, _, met = subscription.fault.partition(": ")
    what = f"HTTP status {met}" if met.isdigit() else met or "no answer"
    return (
        f"The endpoint did not take a notification ({kind or 'unknown'}): {what}. Events are kept. When it is mended, "
        "update this Subscription with the status 'requested'."
    )


def _profile(subscription: Subscription, kept: Json) -> str:
    """The narrowest profile it meets; PAS has one since 2.1.0, for those that name the topic and nothing beside it."""
    is_of_pas = subscription.guide != "2.0.1" and kept.get("criteria") == PAS_TOPIC
    return PROFILE_SUBSCRIPTION if is_of_pas else PROFILE_BACKPORT_SUBSCRIPTION
