"""The queues and the routing table that come with the house, read once. Must not route anything."""

from functools import cache
from importlib import resources

from fhir_um.cases.queues import Queues, read_queues
from fhir_um.cases.routing import Routing, read_routing


@cache
def shipped_queues() -> Queues:
    """Every queue, and who works in it. Raises: QueuesFault."""
    return read_queues(_text("queue_roles.csv"))


@cache
def shipped_routing() -> Routing:
    """Which queues a pended line waits in. Raises: RoutingFault; QueuesFault."""
    return read_routing(_text("routing.csv"), shipped_queues().by_name)


def _text(name: str) -> str:
    return resources.files("fhir_um.cases").joinpath(name).read_text("utf-8")
