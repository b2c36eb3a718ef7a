"""Many notifications owed at one moment, and how fast they arrive at a cheap receiver. All must, once and in order.

They are announced in one transaction while the workers wait, and counted from its end, so that waking up is in the
figure. The floor is the same receiver, fed with as many bodies of the same size by as many threads.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from bench import bodies
from bench.feeding import feed
from bench.load import HOST, BadAnswer
from bench.receiver import Arrival, Receiver
from bench.servers import Server, deliverers
from fhir_um.cases.model import Case, ClientId
from fhir_um.clock import new_id
from fhir_um.deps import Deps
from fhir_um.subscribers.model import Channel, Content, DeliveryState, Standing, Subscription, SubscriptionId
from profiles.reading import FHIR_JSON

HEAD = "| subscriptions | workers | delivered/s | floor/s | ratio | MB after a tenth, most |\n|---|---|---|---|---|---|"
_AT_ONCE = 8
"""Requests a worker makes to one host at once, at most."""

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_AFTER_THE_START = 0.1


@dataclass(frozen=True, slots=True)
class House:
    """What every measurement needs: the store behind `url`, and the receiver."""

    deps: Deps
    url: str
    folder: Path
    receiver: Receiver


@dataclass(frozen=True, slots=True)
class Listeners:
    """So many subscriptions of so many senders; those of one sender are told of the same decisions."""

    subscriptions: int
    senders: int = 1

    def __str__(self) -> str:
        return f"{self.subscriptions:,}" + (", each of its own sender" if self.senders > 1 else "")

    @property
    def each(self) -> int:
        """How many are told of one decision."""
        return self.subscriptions // self.senders


@dataclass(frozen=True, slots=True)
class Drained:
    """One measurement: notifications per second, and the memory of the largest worker soon after the start and most."""

    per_second: float
    bytes_each: int
    first_megabytes: float
    most_megabytes: float


# --- subscribing ------------------------------------------------------------------------------------------------------


def subscribe(house: House, name: str, senders: Iterable[ClientId]) -> None:
    """One subscription for each of the senders; returns when all have shaken hands with whoever delivers."""
    at = house.deps.clock()
    with house.deps.open_work() as work:
        for n, sender in enumerate(senders):
            url = f"http://{HOST}:{house.receiver.port}/{name}/{n}"
            channel = Channel(url, FHIR_JSON, Content.FULL_RESOURCE)
            id = SubscriptionId(f"bench-{name}-{n}")
            requested = Standing.REQUESTED
            new = Subscription(id, bodies.PAYER, sender, "2.2.1", requested, channel, (), "{}", at, at)
            work.subscribers.add(new, at)
    wait_until(lambda: _all_stand(house), house.receiver.count)
    house.receiver.take()


def _all_stand(house: House) -> bool:
    with house.deps.open_reading() as reading:
        return all(one.standing is Standing.ACTIVE for one in reading.subscribers.all())


def wait_until(is_done: Callable[[], bool], how_far: Callable[[], int], seconds: float = _LOOK_SECONDS) -> None:
    """Looks again after so many seconds. Raises: BadAnswer when nothing has moved for a while."""
    far, end = -1, time.monotonic() + _PATIENCE_SECONDS
    while not is_done():
        time.sleep(seconds)
        now = how_far()
        if now > far:
            far, end = now, time.monotonic() + _PATIENCE_SECONDS
        if time.monotonic() > end:
            raise BadAnswer(f"nothing moves any more after {far} notifications")


def check(arrived: Iterable[Arrival], wanted: Mapping[str, range]) -> None:
    """Raises: BadAnswer unless everywhere the events wanted arrived once and in order."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for arrival in arrived:
        numbers[arrival.path].append(arrival.number)
    for path, events in wanted.items():
        if numbers.pop(path, []) != list(events):
            raise BadAnswer(f"{path} was not told events {events.start} to {events.stop - 1} once and in order")
    if numbers:
        raise BadAnswer(f"{len(numbers)} were told what they should not be")


# --- draining ---------------------------------------------------------------------------------------------------------


def drain(house: House, cases: tuple[Case, ...], listeners: Listeners, workers: int, count: int, rounds: int) -> None:
    """Announces about `count` notifications at once, so many times, and prints the middle one beside its floor."""
    name = new_id()
    senders = [ClientId(f"bench-{name}-{n}") for n in range(listeners.senders)]
    decisions = listeners.senders * max(1, count // listeners.subscriptions)
    told = [replace(case, sender=sender) for case, sender in zip(islice(cycle(cases), decisions), cycle(senders))]
    mine, floors = [], []
    with deliverers(house.url, workers, house.folder) as server:
        subscribe(house, name, islice(cycle(senders), listeners.subscriptions))
        for round in range(rounds):
            mine.append(_drained(house, server, name, listeners, told, round))
            floors.append(_fed(house, mine[-1].bytes_each, decisions * listeners.each, listeners, workers))
    _demand_settled(house)
    _print(listeners, workers, mine, floors)


def _drained(house: House, server: Server, name: str, listeners: Listeners, told: list[Case], round: int) -> Drained:
    at, count = house.deps.clock(), len(told) * listeners.each
    with house.deps.open_work() as work:
        for case in told:
            work.subscribers.announce(case, at)
    start = time.monotonic()
    memory: list[tuple[int, float]] = []

    def look() -> int:
        memory.append((house.receiver.count(), server.resident_megabytes()))
        return memory[-1][0]

    wait_until(lambda: house.receiver.count() >= count, look)
    arrived = house.receiver.take()
    events = len(told) // listeners.senders
    paths = (f"/{name}/{n}" for n in range(listeners.subscriptions))
    check(arrived, dict.fromkeys(paths, range(round * events + 1, (round + 1) * events + 1)))
    first = next((size for far, size in memory if far > count * _AFTER_THE_START), 0.0)
    most = max((size for _, size in memory), default=0.0)
    return Drained(count / (arrived[-1].at - start), arrived[-1].size, first, most)


def _fed(house: House, size: int, count: int, listeners: Listeners, workers: int) -> float:
    workers = min(workers, listeners.subscriptions)
    feed(house.receiver.port, size, count, workers, min(_AT_ONCE, listeners.subscriptions))
    arrived = house.receiver.take()
    return len(arrived) / (arrived[-1].at - arrived[0].at)


def _demand_settled(house: House) -> None:
    with house.deps.open_reading() as reading:
        owed = sum(n for (_, state), n in reading.subscribers.counts().items() if state is not DeliveryState.DELIVERED)
    if owed:
        raise BadAnswer(f"{owed} notifications are not recorded as delivered")


def _print(listeners: Listeners, workers: int, mine: list[Drained], floors: list[float]) -> None:
    middle = sorted(mine, key=lambda drained: drained.per_second)[len(mine) // 2]
    ratio = median(drained.per_second / floor for drained, floor in zip(mine, floors, strict=True))
    memory = f"{middle.first_megabytes:.0f}, {middle.most_megabytes:.0f}"
    cells = [
        str(listeners),
        str(workers),
        f"{middle.per_second:,.0f}",
        f"{median(floors):,.0f}",
        f"{ratio:.2f}",
        memory,
    ]
    print("| " + " | ".join(cells) + " |", flush=True)
