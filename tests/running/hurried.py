"""`fhir-um deliver` in a hurry: the same parts, but what a crashed process had taken is free again after seconds.

A lease must last longer than the longest try; the subscriptions of the fault test allow a try one second.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from fhir_um.api.exchange import BASES
from fhir_um.clock import chance, new_id
from fhir_um.deps import Deps, make_deps
from fhir_um.logs import set_up
from fhir_um.notify.building import Builder
from fhir_um.notify.deliver import Deliverer, Pace
from fhir_um.notify.send import Sender
from fhir_um.settings import Mode, Settings
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.translate.codes import load_crosswalks

LEASE_SECONDS = 4
HURRIED = Pace(lease_seconds=LEASE_SECONDS, margin_seconds=1)


@contextmanager
def delivering(deps: Deps, settings: Settings) -> Iterator[Deliverer]:
    """Sends by HTTP, as the real one; hangs up in the end."""
    bases = {guide: settings.base_url + path for guide, path in BASES.items()}
    endpoints = Endpoints(frozenset(settings.delivery_hosts), settings.mode is Mode.SANDBOX)
    sender = Sender(endpoints, deps.clock, time.monotonic)
    deliverer = Deliverer(deps, Builder(deps, bases), sender, new_id(), time.monotonic, chance, HURRIED)
    yield deliverer
    deliverer.close()
    sender.close()


def main() -> None:
    """Deliver until killed."""
    settings = Settings.from_env(os.environ)
    set_up(settings.log_level)
    load_crosswalks()
    with delivering(make_deps(settings), settings) as deliverer:
        deliverer.run(Event())


if __name__ == "__main__":
    main()
