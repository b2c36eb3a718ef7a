"""No notification is lost: subscribers that fail in every way, decisions under load, and everything killed at random.

Real servers, real delivering processes, real endpoints over loopback. `FAULT_SECONDS=120` makes it as long, and runs it
on both databases, not on PostgreSQL alone; `FAULT_SEED`, which a failed test prints, makes the same choices again.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random, SystemRandom
from threading import Event

import pytest
import requests

from bench.servers import free_port
from fhir_um import clock
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.subscribers.model import DeliveryState, Standing, Subscription
from fhir_um.translate.codes import load_crosswalks
from profiles.canonicals import EXT_CHANNEL_TIMEOUT
from tests.fhir_um.subscribing import SECRET, written
from tests.running.arrivals import Told, check_named, check_none_taken_for_delivered, check_order, check_whole
from tests.running.conftest import MEMBERS
from tests.running.deciding import EVENTS_EACH, SENDERS, Load
from tests.running.faults import Havoc, House
from tests.running.hurried import delivering
from tests.running.moody import ELSEWHERE, MOODS, Heard, Moody
from tests.running.processes import command

SECONDS = float(os.environ.get("FAULT_SECONDS", "12"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or SystemRandom().randrange(1, 10**9)
ORGANIZATION = "1910010010"
MOODY = 3
PAUSE_SECONDS = max(0.05, SECONDS * SENDERS / MEMBERS / EVENTS_EACH)
"""Before each decision, so that there are members to the end."""

Place = tuple[str, str]
"""Which endpoint, and where at it."""

WITHIN_A_SECOND = {"extension": [{"url": EXT_CHANNEL_TIMEOUT, "valueUnsignedInt": 1}]}


@pytest.fixture
def house(seeded_url: str, tmp_path: Path) -> Iterator[House]:
    if seeded_url.startswith("sqlite") and "FAULT_SECONDS" not in os.environ:
        pytest.skip("short runs use PostgreSQL, where several workers lease at once; set FAULT_SECONDS for both")
    port = free_port()
    settings = {
        "FHIR_UM_DATABASE_URL": seeded_url,
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(port),
        "FHIR_UM_WORKERS": "2",
    }
    made = House(settings, tmp_path, port)
    yield made
    made.kill()


@pytest.fixture
def endpoints() -> Iterator[dict[str, Moody]]:
    chance = Random(SEED)
    moody = [f"moody-{n}" for n in range(MOODY)]
    made = {name: Moody(Random(chance.random())) for name in (*moody, "refusing", "leaving")}
    made["good"] = Moody(None)
    yield made
    for one in made.values():
        one.close()


def subscribe(house: House, guide: str, endpoint: Moody, path: str, organization: str = ORGANIZATION) -> str:
    name, base = {"2.2.1": ("org-identifier", "/fhir"), "2.0.1": ("identifier", "/2.0.1/fhir")}[guide]
    channel = {"endpoint": endpoint.url + path, "header": [SECRET]} | WITHIN_A_SECOND
    resource = written(guide, f"{name}={organization}", channel=channel)
    got = requests.post(f"{house.url}{base}/Subscription", json=resource, timeout=10)
    assert got.status_code == 201, got.text
    return str(got.json()["id"])


def drain(house: House, hours: Iterator[int]) -> None:
    """An hour later, and again, until nothing waits: what was taken is free, and every try is due."""
    settings = Settings.from_env(house.settings)
    for _ in range(20):
        later = timedelta(hours=next(hours))

        def then(later: timedelta = later) -> datetime:
            return clock.now() + later

        deps = make_deps(settings, then)
        with delivering(deps, settings) as deliverer:
            while deliverer.step():
                pass
        with deps.open_reading() as reading:
            left = reading.subscribers.deliveries(frozenset({DeliveryState.WAITING}), "", 1)
        deps.store.close()
        if not left:
            return
    raise AssertionError(f"never drained: {left}")


@pytest.mark.spec("pas:spec-54")
@pytest.mark.spec("pas:spec-60")
def test_every_event_arrives_at_least_once_in_order_and_none_is_invented(
    house: House, endpoints: dict[str, Moody]
) -> None:
    print(f"FAULT_SEED={SEED} FAULT_SECONDS={SECONDS:g} repeats this")
    load_crosswalks()
    house.start_server()
    full = {subscribe(house, "2.2.1", one, f"/{name}"): (name, f"/{name}") for name, one in endpoints.items()}
    named = {subscribe(house, "2.0.1", one, f"/{name}/ids"): (name, f"/{name}/ids") for name, one in endpoints.items()}
    deaf = subscribe(house, "2.2.1", endpoints["good"], "/deaf", "1999999984")
    endpoints["leaving"].gone.add("/leaving")
    for worker in house.workers:
        worker.start()
    havoc = Havoc(house, endpoints["refusing"], Random(SEED))

    def heard_by(id: str) -> list[Heard]:
        name, path = (full | named).get(id, ("good", "/deaf"))
        with endpoints[name].lock:
            return [one for one in endpoints[name].heard if one.path == path]

    with Load(house.url, str(SEED), PAUSE_SECONDS) as load:
        havoc.wreak(SECONDS)
    house.kill()
    for endpoint in endpoints.values():
        endpoint.become_good()

    with house.reading() as reading:
        for id in full | named:
            delivered = reading.subscribers.deliveries(frozenset({DeliveryState.DELIVERED}), id, 10_000)
            check_none_taken_for_delivered(delivered, heard_by(id))
        in_error = [one for one in reading.subscribers.all() if one.standing is Standing.ERROR]
    meanwhile = {id: len(heard_by(id)) for id in full | named}
    assert {one.id for one in in_error} <= {id for id, (name, _) in full.items() if name == "leaving"}
    for one in in_error:
        assert one.fault == "event-notification: 410"
        house.cli("deliveries", "retry", one.id)
    hours = count(1)
    drain(house, hours)

    house.start_server()
    told = Told.of(house.url, load.cases)
    assert load.answered <= told.actions.keys()
    check_all(full, named, heard_by, told)
    replayed = next(iter(full))
    house.cli("deliveries", "replay", replayed, "--from", "1")
    before = len(heard_by(replayed))
    drain(house, hours)
    assert [one.number for one in heard_by(replayed)[before:]] == list(range(1, len(told.actions) + 1))

    house.server.kill()
    cases = [*load.cases, told_by_the_real_ones(house, {*full, *named}, heard_by)]
    told = Told.of(house.url, cases)
    check_all(full, named, heard_by, told)
    assert {one.number for one in heard_by(deaf)} == {0}
    house.server.stop()
    check_circumstances(havoc, endpoints, load, meanwhile, in_error)
    house.cli("verify")


def told_by_the_real_ones(house: House, ids: set[str], heard_by: Callable[[str], list[Heard]]) -> str:
    """One more case, told by `fhir-um serve` with its own worker and a `fhir-um deliver` beside it."""
    last = {id: max(one.number for one in heard_by(id)) + EVENTS_EACH for id in ids}
    house.server = command(house.settings, house.folder / "server.log", "serve")
    house.start_server()
    beside = command(house.settings, house.folder / "deliver.log", "deliver")
    beside.start()
    house.workers.append(beside)
    case, patience = Load(house.url, str(SEED), first=MEMBERS - 1).one(), Event()
    for _ in range(600):
        if all(heard_by(id)[-1].number == number for id, number in last.items()):
            break
        patience.wait(0.05)
    beside.stop()
    return case


def check_all(
    full: dict[str, Place], named: dict[str, Place], heard_by: Callable[[str], list[Heard]], told: Told
) -> None:
    for id in full | named:
        heard = heard_by(id)
        check_order(heard)
        (check_whole if id in full else check_named)(heard, told)
        assert {one.status["subscription"]["reference"].rpartition("/")[2] for one in heard} == {id}
        assert {one.headers["Authorization"] for one in heard} == {"Bearer of-nobody"}


def check_circumstances(
    havoc: Havoc, endpoints: dict[str, Moody], load: Load, meanwhile: dict[str, int], in_error: list[Subscription]
) -> None:
    """The test met what it is about."""
    moods = sum((one.moods for one in endpoints.values()), Counter())
    print(
        f"{len(load.cases)} cases, {len(load.answered)} decisions answered, heard meanwhile {sum(meanwhile.values())}"
    )
    print(dict(havoc.done), dict(moods))
    assert len(havoc.done) == 4
    assert len(load.answered) >= SECONDS / 4
    assert len(in_error) <= 1, "a busy machine may not come to it within the time"
    assert sum(meanwhile.values()) >= SECONDS
    assert len(moods.keys() & MOODS.keys()) >= len(MOODS) / 2
    assert not any(one.path == ELSEWHERE for endpoint in endpoints.values() for one in endpoint.heard)
