"""`fhir-um deliver`: notifies subscribers until told to stop. Must not know what a notification says."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event, Thread

from fhir_um.api.exchange import BASES
from fhir_um.clock import chance, new_id
from fhir_um.commands.crew import Crew
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import whole_number
from fhir_um.deps import Deps
from fhir_um.logs import set_up
from fhir_um.notify.building import Builder
from fhir_um.notify.deliver import Deliverer
from fhir_um.notify.send import LONGEST_SECONDS, Sender
from fhir_um.settings import Mode, Settings, SettingsFault
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.translate.codes import load_crosswalks

STOP_SECONDS = LONGEST_SECONDS + 5
_LOOK_SECONDS = 1.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `deliver` to the command line."""
    parser = subparsers.add_parser(
        "deliver",
        help="notify subscribers",
        description="Notifies subscribers of what became of their requests, until it is told to stop. `serve` runs it "
        "beside itself (FHIR_UM_DELIVERY_WORKERS); run it by itself to notify from another machine.",
        epilog="SIGTERM ends the tries under way and leaves the rest to others. After a crash whatever may not have "
        "arrived is sent again, with the same number and the same bytes.",
    )
    parser.add_argument("--workers", type=whole_number, default=1, help="processes (1)")
    parser.add_argument("--once", action="store_true", help="send what is due now, and end")
    parser.add_argument("--public-url", help="base of the addresses in notifications (FHIR_UM_PUBLIC_URL)")
    parser.add_argument("--beside", type=int, metavar="PID", help=argparse.SUPPRESS)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Deliver until stopped. Raises: SettingsFault or NotMigrated when the settings or the database do not allow it."""
    if args.public_url:
        settings = replace(settings, public_url=args.public_url)
    set_up(settings.log_level)
    if not settings.vault_keys:
        raise SettingsFault("FHIR_UM_SECRET_KEYS is needed to read what subscribers want to be sent.")
    with _told_to_stop() as stop:
        if args.beside is not None:
            Thread(target=_follow, args=(args.beside, stop), daemon=True).start()
        if args.workers > 1 and not args.once:
            _keep(deliver_crew(args.workers, settings), stop)
        else:
            _deliver(settings, stop, args.once)
    return 0


def deliver_crew(count: int, settings: Settings) -> Crew:
    """So many delivering processes that belong to this one."""
    words = ("-m", "fhir_um", "deliver", "--public-url", settings.base_url, "--beside", str(os.getpid()))
    return Crew(count, (sys.executable, *words), time.monotonic)


@contextmanager
def delivering(deps: Deps, settings: Settings) -> Iterator[Deliverer]:
    """The real thing: notifications sent by HTTP."""
    bases = {guide: settings.base_url + path for guide, path in BASES.items()}
    endpoints = Endpoints(frozenset(settings.delivery_hosts), settings.mode is Mode.SANDBOX)
    sender = Sender(endpoints, deps.clock, time.monotonic)
    deliverer = Deliverer(deps, Builder(deps, bases), sender, new_id(), time.monotonic, chance)
    try:
        yield deliverer
    finally:
        deliverer.close()
        sender.close()


def _deliver(settings: Settings, stop: Event, once: bool) -> None:
    load_crosswalks()
    deps = open_house(settings)
    with closing(deps.store), delivering(deps, settings) as deliverer:
        if once:
            print(f"Nothing more is due. Subscriptions served: {sum(iter(deliverer.step, 0))}.")
        else:
            deliverer.run(stop)


def _keep(crew: Crew, stop: Event) -> None:
    while not stop.is_set():
        crew.look_after()
        stop.wait(_LOOK_SECONDS)
    crew.dismiss()
    crew.wait(STOP_SECONDS)


def _follow(parent: int, stop: Event) -> None:
    """Stop when the process this one belongs to is gone, however it went."""
    while os.getppid() == parent:
        if stop.wait(_LOOK_SECONDS):
            return
    stop.set()


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = Event()
    kinds = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
