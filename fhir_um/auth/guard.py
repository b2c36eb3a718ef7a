"""Decides who is calling, before anything of the request is read. Must not know what is asked for.

Routes and handlers know only `Guard`; the ways to be known are doors, handed in by `app`.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import ALL, Scope
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.roles import REVIEWERS
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.settings import Mode, Settings, SettingsFault, is_loopback

Payers = Callable[[], tuple[PayerId, ...]]
"""Reads the payers on file, home payer first."""

ANONYMOUS = Caller(ClientId("anonymous"), "anybody", (), frozenset({Scope.PUBLIC.value}))
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.\-]+))(?::[0-9]{1,5})?", re.ASCII)
"""A Host header and nothing else: no user, path or second port hides another name in it."""

_FRESH_FOR = timedelta(seconds=30)


class Guard(Protocol):
    """Turns what a request presents into a caller, or refuses."""

    def admit(self, presented: Presented, scope: Scope) -> Caller:
        """The caller, for a route of that scope; whether they hold it is `demand_scope`'s to say.

        Raises: Refusal when nobody known is calling.
        """
        ...


class Door(Protocol):
    """One way to be known: by an access token, or by a session."""

    def admit(self, presented: Presented) -> Caller:
        """The caller. Raises: Refusal UNKNOWN_CALLER, in the same words whatever is wrong."""
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

    def demand_local(self, host: str) -> None:
        """Raises: Refusal NOT_ALLOWED for a Host header that names another machine."""
        if not _names_loopback(host):
            raise Refusal.of(
                Kind.NOT_ALLOWED,
                "forbidden",
                "The sandbox answers requests to localhost only; this one names another host.",
            )

    def everybody(self, scope: Scope) -> Caller:
        """The built-in caller; nobody in particular for a public route."""
        if scope is Scope.PUBLIC:
            return ANONYMOUS
        at = self._now()
        if self._caller is None or at - self._read_at > _FRESH_FOR:
            self._caller, self._read_at = insider("sandbox", "Sandbox caller", self._payers()), at
        return self._caller


class HouseGuard:
    """Knows a caller by the access token they send, else by their session, else, in a sandbox, by this machine.

    What is sent is always checked, in the sandbox and at public routes too; only a session that is over does not keep
    anybody from a public route, or nobody could sign in again.
    """

    def __init__(self, tokens: Door, sessions: Door, sandbox: SandboxGuard | None) -> None:
        self._tokens = tokens
        self._sessions = sessions
        self._sandbox = sandbox

    def admit(self, presented: Presented, scope: Scope) -> Caller:
        """See `Guard.admit`."""
        if self._sandbox is not None:
            self._sandbox.demand_local(presented.host)
        if presented.authorization is not None:
            return self._tokens.admit(presented)
        if presented.session and scope is not Scope.PUBLIC:
            return self._sessions.admit(presented)
        if self._sandbox is not None:
            return self._sandbox.everybody(scope)
        if scope is Scope.PUBLIC:
            return ANONYMOUS
        raise unknown_caller()


def unknown_caller() -> Refusal:
    """The one answer to everybody who is not known, whatever they sent."""
    return Refusal.of(Kind.UNKNOWN_CALLER, "login", "Authentication is required.")


class ScopeMissing(Refusal):
    """The caller is known, and was not granted what this takes."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            Kind.NOT_ALLOWED, (Issue("forbidden", f"This client was not granted the scope {scope.value}."),)
        )
        self.scope = scope


class ClosedDoor:
    """Knows nobody."""

    def admit(self, presented: Presented) -> Caller:
        """See `Door.admit`."""
        raise unknown_caller()


def insider(client_id: str, name: str, payer_ids: tuple[PayerId, ...]) -> Caller:
    """A caller who may do everything with those payers: the sandbox's, or an operator at the command line.

    Raises: Refusal when there is no payer to speak to.
    """
    if not payer_ids:
        raise Refusal.of(Kind.BUSY, "transient", "No payer is on file yet; load some with `fhir-um seed`.")
    return Caller(ClientId(client_id), name, payer_ids, ALL, frozenset(role.value for role in REVIEWERS))


def make_guard(
    settings: Settings, payers: Payers, now: Callable[[], datetime], tokens: Door, sessions: Door
) -> HouseGuard:
    """The guard those settings ask for.

    Raises: SettingsFault as `demand_guarded`.
    """
    demand_guarded(settings)
    return HouseGuard(tokens, sessions, SandboxGuard(payers, now) if settings.mode is Mode.SANDBOX else None)


def demand_scope(caller: Caller, scope: Scope) -> None:
    """Default deny, whoever the guard let in.

    Raises: ScopeMissing when the scope was not granted and the route is not public.
    """
    if scope is not Scope.PUBLIC and scope.value not in caller.scopes:
        raise ScopeMissing(scope)


_OPEN_LINE = (
    "Outside the sandbox (FHIR_UM_MODE=sandbox) callers come over TLS: FHIR_UM_PUBLIC_URL must be an https address"
)
_NO_KEY = "What is sealed at rest needs a key: set FHIR_UM_SECRET_KEYS, `fhir-um secret-key` makes one"

_LONGEST_IDLE_SECONDS, _LONGEST_SESSION_SECONDS = 15 * 60, 12 * 60 * 60
"""Source: um-domain SEC1; 45 CFR 164.312(a)(2)(iii) (automatic logoff)."""

_LONG_SESSIONS = (
    "Sessions of people end after 15 minutes without a request and after 12 hours in any case; "
    "FHIR_UM_SESSION_IDLE_SECONDS and FHIR_UM_SESSION_SECONDS may say less, not more"
)

_NO_PROXY = "FHIR_UM_CERTIFICATE_HEADER is believed from nobody: name the proxy that sets it in FHIR_UM_PROXIES"


def demand_guarded(settings: Settings) -> None:
    """Says before anything is opened whether the settings are safe.

    Raises: SettingsFault when they would leave the server open outside the sandbox, or the sandbox to the network.
    """
    if settings.mode is not Mode.SANDBOX:
        faults = [] if settings.base_url.startswith("https:") else [_OPEN_LINE]
        if not settings.vault_keys:
            faults.append(_NO_KEY)
        if settings.session_idle_seconds > _LONGEST_IDLE_SECONDS or settings.session_seconds > _LONGEST_SESSION_SECONDS:
            faults.append(_LONG_SESSIONS)
        if settings.certificate_header and not settings.proxies:
            faults.append(_NO_PROXY)
        if faults:
            raise SettingsFault(". ".join(faults))
        return
    if not settings.is_loopback:
        raise SettingsFault(f"the sandbox listens on a loopback address only, not on {settings.host}")


def _names_loopback(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and is_loopback(found["v6"] or found["name"])
