"""A sender looks at its own subscriptions: one, or those it searches for. Changes nothing."""

from fhir_um.cases.caller import Caller
from fhir_um.deps import Deps
from fhir_um.subscribers.asked import SubscriptionSearch
from fhir_um.subscribers.model import Subscription
from fhir_um.usecases.own_subscription import may_hear, own_subscription


def read_subscription(deps: Deps, caller: Caller, guide: str, id: str) -> Subscription:
    """The subscription with that id. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        return own_subscription(work, caller, guide, id)


def search_subscriptions(
    deps: Deps, caller: Caller, guide: str, wanted: SubscriptionSearch
) -> tuple[Subscription, ...]:
    """Those made at the base of that PAS version that match, oldest first."""
    with deps.open_reading() as work:
        found = work.subscribers.of(caller.sender, caller.payer_ids, guide)
    return tuple(one for one in found if may_hear(caller, one) and _is_wanted(one, wanted))


def _is_wanted(one: Subscription, wanted: SubscriptionSearch) -> bool:
    return (
        (not wanted.ids or one.id in wanted.ids)
        and (not wanted.standings or one.standing in wanted.standings)
        and (not wanted.endpoints or one.channel.endpoint in wanted.endpoints)
    )
