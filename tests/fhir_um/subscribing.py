"""Subscriptions for tests: as a sender writes them, and as the house keeps them."""

import copy
from dataclasses import replace
from typing import Any

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.subscribers.asked import SubscriptionAsked
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import Channel, Content, Standing, Subscription, SubscriptionId
from fhir_um.translate.subscription_in import read_subscription
from profiles.canonicals import EXT_FILTER_CRITERIA, EXT_PAYLOAD_CONTENT, PAS_TOPIC
from tests.builders import AT

ENDPOINT = "https://ehr.example.org/notify"
SECRET = "Authorization: Bearer of-nobody"
ALLOWED = Endpoints(frozenset({"ehr.example.org"}))
SANDBOX = Endpoints(frozenset(), is_sandbox=True)
CONTENT = {"2.2.1": "full-resource", "2.0.1": "id-only"}


def written(guide: str = "2.2.1", *filters: str, **changes: Any) -> dict[str, Any]:
    """A Subscription as the public conformance suite sends one; `channel` among the changes is merged."""
    channel: dict[str, Any] = {
        "type": "rest-hook",
        "endpoint": ENDPOINT,
        "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": EXT_PAYLOAD_CONTENT, "valueCode": CONTENT[guide]}]},
        "header": [SECRET],
    }
    asked = filters or ("org-identifier=1910010010",)
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "To hear what becomes of our requests.",
        "criteria": PAS_TOPIC,
        "_criteria": {"extension": [{"url": EXT_FILTER_CRITERIA, "valueString": one} for one in asked]},
        "channel": channel | changes.pop("channel", {}),
    }
    return copy.deepcopy(resource | changes)


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    """The resource without some elements."""
    return {name: value for name, value in resource.items() if name not in names}


def asked(guide: str = "2.2.1", *filters: str, **changes: Any) -> SubscriptionAsked:
    """What such a Subscription asks for."""
    wanted, faults = read_subscription(written(guide, *filters, **changes), guide, AT, ALLOWED)
    assert wanted is not None, faults
    return wanted


def kept(guide: str = "2.2.1", **changes: Any) -> Subscription:
    """A subscription as the house keeps it."""
    wanted = asked(guide)
    new = Subscription(
        id=SubscriptionId("5ab5c4be-0000-4000-8000-000000000001"),
        payer_id=PayerId("harbor"),
        sender=ClientId("ehr-1"),
        guide=guide,
        standing=Standing.ACTIVE,
        channel=wanted.channel,
        organizations=wanted.organizations,
        document=wanted.document,
        created_at=AT,
        changed_at=AT,
    )
    return replace(new, **changes)


def channel(**changes: Any) -> Channel:
    """A channel, for tests that care about one thing of it."""
    return replace(Channel(ENDPOINT, "application/fhir+json", Content.FULL_RESOURCE), **changes)
