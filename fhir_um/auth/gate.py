"""How often each may come: a guard and a door that count who passes. Must not know what is asked for.

Whoever is known is counted by their id. Whoever is not is counted by address, and so is each refusal of somebody who
wanted to be known: an address that was refused too often is not looked at for a while, however good what it sends next.
"""

from collections.abc import Callable
from typing import Protocol

from cds_hooks.door import Door as HookDoor
from cds_hooks.door import HookClient
from fhir_um.auth.guard import ANONYMOUS, Guard
from fhir_um.auth.pace import per_minute, whole_seconds
from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.auth.tally import Tally
from fhir_um.cases.caller import Caller
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings
from profiles.issues import TooMany

_NOT_LET_IN = frozenset({Kind.UNKNOWN_CALLER, Kind.NOT_ALLOWED})

Address = Callable[[], str]
"""Where the request at hand comes from."""


class Counter(Protocol):
    """Counts what each name uses up; see `fhir_um.auth.tally.Tally`."""

    def spend(self, name: str) -> int: ...

    def wait(self, name: str) -> int: ...


class Uncounted:
    """Everybody may come as often as they like."""

    def spend(self, name: str) -> int:
        """See `Counter`."""
        return 0

    def wait(self, name: str) -> int:
        """See `Counter`."""
        return 0


class Gate:
    """Counts callers. One per server, shared by its processes."""

    def __init__(self, known: Counter, strangers: Counter, refused: Counter, address: Address) -> None:
        self._known = known
        self._strangers = strangers
        self._refused = refused
        self._address = address

    def pass_known(self, id: str) -> None:
        """Raises: TooMany when that caller comes too often."""
        _demand_no_wait(self._known.spend(id))

    def pass_stranger(self) -> None:
        """Raises: TooMany when strangers come too often from where this one comes from."""
        _demand_no_wait(self._strangers.spend(self._address()))

    def demand_trusted(self) -> None:
        """Raises: TooMany when too many were refused who came from where this one comes from."""
        _demand_no_wait(self._refused.wait(self._address()))

    def note(self, refusal: Refusal) -> None:
        """Remembers that somebody was not let in: nobody knows them, or a page elsewhere sent them."""
        if refusal.kind in _NOT_LET_IN:
            self._refused.spend(self._address())


class WaryGuard:
    """A guard at which nobody guesses too often; whoever it lets in may come as often as they like."""

    def __init__(self, guard: Guard, gate: Gate) -> None:
        self._guard = guard
        self._gate = gate

    def admit(self, presented: Presented, scope: Scope) -> Caller:
        """See `Guard.admit`. Raises: TooMany."""
        shows_something = presented.authorization is not None or bool(presented.session)
        if shows_something or scope is not Scope.PUBLIC:
            self._gate.demand_trusted()
        try:
            return self._guard.admit(presented, scope)
        except Refusal as refusal:
            self._gate.note(refusal)
            raise


class PacedGuard:
    """A guard that lets nobody in too often."""

    def __init__(self, guard: Guard, gate: Gate) -> None:
        self._guard = WaryGuard(guard, gate)
        self._gate = gate

    def admit(self, presented: Presented, scope: Scope) -> Caller:
        """See `Guard.admit`. Raises: TooMany."""
        caller = self._guard.admit(presented, scope)
        if caller is ANONYMOUS:
            self._gate.pass_stranger()
        else:
            self._gate.pass_known(caller.client_id)
        return caller


class PacedHookDoor:
    """A door of the hook counter that lets nobody in too often."""

    def __init__(self, door: HookDoor, gate: Gate) -> None:
        self._door = door
        self._gate = gate

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """See `cds_hooks.door.Door.admit`. Raises: TooMany."""
        self._gate.demand_trusted()
        try:
            client = self._door.admit(header, url, is_loopback)
        except Refusal as refusal:
            self._gate.note(refusal)
            raise
        self._gate.pass_known(client.id)
        return client


def make_gate(settings: Settings, now_ns: Callable[[], int], key: str, address: Address) -> Gate:
    """The gate those settings ask for, before the processes that share it are made; `key` is chance of this start."""
    if not settings.requests_per_minute:
        return Gate(Uncounted(), Uncounted(), Uncounted(), address)
    pace = per_minute(settings.requests_per_minute)
    known, strangers, refused = (Tally(pace, now_ns, key.encode()) for _ in range(3))
    return Gate(known, strangers, refused, address)


def _demand_no_wait(wait_ns: int) -> None:
    if wait_ns:
        raise TooMany(whole_seconds(wait_ns))
