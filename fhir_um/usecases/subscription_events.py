"""A sender fetches events of its subscription again, delivered or not. Changes nothing.

Source: Subscriptions R5 Backport 1.1.0, `$events`.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.history import rebuild
from fhir_um.cases.model import Case, PayerId
from fhir_um.deps import Deps, Reading
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Content, Delivery, Subscription
from fhir_um.usecases.own_subscription import own_subscription
from fhir_um.usecases.read_case import body_of

MOST_EVENTS = 100
"""In one answer; whoever is owed more asks again from the number after the last."""


def subscription_events(
    deps: Deps, caller: Caller, guide: str, id: str, first: int, last: int, content: Content
) -> tuple[Subscription, tuple[EventTold, ...]]:
    """The subscription, and its events number `first` to `last`, the first `MOST_EVENTS` of them.

    Raises: Refusal NOT_FOUND.
    """
    with deps.open_reading() as work:
        found = own_subscription(work, caller, guide, id)
        owed = work.subscribers.events(found, first, last, MOST_EVENTS)
        return found, tuple(event_told(work, one, content) for one in owed)


def event_told(work: Reading, delivery: Delivery, content: Content) -> EventTold:
    """What a delivery is about, inside a running transaction, with as much of it as `content` needs.

    Of a case that was kept as long as it had to be, and went, the id alone is told.
    Raises: LookupError when the delivery is about no case, or about one that is not there.
    """
    if delivery.case_id is None:
        raise LookupError(f"delivery {delivery.place} of subscription {delivery.subscription_id} is about no case")
    told = EventTold(delivery.event_number, delivery.created_at, delivery.case_id)
    if content is not Content.FULL_RESOURCE:
        return told
    case = _as_it_stood(work, delivery)
    if case is None and work.retention.is_purged(delivery.case_id):
        return told
    if case is None:
        raise LookupError(f"case {delivery.case_id}, version {delivery.case_version}, is missing")
    return EventTold(told.number, told.at, told.case_id, case, body_of(work, case))


def _as_it_stood(work: Reading, delivery: Delivery) -> Case | None:
    """A sender may deal with several payers, and has its subscription with one of them."""
    payers = (delivery.payer_id, *(payer.id for payer in work.directory().payers))
    for payer_id in dict.fromkeys(payers):
        history = work.events_of(PayerId(payer_id), delivery.case_id) if delivery.case_id else ()
        until_then = [event for event in history if event.version <= delivery.case_version]
        if until_then:
            return rebuild(until_then)
    return None
