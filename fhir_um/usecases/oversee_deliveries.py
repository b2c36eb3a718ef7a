"""What an operator may do about deliveries: see what is owed, have it sent again. Must not know the network."""

from dataclasses import dataclass

from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.subscribers.model import Delivery, DeliveryState, Subscription

_OWED = frozenset({DeliveryState.WAITING, DeliveryState.HELD})
_MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Owing:
    """A subscription and how many of its deliveries stand in each state."""

    subscription: Subscription
    counts: dict[DeliveryState, int]


def see_owing(deps: Deps) -> tuple[Owing, ...]:
    """Every subscription that was not removed, oldest first, without its secrets."""
    with deps.open_reading() as reading:
        counts = reading.subscribers.counts()
        return tuple(
            Owing(one, {state: counts.get((one.id, state), 0) for state in DeliveryState})
            for one in reading.subscribers.all()
        )


def see_owed(deps: Deps, only_held: bool, id: str = "") -> tuple[Delivery, ...]:
    """Deliveries that have not arrived, those due first in front, at most 1,000; of one subscription when given."""
    states = frozenset({DeliveryState.HELD}) if only_held else _OWED
    with deps.open_reading() as reading:
        return reading.subscribers.deliveries(states, id, _MOST_SHOWN)


def send_again(deps: Deps, id: str, since: int = 0) -> Subscription:
    """Set a subscription going: what was held is sent, and from event `since` on also what had arrived.

    Raises: Refusal NOT_FOUND when there is none, CONFLICT when it is switched off.
    """
    at = deps.clock()
    with deps.open_work() as work:
        named = next((one for one in work.subscribers.all() if one.id == id), None)
        if named is None:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such subscription.")
        if not work.subscribers.go_on(named.payer_id, named.id, at, since):
            raise Refusal.of(Kind.CONFLICT, "conflict", "The subscription is switched off; its sender must ask again.")
        return named
