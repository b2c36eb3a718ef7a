"""Decides who is calling, before anything of the request is read. Must not know what is asked for.

A guard that authenticates clients would stand beside `SandboxGuard`; routes and handlers know only `Guard`.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from fhir_um.auth.scopes import ALL, Scope
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.roles import REVIEWERS
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Mode, Settings, SettingsFault, is_loopback

Payers = Callable[[], tuple[PayerId, ...]]
"""Reads the payers on file, home payer first."""

ANONYMOUS = Caller(ClientId("anonymous"), "anybody", (), frozenset({Scope.PUBLIC.value}))
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.\-]+))(?::[0-9]{1,5})?", re.ASCII)
"""A Host header and nothing else: no user, path or second port hides another name in it."""

_FRESH_FOR = timedelta(seconds=30)


class Guard(Protocol):
    """Turns the headers of a request into a caller, or refuses."""

    def admit(self, host: str, scope: Scope) -> Caller:
        """The caller, if they may use a route of that scope. `host` is the Host header.

        Raises: Refusal when nobody known is calling or they lack the scope.
        """
        ...


class SandboxGuard:
    """Lets in everybody on this machine as one built-in caller who may do everything with every payer.

    The Host header must name a loopback address, so that a web page elsewhere cannot rebind its name to this server.
    """

    def __init__(self, payers: Payers, now: Callable[[], datetime]) -> None:
        self._payers = payers
        self._now = now
        self._caller: Caller | None = None
        self._read_at = now()

    def admit(self, host: str, scope: Scope) -> Caller:
        """See `Guard.admit`."""
        if not _names_loopback(host):
            raise Refusal.of(
                Kind.NOT_ALLOWED,
                "forbidden",
                "The sandbox answers requests to localhost only; this one names another host.",
            )
        return ANONYMOUS if scope is Scope.PUBLIC else self._everybody()

    def _everybody(self) -> Caller:
        at = self._now()
        if self._caller is None or at - self._read_at > _FRESH_FOR:
            self._caller, self._read_at = insider("sandbox", "Sandbox caller", self._payers()), at
        return self._caller


def insider(client_id: str, name: str, payer_ids: tuple[PayerId, ...]) -> Caller:
    """A caller who may do everything with those payers: the sandbox's, or an operator at the command line.

    Raises: Refusal when there is no payer to speak to.
    """
    if not payer_ids:
        raise Refusal.of(Kind.BUSY, "transient", "No payer is on file yet; load some with `fhir-um seed`.")
    return Caller(ClientId(client_id), name, payer_ids, ALL, frozenset(role.value for role in REVIEWERS))


def make_guard(settings: Settings, payers: Payers, now: Callable[[], datetime]) -> Guard:
    """The guard those settings ask for.

    Raises: SettingsFault as `demand_guarded`.
    """
    demand_guarded(settings)
    return SandboxGuard(payers, now)


def demand_scope(caller: Caller, scope: Scope) -> None:
    """Default deny, whoever the guard let in.

    Raises: Refusal NOT_ALLOWED when the scope was not granted and the route is not public.
    """
    if scope is not Scope.PUBLIC and scope.value not in caller.scopes:
        raise Refusal.of(Kind.NOT_ALLOWED, "forbidden", f"This client was not granted the scope {scope.value}.")


_NO_CLIENTS = "no client authentication is configured; only the sandbox may run open: FHIR_UM_MODE=sandbox"
_OPEN_LINE = "Outside it callers come over TLS: FHIR_UM_PUBLIC_URL must be an https address"
_NO_KEY = "Secrets of subscribers need a key: set FHIR_UM_SECRET_KEYS, `fhir-um secret-key` makes one"


def demand_guarded(settings: Settings) -> None:
    """Says before anything is opened whether the settings are safe.

    Raises: SettingsFault when they would leave the server open outside the sandbox, or the sandbox to the network.
    """
    if settings.mode is not Mode.SANDBOX:
        faults = [_NO_CLIENTS]
        if not settings.base_url.startswith("https:"):
            faults.append(_OPEN_LINE)
        if not settings.vault_keys:
            faults.append(_NO_KEY)
        raise SettingsFault(". ".join(faults))
    if not settings.is_loopback:
        raise SettingsFault(f"the sandbox listens on a loopback address only, not on {settings.host}")


def _names_loopback(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and is_loopback(found["v6"] or found["name"])
