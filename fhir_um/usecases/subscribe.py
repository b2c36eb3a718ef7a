"""A sender asks to be told what becomes of its requests: kept, and owed a handshake. Nothing is sent here.

Source: PAS 2.2.1 spec-54, spec-59, spec-60; Subscriptions R5 Backport 1.1.0 (`requested` until the handshake).
"""

from fhir_um.cases.caller import Caller
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.subscribers.asked import SubscriptionAsked
from fhir_um.subscribers.model import Standing, Subscription, SubscriptionId
from fhir_um.usecases.own_subscription import HANDSHAKE_AFTER

MOST_OF_A_SENDER = 1000


def subscribe(deps: Deps, caller: Caller, asked: SubscriptionAsked) -> Subscription:
    """The new subscription, which stands at `requested`.

    Raises: Refusal INVALID when it would be switched off from the start, or the sender has as many as it may.
    """
    if asked.wants_off:
        text = "A new subscription with the status 'off' would tell nothing; send 'requested'."
        raise Refusal.of(Kind.INVALID, "business-rule", text, "Subscription.status")
    at = deps.clock()
    new = Subscription(
        id=SubscriptionId(deps.new_id()),
        payer_id=caller.home_payer,
        sender=caller.sender,
        guide=asked.guide,
        standing=Standing.REQUESTED,
        channel=asked.channel,
        organizations=asked.organizations,
        document=asked.document,
        created_at=at,
        changed_at=at,
        ends_at=asked.ends_at,
        payers=caller.payer_ids,
    )
    with deps.open_work(alone=True) as work:
        if work.subscribers.how_many(caller.sender) >= MOST_OF_A_SENDER:
            text = f"There are {MOST_OF_A_SENDER} subscriptions of this sender; delete some, or update one."
            raise Refusal.of(Kind.INVALID, "too-costly", text)
        work.subscribers.add(new, at + HANDSHAKE_AFTER)
    return new
