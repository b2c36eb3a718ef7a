"""A sender replaces its subscription: another endpoint or filter, on again after an error, or off.

Every change but `off` is followed by a handshake, since what answered before may not be what answers now; events go on
counting meanwhile, and follow it in order. Source: Subscriptions R5 Backport 1.1.0 (re-activation); PAS 2.2.1 spec-59.
"""

from dataclasses import replace

from fhir_um.cases.caller import Caller
from fhir_um.deps import Deps
from fhir_um.subscribers.asked import SubscriptionAsked
from fhir_um.subscribers.model import Standing, Subscription
from fhir_um.usecases.own_subscription import (
    HANDSHAKE_AFTER,
    Versions,
    demand_version,
    own_subscription,
    told_when_overtaken,
)


def change_subscription(
    deps: Deps, caller: Caller, id: str, asked: SubscriptionAsked, versions: Versions = None
) -> Subscription:
    """The subscription as it stands after the change.

    Raises: Refusal NOT_FOUND; OUTDATED when it is at none of the `versions`; CONFLICT when somebody was faster.
    """
    at = deps.clock()
    with told_when_overtaken(), deps.open_work(alone=True) as work:
        found = own_subscription(work, caller, asked.guide, id)
        demand_version(found, versions)
        changed = replace(
            found,
            standing=Standing.OFF if asked.wants_off else Standing.REQUESTED,
            channel=asked.channel,
            organizations=asked.organizations,
            document=asked.document,
            changed_at=at,
            version=found.version + 1,
            ends_at=asked.ends_at,
            fault="",
            payers=caller.payer_ids,
        )
        work.subscribers.change(changed, found.version, at + HANDSHAKE_AFTER)
    return changed
