"""Reads the body of a Subscription: by its profile, by what is offered here, by where may be notified; all at once.

Must not know what is done with it.
"""

from typing import Any

from fhir_um.api.exchange import Asked, House
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.settings import Mode
from fhir_um.subscribers.asked import SubscriptionAsked
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.translate.subscription_in import read_subscription
from profiles.canonicals import PROFILE_BACKPORT_SUBSCRIPTION, PROFILE_SUBSCRIPTION
from profiles.locating import with_places
from profiles.reading import Limits, read_json
from profiles.strictness import Strictness

PROFILES = {"2.2.1": PROFILE_SUBSCRIPTION, "2.0.1": PROFILE_BACKPORT_SUBSCRIPTION}
"""What a Subscription must meet at the base of each PAS version; PAS 2.0.1 has no profile of its own."""

_LONGEST_BYTES = 65_536
"""Many times what a Subscription needs. It is read again for whatever is sent for it, and with all others in a search.
"""

_JUDGED_HERE = ("Subscription.criteria", "pattern")
"""The profile wants the bare topic; the filter may stand behind it, as older clients have it."""


def read_asked(asked: Asked, body: bytes, id: str = "") -> SubscriptionAsked:
    """The subscription a body asks for; with an `id`, the body must have that one.

    Raises: Refusal TOO_BIG; UNREADABLE when it is no Subscription, or has another id; INVALID with every fault found.
    """
    resource = _subscription(body, asked.house.limits, id)
    strictness = asked.house.strictness(asked.caller, asked.guide)
    wanted, faults = read_subscription(
        resource,
        asked.guide,
        asked.deps.clock(),
        endpoints_of(asked.house),
        takes_any_filter=strictness is not Strictness.STRICT,
    )
    if strictness is Strictness.STRICT:
        faults = (*faults, *_profile_faults(asked, resource, faults))
    if wanted is None or faults:
        raise Refusal(Kind.INVALID, with_places(faults, body))
    return wanted


def endpoints_of(house: House) -> Endpoints:
    """Where subscribers may be notified."""
    return Endpoints(frozenset(house.settings.delivery_hosts), house.settings.mode is Mode.SANDBOX)


def _subscription(body: bytes, limits: Limits, id: str) -> dict[str, Any]:
    if len(body) > _LONGEST_BYTES:
        told = f"A Subscription has at most {_LONGEST_BYTES} bytes; this one has {len(body)}."
        raise Refusal.of(Kind.TOO_BIG, "too-long", told)
    value: Any = read_json(body, limits)
    if not isinstance(value, dict) or value.get("resourceType") != "Subscription":
        raise Refusal.of(Kind.UNREADABLE, "structure", "The body is not a Subscription.", "resourceType")
    if id and value.get("id") != id:
        text = "The id in the body must be the one in the address."
        raise Refusal.of(Kind.UNREADABLE, "value", text, "Subscription.id")
    return value


def _profile_faults(asked: Asked, resource: dict[str, Any], told: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Errors the profile alone knows, at places nothing was said about yet."""
    paths = tuple(issue.path for issue in told)
    found = asked.house.validator(asked.guide).check(resource, (PROFILES[asked.guide],), asked.deps.clock())
    return tuple(
        issue
        for issue in found
        if issue.severity == "error" and (issue.path, issue.rule) != _JUDGED_HERE and not issue.path.startswith(paths)
    )
