"""The delivering loop: takes what is due, sends it, records what became of it. Any number of processes may run it.

One thread deals with the store, others send. A subscription is in one thread at a time and its deliveries go out in
order; after one that did not arrive nothing more is sent to it. What was sent may be sent again after a crash, with the
same number and the same bytes; nothing is left out. Must not know FHIR or SQL.
"""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Event

from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.logs import frames_of, say
from fhir_um.notify.building import Builder
from fhir_um.notify.circuits import Circuits
from fhir_um.notify.send import Post, seconds_for
from fhir_um.subscribers.model import Asking, Delivery, DeliveryKind, Given, Lease, Met, Sent, Tried
from fhir_um.subscribers.trying import again_at
from fhir_um.usecases.deliver_owed import end_those_over, is_any_due, keep_bytes, take_turn
from fhir_um.usecases.housekeeping import tend


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once. A lease must last longer than the longest try, and is what a killed worker leaves behind.

    A house that had so `much_done` at once is tended again sooner.
    """

    threads: int = 64
    leases: int = 128
    leases_each_host: int = 64
    deliveries_each: int = 25
    lease_seconds: int = 30
    margin_seconds: int = 5
    poll_seconds: float = 0.05
    gather_seconds: float = 0.02
    written_at_once: int = 100
    ends_every_seconds: float = 5.0
    much_done: int = 500
    busy_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """A lease with the bytes of its deliveries; nothing is begun after `until` of the clock that never goes back."""

    lease: Lease
    deliveries: tuple[Delivery, ...]
    until: float

    @property
    def host(self) -> str:
        return self.lease.subscription.channel.host


@dataclass(slots=True)
class _Done:
    """What a thread did with a lease, and how long each try took."""

    ready: _Ready
    tried: list[Tried] = field(default_factory=list)
    sent: list[tuple[Sent, float]] = field(default_factory=list)

    @property
    def given(self) -> Given:
        """The lease as it is given back; signs of life leave no trace."""
        return Given(self.ready.lease, tuple(t for t in self.tried if t.delivery.kind is not DeliveryKind.HEARTBEAT))


class Deliverer:
    """One delivering process. `name` is nobody else's; `chance` gives numbers from 0 to 1."""

    def __init__(
        self,
        deps: Deps,
        builder: Builder,
        post: Post,
        name: str,
        monotonic: Callable[[], float],
        chance: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        self._deps = deps
        self._builder = builder
        self._post = post
        self._name = name
        self._monotonic = monotonic
        self._chance = chance
        self._pace = pace or Pace()
        self._circuits = Circuits(monotonic)
        self._pool = ThreadPoolExecutor(self._pace.threads, "deliver")
        self._stop = Event()
        self._waiting: defaultdict[str, deque[_Ready]] = defaultdict(deque)
        self._running: set[str] = set()
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._to_give: list[Given] = []
        self._turns = 0
        self._ends_at = monotonic()

    def run(self, stop: Event) -> None:
        """Deliver until told to stop; then end the tries under way, and give the rest back."""
        self._stop = stop
        while not stop.is_set():
            try:
                self._turn()
                self._wait()
            except Refusal as refusal:
                self._demand_passing(refusal)
                stop.wait(self._pace.busy_seconds)
        self._leave()

    def step(self) -> int:
        """All that is due now, to the end; how many leases that were."""
        count = self._turn()
        while self._running:
            self._collect(None)
            self._begin_what_may()
        self._give_back_waiting(self._waiting)
        self._give_back()
        return count

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown()

    # --- a turn -----------------------------------------------------------------------------------------------------

    def _turn(self) -> int:
        """Give back, take, write, begin; how many leases were taken that there is something to send for."""
        self._end_those_over()
        self._collect(0)
        self._begin_what_may()
        self._give_back_waiting(self._circuits.left_alone())
        asking = self._asking()
        if asking is None and not self._to_give:
            return 0
        taken, lost = take_turn(self._deps, self._to_give, asking)
        self._to_give.clear()
        for lease in lost:
            say(logging.WARNING, "lease-lost", subscription_id=lease.subscription.id)
        return self._make_ready(taken)

    def _wait(self) -> None:
        """Until something may have become due, or enough is done to be recorded, or nobody is sending any more.

        Many leases are recorded as fast as one.
        """
        end = self._monotonic() + (self._pace.gather_seconds if self._to_give else self._pace.poll_seconds)
        while (left := end - self._monotonic()) > 0 and self._collect(left):
            self._begin_what_may()
            if not self._running or 4 * len(self._to_give) >= self._pace.leases:
                return
            end = min(end, self._monotonic() + self._pace.gather_seconds)

    def _asking(self) -> Asking | None:
        """What to ask the store for; None when nothing is due, or enough is at hand."""
        pace, at_hand = self._pace, {host: len(several) for host, several in self._waiting.items()}
        most = pace.leases - sum(at_hand.values()) - len(self._running)
        full = frozenset(host for host, count in at_hand.items() if 2 * count > pace.leases_each_host)
        spared = full | self._circuits.left_alone()
        if 4 * most < pace.leases or not (self._to_give or is_any_due(self._deps, spared)):
            return None
        self._turns += 1
        until = self._deps.clock() + timedelta(seconds=pace.lease_seconds)
        holder = f"{self._name}-{self._turns}"
        return Asking(holder, until, most, min(pace.leases_each_host, most), pace.deliveries_each, spared)

    def _make_ready(self, taken: tuple[Lease, ...]) -> int:
        """Write what was not written before, and keep it before it is sent; those sending begin as soon as they can.

        When that cannot be done the leases are given back as they are. How many there is something to send for.
        """
        until = self._monotonic() + self._pace.lease_seconds - self._pace.margin_seconds
        parts, count = deque(_parted(taken, self._pace.written_at_once)), 0
        while parts:
            self._collect(0)
            try:
                built = self._written(parts[0])
            except Refusal:
                self._to_give.extend(Given(lease) for part in parts for lease in part)
                raise
            count += sum(self._is_ready(lease, built, until) for lease in parts.popleft())
            self._begin_what_may()
        return count

    def _written(self, leases: tuple[Lease, ...]) -> dict[tuple[str, int], Delivery]:
        """Their deliveries with bytes, all of them kept."""
        built = self._builder.build(leases)
        fresh = [
            (lease.subscription, built[key])
            for lease in leases
            for one in lease.deliveries
            if one.body is None and (key := _key(one)) in built
        ]
        if fresh:
            keep_bytes(self._deps, fresh)
        return built

    def _is_ready(self, lease: Lease, built: Mapping[tuple[str, int], Delivery], until: float) -> bool:
        """A lease waits for its turn to be sent; False, and it is given back, when there is nothing to send."""
        deliveries = tuple(built.get(_key(one), one) for one in lease.deliveries) or self._heartbeat(lease)
        if deliveries:
            self._waiting[lease.subscription.channel.host].append(_Ready(lease, deliveries, until))
        else:
            self._to_give.append(Given(lease))
        return bool(deliveries)

    def _heartbeat(self, lease: Lease) -> tuple[Delivery, ...]:
        if not lease.is_heartbeat_due:
            return ()
        subscription, at = lease.subscription, self._deps.clock()
        body = self._builder.heartbeat(subscription, at)
        return (Delivery(subscription.payer_id, subscription.id, 0, DeliveryKind.HEARTBEAT, at, at, body=body),)

    def _begin_what_may(self) -> None:
        """Hand leases to threads, of each host as many as it bears, of each subscription one."""
        for host, several in list(self._waiting.items()):
            held: list[_Ready] = []
            while several and len(self._running) < self._pace.threads and self._circuits.room(host):
                ready = several.popleft()
                if ready.lease.subscription.id in self._running:
                    held.append(ready)
                else:
                    self._running.add(ready.lease.subscription.id)
                    self._circuits.begin(host)
                    self._pool.submit(self._send, ready)
            several.extendleft(reversed(held))
            if not several:
                del self._waiting[host]

    def _collect(self, patience: float | None) -> bool:
        """What threads have done meanwhile; waits for the first at most so long, None for as long as it takes.

        False when nothing was done.
        """
        try:
            done = self._done.get(patience != 0, patience)
        except Empty:
            return False
        with suppress(Empty):
            while True:
                self._take_note(done)
                done = self._done.get_nowait()
        return True

    def _take_note(self, done: _Done) -> None:
        host = done.ready.host
        for sent, seconds in done.sent:
            self._circuits.note(host, sent, seconds)
        self._circuits.end(host)
        self._running.discard(done.ready.lease.subscription.id)
        self._to_give.append(done.given)

    def _give_back_waiting(self, hosts: Iterable[str]) -> None:
        for host in list(hosts):
            self._to_give.extend(Given(ready.lease) for ready in self._waiting.pop(host, ()))

    def _end_those_over(self) -> None:
        if self._monotonic() >= self._ends_at:
            self._ends_at = self._monotonic() + self._pace.ends_every_seconds
            end_those_over(self._deps)
            if self._tend() >= self._pace.much_done:
                self._ends_at = self._monotonic() + self._pace.busy_seconds

    def _tend(self) -> int:
        """What the house looks after by itself; a fault in it holds up no delivery, and is met again next time."""
        try:
            return tend(self._deps)
        except Refusal:
            raise
        except Exception as fault:  # whatever it is, those who are owed news get it
            say(logging.ERROR, "housekeeping-broken", error_type=type(fault).__name__, frames=frames_of(fault))
            return 0

    # --- stopping ---------------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        self._give_back_waiting(self._waiting)
        while self._running:
            self._collect(None)
        try:
            self._give_back()
        except Refusal as refusal:
            self._demand_passing(refusal)  # the leases end by themselves
        self.close()

    def _give_back(self) -> None:
        take_turn(self._deps, self._to_give, None)
        self._to_give.clear()

    @staticmethod
    def _demand_passing(refusal: Refusal) -> None:
        if refusal.kind is not Kind.BUSY:
            raise refusal
        say(logging.WARNING, "store-busy")

    # --- in a thread ------------------------------------------------------------------------------------------------

    def _send(self, ready: _Ready) -> None:
        """Send the deliveries of a lease in order, as long as they arrive, the lease lasts and nobody says stop."""
        done = _Done(ready)
        try:
            longest = seconds_for(ready.lease.subscription.channel)
            for delivery in ready.deliveries:
                began = self._monotonic()
                if began + longest > ready.until or self._stop.is_set():
                    break
                sent = self._sent(ready, delivery)
                seconds = self._monotonic() - began
                done.sent.append((sent, seconds))
                done.tried.append(self._tried(delivery, sent))
                _log(delivery, sent, seconds)
                if not sent.is_delivered:
                    break
        finally:
            self._done.put(done)

    def _sent(self, ready: _Ready, delivery: Delivery) -> Sent:
        if delivery.body is None:
            return Sent(met=Met.BROKEN)
        try:
            return self._post(ready.lease.subscription.channel, delivery.body)
        except Exception as fault:  # whatever it is, the next try comes later and others are not held up
            given = {"error_type": type(fault).__name__, "frames": frames_of(fault)}
            say(logging.ERROR, "delivery-not-sent", subscription_id=delivery.subscription_id, **given)
            return Sent(met=Met.BROKEN)

    def _tried(self, delivery: Delivery, sent: Sent) -> Tried:
        at = self._deps.clock()
        again = None if sent.is_delivered else again_at(sent, delivery.attempts + 1, at, self._chance())
        return Tried(delivery, sent, at, again)


def _parted(leases: Iterable[Lease], most: int) -> Iterator[tuple[Lease, ...]]:
    """The leases in parts of about so many deliveries."""
    part: list[Lease] = []
    count = 0
    for lease in leases:
        part.append(lease)
        count += len(lease.deliveries)
        if count >= most:
            yield tuple(part)
            part, count = [], 0
    if part:
        yield tuple(part)


def _key(delivery: Delivery) -> tuple[str, int]:
    return delivery.subscription_id, delivery.place


def _log(delivery: Delivery, sent: Sent, seconds: float) -> None:
    say(
        logging.INFO if sent.is_delivered else logging.WARNING,
        "delivery",
        subscription_id=delivery.subscription_id,
        kind=delivery.kind.value,
        event_number=delivery.event_number,
        case_id=delivery.case_id,
        case_version=delivery.case_version or None,
        attempt=delivery.attempts + 1,
        outcome=sent.outcome,
        bytes_out=len(delivery.body or b""),
        duration_ms=round(seconds * 1000, 1),
    )
