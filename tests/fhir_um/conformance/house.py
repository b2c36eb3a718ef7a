"""A server of ours in this process, with somebody who delivers, and the runner in front of it.

What stands between the two may be given: a WSGI wrapper around the server, and something that changes notifications.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from fhir_um import clock
from fhir_um.app import make_app
from fhir_um.commands.demo import FIXTURES
from fhir_um.commands.seed import seed
from fhir_um.conformance.client_profile import make_tester
from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.hiding import Secrets
from fhir_um.conformance.in_process import Application, InProcess
from fhir_um.conformance.listening import Ear
from fhir_um.conformance.running import SuiteRun, run_suite
from fhir_um.conformance.stage import Suite
from fhir_um.conformance.staging import House
from fhir_um.conformance.tester import Tester
from fhir_um.deps import Deps, make_deps
from fhir_um.notify.building import Builder
from fhir_um.notify.deliver import Deliverer, Pace
from fhir_um.notify.send import Post, Sender
from fhir_um.settings import Mode, Settings
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import Channel, Sent
from tests.people import people

SERVER = "http://127.0.0.1:8080"
BASES = {"2.2.1": f"{SERVER}/fhir", "2.0.1": f"{SERVER}/2.0.1/fhir"}
Wrap = Callable[[Application], Application]
Rewrite = Callable[[bytes], bytes]
QUICK = Pace(threads=4, poll_seconds=0.01, gather_seconds=0.001)


def as_it_is(application: Application) -> Application:
    return application


def unchanged(body: bytes) -> bytes:
    return body


@dataclass
class Office:
    """The server, and whoever tries it; what stands between them may change from run to run."""

    application: Application
    wrap: Wrap = as_it_is
    rewrite: Rewrite = unchanged

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return self.wrap(self.application)(environ, start_response)


@contextmanager
def open_office(database_url: str, is_seeded: bool = False, **settings: Any) -> Iterator[Office]:
    """A sandbox of its own with the demo's people."""
    chosen = Settings(
        database_url=database_url, mode=Mode.SANDBOX, public_url=SERVER, requests_per_minute=0, **settings
    )
    deps = make_deps(chosen)
    if not is_seeded:
        seed(people(), deps)
    office = Office(make_app(deps, chosen))
    try:
        with delivering(deps, office):
            yield office
    finally:
        deps.store.close()


@contextmanager
def delivering(deps: Deps, office: Office) -> Iterator[None]:
    sender = Sender(Endpoints(frozenset(), is_sandbox=True), clock.now, time.monotonic)

    def post(channel: Channel, body: bytes) -> Sent:
        return sender(channel, office.rewrite(body))

    worker, stop = _deliverer(deps, post), Event()
    thread = Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        worker.close()
        sender.close()


def _deliverer(deps: Deps, post: Post) -> Deliverer:
    return Deliverer(deps, Builder(deps, BASES), post, "worker", time.monotonic, lambda: 0.5, QUICK)


def failed(run: SuiteRun) -> dict[str, list[str]]:
    """The checks that found faults, with the first words of each."""
    found = [outcome for outcome in run.outcomes if outcome.found]
    return {each.check.id: [fault.text for one in each.found[:3] for fault in one.faults[:2]] for each in found}


def tried(suite: Suite, office: Office, stories: Path = FIXTURES / "stories", **profile: Any) -> SuiteRun:
    """One run of a suite against it, as `fhir-um conformance run` would."""
    tester: Tester = make_tester({"server": SERVER, **profile})
    transport = InProcess(office)
    credentials = Credentials(tester, transport, {})
    with ExitStack() as stack:
        ear = stack.enter_context(Ear(tester.listen, credentials.published_keys))
        credentials.keys_url = ear.keys_url
        return run_suite(suite, tester, House(transport, credentials, ear, Secrets(), stories))
